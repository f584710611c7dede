"""What passes through the door of the tasks slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task as lists and pages show it."""

    id: int
    kind: str
    item: str
    label: str
    why: str
    resident_id: str
    village: str
    institution_id: str
    assigned_to: str
    since: date
    due: date
    state: str
    outcome: str
    values: dict[str, int]
    note: str
    done_on: date | None
    next_due: date | None
    version: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class FinishedRow:
    """A row for the lake, in the order of ``serial``: ``row`` has the columns of the logical table, dates as ISO text."""

    serial: int
    table: str
    row: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """Days until the next contact, and until one after an outcome that asks for a closer look."""

    programme: str
    days: int
    recheck_days: int
    standing: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling did: tasks made, open ones closed because the lake shows them done or void, and enrolments left out
    because the pack has no interval for their programme."""

    made: int
    closed: int
    without_interval: int
