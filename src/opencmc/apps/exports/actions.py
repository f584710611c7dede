"""Bring what daily work has written since the last time into the lake.

The database knows how far a source has gone; the lake knows each load by its name. A run that was killed between the two
is repeated by the next one: a row that comes twice supersedes itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.exports.contracts import Exported
from opencmc.apps.exports.models import ExportedResident, Mark
from opencmc.apps.network.api import export_pending
from opencmc.apps.residents.api import changed_after, last_change
from opencmc.apps.tasks.api import finished_since
from opencmc.facts.daily_work import EnteredRow, load_entered


def export_daily_work(home: Path, actor: Actor) -> Exported:
    """Network, residents and finished tasks, in this order: what is named is there before what names it."""
    networks = export_pending(home, actor=actor)
    people = _residents(home, actor)
    return Exported(networks=networks, residents=people, tasks=_tasks(home, actor))


def _load(home: Path, table: str, rows: Sequence[EnteredRow], change: str, actor: Actor) -> None:
    load_entered(home, table, rows, change=change, known_at=actor.at, actor=actor.holder.username)


def _reached(source: str) -> int:
    found = Mark.objects.filter(source=source).first()
    return found.reached if found else 0


def _mark(source: str, reached: int, count: int, actor: Actor) -> None:
    with audited(actor) as trail:
        Mark.objects.update_or_create(source=source, defaults={"reached": reached, "at": actor.at})
        trail.add("exports.run", object_=f"{source} {reached}", reason=f"{count}")


def _residents(home: Path, actor: Actor) -> int:
    """The last change is read first: what is written meanwhile is the next run's."""
    reached, last = _reached("residents"), last_change()
    if last <= reached:
        return 0
    versions, rows = changed_after(reached, dict(ExportedResident.objects.values_list("resident_id", "version")))
    for table, found in rows.items():
        _load(home, table, found, f"{table}-{reached + 1}-{last}", actor)
    with audited(actor):
        ExportedResident.objects.bulk_create(
            [ExportedResident(resident_id=key, version=version) for key, version in versions.items()],
            update_conflicts=True, unique_fields=["resident_id"], update_fields=["version"], batch_size=500,
        )  # fmt: skip
        _mark("residents", last, len(versions), actor)
    return len(versions)


def _tasks(home: Path, actor: Actor) -> int:
    count = 0
    while found := finished_since(_reached("tasks")):
        first, last = found[0].serial, found[-1].serial
        for table in dict.fromkeys(row.table for row in found):
            rows = [(row.row, set(row.row)) for row in found if row.table == table]
            _load(home, table, rows, f"{table}-{first}-{last}", actor)
        _mark("tasks", last, len(found), actor)
        count += len(found)
    return count
