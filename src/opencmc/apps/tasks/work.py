"""Open tasks as the home page gathers them: this week's and what is overdue, the first of each clock by name."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may
from opencmc.apps.tasks.people import lines_of
from opencmc.apps.tasks.queries import Wanted, chosen, clock_counts, clock_filter, line, scoped
from opencmc.apps.tasks.states import OPEN
from opencmc.apps.work import WorkGroup, WorkItem

#: Named for each clock; the rest is counted.
SHOWN = 8


def work_of(actor: Actor) -> list[WorkGroup]:
    if not may(actor.holder, "tasks.view"):
        return []
    counts = clock_counts(scoped(actor, "tasks.view").filter(state=OPEN), actor.today)
    href = reverse("tasks:worklist")
    verb = _("办理") if may(actor.holder, "tasks.do") else _("查看")
    rows = []
    for clock in ("overdue", "today", "week"):
        if counts[clock]:
            rows += [
                (clock, line(row)) for row in chosen(actor, Wanted()).filter(clock_filter(actor.today)[clock])[:SHOWN]
            ]
    people = lines_of(actor, [row.resident_id for _clock, row in rows])
    items = []
    for clock, row in rows:
        person = people.get(row.resident_id)
        about = f"{person.name} {person.sex} {person.age_text} {person.village_name}".strip() if person else ""
        items.append(
            WorkItem(row.label, about, row.why, row.since, row.due, verb, f"{href}?when={clock}&open={row.id}#case")
        )
    count = counts["overdue"] + counts["today"] + counts["week"]
    return [WorkGroup("tasks", _("随访与签约服务"), count, counts["overdue"], counts["today"], href, items)]
