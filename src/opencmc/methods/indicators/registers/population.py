"""Counted populations, and deaths among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.methods.indicators.measures import Stock
from opencmc.methods.indicators.parameters import age_range, cause_codes
from opencmc.methods.indicators.places import Places
from opencmc.methods.indicators.premature_mortality import probability
from opencmc.methods.indicators.registers.register import Found, Register, whole
from opencmc.methods.indicators.spans import Flags, Spans, Whole


@dataclass(frozen=True, slots=True)
class Counted:
    """One counted population: persons by age band ``[from, to)``, both sexes together."""

    day: date
    bands: dict[tuple[int, int], int]
    source: str

    def between(self, low: int, high: int | None) -> int | None:
        """Persons of ``low ≤ age < high``; None when the bands do not tell."""
        inside = {band: n for band, n in self.bands.items() if band[0] >= low and (high is None or band[1] <= high)}
        cut = any(b[0] < edge < b[1] for b in self.bands for edge in (low, high) if edge is not None)
        return None if cut or not inside else sum(inside.values())


def _finest(bands: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Without the totals: bands that contain other bands."""
    return {a: n for a, n in bands.items() if not any(a != b and a[0] <= b[0] and b[1] <= a[1] for b in bands)}


def _latest(counts: list[Counted], day: date) -> Counted | None:
    return next((counted for counted in reversed(counts) if counted.day <= day), None)


class People(Register):
    """Populations and deaths."""

    def __init__(self, read: Mapping[str, pa.Table], spans: Spans, places: Places) -> None:
        super().__init__(read, spans, places)
        self._shared: dict[str, dict[str, list[Counted]]] = {}
        self._deaths: dict[tuple[str, str], Whole | None] = {}

    def _counts(self) -> dict[str, list[Counted]]:
        """By region, the counted populations in order of dates."""
        if "population" not in self._shared:
            grouped: dict[tuple[str, date], dict[tuple[int, int], int]] = {}
            sources: dict[tuple[str, date], str] = {}
            for row in self.read["population"].to_pylist():
                bands = grouped.setdefault((row["region"], row["date"]), {})
                band = (row["age_from"], row["age_to"])
                bands[band] = bands.get(band, 0) + row["count"]
                sources[row["region"], row["date"]] = row["source"]
            by_region: dict[str, list[Counted]] = {}
            for (region, day), bands in sorted(grouped.items()):
                by_region.setdefault(region, []).append(Counted(day, _finest(bands), sources[region, day]))
            self._shared["population"] = by_region
        shared = self._shared["population"]
        assert isinstance(shared, dict)
        return shared

    def population_source(self, day: date) -> str:
        """Where the county's population on ``day`` comes from, in words."""
        latest = _latest(self._counts().get(self.places.region, []), day)
        return f"{latest.source}（{latest.day.isoformat()}）" if latest else ""

    def _people(self, kind: str, count: Callable[[Counted], int | None], label: str) -> Found:
        """The latest count on or before each month's last day; a community is the sum of its townships."""
        values = np.zeros((self.units(kind), len(self.month_ends)), np.int64)
        unknown: Flags = np.zeros(values.shape, bool)
        if not self._counts() or kind not in ("county", "community", "township"):
            return Found(values, "population", missing=label)
        wanted = [self.places.region] if kind == "county" else self.places.townships
        by_region = np.full((len(wanted), len(self.month_ends)), -1, np.int64)
        for i, region in enumerate(wanted):
            for month, end in enumerate(self.month_ends):
                latest = _latest(self._counts().get(region, []), end)
                number = None if latest is None else count(latest)
                by_region[i, month] = -1 if number is None else number
        if kind == "community":
            for month in range(len(self.month_ends)):
                unit = self.places.community_of_township[:, month]
                known = by_region[:, month] >= 0
                np.add.at(values[:, month], unit[(unit >= 0) & known], by_region[(unit >= 0) & known, month])
                unknown[unit[(unit >= 0) & ~known], month] = True
                unknown[values[:, month] == 0, month] = True
        else:
            values, unknown = np.maximum(by_region, 0), by_region < 0
        return Found(values, "population", unknown=unknown, unknown_because=f"缺{label}（期末或之前的统计）")

    def population(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._people(kind, lambda counted: sum(counted.bands.values()), "常住人口")

    def population_65(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._people(kind, lambda counted: counted.between(65, None), "65岁及以上常住人口")

    def population_of_ages(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        low, high = age_range(parameters["ages"])
        return self._people(kind, lambda counted: counted.between(low, high), f"{low}–{high - 1}岁常住人口")

    def _deaths_by_age(self, parameters: Mapping[str, str]) -> Whole | None:
        """``[month, age group]`` of the county's residents; None when nobody is registered as dead of these causes."""
        key = (parameters["ages"], parameters["causes"])
        if key not in self._deaths:
            self._deaths[key] = self._deaths_counted(parameters)
        return self._deaths[key]

    def _deaths_counted(self, parameters: Mapping[str, str]) -> Whole | None:
        low, high = age_range(parameters["ages"])
        table = self.read["deaths"]
        codes = pa.array(sorted(cause_codes(parameters["causes"])), pa.string())
        age = table["age_from"]
        wanted = pc.and_(pc.and_(pc.greater_equal(age, low), pc.less(age, high)), pc.is_in(table["cause"], codes))
        table = table.filter(wanted)
        if table.num_rows == 0:
            return None
        sums = np.zeros((len(self.month_ends) + 1, (high - low) // 5), np.int64)
        group = (whole(table, "age_from") - low) // 5
        np.add.at(sums, (self.spans.position(whole(table, "month")), group), 1)
        return sums[:-1]

    def premature_deaths(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        """Only the county as a whole has enough deaths to be asked."""
        values = np.zeros((self.units(kind), len(self.month_ends)), np.int64)
        dead = self._deaths_by_age(parameters) if kind == "county" else None
        if dead is None:
            return Found(values, "resident", missing="居民死亡登记（死因）")
        values[0] = dead.sum(axis=1)
        return Found(self.spans.add_up(values), "resident", by_period=True)

    def premature_mortality(self, position: int, parameters: Mapping[str, str]) -> Decimal | None:
        """The county's probability of dying within the ages in a period (by position); None when the age groups or
        their populations are missing."""
        first, stop = int(self.spans.first[position]), int(self.spans.stop[position])
        latest = _latest(self._counts().get(self.places.region, []), self.month_ends[stop - 1]) if stop else None
        low, high = age_range(parameters["ages"])
        people = [latest.between(age, age + 5) for age in range(low, high, 5)] if latest else []
        dead = self._deaths_by_age(parameters)
        if dead is None or not people or not all(people):
            return None
        years = Decimal(stop - first) / 12
        of_period = dead[first:stop].sum(axis=0).tolist()
        return probability([Decimal(d) / ((n or 0) * years) for d, n in zip(of_period, people, strict=True)])
