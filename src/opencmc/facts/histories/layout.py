"""How an event of any logical table is laid out as one row of a few typed slots, and how it is read back.

Ten tables have a resident, and each has other columns. One row has room for the columns of any of them: what every event
has (resident, key, dates, institution) under its own name, everything else in numbered slots of its type (``text0``,
``whole0``, ``date0``, ``list0``). The slots follow from the tables' declarations, so a new column needs nothing here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from opencmc.facts.schemas import quoted
from opencmc.facts.tables import TABLES, Table, Type

_SLOT = {
    Type.TEXT: "text",
    Type.INTEGER: "whole",
    Type.FEN: "whole",
    Type.BOOLEAN: "whole",
    Type.DATE: "date",
    Type.TEXT_LIST: "list",
}
_SQL_TYPES = {"text": "VARCHAR", "whole": "BIGINT", "date": "DATE", "list": "VARCHAR[]"}


@dataclass(frozen=True)
class Kind:
    """Events of one logical table: which of its columns say when it was, until when, and where.

    ``code`` is what a row is marked with. ``service`` events have no resident of their own: theirs is that of the
    contract that promises the service, and a service done also takes what was due from there.
    """

    code: int
    table: type[Table]
    date: str
    until: str = ""
    institution: str = "institution_id"
    service: bool = False

    @cached_property
    def types(self) -> dict[str, Type]:
        """The columns of an event by name: those of the table, and what a service done takes from what was due."""
        types = {name: column.type for name, column in self.table.columns.items() if name != "resident_id"}
        return types | ({"contract_id": Type.TEXT, "item": Type.TEXT} if self.service else {})

    @cached_property
    def named(self) -> dict[str, str]:
        """The columns that every event has: name in the row → column of the table."""
        named = {"date": self.date, "until": self.until, "institution_id": self.institution}
        if len(self.table.key) == 1:
            named["key"] = self.table.key[0]
        return {place: column for place, column in named.items() if column}

    @cached_property
    def slots(self) -> dict[str, str]:
        """All other columns: column of the table → slot."""
        used: dict[str, int] = {}
        slots = {}
        for name, type_ in self.types.items():
            if name not in self.named.values():
                kind = _SLOT[type_]
                slots[name] = f"{kind}{used.setdefault(kind, 0)}"
                used[kind] += 1
        return slots

    def key_sql(self) -> str:
        """The key as one text; a key of several columns is joined by ``|``."""
        columns = [quoted(name) for name in self.table.key]
        return columns[0] if len(columns) == 1 else f"concat_ws('|', {', '.join(columns)})"

    def rows_sql(self, source: str) -> str:
        """The rows of ``source`` (SQL with the columns of :attr:`types` and ``resident_id``) as rows of events."""
        given = {place: quoted(column) for place, column in self.named.items()} | {"key": self.key_sql()}
        given |= {slot: quoted(column) for column, slot in self.slots.items()}
        return f"SELECT resident_id, {self._places(given)} FROM ({source}) WHERE resident_id IS NOT NULL"

    def gone_sql(self, source: str) -> str:
        """Marks that ``source`` (SQL with ``resident_id`` and ``key``) is no longer this resident's: rows without a date."""
        return f"SELECT resident_id, {self._places({'key': 'key'})} FROM ({source}) WHERE resident_id IS NOT NULL"

    def _places(self, given: Mapping[str, str]) -> str:
        values = [f"{self.code}::UTINYINT AS code"]
        for place, type_ in PLACES.items():
            value = f"({given[place]})::{type_}" if place in given else f"NULL::{type_}"
            values.append(f"{value} AS {quoted(place)}")
        return ", ".join(values)

    def columns(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The table's columns with their values from a row of events, in the order of the declaration."""
        return {name: _typed(type_, row[place]) for name, type_, place in self._reading}

    @cached_property
    def _reading(self) -> tuple[tuple[str, Type, str], ...]:
        """Column of the table, its type, and where it lies in a row."""
        places = {column: place for place, column in self.named.items()} | self.slots
        return tuple((name, type_, places[name]) for name, type_ in self.types.items())


def _typed(type_: Type, value: Any) -> Any:
    if value is None:
        return None
    if type_ is Type.BOOLEAN:
        return bool(value)
    return tuple(value) if type_ is Type.TEXT_LIST else value


def _kind(code: int, table: str, date: str, until: str = "", **others: Any) -> Kind:
    return Kind(code, TABLES[table], date, until, **others)


#: The order is also that of events on one day.
KINDS: tuple[Kind, ...] = (
    _kind(0, "stay", "admitted", "discharged"),
    _kind(1, "visit", "date"),
    _kind(2, "referral", "created", "closed", institution="from_id"),
    _kind(3, "order", "ordered", "reported", institution="from_id"),
    _kind(4, "infection", "reported_at"),
    _kind(5, "follow_up", "date"),
    _kind(6, "service_done", "date", service=True),
    _kind(7, "service_due", "due", institution="", service=True),
    _kind(8, "enrolment", "start", "end"),
    _kind(9, "contract", "start", "end"),
)

_COMMON = {"key": "VARCHAR", "date": "DATE", "until": "DATE", "institution_id": "VARCHAR"}
_SLOTS = sorted({slot for kind in KINDS for slot in kind.slots.values()})
#: The columns of a row besides ``resident_id`` and ``code``, with their types.
PLACES: dict[str, str] = _COMMON | {slot: _SQL_TYPES[slot.rstrip("0123456789")] for slot in _SLOTS}
#: Columns with few different values.
REPEATED = ("resident_id", "institution_id", *(slot for slot in _SLOTS if slot.startswith("text")))

#: Changes with the layout: what was built in another one is built again.
LAYOUT = hashlib.sha256(
    repr([(kind.code, kind.table.table_name, kind.named, kind.types, kind.slots) for kind in KINDS]).encode()
).hexdigest()[:16]
