"""What is known about a resident: events, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from opencmc.base.outcomes import Unknown

Date = date
Value = str | int | bool | date | tuple[str, ...] | None

#: No logical table holds what was prescribed or dispensed.
MEDICINES = Unknown(("medicines",))


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a logical table that concerns a resident.

    ``key`` is the row's key (several columns joined by ``|``). ``date`` is when it began: admission, start of a contract,
    the day on which a referral was sent or a card reported. ``until`` is when it ended (discharge, end, report), or None
    when it has no end or none is known. ``institution_id`` is where: for referrals and orders the one that asked, for
    services due nobody yet. ``columns`` are all columns of the table but ``resident_id``, typed; a service also has
    ``contract_id`` and ``item``.
    """

    resident_id: str
    table: str
    key: str
    date: Date
    until: Date | None
    institution_id: str | None
    columns: Mapping[str, Value]

    def __getitem__(self, column: str) -> Value:
        return self.columns[column]


@dataclass(frozen=True, slots=True)
class History:
    """All events of one person, newest first, who may have several ``resident_ids``; empty when nothing is known.

    ``latest_load`` is the number of the latest load of the lake that was taken into account.
    """

    resident_ids: tuple[str, ...]
    events: tuple[Event, ...]
    latest_load: int

    def of(self, *tables: str) -> tuple[Event, ...]:
        """The events of some logical tables, newest first."""
        return tuple(event for event in self.events if event.table in tables)

    @property
    def medicines(self) -> Unknown:
        """Unknown: the lake's tables do not hold medicines."""
        return MEDICINES
