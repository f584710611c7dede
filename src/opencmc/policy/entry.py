"""What a pack is made of: documents with their clauses, and entries with dated, cited values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from opencmc.base.citations import Citation, Standing


@dataclass(frozen=True, slots=True)
class Document:
    """A document that a pack cites. ``clauses`` is its own table of contents, clause → heading."""

    id: str
    title: str
    clauses: dict[str, str]
    pack: str
    line: int
    number: str = ""
    issued_by: str = ""
    issued: date | None = None
    in_force: date | None = None
    text: str = ""
    url: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """``《title》（number）``, as a person cites it; a title inside the title is set in single marks."""
        inner = self.title.translate({ord("《"): "〈", ord("》"): "〉"})
        return f"《{inner}》" + (f"（{self.number}）" if self.number else "")


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value that holds in ``[start, until)``; ``until`` is already the next value's start where the pack names none.

    ``value`` is typed by the schema: ``int``, ``Decimal``, ``str``, ``bool``, ``date``, a tuple of items, or a dict.
    """

    start: date
    until: date | None
    value: Any
    standing: Standing
    cites: tuple[Citation, ...]
    because: str
    line: int
    note: str = ""

    def holds(self, day: date) -> bool:
        return self.start <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a pack. ``attributes`` holds the keys that belong to its kind, typed; ``file`` is relative to the
    pack's folder; ``values`` are in the order of their days and do not overlap."""

    id: str
    kind: str
    label: str
    label_en: str
    note: str
    checked_on: date
    checked_by: str
    pack: str
    file: str
    line: int
    attributes: dict[str, Any]
    values: tuple[DatedValue, ...]

    def on(self, day: date) -> DatedValue | None:
        """The value that holds on ``day``, if there is one."""
        return next((value for value in self.values if value.holds(day)), None)

    @property
    def where(self) -> str:
        return f"policies/{self.pack}/{self.file}:{self.line}"
