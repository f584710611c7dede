"""What the page of a resident and a merge of two need from tasks: open work, what was done, and carrying it along."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may
from opencmc.apps.residents.api import Moved, RecordPart, TimelineEvent
from opencmc.apps.tasks.kinds import FOLLOW_UP, SERVICE, measures_of, outcome_label
from opencmc.apps.tasks.models import FinishedTask, Task
from opencmc.apps.tasks.queries import scoped
from opencmc.apps.tasks.states import CANCELLED, DONE, LABELS, OPEN
from opencmc.apps.work import WorkItem

#: Tasks of one person that a page reads.
MOST = 500


def resident_part(actor: Actor, resident_ids: Iterable[str]) -> RecordPart:
    """The tasks about a person that ``actor`` may see: the open ones as work, the others as events."""
    if not may(actor.holder, "tasks.view"):
        return RecordPart()
    rows = list(scoped(actor, "tasks.view").filter(resident_id__in=tuple(resident_ids)).order_by("due", "id")[:MOST])
    verb = _("办理") if may(actor.holder, "tasks.do") else _("查看")
    href = reverse("tasks:worklist")
    work = tuple(
        WorkItem(row.label, "", row.why, row.since, row.due, verb, f"{href}?open={row.pk}")
        for row in rows
        if row.state == OPEN
    )
    exported = _exported(row.pk for row in rows if row.state == DONE)
    return RecordPart(
        work, tuple(_event(row, exported.get(row.pk, "")) for row in rows if row.state in (DONE, CANCELLED))
    )


def _exported(task_ids: Iterable[int]) -> dict[int, str]:
    """Task → the key that its row has in the lake, so that the page does not show it twice."""
    found = {}
    for number, table, row in FinishedTask.objects.filter(task_id__in=list(task_ids)).values_list(
        "task_id", "table", "row"
    ):
        key = row["follow_up_id"] if table == FOLLOW_UP else f"{row.get('service_id')}|{row.get('date')}"
        found[number] = f"{table}:{key}"
    return found


def _event(row: Task, same_as: str) -> TimelineEvent:
    values = [
        f"{m.label} {m.text(row.values[m.name])} {m.unit}"
        for m in measures_of(row.kind, row.item)
        if m.name in row.values
    ]
    done = row.state == DONE
    word = outcome_label(row.kind, row.item, row.outcome) if done and row.outcome else str(LABELS[row.state])
    text = " · ".join(filter(None, [*values, row.note]))
    return TimelineEvent(
        day=row.done_on or row.changed_at.date(), kind="work", kind_label=_("待办办理"), title=row.label, text=text,
        tone="good" if done else "none", word=word, same_as=same_as,
    )  # fmt: skip


def carry_resident(actor: Actor, from_id: str, to_id: str, keys: Iterable[int] | None = None) -> Moved:
    """Open tasks of one entry go along to another when they are merged; with ``keys`` only those, back again. What was
    finished in between stays where it was done."""
    rows = Task.objects.filter(resident_id=from_id)
    wanted = rows.filter(state=OPEN) if keys is None else rows.filter(pk__in=list(keys))
    moved = list(wanted.filter(state=OPEN).values_list("pk", flat=True))
    stays = 0 if keys is None else wanted.exclude(state=OPEN).count()
    Task.objects.filter(pk__in=moved).update(resident_id=to_id)
    said = [_("%(n)s 项未完成的待办") % {"n": len(moved)}] if moved else []
    if stays:
        said.append(_("%(n)s 项在合并期间办完的待办留在原处") % {"n": stays})
    return Moved(tuple(moved), "，".join(said))


def carry_owner(actor: Actor, resident_ids: Iterable[str], old: str, new: str, *, apply: bool) -> Moved:
    """Open follow-ups and services of the old institution go to the new one."""
    keys: list[int] = []
    for chunk in batched(resident_ids, 500):
        rows = Task.objects.filter(kind__in=(FOLLOW_UP, SERVICE), resident_id__in=chunk, institution_id=old, state=OPEN)
        keys += rows.order_by("pk").values_list("pk", flat=True)
        if apply:
            rows.update(
                institution_id=new, assigned_to="", version=F("version") + 1, changed_at=actor.at,
                changed_by=actor.holder.username,
            )  # fmt: skip
    return Moved(tuple(keys), _("%(n)s 项随访与签约服务待办") % {"n": len(keys)} if keys else "")
