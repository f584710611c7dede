"""References from an indicator's definition to the rules that it uses: ``parameters: {items: entry:indicator.fields}``.

A reference stands for the value of a parameter or a list of the computing county's pack, so that what a county decides
otherwise takes effect without rewriting the indicator. The value is handed over as text (:func:`parameter_text`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from opencmc.policy.entry import DatedValue, Entry

MARK = "entry:"

#: Kinds of entries whose value can be a parameter of a definition.
REFERABLE = ("parameter", "list")


@dataclass(frozen=True, slots=True)
class Reference:
    """A parameter of a definition together with the dated value of the entry that it names."""

    parameter: str
    entry: Entry
    dated: DatedValue

    @property
    def text(self) -> str:
        return parameter_text(self.entry, self.dated.value)


def referred(text: str) -> str:
    """The id of the entry that a parameter's text refers to; empty when the text stands for itself."""
    return text.removeprefix(MARK).strip() if text.startswith(MARK) else ""


def references_in(parameters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """``(parameter, entry id)`` of every reference."""
    return ((name, referred(text)) for name, text in parameters.items() if text.startswith(MARK))


def in_force(entry: Entry, day: date) -> DatedValue | None:
    """The value on ``day``; before the first one the first one, as with definitions. None in a gap."""
    return entry.values[0] if day < entry.values[0].start else entry.on(day)


def gap_in(entry: Entry) -> date | None:
    """The first day, if any, on which an entry that once had a value has none."""
    followed = {value.start for value in entry.values}
    ends = (value.until for value in entry.values if value.until is not None and value.until not in followed)
    return next(ends, None)


def parameter_text(entry: Entry, value: Any) -> str:
    """The value as a method reads it: of a list its items' ids, of a parameter by keys ``key=value``, both with spaces
    between."""
    if entry.kind == "list":
        return " ".join(item if isinstance(item, str) else item["id"] for item in value)
    if isinstance(value, dict):
        return " ".join(f"{key}={_plain(each)}" for key, each in value.items())
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
