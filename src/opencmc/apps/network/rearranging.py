"""A reorganisation carried out on plain rows: each kind of change, and what comes of several on one effective day.

Nothing is written here. What a change cannot do is a :class:`Problem`; the rest of the draft is still carried out, so
that a preview finds everything at once. Until the effective day the network stays as it was; rows that begin on or
after that day and are taken back hold on no day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.network.checks import Problem, new_problems
from opencmc.apps.network.rows import AttachmentRow, InstitutionRow, MembershipRow, Moved, Row, Rows


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """A kind of change: its verb, the fields that it takes, and what it does in one sentence."""

    id: str
    label: str | Promise
    fields: tuple[str, ...]
    help: str | Promise


CHANGE_KINDS: dict[str, ChangeKind] = {
    kind.id: kind
    for kind in (
        ChangeKind("move", gettext_lazy("转入另一个医共体"), ("institution", "community", "to_community", "role", "attached"),
                   gettext_lazy("机构离开原来的共同体，同一天加入另一个；附属于它的机构（分院、村卫生室）一起转，除非写明留下。")),
        ChangeKind("join", gettext_lazy("加入共同体"), ("institution", "community", "role"),
                   gettext_lazy("机构从生效日起在共同体里有一个角色。")),
        ChangeKind("leave", gettext_lazy("退出共同体"), ("institution", "community", "attached"),
                   gettext_lazy("机构的角色到生效日为止；附属于它的机构一起退出，除非写明留下。")),
        ChangeKind("lead", gettext_lazy("更换牵头机构"), ("community", "institution", "former_lead"),
                   gettext_lazy("新的牵头机构接任；原牵头机构改作成员或退出。")),
        ChangeKind("found", gettext_lazy("新建共同体"), ("new_community", "name", "community_kind", "institution"),
                   gettext_lazy("从一家牵头机构开始；成员用“加入”或“转入”。")),
        ChangeKind("rename", gettext_lazy("共同体更名"), ("community", "name"),
                   gettext_lazy("生效日起用新名；此前的日子仍是旧名。")),
        ChangeKind("merge", gettext_lazy("并入另一个共同体"), ("community", "to_community"),
                   gettext_lazy("全部成员转入另一个共同体，原牵头机构成为成员。")),
        ChangeKind("split", gettext_lazy("分出一个共同体"),
                   ("community", "new_community", "name", "institution", "institutions"),
                   gettext_lazy("选定的成员连同附属于它们的机构分出来，由其中一家牵头。")),
        ChangeKind("dissolve", gettext_lazy("解散共同体"), ("community",),
                   gettext_lazy("全部角色到生效日为止。")),
        ChangeKind("attach", gettext_lazy("附属于另一家机构"), ("institution", "to_institution", "attachment_kind"),
                   gettext_lazy("成为分院、下设机构；原来的附属到生效日为止。")),
        ChangeKind("detach", gettext_lazy("解除附属"), ("institution",),
                   gettext_lazy("从生效日起不再附属于别家。")),
        ChangeKind("open", gettext_lazy("开办机构"),
                   ("new_institution", "name", "short_name", "tier", "kind", "township", "open_beds"),
                   gettext_lazy("生效日开业。")),
        ChangeKind("close", gettext_lazy("机构停业"), ("institution",),
                   gettext_lazy("生效日停业，角色与附属同时结束。")),
    )
}  # fmt: skip


class _Cannot(Exception):
    """A change that cannot be carried out: why, and how to go on."""

    def __init__(self, kind: str, sentence: str, correction: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence, self.correction = kind, sentence, correction


class _Work:
    """The rows while a draft is carried out."""

    def __init__(self, rows: Rows, day: date) -> None:
        self.rows, self.day = rows.copy(), day

    def institution(self, institution_id: str) -> InstitutionRow:
        found = self.rows.institutions.get(institution_id)
        if found is None:
            raise _Cannot("unknown", _("没有编号为“%(id)s”的机构") % {"id": institution_id},
                          _("从列表中选，或先加一项“开办机构”。"))  # fmt: skip
        return found

    def community(self, community_id: str) -> MembershipRow:
        found = self.rows.communities_on(self.day).get(community_id)
        if found is None:
            raise _Cannot("unknown", _("%(day)s 没有编号为“%(id)s”的共同体") % {"day": self.day, "id": community_id},
                          _("从列表中选，或先加一项“新建共同体”。"))  # fmt: skip
        return found

    def role(self, community_id: str, institution_id: str) -> MembershipRow | None:
        return next(
            (m for m in self.rows.members_on(community_id, self.day) if m.institution_id == institution_id), None
        )

    def end(self, row: MembershipRow | AttachmentRow) -> None:
        self.rows.drop(row) if row.start >= self.day else self.rows.put(replace(row, end=self.day))

    def join(self, community: MembershipRow, institution_id: str, role: str, until: date | None = None) -> None:
        self.rows.put(MembershipRow(community.community_id, community.community_name, community.community_kind,
                                    institution_id, role, self.day, until))  # fmt: skip

    def attached(self, institution_id: str, given: Mapping[str, Any]) -> list[str]:
        """What hangs on an institution on the day, over all levels, unless it is said to stay."""
        found: list[str] = []
        if given.get("attached") == "stay":
            return found
        open_ = [institution_id]
        while open_:
            for row in self.rows.attached_on(open_.pop(), self.day):
                if row.institution_id not in found and row.institution_id != institution_id:
                    found.append(row.institution_id)
                    open_.append(row.institution_id)
        return sorted(found)

    def must_have_role(self, community: MembershipRow, institution_id: str) -> MembershipRow:
        found = self.role(community.community_id, institution_id)
        if found is None:
            raise _Cannot("no_role", _("%(name)s %(day)s 不在%(community)s") % {
                "name": self.institution(institution_id).name, "day": self.day, "community": community.community_name},
                _("核对共同体，或改用“加入共同体”。"))  # fmt: skip
        return found

    def must_have_none(self, community: MembershipRow, institution_id: str) -> None:
        if self.role(community.community_id, institution_id) is not None:
            raise _Cannot("membership_overlaps", _("%(name)s %(day)s 已在%(community)s") % {
                "name": self.institution(institution_id).name, "day": self.day, "community": community.community_name},
                _("不必再加；要换角色，先退出再加入，或用“更换牵头机构”。"))  # fmt: skip

    def new_community(self, community_id: str, name: str, kind: str) -> MembershipRow:
        if any(m.community_id == community_id for m in self.rows.memberships.values()):
            raise _Cannot("taken", _("编号“%(id)s”已经用过") % {"id": community_id}, _("换一个没有用过的编号。"))
        return MembershipRow(community_id, name, kind, "", "lead", self.day)


def _move(work: _Work, given: Mapping[str, Any]) -> None:
    source, target = work.community(given["community"]), work.community(given["to_community"])
    held = work.must_have_role(source, given["institution"])
    work.must_have_none(target, given["institution"])
    work.end(held)
    work.join(target, given["institution"], given.get("role") or ("member" if held.role == "lead" else held.role))
    for child in work.attached(given["institution"], given):
        role = work.role(source.community_id, child)
        if role is not None and work.role(target.community_id, child) is None:
            work.end(role)
            work.join(target, child, role.role)


def _join(work: _Work, given: Mapping[str, Any]) -> None:
    community = work.community(given["community"])
    work.institution(given["institution"])
    work.must_have_none(community, given["institution"])
    work.join(community, given["institution"], given.get("role") or "member")


def _leave(work: _Work, given: Mapping[str, Any]) -> None:
    community = work.community(given["community"])
    work.end(work.must_have_role(community, given["institution"]))
    for child in work.attached(given["institution"], given):
        if role := work.role(community.community_id, child):
            work.end(role)


def _lead(work: _Work, given: Mapping[str, Any]) -> None:
    community = work.community(given["community"])
    work.institution(given["institution"])
    former = next((m for m in work.rows.members_on(community.community_id, work.day) if m.role == "lead"), None)
    if former and former.institution_id == given["institution"]:
        raise _Cannot("no_change", _("%(name)s已经牵头") % {"name": work.institution(given["institution"]).name},
                      _("选另一家机构，或删去这一项。"))  # fmt: skip
    if former:
        work.end(former)
        if given.get("former_lead", "member") == "member":
            work.join(community, former.institution_id, "member")
    if held := work.role(community.community_id, given["institution"]):
        work.end(held)
    work.join(community, given["institution"], "lead")


def _found(work: _Work, given: Mapping[str, Any]) -> None:
    work.institution(given["institution"])
    made = work.new_community(given["new_community"], given["name"], given["community_kind"])
    work.join(made, given["institution"], "lead")


def _rename(work: _Work, given: Mapping[str, Any]) -> None:
    community = work.community(given["community"])
    for row in list(work.rows.memberships.values()):
        if row.community_id != community.community_id or (row.end is not None and row.end <= work.day):
            continue
        if row.start >= work.day:
            work.rows.put(replace(row, community_name=given["name"]))
        else:
            work.rows.put(replace(row, end=work.day))
            work.rows.put(replace(row, community_name=given["name"], start=work.day))


def _merge(work: _Work, given: Mapping[str, Any]) -> None:
    source, target = work.community(given["community"]), work.community(given["to_community"])
    if source.community_id == target.community_id:
        raise _Cannot("no_change", _("共同体不能并入自己"), _("选另一个共同体。"))
    for row in list(work.rows.memberships.values()):
        if row.community_id == source.community_id and (row.end is None or row.end > work.day):
            held = row.holds(work.day)
            work.end(row)
            if held and work.role(target.community_id, row.institution_id) is None:
                work.join(target, row.institution_id, "member" if row.role == "lead" else row.role, row.end)


def _split(work: _Work, given: Mapping[str, Any]) -> None:
    source = work.community(given["community"])
    made = work.new_community(given["new_community"], given["name"], source.community_kind)
    chosen = [*dict.fromkeys([given["institution"], *given.get("institutions", ())])]
    with_them = [c for i in chosen for c in work.attached(i, given) if work.role(source.community_id, c)]
    for institution_id in dict.fromkeys([*chosen, *with_them]):
        held = work.must_have_role(source, institution_id)
        work.end(held)
        role = "lead" if institution_id == given["institution"] else "member" if held.role == "lead" else held.role
        work.join(made, institution_id, role)


def _dissolve(work: _Work, given: Mapping[str, Any]) -> None:
    community = work.community(given["community"])
    for row in list(work.rows.memberships.values()):
        if row.community_id == community.community_id and (row.end is None or row.end > work.day):
            work.end(row)


def _attach(work: _Work, given: Mapping[str, Any]) -> None:
    child, parent = work.institution(given["institution"]), work.institution(given["to_institution"])
    if child.institution_id == parent.institution_id:
        raise _Cannot("cycle", _("%(name)s不能附属于自己") % {"name": child.name}, _("选另一家机构。"))
    if held := work.rows.attachment_of(child.institution_id, work.day):
        if held.attached_to == parent.institution_id:
            raise _Cannot("no_change", _("%(name)s已经附属于%(parent)s") % {"name": child.name, "parent": parent.name},
                          _("删去这一项。"))  # fmt: skip
        work.end(held)
    kind = given.get("attachment_kind") or "branch"
    work.rows.put(AttachmentRow(child.institution_id, parent.institution_id, kind, work.day))


def _detach(work: _Work, given: Mapping[str, Any]) -> None:
    held = work.rows.attachment_of(work.institution(given["institution"]).institution_id, work.day)
    if held is None:
        raise _Cannot("no_role", _("%(name)s %(day)s 没有附属于别家") % {
            "name": work.institution(given["institution"]).name, "day": work.day}, _("删去这一项。"))  # fmt: skip
    work.end(held)


def _open(work: _Work, given: Mapping[str, Any]) -> None:
    if given["new_institution"] in work.rows.institutions:
        raise _Cannot(
            "taken", _("编号“%(id)s”已经用过") % {"id": given["new_institution"]}, _("换一个没有用过的编号。")
        )
    regions = Counter(row.region for row in work.rows.institutions.values() if row.tier != "outside")
    region = str(given.get("township") or "")[:6] or (regions.most_common(1)[0][0] if regions else "")
    work.rows.put(InstitutionRow(
        given["new_institution"], given["name"], given.get("short_name") or "", given["tier"], given["kind"], region,
        given.get("township") or "", "", given.get("open_beds"), work.day))  # fmt: skip


def _close(work: _Work, given: Mapping[str, Any]) -> None:
    row = work.institution(given["institution"])
    if row.closed is not None and row.closed <= work.day:
        raise _Cannot("closed", _("%(name)s %(day)s 已停业") % {"name": row.name, "day": row.closed}, _("删去这一项。"))
    if row.opened is not None and row.opened >= work.day:
        raise _Cannot("not_open", _("%(name)s %(day)s 才开业") % {"name": row.name, "day": row.opened},
                      _("停业日应晚于开业日。"))  # fmt: skip
    for each in (*list(work.rows.memberships.values()), *list(work.rows.attachments.values())):
        if each.institution_id == row.institution_id and (each.end is None or each.end > work.day):
            work.end(each)
    work.rows.put(replace(row, closed=work.day))


_DO: dict[str, Callable[[_Work, Mapping[str, Any]], None]] = {
    "move": _move, "join": _join, "leave": _leave, "lead": _lead, "found": _found, "rename": _rename, "merge": _merge,
    "split": _split, "dissolve": _dissolve, "attach": _attach, "detach": _detach, "open": _open, "close": _close,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rearranged:
    """The rows after a draft, what moved, and what is wrong with it."""

    after: Rows
    moved: tuple[Moved, ...]
    problems: tuple[Problem, ...]


def rearrange(rows: Rows, changes: Sequence[tuple[str, Mapping[str, Any]]], day: date) -> Rearranged:
    """Carry out ``changes`` (kind, fields) in their order on ``day``. ``rows`` stays as it is."""
    work, problems = _Work(rows, day), []
    for position, (kind, given) in enumerate(changes, 1):
        before = work.rows.copy()
        try:
            _DO[kind](work, given)
        except _Cannot as cannot:
            work.rows = before
            problems.append(Problem(cannot.kind, (position,), cannot.sentence, cannot.correction, position))
    problems += new_problems(rows, work.rows, day)
    return Rearranged(work.rows, tuple(rows.moved_to(work.rows)), tuple(problems))


def undone(rows: Rows, moved: Sequence[Moved]) -> tuple[Rows, list[Row]]:
    """The rows with ``moved`` taken back, and the rows of it that somebody has changed since (then nothing may be)."""
    changed: list[Row] = []
    for each in moved:
        key = each.key[0] if each.table == "institution" else each.key
        if rows.table(each.table).get(key) != (each.after if each.after and not each.after.empty else None):
            row = each.after or each.before
            assert row is not None
            changed.append(row)
    back = rows.copy()
    back.apply(each.back() for each in moved)
    return back, changed
