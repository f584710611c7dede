"""The months that figures are made of, and the periods that they make up."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from opencmc.base.periods import Period

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Months before this many years are not shown; a mistyped year then costs nothing.
YEARS_SHOWN = 10


def month_index(month: int) -> int:
    """``202501`` → a running number, so that months can be subtracted."""
    return month // 100 * 12 + month % 100 - 1


def month_of(index: int) -> int:
    return index // 12 * 100 + index % 12 + 1


def last_day(month: int) -> date:
    return date(month // 100, month % 100, monthrange(month // 100, month % 100)[1])


@dataclass(frozen=True, slots=True)
class Spans:
    """A run of months without gaps, and every month, quarter, year to date and year that it touches.

    ``first`` and ``stop`` (shape: periods) bound each period on the axis of months, cut to what exists; ``complete``
    says that nothing was cut off. Periods are in the order in which figures are stored: by kind, then by name.
    """

    months: tuple[int, ...]
    periods: tuple[Period, ...]
    first: Whole
    stop: Whole
    complete: Flags
    #: Of each period its kind, its name and its last day.
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    last_days: tuple[date, ...]

    @classmethod
    def between(cls, first: int, last: int) -> Spans:
        """The months from ``first`` to ``last``, both ``YYYYMM`` and both included."""
        start, end = month_index(first), month_index(last)
        months = tuple(month_of(index) for index in range(start, end + 1))
        periods: list[Period] = [Period.month(m // 100, m % 100) for m in months]
        periods += [Period.year_to_date(m // 100, m % 100) for m in months]
        periods += [Period.quarter(*q) for q in sorted({(m // 100, (m % 100 + 2) // 3) for m in months})]
        periods += [Period.year(year) for year in sorted({m // 100 for m in months})]
        periods.sort(key=lambda period: (period.kind.value, period.name))
        low = np.array([p.start.year * 12 + p.start.month - 1 for p in periods], np.int64) - start
        high = np.array([p.end.year * 12 + p.end.month - 1 for p in periods], np.int64) - start
        inside = (low >= 0) & (high <= len(months))
        bounds = (np.clip(low, 0, len(months)), np.clip(high, 0, len(months)))
        return cls(
            months, tuple(periods), *bounds, inside, tuple(p.kind.value for p in periods), tuple(p.name for p in periods),
            tuple(p.end - timedelta(days=1) for p in periods),
        )  # fmt: skip

    def position(self, month: Whole) -> Whole:
        """Where months (``YYYYMM``) lie on the axis; −1 for months that are not on it."""
        index = month // 100 * 12 + month % 100 - 1 - month_index(self.months[0])
        return np.where((index >= 0) & (index < len(self.months)), index, -1)

    def axis(self, month: Whole) -> Whole:
        """Like :meth:`position`, but cut to ``[0, number of months]``: for the start and end of something lasting."""
        index = month // 100 * 12 + month % 100 - 1 - month_index(self.months[0])
        cut: Whole = np.clip(index, 0, len(self.months))
        return cut

    def add_up(self, monthly: Whole) -> Whole:
        """``[unit, month]`` → ``[unit, period]``: the sum of each period's months."""
        running = np.zeros((monthly.shape[0], monthly.shape[1] + 1), np.int64)
        np.cumsum(monthly, axis=1, out=running[:, 1:])
        return running[:, self.stop] - running[:, self.first]

    def at_end(self, monthly: Whole) -> Whole:
        """``[unit, month]`` → ``[unit, period]``: the value on each period's last day."""
        return monthly[:, self.stop - 1]

    def year_before(self) -> Whole:
        """For each period, the position of the same period one year earlier, or −1."""
        places = {name: i for i, name in enumerate(self.names)}
        return np.array([places.get(period.previous_year().name, -1) for period in self.periods], np.int64)

    def of_kind(self, kinds: tuple[str, ...]) -> Whole:
        """The positions of the periods of these kinds."""
        return np.array([i for i, kind in enumerate(self.kinds) if kind in kinds], np.int64)
