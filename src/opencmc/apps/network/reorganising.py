"""Reorganisations: draft, apply, undo. Each write is guarded, audited, and refused to the second of two who edit."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.network.checks import Problem
from opencmc.apps.network.models import Change, Decision, Reorganisation
from opencmc.apps.network.rearranging import CHANGE_KINDS, Rearranged, rearrange, undone
from opencmc.apps.network.rows import Moved, Rows
from opencmc.apps.network.scope import day_of
from opencmc.apps.network.writing import lock_network, read_rows, write_network
from opencmc.base.errors import Refused

ACTION = "network.reorganise"


def find_reorganisation(number: str | int) -> Reorganisation:
    found = Reorganisation.objects.filter(pk=number).first() if str(number).isdecimal() else None
    if found is None:
        raise Refused(_("没有这项调整"), possible_when=_("从“医共体调整”的列表打开。"))
    return found


@contextmanager
def _draft(actor: Actor, number: str | int, version: int, done: str):
    """The draft, locked, as its editor has seen it; with its audit line and a new version at the end."""
    require(actor.holder, ACTION)
    find_reorganisation(number)
    with audited(actor) as trail:
        found = Reorganisation.objects.select_for_update().get(pk=number)
        _must_be(found, "draft")
        if found.version != version:
            raise Refused(
                _("这份草稿在您打开之后，已由%(who)s于 %(when)s 修改") % {
                    "who": found.changed_by, "when": timezone.localtime(found.changed_at).strftime("%Y-%m-%d %H:%M")},
                rule=_("两人同时修改，先保存的有效"),
                possible_when=_("重新打开草稿，看过对方的修改之后再保存；您刚才填的内容还在这一页上。"),
            )  # fmt: skip
        yield found
        found.version += 1
        found.changed_by, found.changed_at = actor.holder.username, actor.at
        found.save()
        trail.add(ACTION, object_=f"{found.pk} {found.title}", reason=done)


def _must_be(found: Reorganisation, state: str) -> None:
    if found.state != state:
        raise Refused(
            _("这项调整%(state)s，不能这样做") % {"state": found.get_state_display()},
            possible_when=_("草稿可以修改；已登记的调整在生效日之前可以撤销。"),
        )


def create_draft(actor: Actor, *, title: str, effective: date, note: str = "") -> Reorganisation:
    require(actor.holder, ACTION)
    with audited(actor) as trail:
        made = Reorganisation.objects.create(
            title=title, effective=effective, note=note, made_by=actor.holder.username, made_at=actor.at,
            changed_by=actor.holder.username, changed_at=actor.at,
        )  # fmt: skip
        trail.add(ACTION, object_=f"{made.pk} {title}", reason="draft")
    return made


def edit_draft(
    actor: Actor, number: str | int, version: int, *, title: str, effective: date, note: str, decision_id: int | None
) -> None:
    with _draft(actor, number, version, "edit") as found:
        found.title, found.effective, found.note = title, effective, note
        found.decision = Decision.objects.filter(pk=decision_id).first() if decision_id else None


def add_change(actor: Actor, number: str | int, version: int, kind: str, given: Mapping[str, Any]) -> None:
    """Add a change at the end of the draft. What it cannot do shows in the preview, not here."""
    if kind not in CHANGE_KINDS:
        raise Refused(_("没有“%(kind)s”这种调整") % {"kind": kind[:30]}, possible_when=_("从列表中选一种。"))
    with _draft(actor, number, version, f"add {kind}") as found:
        last = found.changes.aggregate(last=Max("position"))["last"] or 0
        kept = {name: given[name] for name in CHANGE_KINDS[kind].fields if given.get(name) not in (None, "")}
        Change.objects.create(reorganisation=found, position=last + 1, kind=kind, given=kept)


def remove_change(actor: Actor, number: str | int, version: int, change_id: str | int) -> None:
    with _draft(actor, number, version, "remove") as found:
        found.changes.filter(pk=change_id if str(change_id).isdecimal() else 0).delete()


def discard_draft(actor: Actor, number: str | int, version: int) -> None:
    with _draft(actor, number, version, "discard") as found:
        found.state = "discarded"


def changes_of(found: Reorganisation) -> list[tuple[str, Mapping[str, Any]]]:
    return [(change.kind, change.given) for change in found.changes.all()]


def rearranged(found: Reorganisation, rows: Rows | None = None) -> Rearranged:
    """What the draft makes of the present network."""
    return rearrange(rows if rows is not None else read_rows(), changes_of(found), found.effective)


def missing_for(found: Reorganisation, today: date) -> list[Problem]:
    """What a draft needs beside sound changes: something to do, and a decision that came before."""
    missing = []
    if not found.changes.exists():
        missing.append(Problem("nothing", (), _("草稿里还没有一项调整"), _("加至少一项。")))
    if found.decision is None:
        missing.append(Problem("no_decision", (), _("没有写明依据哪一项治理决定"),
                               _("先在“治理决定”里记下这项决定，再在草稿里选它。")))  # fmt: skip
    elif found.decision.decided_on > min(found.effective, today):
        sentence = _("所依据的决定作于 %(decided)s，晚于生效日 %(effective)s 或今天") % {
            "decided": found.decision.decided_on, "effective": found.effective}  # fmt: skip
        missing.append(Problem("late_decision", (), sentence, _("把生效日改到决定之后，或选另一项决定。")))
    return missing


def apply_reorganisation(actor: Actor, number: str | int, version: int, *, accept_past: bool = False) -> list[Moved]:
    """Carry the draft out: the rows from its effective day on, with their way into the lake. Refuses a draft with a
    problem, without a decision, and, unless ``accept_past`` is said, one that begins in the past."""
    today = day_of(actor)
    with _draft(actor, number, version, "apply") as found:
        lock_network()
        result = rearranged(found)
        problems = [*missing_for(found, today), *result.problems]
        if problems:
            raise Refused(problems[0].sentence, rule=_("调整生效前的检查，共 %(n)d 项不合") % {"n": len(problems)},
                          possible_when=problems[0].correction)  # fmt: skip
        if found.effective < today and not accept_past:
            raise Refused(
                _("生效日 %(day)s 已经过去") % {"day": found.effective},
                possible_when=_("核对之后勾选“确认生效日在过去”；已经算出的运行保持当时所知，重新计算才按新的网络。"),
            )
        write_network(result.moved, actor)
        found.state, found.applied_by, found.applied_at = "applied", actor.holder.username, actor.at
        found.moved = [each.stored() for each in result.moved]
    return list(result.moved)


def undo_reorganisation(actor: Actor, number: str | int) -> None:
    """Take an applied reorganisation back, until the day before its effective day: the former network, row by row."""
    require(actor.holder, ACTION)
    find_reorganisation(number)
    today = day_of(actor)
    with audited(actor) as trail:
        found = Reorganisation.objects.select_for_update().get(pk=number)
        _must_be(found, "applied")
        if today >= found.effective:
            raise Refused(
                _("这项调整已于 %(day)s 生效，不能撤销") % {"day": found.effective},
                rule=_("生效日之前可以撤销"),
                possible_when=_("另起一项调整，把需要的部分改回来；历史照实保留。"),
            )
        lock_network()
        rows = read_rows()
        moved = [Moved.of(each) for each in found.moved]
        back, changed = undone(rows, moved)
        if changed:
            raise Refused(
                _("登记之后又有人改动了其中 %(n)d 行，不能整体撤销") % {"n": len(changed)},
                possible_when=_("先撤销后来的那项调整，或另起一项调整。"),
            )
        write_network(rows.moved_to(back), actor)
        found.state, found.undone_by, found.undone_at = "undone", actor.holder.username, actor.at
        found.version += 1
        found.save()
        trail.add(ACTION, object_=f"{found.pk} {found.title}", reason="undo")
