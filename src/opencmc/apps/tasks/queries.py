"""Reads of tasks. The reach of the right is part of every query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from opencmc.apps.access.api import Actor, require
from opencmc.apps.network.api import institutions_within
from opencmc.apps.tasks.contracts import TaskLine
from opencmc.apps.tasks.models import Task
from opencmc.apps.tasks.states import OPEN

CLOCKS = ("overdue", "today", "week", "later")


def scoped(actor: Actor, action: str) -> QuerySet[Task]:
    """The tasks that ``action`` reaches today, or a refusal."""
    within = institutions_within(require(actor.holder, action), actor.today)
    return Task.objects.all() if within is None else Task.objects.filter(institution_id__in=within)


def week_end(today: date) -> date:
    """The Sunday of this week."""
    return today + timedelta(days=6 - today.weekday())


def clock_filter(today: date) -> dict[str, Q]:
    sunday = week_end(today)
    return {
        "overdue": Q(due__lt=today),
        "today": Q(due=today),
        "week": Q(due__gt=today, due__lte=sunday),
        "later": Q(due__gt=sunday),
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """The chips that are pressed; "" is all."""

    when: str = ""
    label: str = ""
    village: str = ""
    mine: bool = False

    def without(self, name: str) -> Wanted:
        return Wanted(**{**{n: getattr(self, n) for n in self.__slots__}, name: False if name == "mine" else ""})


def chosen(actor: Actor, wanted: Wanted, action: str = "tasks.view") -> QuerySet[Task]:
    """Open tasks by the chips that are pressed, the longest overdue first."""
    rows = scoped(actor, action).filter(state=OPEN)
    if wanted.when in CLOCKS:
        rows = rows.filter(clock_filter(actor.today)[wanted.when])
    if wanted.label:
        rows = rows.filter(label=wanted.label)
    if wanted.village:
        rows = rows.filter(village=wanted.village)
    if wanted.mine:
        rows = rows.filter(assigned_to=actor.holder.username)
    return rows.order_by("due", "id")


def clock_counts(rows: QuerySet[Task], today: date) -> dict[str, int]:
    """How many are overdue, due today, this week and later; one query."""
    return rows.order_by().aggregate(**{name: Count("pk", filter=q) for name, q in clock_filter(today).items()})


def label_counts(rows: QuerySet[Task]) -> list[tuple[str, int]]:
    return list(rows.order_by().values_list("label").annotate(n=Count("pk")).order_by("-n", "label"))


def village_counts(rows: QuerySet[Task]) -> list[tuple[str, int, str]]:
    """(code, how many, one resident who lives there), the most first."""
    found = rows.exclude(village="").order_by().values_list("village")
    return list(found.annotate(n=Count("pk"), one=Min("resident_id")).order_by("-n", "village"))


def line(row: Task) -> TaskLine:
    return TaskLine(
        row.pk, row.kind, row.item, row.label, row.why, row.resident_id, row.village, row.institution_id,
        row.assigned_to, row.since, row.due, row.state, row.outcome, row.values, row.note, row.done_on, row.next_due,
        row.version, row.changed_at, row.changed_by,
    )  # fmt: skip


def find_task(actor: Actor, task_id: int, action: str = "tasks.view") -> TaskLine | None:
    row = scoped(actor, action).filter(pk=task_id).first()
    return line(row) if row else None


def others_of(actor: Actor, task: TaskLine) -> list[TaskLine]:
    """Other open tasks for the same resident, within reach."""
    rows = scoped(actor, "tasks.view").filter(resident_id=task.resident_id, state=OPEN).exclude(pk=task.id)
    return [line(row) for row in rows.order_by("due")[:5]]


def tasks_of_resident(actor: Actor, resident_id: str, limit: int = 50) -> list[TaskLine]:
    """All tasks about a resident that ``actor`` may see, the newest due date first: for the resident's page."""
    rows = scoped(actor, "tasks.view").filter(resident_id=resident_id).order_by("-due")
    return [line(row) for row in rows[:limit]]


def next_after(actor: Actor, wanted: Wanted, done: TaskLine) -> int | None:
    """The task that stands below ``done`` in the list as it is filtered now, or the first that is left."""
    rows = chosen(actor, wanted)
    below = rows.filter(Q(due__gt=done.due) | Q(due=done.due, pk__gt=done.id))
    return below.values_list("pk", flat=True).first() or rows.values_list("pk", flat=True).first()


def as_query(wanted: Wanted, **more: Any) -> dict[str, Any]:
    """The chips as the query of an address."""
    kept = {"when": wanted.when, "label": wanted.label, "village": wanted.village, "mine": "1" if wanted.mine else ""}
    return {name: value for name, value in (kept | more).items() if value}
