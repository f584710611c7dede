"""The network as plain rows: what is compared, rearranged, stored and brought to the lake. No database here.

Three kinds of row with the columns of the logical tables. A period is ``[start, end)``; a row that ends on its first
day holds on no day: so a row of the append-only lake is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any, ClassVar

from opencmc.facts.tables.network import (
    ATTACHMENT_KINDS,
    COMMUNITY_KINDS,
    INSTITUTION_KINDS,
    MEMBERSHIP_ROLES,
    TIERS,
)

__all__ = [
    "ATTACHMENT_KINDS", "COMMUNITY_KINDS", "INSTITUTION_KINDS", "MEMBERSHIP_ROLES", "PRIMARY_UNITS", "SINCE_EVER", "TIERS",
    "AttachmentRow", "InstitutionRow", "MembershipRow", "Moved", "Row", "Rows", "holds", "overlap", "row_of",
]  # fmt: skip

#: The start of an attachment of which nobody wrote down since when.
SINCE_EVER = date(1900, 1, 1)
#: Kinds that are counted below the institution that they belong to, not drawn one by one.
PRIMARY_UNITS = ("village_clinic", "community_station")


def holds(start: date | None, end: date | None, day: date) -> bool:
    return (start is None or start <= day) and (end is None or day < end)


def overlap(a: MembershipRow | AttachmentRow, b: MembershipRow | AttachmentRow) -> bool:
    """Whether two periods have a day in common."""
    return not a.empty and not b.empty and (a.end is None or b.start < a.end) and (b.end is None or a.start < b.end)


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    table: ClassVar[str] = "institution"
    institution_id: str
    name: str
    short_name: str = ""
    tier: str = "township"
    kind: str = "other"
    region: str = ""
    township: str = ""
    attached_to: str = ""
    open_beds: int | None = None
    opened: date | None = None
    closed: date | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.institution_id,)

    @property
    def empty(self) -> bool:
        return self.opened is not None and self.closed is not None and self.closed <= self.opened

    def withdrawn(self) -> InstitutionRow:
        opened = self.opened or SINCE_EVER
        return replace(self, opened=opened, closed=opened)

    def holds(self, day: date) -> bool:
        return holds(self.opened, self.closed, day)


@dataclass(frozen=True, slots=True)
class MembershipRow:
    table: ClassVar[str] = "membership"
    community_id: str
    community_name: str
    community_kind: str
    institution_id: str
    role: str
    start: date
    end: date | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.community_id, self.institution_id, self.start)

    @property
    def empty(self) -> bool:
        return self.end is not None and self.end <= self.start

    def withdrawn(self) -> MembershipRow:
        return replace(self, end=self.start)

    def holds(self, day: date) -> bool:
        return holds(self.start, self.end, day)

    @property
    def binds(self) -> bool:
        """Whether the institution counts as part of a general community through it."""
        return self.community_kind == "general" and self.role != "linked"


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    table: ClassVar[str] = "attachment"
    institution_id: str
    attached_to: str
    kind: str
    start: date
    end: date | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.institution_id, self.start)

    @property
    def empty(self) -> bool:
        return self.end is not None and self.end <= self.start

    def withdrawn(self) -> AttachmentRow:
        return replace(self, end=self.start)

    def holds(self, day: date) -> bool:
        return holds(self.start, self.end, day)


type Row = InstitutionRow | MembershipRow | AttachmentRow
KINDS: dict[str, type[InstitutionRow] | type[MembershipRow] | type[AttachmentRow]] = {
    "institution": InstitutionRow,
    "attachment": AttachmentRow,
    "membership": MembershipRow,
}
_DAYS = ("start", "end", "opened", "closed")
_MAY_BE_NONE = ("end", "opened", "closed", "open_beds")


def row_of(table: str, given: Mapping[str, Any]) -> Row:
    """A row from the lake's or a stored mapping: ISO text becomes days, missing text "". Other keys are left aside."""
    values = {}
    for each in fields(KINDS[table]):
        value = given.get(each.name)
        if each.name in _DAYS and isinstance(value, str):
            value = date.fromisoformat(value) if value else None
        values[each.name] = value if each.name in _MAY_BE_NONE else "" if value is None else value
    return KINDS[table](**values)


def plain(row: Row) -> dict[str, Any]:
    """The row as JSON can hold it; :func:`row_of` reads it back."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(row).items()}


@dataclass(frozen=True, slots=True)
class Moved:
    """One row before and after; ``None``: not there."""

    table: str
    before: Row | None
    after: Row | None

    @property
    def key(self) -> tuple[Any, ...]:
        row = self.after or self.before
        assert row is not None
        return row.key

    def stored(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "before": plain(self.before) if self.before else None,
            "after": plain(self.after) if self.after else None,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Moved:
        table = stored["table"]
        before, after = stored["before"], stored["after"]
        return cls(table, row_of(table, before) if before else None, row_of(table, after) if after else None)

    def back(self) -> Moved:
        return Moved(self.table, self.after, self.before)


@dataclass(slots=True)
class Rows:
    """All rows that hold on some day, by key."""

    institutions: dict[str, InstitutionRow] = field(default_factory=dict)
    memberships: dict[tuple[Any, ...], MembershipRow] = field(default_factory=dict)
    attachments: dict[tuple[Any, ...], AttachmentRow] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Rows:
        made = cls()
        for row in rows:
            made.put(row)
        return made

    def table(self, name: str) -> dict[Any, Any]:
        return {"institution": self.institutions, "membership": self.memberships, "attachment": self.attachments}[name]

    def put(self, row: Row) -> None:
        """Add or replace; an empty row goes."""
        key = row.institution_id if isinstance(row, InstitutionRow) else row.key
        if row.empty:
            self.table(row.table).pop(key, None)
        else:
            self.table(row.table)[key] = row

    def drop(self, row: Row) -> None:
        self.table(row.table).pop(row.institution_id if isinstance(row, InstitutionRow) else row.key, None)

    def copy(self) -> Rows:
        return Rows(dict(self.institutions), dict(self.memberships), dict(self.attachments))

    def apply(self, moved: Iterable[Moved]) -> None:
        for each in moved:
            if each.before is not None:
                self.drop(each.before)
            if each.after is not None:
                self.put(each.after)

    def moved_to(self, after: Rows) -> list[Moved]:
        """What differs in ``after``, institutions first, in the order of the keys."""
        found = []
        for table in KINDS:
            old, new = self.table(table), after.table(table)
            for key in sorted(old.keys() | new.keys()):
                if old.get(key) != new.get(key):
                    found.append(Moved(table, old.get(key), new.get(key)))
        return found

    # what holds on a day ----------------------------------------------------------------------------------------

    def members_on(self, community_id: str, day: date) -> list[MembershipRow]:
        return [m for m in self.memberships.values() if m.community_id == community_id and m.holds(day)]

    def memberships_of(self, institution_id: str, day: date) -> list[MembershipRow]:
        return [m for m in self.memberships.values() if m.institution_id == institution_id and m.holds(day)]

    def attachment_of(self, institution_id: str, day: date) -> AttachmentRow | None:
        return next((a for a in self.attachments.values() if a.institution_id == institution_id and a.holds(day)), None)

    def attached_on(self, institution_id: str, day: date) -> list[AttachmentRow]:
        return [a for a in self.attachments.values() if a.attached_to == institution_id and a.holds(day)]

    def communities_on(self, day: date) -> dict[str, MembershipRow]:
        """The communities of a day, each with one of its rows (for name and kind)."""
        found: dict[str, MembershipRow] = {}
        for row in sorted(self.memberships.values(), key=lambda m: m.key):
            if row.holds(day):
                found.setdefault(row.community_id, row)
        return found

    def general_community_of(self, institution_id: str, day: date) -> str:
        """The general community of an institution, its own or that of what it is attached to; "" when none."""
        seen: set[str] = set()
        while institution_id and institution_id not in seen:
            seen.add(institution_id)
            own = [m for m in self.memberships_of(institution_id, day) if m.binds]
            if own:
                return own[0].community_id
            above = self.attachment_of(institution_id, day)
            institution_id = above.attached_to if above else ""
        return ""

    def homes_on(self, day: date) -> dict[str, str]:
        """:meth:`general_community_of` for every institution at once."""
        own = {m.institution_id: m.community_id for m in self.memberships.values() if m.binds and m.holds(day)}
        above = {a.institution_id: a.attached_to for a in self.attachments.values() if a.holds(day)}
        homes = {}
        for institution_id in self.institutions:
            at, seen = institution_id, set()
            while at and at not in own and at not in seen:
                seen.add(at)
                at = above.get(at, "")
            homes[institution_id] = own.get(at, "")
        return homes
