"""What a reorganisation moves, before it is applied: institutions, people, beds, staff, indicators, and what else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from opencmc.apps.network.census import census
from opencmc.apps.network.checks import Problem
from opencmc.apps.network.models import PublicHealthPost, Reorganisation, Township
from opencmc.apps.network.packs import community_indicators, county_pack
from opencmc.apps.network.rearranging import CHANGE_KINDS
from opencmc.apps.network.reorganising import missing_for, rearranged
from opencmc.apps.network.rows import MEMBERSHIP_ROLES, PRIMARY_UNITS, InstitutionRow, MembershipRow, Rows
from opencmc.apps.network.touched import Touched, touched_by
from opencmc.apps.network.writing import read_rows
from opencmc.base.errors import Refused
from opencmc.methods.runs import open_run

_CENTRES = ("township_health_centre", "community_health_centre")


@dataclass(frozen=True, slots=True)
class MovedInstitution:
    name: str
    institution_id: str
    tier: str
    source: str
    target: str
    beds: int | None
    staff: int | None


@dataclass(frozen=True, slots=True)
class MovedTownship:
    name: str
    source: str
    target: str
    residents: int | None
    insured: int | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A member in a drawn community; ``mark`` is "", "new", "gone" or "changed"."""

    name: str
    role: str
    tier: str
    mark: str
    below: int


@dataclass(frozen=True, slots=True)
class Side:
    """A community before or after. Village clinics are counted: all, and those that come or go."""

    community_id: str
    name: str
    kind: str
    seats: tuple[Seat, ...]
    clinics: int
    clinics_marked: int

    @property
    def shown(self) -> list[Seat]:
        """The lead, and whoever comes, goes or changes role."""
        return [seat for i, seat in enumerate(self.seats) if seat.mark or i == 0]

    @property
    def same(self) -> list[Seat]:
        return [seat for i, seat in enumerate(self.seats) if not seat.mark and i]


@dataclass(frozen=True, slots=True)
class Preview:
    problems: tuple[Problem, ...]
    missing: tuple[Problem, ...]
    warnings: tuple[str, ...]
    rows: tuple[str, ...]
    institutions: tuple[MovedInstitution, ...]
    clinics: int
    townships: tuple[MovedTownship, ...]
    totals: dict[str, int | None]
    counted: str
    before: tuple[Side, ...]
    after: tuple[Side, ...]
    unchanged: int
    indicators: tuple[str, ...]
    touched: tuple[Touched, ...]

    @property
    def ready(self) -> bool:
        return not self.problems and not self.missing


def preview_of(found: Reorganisation, *, home: Path, today: date) -> Preview:
    """Everything that is known now of what the draft would move."""
    rows = read_rows()
    result = rearranged(found, rows)
    day, after = found.effective, result.after
    old, new = rows.homes_on(day), after.homes_on(day)
    names = {c: m.community_name for c, m in (rows.communities_on(day) | after.communities_on(day)).items()}
    nowhere = _("不在任何综合医共体")
    moving = [i for i in sorted({**old, **new}) if old.get(i, "") != new.get(i, "")]
    region = _region(rows)
    counted = census(home, region=region, day=today)
    everyone = {**rows.institutions, **after.institutions}
    institutions = [
        MovedInstitution(
            everyone[i].name, i, everyone[i].tier, names.get(old.get(i, ""), nowhere), names.get(new.get(i, ""), nowhere),
            everyone[i].open_beds, counted.staff.get(i, 0) if "posting" in counted.known else None)
        for i in moving
    ]  # fmt: skip
    places = dict(Township.objects.values_list("code", "name"))
    townships = []
    for code, (source, target) in _townships(rows, after, old, new, day).items():
        known = "resident" in counted.known
        townships.append(MovedTownship(
            places.get(code, code), names.get(source, nowhere), names.get(target, nowhere),
            counted.residents.get(code, 0) if known else None, counted.insured.get(code, 0) if known else None))  # fmt: skip
    changed = _changed_communities(rows, after, day)
    return Preview(
        problems=result.problems,
        missing=tuple(missing_for(found, today)),
        warnings=tuple(_warnings(found, home, today)),
        rows=tuple(_say(each.before, each.after, everyone) for each in result.moved),
        institutions=tuple(i for i in institutions if i.tier != "village"),
        clinics=sum(i.tier == "village" for i in institutions),
        townships=tuple(townships),
        totals=_totals(institutions, townships),
        counted=counted.as_known,
        before=tuple(_side(rows, after, c, day, "gone") for c in changed if c in rows.communities_on(day)),
        after=tuple(_side(after, rows, c, day, "new") for c in changed if c in after.communities_on(day)),
        unchanged=len(names) - len(changed),
        indicators=tuple(community_indicators(county_pack(region)))
        if any(_is_general(rows, after, c, day) for c in changed)
        else (),
        touched=tuple(_touched(frozenset(moving), frozenset(changed), day)),
    )


def _region(rows: Rows) -> str:
    regions = [row.region for row in rows.institutions.values() if row.tier != "outside" and row.region]
    return max(set(regions), key=regions.count) if regions else ""


def _townships(
    rows: Rows, after: Rows, old: dict[str, str], new: dict[str, str], day: date
) -> dict[str, tuple[str, str]]:
    """Townships whose community changes with that of their centre."""

    def community(of: Rows, homes: dict[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for i, row in sorted(of.institutions.items()):
            if row.kind in _CENTRES and row.township and row.holds(day):
                found[row.township] = found.get(row.township) or homes.get(i, "")
        return found

    was, becomes = community(rows, old), community(after, new)
    return {
        code: (was.get(code, ""), becomes.get(code, ""))
        for code in sorted({**was, **becomes})
        if was.get(code, "") != becomes.get(code, "")
    }


def _totals(institutions: list[MovedInstitution], townships: list[MovedTownship]) -> dict[str, int | None]:
    def total(values: list[int | None]) -> int | None:
        return None if any(value is None for value in values) else sum(value for value in values if value is not None)

    return {
        "institutions": len(institutions),
        "residents": total([t.residents for t in townships]),
        "insured": total([t.insured for t in townships]),
        "beds": sum(i.beds or 0 for i in institutions),
        "staff": total([i.staff for i in institutions]),
    }


def _changed_communities(rows: Rows, after: Rows, day: date) -> list[str]:
    def seats(of: Rows) -> dict[str, set[tuple[str, str, str]]]:
        found: dict[str, set[tuple[str, str, str]]] = {}
        for m in of.memberships.values():
            if m.holds(day):
                found.setdefault(m.community_id, set()).add((m.institution_id, m.role, m.community_name))
        return found

    was, becomes = seats(rows), seats(after)
    changed = {c for c in {*was, *becomes} if was.get(c) != becomes.get(c)}
    for each in rows.moved_to(after):  # a moved attachment changes the community that its institution follows
        if each.table == "attachment":
            institution = each.key[0]
            changed |= {rows.general_community_of(institution, day), after.general_community_of(institution, day)}
    return sorted(changed - {""})


def _is_general(rows: Rows, after: Rows, community: str, day: date) -> bool:
    found = rows.communities_on(day).get(community) or after.communities_on(day).get(community)
    return found is not None and found.community_kind == "general"


def _side(of: Rows, other: Rows, community: str, day: date, mark: str) -> Side:
    there = {m.institution_id: m.role for m in other.members_on(community, day)}
    order = {"lead": 0, "member": 1, "linked": 2}
    seats, head = [], None
    clinics = clinics_marked = 0
    for m in sorted(of.members_on(community, day), key=lambda m: (order.get(m.role, 9), m.institution_id)):
        head = head or m
        row = of.institutions.get(m.institution_id)
        if row and row.kind in PRIMARY_UNITS and m.role != "lead":
            clinics += 1
            clinics_marked += m.institution_id not in there
            continue
        state = mark if m.institution_id not in there else "changed" if there[m.institution_id] != m.role else ""
        below = len(of.attached_on(m.institution_id, day))
        seats.append(Seat(row.name if row else m.institution_id, MEMBERSHIP_ROLES.get(m.role, m.role),
                          row.tier if row else "", state, below))  # fmt: skip
    assert head is not None
    return Side(community, head.community_name, head.community_kind, tuple(seats), clinics, clinics_marked)


def _say(before, after, everyone: dict[str, InstitutionRow]) -> str:
    """One moved row as a sentence."""
    row = after or before
    name = everyone[row.institution_id].name if row.institution_id in everyone else row.institution_id
    if isinstance(row, InstitutionRow):
        if before is None:
            return _("%(name)s %(day)s 开业") % {"name": name, "day": row.opened}
        return _("%(name)s %(day)s 停业") % {"name": name, "day": row.closed}
    if isinstance(row, MembershipRow):
        what = _("%(community)s（%(role)s）") % {
            "community": row.community_name,
            "role": MEMBERSHIP_ROLES.get(row.role, row.role),
        }
    else:
        parent = everyone[row.attached_to].name if row.attached_to in everyone else row.attached_to
        what = _("附属于%(parent)s") % {"parent": parent}
    if after is None:
        return _("%(name)s：%(what)s 不再成立（原定 %(start)s 起）") % {"name": name, "what": what, "start": row.start}
    if before is None:
        return _("%(name)s：%(what)s %(start)s 起") % {"name": name, "what": what, "start": row.start}
    if after.end != before.end and after.end:
        return _("%(name)s：%(what)s 到 %(end)s 前为止") % {"name": name, "what": what, "end": after.end}
    return _("%(name)s：%(what)s 有改动") % {"name": name, "what": what}


def _warnings(found: Reorganisation, home: Path, today: date) -> list[str]:
    said = []
    if found.effective < today:
        said.append(
            _("生效日 %(day)s 在今天之前。已经算出、已经印出的报告不变：它们按当时所知的网络。")
            % {"day": found.effective}
        )
        try:
            run = open_run(home)
        except Refused:
            run = None
        if run and run.as_of >= found.effective:
            said.append(_("最近一次运行 %(run)s（数据截至 %(as_of)s）包含生效日之后的月份；重新计算后，"
                          "%(month)s 起各医共体的数字会按新的网络，与这次运行不同。") % {
                "run": run.id, "as_of": run.as_of, "month": found.effective.strftime("%Y-%m")})  # fmt: skip
    if found.effective.day != 1:
        said.append(_("指标按每月最后一天的成员关系归属：%(month)s 整月算在新的医共体。") % {
            "month": found.effective.strftime("%Y-%m")})  # fmt: skip
    if today < found.effective:
        said.append(_("在 %(day)s 之前可以撤销；从那一天起各处的归属与权限范围随之改变。") % {"day": found.effective})
    return said


def _touched(institutions: frozenset[str], communities: frozenset[str], day: date) -> list[Touched]:
    posts = PublicHealthPost.objects.filter(institution_id__in=institutions, end__isnull=True).count()
    own = Touched(_("公共卫生专员与联络员"), posts,
                  _("他们派驻的机构换了医共体，请核对派驻。") if posts else _("没有派驻在这些机构的人。"))  # fmt: skip
    return [own, *touched_by(institutions, communities, day)]


def say_change(kind: str, given: dict, rows: Rows) -> str:
    """A change of a draft in words."""
    named = {
        "institution": given.get("institution", ""), "to_institution": given.get("to_institution", ""),
    }  # fmt: skip
    said = {k: rows.institutions[v].name if v in rows.institutions else v for k, v in named.items()}
    communities = {m.community_id: m.community_name for m in rows.memberships.values()}
    source = communities.get(given.get("community", ""), given.get("community", ""))
    target = communities.get(given.get("to_community", ""), given.get("to_community", ""))
    name = given.get("name", "")
    match kind:
        case "move":
            return _("%(i)s：%(a)s → %(b)s") % {"i": said["institution"], "a": source, "b": target}
        case "join":
            role = MEMBERSHIP_ROLES.get(given.get("role", "member"), "")
            return _("%(i)s加入%(a)s（%(role)s）") % {"i": said["institution"], "a": source, "role": role}
        case "leave":
            return _("%(i)s退出%(a)s") % {"i": said["institution"], "a": source}
        case "lead":
            return _("%(a)s改由%(i)s牵头") % {"i": said["institution"], "a": source}
        case "found":
            return _("新建%(name)s，由%(i)s牵头") % {"name": name, "i": said["institution"]}
        case "rename":
            return _("%(a)s更名为%(name)s") % {"a": source, "name": name}
        case "merge":
            return _("%(a)s并入%(b)s") % {"a": source, "b": target}
        case "split":
            return _("从%(a)s分出%(name)s，由%(i)s牵头，共 %(n)d 家") % {
                "a": source, "name": name, "i": said["institution"],
                "n": len({given.get("institution"), *given.get("institutions", ())})}  # fmt: skip
        case "dissolve":
            return _("解散%(a)s") % {"a": source}
        case "attach":
            return _("%(i)s附属于%(b)s") % {"i": said["institution"], "b": said["to_institution"]}
        case "detach":
            return _("%(i)s解除附属") % {"i": said["institution"]}
        case "open":
            return _("开办%(name)s") % {"name": name}
        case "close":
            return _("%(i)s停业") % {"i": said["institution"]}
    return str(CHANGE_KINDS[kind].label)
