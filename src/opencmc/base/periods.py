"""Half-open periods ``[start, end)`` and their names.

A month is ``2025-03``, a quarter ``2025Q1``, a year ``2025``, the year to date ``2025-01..2025-03``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_YEAR = re.compile(r"(\d{4})")
_TO_DATE = re.compile(r"(\d{4})-01\.\.\1-(\d{2})")


class PeriodKind(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR_TO_DATE = "ytd"
    YEAR = "year"


def first_of_next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """``[start, end)``, both first days of months. ``name`` reads it back: ``Period.parse(p.name) == p``."""

    start: date
    end: date
    kind: PeriodKind

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"a period must not be empty: {self.start} to {self.end}")

    @classmethod
    def month(cls, year: int, month: int) -> Self:
        start = date(year, month, 1)
        return cls(start, first_of_next_month(start), PeriodKind.MONTH)

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Self:
        start = date(year, 3 * quarter - 2, 1)
        return cls(start, first_of_next_month(date(year, 3 * quarter, 1)), PeriodKind.QUARTER)

    @classmethod
    def year(cls, year: int) -> Self:
        return cls(date(year, 1, 1), date(year + 1, 1, 1), PeriodKind.YEAR)

    @classmethod
    def year_to_date(cls, year: int, month: int) -> Self:
        return cls(date(year, 1, 1), first_of_next_month(date(year, month, 1)), PeriodKind.YEAR_TO_DATE)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a period's name. Raises ``ValueError`` that says which forms exist."""
        try:
            if match := _MONTH.fullmatch(text):
                return cls.month(int(match[1]), int(match[2]))
            if match := _QUARTER.fullmatch(text):
                return cls.quarter(int(match[1]), int(match[2]))
            if match := _YEAR.fullmatch(text):
                return cls.year(int(match[1]))
            if match := _TO_DATE.fullmatch(text):
                return cls.year_to_date(int(match[1]), int(match[2]))
        except ValueError:
            pass
        raise ValueError(
            f"不认识的期间 {text!r}：写作 2025（年）、2025Q1（季）、2025-03（月）或 2025-01..2025-03（年初至今）"
        )

    @property
    def name(self) -> str:
        match self.kind:
            case PeriodKind.MONTH:
                return f"{self.start:%Y-%m}"
            case PeriodKind.QUARTER:
                return f"{self.start.year}Q{(self.start.month + 2) // 3}"
            case PeriodKind.YEAR_TO_DATE:
                return f"{self.start.year}-01..{self.months()[-1]}"
            case PeriodKind.YEAR:
                return str(self.start.year)

    def months(self) -> list[str]:
        """The names of the months inside, in order."""
        names, day = [], self.start
        while day < self.end:
            names.append(f"{day:%Y-%m}")
            day = first_of_next_month(day)
        return names

    def previous_year(self) -> Period:
        """The same period one year earlier (同期)."""
        return Period(self.start.replace(year=self.start.year - 1), self.end.replace(year=self.end.year - 1), self.kind)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def __str__(self) -> str:
        return self.name
