"""What reviewers judged: items carried out, and decisions taken together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from opencmc.methods.indicators.measures import Stock
from opencmc.methods.indicators.parameters import words
from opencmc.methods.indicators.places import Places
from opencmc.methods.indicators.registers.register import Found, Register
from opencmc.methods.indicators.spans import Flags, Spans


class Judgements(Register):
    """Assessments of communities."""

    def __init__(self, read: Mapping[str, pa.Table], spans: Spans, places: Places) -> None:
        super().__init__(read, spans, places)
        self._shared: dict[str, dict[tuple[str, str], list[tuple[date, str]]]] = {}

    def _latest_results(self) -> dict[tuple[str, str], list[tuple[date, str]]]:
        if "assessments" not in self._shared:
            results: dict[tuple[str, str], list[tuple[date, str]]] = {}
            rows = self.read["assessments"].sort_by(
                [("unit_id", "ascending"), ("item", "ascending"), ("date", "ascending")]
            )
            for row in rows.to_pylist():
                results.setdefault((row["unit_id"], row["item"]), []).append((row["date"], row["result"]))
            self._shared["assessments"] = results
        shared = self._shared["assessments"]
        assert isinstance(shared, dict)
        return shared

    def _items(self, kind: str, parameters: Mapping[str, str], *, met: bool) -> Found:
        """Items of each community by the latest judgement on or before the month's last day; the county is the sum of
        its communities. An item never judged makes the unit unknown."""
        values = np.zeros((self.units(kind), len(self.month_ends)), np.int64)
        unknown: Flags = np.zeros(values.shape, bool)
        items = words(parameters["items"])
        results = self._latest_results()
        if not any((unit, item) in results for unit, item in results if item in items):
            return Found(values, "assessment", missing="定性评判")
        for at, unit in enumerate(self.places.units["institution" if kind == "institution" else "community"]):
            for month, end in enumerate(self.month_ends):
                row = at if kind in ("community", "institution") else 0
                for item in items:
                    judged = [result for day, result in results.get((unit, item), []) if day <= end]
                    unknown[row, month] |= not judged
                    values[row, month] += (not met) or (bool(judged) and judged[-1] == "met")
        if kind == "county" and not self.places.communities:
            return Found(values, "assessment", missing="综合医共体的成员关系")
        return Found(values, "assessment", unknown=unknown, unknown_because="有项目尚未评判")

    def _votes_of(self, kind: str, parameters: Mapping[str, str], *, shared: bool) -> Found:
        """Judgements of an item (or several) by month; each judgement is one decision."""
        values = np.zeros((self.units(kind), len(self.month_ends)), np.int64)
        items = words(parameters["item"])
        results: dict[str, list[tuple[date, str]]] = {}
        for (unit, item), judged in self._latest_results().items():
            if item in items:
                results.setdefault(unit, []).extend(judged)
        if not results:
            return Found(values, "assessment", missing="定性评判")
        numbers = {month: i for i, month in enumerate(self.spans.months)}
        for at, unit in enumerate(self.places.communities):
            for day, result in results.get(unit, []):
                month = numbers.get(day.year * 100 + day.month)
                if month is not None and (result == "met" or not shared):
                    values[at if kind == "community" else 0, month] += 1
        return Found(values, "assessment")

    def votes_shared(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._votes_of(kind, parameters, shared=True)

    def votes(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._votes_of(kind, parameters, shared=False)

    def items_met(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._items(kind, parameters, met=True)

    def items_due(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._items(kind, parameters, met=False)
