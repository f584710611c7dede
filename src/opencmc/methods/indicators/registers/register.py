"""What all registers share: what is found, and how institutions add up to units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa

from opencmc.methods.indicators.places import Places
from opencmc.methods.indicators.spans import Flags, Spans, Whole, last_day


@dataclass(slots=True)
class Found:
    """``values`` by unit and month, or by unit and period when ``by_period``. ``missing`` names a register of which
    nothing was loaded; ``unknown`` marks single values that cannot be told, ``unknown_because`` says why."""

    values: Whole
    table: str
    by_period: bool = False
    missing: str = ""
    unknown: Flags | None = None
    unknown_because: str = ""
    unplaced: dict[str, Whole] = field(default_factory=dict)


def whole(table: pa.Table, column: str) -> Whole:
    """A column of whole numbers as 64-bit integers."""
    numbers: Whole = table[column].combine_chunks().to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def days(values: pa.ChunkedArray, missing: date) -> Whole:
    """Dates as day numbers (since 1970-01-01)."""
    filled = values.fill_null(pa.scalar(missing, pa.date32())).cast(pa.int32())
    numbers: Whole = filled.to_numpy().astype(np.int64)
    return numbers


def day_number(value: date) -> int:
    return (value - date(1970, 1, 1)).days


class Register:
    """Reads registers for one county; what is expensive is made once and kept.

    Each public method answers for one ``Stock.register``: it is given the measure, the kind of unit, where (by
    institution and month) it counts, and the definition's parameters.
    """

    def __init__(self, read: Mapping[str, pa.Table], spans: Spans, places: Places) -> None:
        self.read = read
        self.spans = spans
        self.places = places
        self.month_ends = [last_day(month) for month in spans.months]

    def units(self, kind: str) -> int:
        return len(self.places.units[kind])

    def by_institution(self, kind: str, held: Whole) -> Whole:
        """``[institution, month]`` → ``[unit, month]``."""
        result = np.zeros((self.units(kind), len(self.month_ends)), np.int64)
        for month in range(len(self.month_ends)):
            unit = self.places.units_at(kind, month)
            placed = unit >= 0
            np.add.at(result[:, month], unit[placed], held[placed, month])
        return result
