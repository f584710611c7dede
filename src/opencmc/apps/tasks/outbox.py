"""What finished tasks mean for the lake, as an append-only outbox.

A row is written with the end of its task. Its ``serial`` is given by the first reader, among rows that are committed: a
number that the writer took could be read past while its transaction was still open.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max

from opencmc.apps.access.api import Actor
from opencmc.apps.tasks.contracts import FinishedRow
from opencmc.apps.tasks.kinds import FOLLOW_UP, SERVICE, Outcome
from opencmc.apps.tasks.models import FinishedTask, Task

#: Rows handed out at once.
BATCH = 5_000


def append(task: Task, outcome: Outcome, institution_id: str, actor: Actor) -> None:
    """The row of a finished task; none for a task that the lake has no table for."""
    row = _row(task, outcome, institution_id)
    if row is not None:
        FinishedTask.objects.create(task_id=task.pk, table=row[0], row=row[1], at=actor.at)


def _row(task: Task, outcome: Outcome, institution_id: str) -> tuple[str, dict[str, Any]] | None:
    if not outcome.exported or task.done_on is None:
        return None
    day = task.done_on.isoformat()
    if task.kind == SERVICE and task.source == "service_due":
        return "service_done", {"service_id": task.source_key, "institution_id": institution_id, "date": day}
    if task.kind == FOLLOW_UP:
        said = {
            "follow_up_id": f"W-{task.pk}", "programme": task.item, "resident_id": task.resident_id,
            "institution_id": institution_id, "date": day, "outcome": None if outcome.id == "seen" else outcome.id,
        }  # fmt: skip
        return "follow_up", said | task.values
    return None


def finished_since(serial: int, limit: int = BATCH) -> list[FinishedRow]:
    """The rows after ``serial`` (0: from the first), in order, at most ``limit``. Reading them again gives them again."""
    _number()
    rows = FinishedTask.objects.filter(serial__gt=serial).order_by("serial")[:limit]
    return [FinishedRow(row.serial, row.table, row.row, row.at) for row in rows]


def _number() -> None:
    """Give serials to committed rows that have none. Two readers wait for each other; the constraint holds the rest."""
    with transaction.atomic():
        new = list(FinishedTask.objects.select_for_update().filter(serial__isnull=True).order_by("pk"))
        if not new:
            return
        last = FinishedTask.objects.aggregate(last=Max("serial"))["last"] or 0
        for at, row in enumerate(new, start=last + 1):
            row.serial = at
        FinishedTask.objects.bulk_update(new, ["serial"], batch_size=500)
