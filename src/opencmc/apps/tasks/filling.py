"""Worklists filled from the lake when a run is published: services due that are not done, and follow-ups due.

A service belongs to an open contract; a follow-up is due an interval after the last one of its programme. Who owns a
task: the institution below the contract's or programme's own that last saw the resident, otherwise that one itself.
Filling again makes nothing twice; what the lake shows to be done, or no longer due, is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import batched, chain
from pathlib import Path
from typing import Any

from django.db import connection

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.tasks.contracts import Filled, Interval
from opencmc.apps.tasks.kinds import ELSEWHERE, FOLLOW_UP, SERVICE, label_of
from opencmc.apps.tasks.models import Filling, FollowUpInterval, Task
from opencmc.apps.tasks.states import CANCELLED, DONE, OPEN
from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake

Progress = Callable[[str, float], None]

#: How far ahead of the day of the data tasks are made.
AHEAD = timedelta(days=60)

_AT_A_TIME = 5_000

_TABLES = ("contract", "service_due", "service_done", "enrolment", "follow_up", "resident", "institution")

# Of several contacts on the last day the one with the greatest id counts: the same rows give the same owner.
_SEEN = """
seen AS (
  SELECT resident_id, arg_max(institution_id, date || follow_up_id) AS seen_at FROM follow_up
  WHERE date <= DATE '{as_of}' GROUP BY resident_id
)"""

_SERVICES = (
    "WITH"
    + _SEEN
    + """
SELECT d.service_id, c.resident_id, coalesce(r.village, ''), d.item, d.due, c.start,
       CASE WHEN i.attached_to = c.institution_id THEN seen_at ELSE c.institution_id END, c.package
FROM service_due d
JOIN contract c ON c.contract_id = d.contract_id
JOIN resident r ON r.resident_id = c.resident_id
LEFT JOIN service_done s ON s.service_id = d.service_id
LEFT JOIN seen ON seen.resident_id = c.resident_id
LEFT JOIN institution i ON i.institution_id = seen.seen_at
WHERE s.service_id IS NULL AND c.start <= DATE '{as_of}' AND (c."end" IS NULL OR c."end" > DATE '{as_of}')
  AND (r.death_date IS NULL OR r.death_date > DATE '{as_of}') AND d.due <= DATE '{until}'
ORDER BY d.due, d.service_id"""
)

_ENROLMENTS = (
    "WITH"
    + _SEEN
    + """,
last AS (
  SELECT programme, resident_id, max(date) AS day FROM follow_up WHERE date <= DATE '{as_of}' GROUP BY ALL
)
SELECT e.programme, e.resident_id, coalesce(r.village, ''), min(e.start), any_value(last.day),
       CASE WHEN any_value(i.attached_to) = max(e.institution_id) THEN any_value(seen_at) ELSE max(e.institution_id) END
FROM enrolment e
JOIN resident r ON r.resident_id = e.resident_id
LEFT JOIN last ON last.programme = e.programme AND last.resident_id = e.resident_id
LEFT JOIN seen ON seen.resident_id = e.resident_id
LEFT JOIN institution i ON i.institution_id = seen.seen_at
WHERE e.start <= DATE '{as_of}' AND (e."end" IS NULL OR e."end" > DATE '{as_of}')
  AND (r.death_date IS NULL OR r.death_date > DATE '{as_of}')
GROUP BY e.programme, e.resident_id, r.village
ORDER BY e.resident_id, e.programme"""
)

# What was before the first follow-up that was brought in is not known; nobody is called years overdue for it.
_FIRST = "SELECT min(date) FROM follow_up"
_DONE = "SELECT DISTINCT service_id FROM service_done"


def fill_tasks(
    home: Path,
    *,
    run_id: str,
    known_at: datetime,
    as_of: date,
    intervals: Iterable[Interval],
    actor: Actor,
    progress: Progress | None = None,
) -> Filled | None:
    """Make the tasks that the lake of ``home``, as known at ``known_at``, asks for on ``as_of``. ``None`` when this run
    has filled them before. ``intervals`` come from the pack's table ``follow_up.intervals``."""
    if Filling.objects.filter(run_id=run_id).exists():
        return None
    report = progress or (lambda step, share: None)
    days = {interval.programme: interval for interval in intervals}
    report("读取应做服务与随访", 0.1)
    with DuckDB(Lake(home), known_at=known_at) as engine:
        for table in _TABLES:
            engine.table(table)
        named = {"as_of": as_of.isoformat(), "until": (as_of + AHEAD).isoformat()}
        services = engine.rows(_SERVICES.format(**named))
        enrolments = engine.rows(_ENROLMENTS.format(**named))
        ((first,),) = engine.rows(_FIRST)
        done = {service for (service,) in engine.rows(_DONE)}
    report("写入待办", 0.5)
    follow_ups, without = _follow_ups(enrolments, days, as_of, first or as_of)
    with audited(actor) as trail:
        FollowUpInterval.objects.all().delete()
        FollowUpInterval.objects.bulk_create(
            [FollowUpInterval(programme=i.programme, days=i.days, recheck_days=i.recheck_days, standing=i.standing)
             for i in days.values()]
        )  # fmt: skip
        before = Task.objects.count()
        _insert(chain(map(_service, services), follow_ups), actor)
        made = Task.objects.count() - before
        closed = _close(services, enrolments, done, actor) if before else 0
        Filling.objects.create(run_id=run_id, at=actor.at, made=made, closed=closed)
        trail.add("tasks.fill", object_=run_id, reason=f"{made}+{closed}")
    report("完成", 1.0)
    return Filled(made, closed, without)


#: What differs from task to task, in the order of the rows that are written.
_COLUMNS = (
    "kind", "item", "label", "why", "resident_id", "village", "institution_id", "since", "due", "source", "source_key",
)  # fmt: skip
Row = tuple[str, ...]


def _insert(rows: Iterable[Row], actor: Actor) -> None:
    """Write the tasks that are not there yet. One statement for all: an object for each would cost more than the task."""
    who = actor.holder.username
    blank = Task(created_at=actor.at, changed_at=actor.at, changed_by=who)
    fields = [field for field in Task._meta.concrete_fields if not field.primary_key and field.name not in _COLUMNS]
    same = {field.column: field.get_db_prep_save(field.pre_save(blank, add=True), connection) for field in fields}
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, (*_COLUMNS, *same)))
    marks = ", ".join(["%s"] * (len(_COLUMNS) + len(same)))
    sql = f"INSERT INTO {quote(Task._meta.db_table)} ({columns}) VALUES ({marks}) ON CONFLICT (source, source_key) DO NOTHING"
    rest = tuple(same.values())
    with connection.cursor() as cursor:
        for some in batched(rows, _AT_A_TIME):
            cursor.executemany(sql, [row + rest for row in some])


def _service(row: tuple[Any, ...]) -> Row:
    service_id, resident_id, village, item, due, start, institution_id, package = row
    why = f"签约服务（{package}）" if package else "签约服务"
    return (
        SERVICE, item[:80], label_of(SERVICE, item)[:120], why, resident_id, village, institution_id, start.isoformat(),
        due.isoformat(), "service_due", service_id,
    )  # fmt: skip


def _key(programme: str, resident_id: str, last: date) -> str:
    return f"{programme}:{resident_id}:{last.isoformat()}"


def _follow_ups(
    rows: list[tuple[Any, ...]], days: Mapping[str, Interval], as_of: date, first: date
) -> tuple[list[Row], int]:
    tasks: list[Row] = []
    without = 0
    for programme, resident_id, village, start, last, institution_id in rows:
        interval = days.get(programme)
        if interval is None:
            without += 1
            continue
        since = last or start
        due = (last or max(start, first)) + timedelta(days=interval.days)
        if due > as_of + AHEAD:
            continue
        why = f"上次随访 {last}" if last else f"{start} 纳入管理，数据里没有随访"
        tasks.append(
            (
                FOLLOW_UP,
                programme,
                label_of(FOLLOW_UP, programme),
                why,
                resident_id,
                village,
                institution_id,
                since.isoformat(),
                due.isoformat(),
                "enrolment",
                _key(programme, resident_id, since),
            )
        )
    return tasks, without


def _close(services: list[tuple[Any, ...]], enrolments: list[tuple[Any, ...]], done: set[str], actor: Actor) -> int:
    """Open tasks that were made from the lake and that the lake no longer asks for: done elsewhere, or void because the
    contract or the enrolment has ended."""
    due = {row[0] for row in services}
    last = {(row[0], row[1]): row[4] or row[3] for row in enrolments}
    finished, void = [], []
    open_ = Task.objects.filter(state=OPEN, source__in=("service_due", "enrolment"))
    for pk, source, key in open_.values_list("pk", "source", "source_key"):
        if source == "service_due":
            if key in done:
                finished.append(pk)
            elif key not in due:
                void.append(pk)
            continue
        programme, resident_id, day = key.split(":")
        known = last.get((programme, resident_id))
        if known is None:
            void.append(pk)
        elif known.isoformat() > day:  # the lake knows a later contact than the one that this task follows
            finished.append(pk)
    said = {"changed_at": actor.at, "changed_by": actor.holder.username}
    for keys, state, outcome in ((finished, DONE, ELSEWHERE.id), (void, CANCELLED, "void")):
        for at in range(0, len(keys), 500):
            Task.objects.filter(pk__in=keys[at : at + 500]).update(state=state, outcome=outcome, **said)
    return len(finished) + len(void)
