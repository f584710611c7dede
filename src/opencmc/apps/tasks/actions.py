"""Writes of tasks: guarded in the query, held to the table of states, audited in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import ROLES, Actor, require, role_label
from opencmc.apps.audit.api import Trail, audited
from opencmc.apps.network.api import institutions_within
from opencmc.apps.notices.api import notify
from opencmc.apps.tasks import outbox
from opencmc.apps.tasks.contracts import TaskLine
from opencmc.apps.tasks.kinds import FOLLOW_UP, KINDS, Outcome, label_of, measures_of, outcomes_of
from opencmc.apps.tasks.measuring import check_together
from opencmc.apps.tasks.models import Task
from opencmc.apps.tasks.planning import next_day
from opencmc.apps.tasks.queries import line, scoped
from opencmc.apps.tasks.states import after
from opencmc.base.errors import Refused

#: How far ahead a day may be named; a slip of the finger writes 2062.
FARTHEST = timedelta(days=2 * 366)


def _change(actor: Actor, task_id: int, version: int, action: str, what: str) -> Task:
    """The task, locked, in the version that the person saw, with its next state. Call inside an audited block."""
    row = scoped(actor, action).select_for_update().filter(pk=task_id).first()
    if row is None:
        raise Refused(_("没有这项待办，或者它不在您的范围内"))
    if row.version != version:
        when = timezone.localtime(row.changed_at).strftime("%Y-%m-%d %H:%M")
        raise Refused(
            _("%(who)s 在 %(when)s 已经改过这项待办，您看到的是改之前的样子") % {"who": row.changed_by, "when": when},
            possible_when=_("请重新打开这项待办，看过之后再办。"),
        )
    row.state = after(row.state, what)
    row.version += 1
    row.changed_at, row.changed_by = actor.at, actor.holder.username
    return row


def _keep(row: Task, trail: Trail, what: str, reason: str = "") -> TaskLine:
    row.save()
    trail.add(f"tasks.{what}", object_=f"task:{row.pk} {row.label}", resident_id=row.resident_id, reason=reason)
    return line(row)


def _told(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("请写明理由"), possible_when=_("一句话即可，例如“居民外出务工，春节后回来”。"))
    return reason.strip()[:400]


def create_task(
    actor: Actor,
    *,
    kind: str,
    item: str,
    resident_id: str,
    institution_id: str,
    due: date,
    source: str,
    source_key: str,
    label: str = "",
    why: str = "",
    village: str = "",
    assigned_to: str = "",
) -> TaskLine:
    """An open task of an institution within reach. The same ``source`` and ``source_key`` give the task that is there."""
    if kind not in KINDS:
        raise ValueError(f"no kind of task is called {kind}")
    within = institutions_within(require(actor.holder, "tasks.do"), actor.today)
    if within is not None and institution_id not in within:
        raise Refused(_("这家机构不在您的范围内，不能给它建待办"))
    with audited(actor) as trail:
        row, made = Task.objects.get_or_create(
            source=source,
            source_key=source_key,
            defaults={
                "kind": kind, "item": item, "label": label or label_of(kind, item), "why": why,
                "resident_id": resident_id, "village": village, "institution_id": institution_id,
                "assigned_to": assigned_to, "since": actor.today, "due": due, "created_at": actor.at,
                "changed_at": actor.at, "changed_by": actor.holder.username,
            },
        )  # fmt: skip
        trail.add("tasks.create", object_=f"task:{row.pk} {row.label}", resident_id=resident_id,
                  reason="" if made else "exists")  # fmt: skip
    return line(row)


def finish_task(
    actor: Actor,
    task_id: int,
    version: int,
    outcome: str,
    *,
    done_on: date | None = None,
    values: Mapping[str, int] | None = None,
    note: str = "",
    next_due: date | None = None,
) -> TaskLine:
    """The task is done: its outcome, its values (whole numbers in the units of the table ``follow_up``), and for a
    follow-up the next one. An outcome that is measured is refused without its values: an empty follow-up is none."""
    require(actor.holder, "tasks.do")
    done_on = done_on or actor.today
    with audited(actor) as trail:
        row = _change(actor, task_id, version, "tasks.do", "finish")
        chosen = _outcome(row, outcome)
        row.outcome, row.done_on, row.note = chosen.id, _done_on(done_on, actor), note.strip()[:400]
        row.values = _values(row, chosen, values or {})
        if row.kind == FOLLOW_UP:
            row.next_due = _next_due(row, chosen, next_due)
        found = _keep(row, trail, "finish", reason=chosen.id)
        here = actor.holder.unit_id if actor.holder.unit_kind == "institution" else row.institution_id
        outbox.append(row, chosen, here, actor)
        if row.next_due:
            _plan_next(row, row.next_due, actor, trail)
    return found


def _outcome(row: Task, outcome: str) -> Outcome:
    known = {o.id: o for o in outcomes_of(row.kind, row.item)}
    if outcome not in known:
        said = {"labels": "、".join(str(o.label) for o in known.values())}
        raise Refused(_("请选一个结果"), possible_when=_("可选：%(labels)s。") % said)
    return known[outcome]


def _done_on(day: date, actor: Actor) -> date:
    if day > actor.today:
        raise Refused(_("完成日期 %(day)s 还没有到") % {"day": day}, possible_when=_("请填今天或更早的日期。"))
    if day < actor.today - FARTHEST:
        raise Refused(_("完成日期 %(day)s 太早") % {"day": day}, possible_when=_("请核对年份。"))
    return day


def _values(row: Task, outcome: Outcome, values: Mapping[str, int]) -> dict[str, int]:
    measures = measures_of(row.kind, row.item) if outcome.measured else ()
    found = {m.name: values[m.name] for m in measures if values.get(m.name) is not None}
    missing = [m.label for m in measures if m.name not in found]
    if missing:
        said = {"what": "、".join(missing), "outcome": outcome.label}
        raise Refused(
            _("结果为“%(outcome)s”时要填%(what)s") % said,
            possible_when=_("没有见到居民、没有测量的，请选“失访”或改期。"),
        )
    for m in measures:
        if not m.low <= found[m.name] <= m.high:
            raise Refused(
                _("%(what)s应在 %(bounds)s %(unit)s 之间") % {"what": m.label, "bounds": m.bounds, "unit": m.unit}
            )
    for problem in check_together(found).values():
        raise Refused(problem)
    return found


def _next_due(row: Task, outcome: Outcome, wanted: date | None) -> date | None:
    day = wanted or next_day(row.item, outcome, row.done_on)
    if day is not None and not row.done_on < day <= row.done_on + FARTHEST:
        raise Refused(
            _("下次日期 %(day)s 应晚于这次，且在两年之内") % {"day": day},
            possible_when=_("请核对日期，或留空由系统推算。"),
        )
    return day


def _plan_next(row: Task, due: date, actor: Actor, trail: Trail) -> None:
    """The key is the one that filling from the lake will find after the export, so that there is still only one task."""
    _row, made = Task.objects.get_or_create(
        source="enrolment",
        source_key=f"{row.item}:{row.resident_id}:{row.done_on.isoformat()}",
        defaults={
            "kind": row.kind, "item": row.item, "label": row.label, "why": _("上次随访 %(day)s") % {"day": row.done_on},
            "resident_id": row.resident_id, "village": row.village, "institution_id": row.institution_id,
            "assigned_to": row.assigned_to, "since": row.done_on, "due": due, "created_at": actor.at,
            "changed_at": actor.at, "changed_by": actor.holder.username,
        },
    )  # fmt: skip
    if made:
        trail.add("tasks.create", object_=f"task:{_row.pk} {_row.label}", resident_id=row.resident_id, reason="next")


def postpone_task(actor: Actor, task_id: int, version: int, due: date, reason: str) -> TaskLine:
    """Another day, later than today, with the reason."""
    require(actor.holder, "tasks.do")
    if not actor.today < due <= actor.today + FARTHEST:
        raise Refused(_("改到的日期 %(day)s 应在今天之后、两年之内") % {"day": due}, possible_when=_("请核对日期。"))
    why = _told(reason)
    with audited(actor) as trail:
        row = _change(actor, task_id, version, "tasks.do", "postpone")
        before, row.due, row.note = row.due, due, why
        return _keep(row, trail, "postpone", reason=f"{before}→{due} {why}")


def hand_over_task(
    actor: Actor, task_id: int, version: int, institution_id: str, reason: str, to_role: str = "village_doctor"
) -> TaskLine:
    """To another institution within reach; whoever holds ``to_role`` there is told."""
    within = institutions_within(require(actor.holder, "tasks.assign"), actor.today)
    why = _told(reason)
    if (within is not None and institution_id not in within) or to_role not in ROLES:
        raise Refused(_("不能转交给这家机构"), possible_when=_("可以转交给本机构和下属机构。"))
    with audited(actor) as trail:
        row = _change(actor, task_id, version, "tasks.assign", "hand_over")
        row.institution_id, row.assigned_to, row.note = institution_id, "", why
        found = _keep(row, trail, "hand_over", reason=why)
        text = _("%(who)s 转来一项待办：%(label)s（%(role)s）") % {
            "who": actor.holder.name, "label": row.label, "role": role_label(to_role),
        }  # fmt: skip
        notify(actor, to_role=to_role, unit_id=institution_id, text=text, href=f"/tasks/?open={row.pk}")
    return found


def take_task(actor: Actor, task_id: int, version: int) -> TaskLine:
    """The person says that they will do it: the name stands on the task for the others."""
    require(actor.holder, "tasks.do")
    with audited(actor) as trail:
        row = _change(actor, task_id, version, "tasks.do", "hand_over")
        row.assigned_to = actor.holder.username
        return _keep(row, trail, "take")


def cancel_task(actor: Actor, task_id: int, version: int, reason: str) -> TaskLine:
    """It is not to be done, with the reason. It can be opened again."""
    why = _told(reason)
    with audited(actor) as trail:
        row = _change(actor, task_id, version, "tasks.assign", "cancel")
        row.note = why
        return _keep(row, trail, "cancel", reason=why)


def reopen_task(actor: Actor, task_id: int, version: int) -> TaskLine:
    """Takes a cancellation back."""
    with audited(actor) as trail:
        return _keep(_change(actor, task_id, version, "tasks.assign", "reopen"), trail, "reopen")
