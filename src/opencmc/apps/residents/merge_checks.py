"""May these two entries become one? What is refused outright, and what has to be looked at and confirmed first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from opencmc.apps.access.api import ACTIONS, Actor, require, role_label, rule_of
from opencmc.apps.residents.lines import in_reach
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.record import entries_of, histories, names_of_units
from opencmc.apps.residents.sealing import ID_NUMBER, sealer
from opencmc.base.errors import Refused
from opencmc.base.identifiers import CitizenId
from opencmc.facts.histories import History

ACTION = "residents.merge"
#: Signs that a reason has at least, and how many examples a caution lists.
REASON, EXAMPLES = 4, 5


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that speaks against one person; the merge goes on only when it was confirmed with a reason."""

    code: str
    sentence: str
    details: tuple[str, ...] = ()


def check_pair(actor: Actor, kept_id: str, merged_id: str, rows: dict[str, Resident]) -> tuple[Resident, Resident]:
    """The two entries, both living entries and both in reach. Refused otherwise, with who can."""
    require(actor.holder, ACTION)
    if kept_id == merged_id:
        raise Refused(_("不能把一份登记并入它自己"), possible_when=_("请选择另一份登记"))
    seen = in_reach(actor, [kept_id, merged_id], ACTION)
    missing = [pk for pk in (kept_id, merged_id) if pk not in rows or pk not in seen]
    if missing:
        raise Refused(
            _("没有这位居民，或不在您的范围内"),
            rule=rule_of("residents.merge"),
            possible_when=_("两份登记都要在合并人的范围内。可以由%(who)s合并") % {"who": who_can()},
        )
    for row in rows.values():
        if row.merged_into_id:
            raise Refused(
                _("%(name)s的这份登记已经并入另一份") % {"name": row.name or row.pk},
                possible_when=_("请打开并入后的那一份，从那里合并"),
            )
    kept, merged = rows[kept_id], rows[merged_id]
    one, other = valid_id(kept), valid_id(merged)
    if one and other and one.number != other.number and one.sex != other.sex:
        raise Refused(
            _("两份登记的证件号码都有效，性别不同，不是同一个人"),
            rule=_("合并规则：有效证件性别不同不得合并"),
            possible_when=_("请先查明哪一份的证件登记错了，在“修改信息”里改正"),
        )
    return kept, merged


def who_can() -> str:
    """The roles that reach further than their own institution."""
    at = ACTIONS[ACTION].at
    return "、".join(role_label(role) for role, level in at.items() if level.value != "own")


def valid_id(row: Resident) -> CitizenId | None:
    if row.id_type != "citizen_id" or row.id_sealed is None:
        return None
    try:
        return CitizenId.parse(sealer().open(ID_NUMBER, row.pk, row.id_sealed))
    except ValueError:
        return None


def cautions(kept: Resident, merged: Resident) -> tuple[Caution, ...]:
    """What has to be confirmed, in the order of weight."""
    found = []
    one, other = valid_id(kept), valid_id(merged)
    if one and other and one.number != other.number:
        found.append(Caution("two_ids", _("两份登记各有一个有效而不同的证件号码，一般是两个人")))
    if {kept.sex, merged.sex} == {"1", "2"}:
        found.append(Caution("two_sexes", _("两份登记的性别不同")))
    reader = histories()
    left, right = reader.of_many(entries_of(kept)), reader.of_many(entries_of(merged))
    if clashes := same_day(left, right):
        found.append(Caution("same_day", _("同一天在两家机构接受过诊疗，可能是两个人"), clashes))
    if after := after_death(kept, merged, left, right):
        found.append(Caution("after_death", _("一份登记已故，另一份在此之后还有诊疗"), after))
    return tuple(found)


def same_day(left: History, right: History) -> tuple[str, ...]:
    """Days on which both were treated, at different institutions: "2025-06-28：县第一医院 与 长街卫生院"."""
    units, found = names_of_units(), []
    there: dict[date, set[str]] = {}
    for day, institution in _treated(right):
        there.setdefault(day, set()).add(institution)
    for day, institution in _treated(left):
        for other in sorted(there.get(day, set()) - {institution}):
            said = {"day": day, "one": units.get(institution, institution), "other": units.get(other, other)}
            found.append(_("%(day)s：%(one)s 与 %(other)s") % said)
    return tuple(dict.fromkeys(found))[:EXAMPLES]


def _treated(history: History) -> Iterable[tuple[date, str]]:
    """Every day of a visit (purchases left out) or stay, with the institution; a day of change of hospital counts once."""
    for event in history.of("visit", "stay"):
        if event.institution_id is None or (event.table == "visit" and event["kind"] == "pharmacy"):
            continue
        if event.table == "visit" or event.until is None:
            yield event.date, event.institution_id
            continue
        # Admission and discharge days may well be shared with another institution: a transfer.
        for number in range(1, (event.until - event.date).days):
            yield event.date + timedelta(days=number), event.institution_id


def after_death(kept: Resident, merged: Resident, left: History, right: History) -> tuple[str, ...]:
    units, found = names_of_units(), []
    for row, other in ((kept, right), (merged, left)):
        if row.death_date is None:
            continue
        for event in other.of("visit", "stay", "follow_up"):
            if event.date > row.death_date:
                said = {"day": event.date, "where": units.get(event.institution_id or "", "")}
                found.append(_("%(day)s %(where)s") % said)
    return tuple(found)[:EXAMPLES]


def check_reason(reason: str) -> str:
    plain = " ".join(reason.split())[:400]
    if len(set(plain)) < REASON:
        raise Refused(_("请写明理由"), possible_when=_("写一句话，例如“本人到场核对身份证，确认为同一人”"))
    return plain
