"""What may never be so in a network: asked of plain rows, before anything is written.

The database holds the first three as constraints; the others hold over days or over several rows and are asked here
under the network's lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from opencmc.apps.network.rows import AttachmentRow, MembershipRow, Rows, overlap


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, how to go on, and what it is about; ``position`` is the change of a draft that asked for it (from
    1; 0: what comes of all of them together)."""

    kind: str
    about: tuple[Any, ...]
    sentence: str
    correction: str
    position: int = field(default=0, compare=False)


def _name(rows: Rows, institution_id: str) -> str:
    found = rows.institutions.get(institution_id)
    return found.name if found else institution_id


def _span(row: MembershipRow | AttachmentRow) -> str:
    until = _("至 %(end)s 前") % {"end": row.end} if row.end else _("起")
    return f"{row.start} {until}"


def _pairs(groups: Iterable[list[Any]]) -> Iterable[tuple[Any, Any]]:
    for group in groups:
        ordered = sorted(group, key=lambda row: row.start)
        for i, row in enumerate(ordered):
            for other in ordered[i + 1 :]:
                if overlap(row, other):
                    yield row, other


def _doubles(rows: Rows) -> list[Problem]:
    in_one, general, leads = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in rows.memberships.values():
        in_one[row.community_id, row.institution_id].append(row)
        if row.binds:
            general[row.institution_id].append(row)
        if row.role == "lead":
            leads[row.community_id].append(row)
    found = []
    for a, b in _pairs(in_one.values()):
        sentence = _("%(name)s在%(community)s里同一天有两个角色（%(a)s；%(b)s）") % {
            "name": _name(rows, a.institution_id), "community": a.community_name, "a": _span(a), "b": _span(b)}  # fmt: skip
        found.append(Problem("membership_overlaps", (a.key, b.key), sentence, _("先结束原来的角色，再给新的。")))
    for a, b in _pairs(general.values()):
        if a.community_id == b.community_id:
            continue
        sentence = _("%(name)s同一天属于两个综合医共体：%(a)s（%(a_span)s）和%(b)s（%(b_span)s）") % {
            "name": _name(rows, a.institution_id), "a": a.community_name, "a_span": _span(a),
            "b": b.community_name, "b_span": _span(b)}  # fmt: skip
        correction = _("改用“转入另一个医共体”，原来的关系到那一天为止；若只是技术联系，角色写作“医联”。")
        found.append(Problem("one_general_community", (a.key, b.key), sentence, correction))
    for a, b in _pairs(leads.values()):
        if a.institution_id == b.institution_id:
            continue
        sentence = _("%(community)s同一天有两家牵头机构：%(a)s和%(b)s") % {
            "community": a.community_name, "a": _name(rows, a.institution_id), "b": _name(rows, b.institution_id)}  # fmt: skip
        found.append(
            Problem("one_lead", (a.key, b.key), sentence, _("用“更换牵头机构”，原牵头机构同日改作成员或退出。"))
        )
    attached = defaultdict(list)
    for row in rows.attachments.values():
        attached[row.institution_id].append(row)
    for a, b in _pairs(attached.values()):
        sentence = _("%(name)s同一天附属于两家机构：%(a)s和%(b)s") % {
            "name": _name(rows, a.institution_id), "a": _name(rows, a.attached_to), "b": _name(rows, b.attached_to)}  # fmt: skip
        found.append(Problem("attachment_overlaps", (a.key, b.key), sentence, _("先解除原来的附属，再改附。")))
    return found


def _without_lead(rows: Rows, days: Iterable[date]) -> list[Problem]:
    found = {}
    for day in days:
        leads: dict[str, int] = defaultdict(int)
        names: dict[str, str] = {}
        for row in rows.memberships.values():
            if row.holds(day):
                names[row.community_id] = row.community_name
                leads[row.community_id] += row.role == "lead"
        for community, name in names.items():
            if not leads[community] and community not in found:
                sentence = _("%(community)s自 %(day)s 起有成员而没有牵头机构") % {"community": name, "day": day}
                correction = _("加一项“更换牵头机构”指定继任者，或把成员转走、解散这个共同体。")
                found[community] = Problem("no_lead", (community,), sentence, correction)
    return list(found.values())


def _cycles(rows: Rows, days: Iterable[date]) -> list[Problem]:
    found = {}
    for day in days:
        above = {a.institution_id: a.attached_to for a in rows.attachments.values() if a.holds(day)}
        for start in above:
            path, at = [start], above.get(start)
            while at is not None and at not in path:
                path.append(at)
                at = above.get(at)
            if at == start:
                about = tuple(sorted(path))
                sentence = _("附属关系成了一个圈：%(path)s") % {
                    "path": " → ".join(_name(rows, i) for i in [*path, start])
                }
                found.setdefault(about, Problem("cycle", about, sentence, _("其中一家应不再附属，或改附别处。")))
    return list(found.values())


def _existence(rows: Rows) -> list[Problem]:
    found = []
    named = [(m.institution_id, m.start, m.end, m.community_name, m.key) for m in rows.memberships.values()]
    for a in rows.attachments.values():
        named.append((a.institution_id, a.start, a.end, _name(rows, a.attached_to), a.key))
        named.append((a.attached_to, a.start, a.end, _name(rows, a.institution_id), (*a.key, "above")))
    for institution_id, start, end, where, key in named:
        row = rows.institutions.get(institution_id)
        if row is None:
            sentence = _("没有编号为“%(id)s”的机构（%(where)s）") % {"id": institution_id, "where": where}
            found.append(Problem("unknown", key, sentence, _("核对编号，或先开办这家机构。")))
            continue
        if row.opened and start < row.opened and start.year > 1900:
            sentence = _("%(name)s %(opened)s 才开业，不能从 %(start)s 起（%(where)s）") % {
                "name": row.name, "opened": row.opened, "start": start, "where": where}  # fmt: skip
            found.append(Problem("not_open", key, sentence, _("把日期改到开业那一天或以后，或更正开业日期。")))
        if row.closed and (end is None or end > row.closed):
            sentence = _("%(name)s %(closed)s 停业，之后不能再有这一关系（%(where)s）") % {
                "name": row.name, "closed": row.closed, "where": where}  # fmt: skip
            found.append(Problem("closed", key, sentence, _("让这一关系到停业那一天为止，或把它转到别处。")))
    return found


def problems_of(rows: Rows, day: date) -> list[Problem]:
    """Everything that is wrong with ``rows`` from ``day`` on."""
    later = {
        d
        for row in (*rows.memberships.values(), *rows.attachments.values())
        for d in (row.start, row.end)
        if d and d > day
    }
    days = sorted({day, *later})
    return [*_existence(rows), *_doubles(rows), *_without_lead(rows, days), *_cycles(rows, days)]


def new_problems(before: Rows, after: Rows, day: date) -> list[Problem]:
    """What is wrong after a change and was not before: nobody is kept from a change by what others left."""
    there = {(p.kind, p.about) for p in problems_of(before, day)}
    return [p for p in problems_of(after, day) if (p.kind, p.about) not in there]


def cyclic(rows: Rows) -> set[tuple[Any, ...]]:
    """The keys of attachments that close a cycle on some day; without them there is none."""
    days = sorted({a.start for a in rows.attachments.values()})
    gone: set[tuple[Any, ...]] = set()
    left = Rows(rows.institutions, {}, dict(rows.attachments))
    while found := _cycles(left, days):
        for problem in found:
            key = max((k for k, a in left.attachments.items() if a.institution_id in problem.about), key=lambda k: k[1])
            left.attachments.pop(key)
            gone.add(key)
            break
    return gone
