"""Months as numbers, days as numbers since 1970-01-01, and the days on which people go to the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

import numpy as np

from opencmc.base.periods import Period, first_of_next_month
from opencmc.synthetic.sampling import Floats

BEIJING = timezone(timedelta(hours=8))
#: A day that never comes, in days since 1970-01-01.
NEVER = 1_000_000

#: Monday to Sunday, against a mean of 1.
WEEKDAYS = (1.18, 1.07, 1.03, 1.01, 1.02, 0.90, 0.79)
#: January to December, against a mean of 1.
WINTER = (1.45, 1.20, 1.12, 0.98, 0.88, 0.78, 0.74, 0.74, 0.82, 0.95, 1.12, 1.40)
SUMMER = (0.70, 0.70, 0.82, 0.95, 1.10, 1.30, 1.45, 1.40, 1.20, 0.95, 0.75, 0.70)
VISITING = (1.02, 0.88, 1.04, 1.01, 1.00, 0.99, 1.00, 0.98, 0.99, 0.98, 1.03, 1.08)


def number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


@dataclass(frozen=True, slots=True)
class Month:
    """A month: ``index`` counts from the first month of the period (negative before it)."""

    index: int
    first: date

    @property
    def name(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def compact(self) -> str:
        return f"{self.first:%Y%m}"

    @property
    def start(self) -> int:
        return number(self.first)

    @property
    def end(self) -> int:
        """The first day after it."""
        return number(first_of_next_month(self.first))

    @property
    def days(self) -> int:
        return self.end - self.start

    @property
    def of_year(self) -> int:
        """0 for January."""
        return self.first.month - 1

    def known_at(self, later: int = 0) -> datetime:
        """The tenth of the next month (or ``later`` months after that), midnight in Beijing."""
        day = first_of_next_month(self.first)
        for _ in range(later):
            day = first_of_next_month(day)
        return datetime(day.year, day.month, 10, tzinfo=BEIJING)

    def day_weights(self) -> Floats:
        return np.array([WEEKDAYS[(self.first.weekday() + day) % 7] for day in range(self.days)])


@dataclass(frozen=True, slots=True)
class Calendar:
    start: date
    months: int

    @classmethod
    def of(cls, start: str, months: int) -> Calendar:
        if months < 1:
            raise ValueError(f"至少要一个月，收到 {months}")
        return cls(Period.parse(start).start, months)

    def month(self, index: int) -> Month:
        year, month = divmod(self.start.year * 12 + self.start.month - 1 + index, 12)
        return Month(index, date(year, month + 1, 1))

    def __iter__(self):  # type: ignore[no-untyped-def]
        return (self.month(index) for index in range(self.months))

    @property
    def end(self) -> date:
        return self.month(self.months).first

    @property
    def years(self) -> list[int]:
        return sorted({month.first.year for month in self})

    @property
    def register_known_at(self) -> datetime:
        first = self.month(-1).first
        return datetime(first.year, first.month, 1, tzinfo=BEIJING)
