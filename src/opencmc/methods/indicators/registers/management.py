"""Contracts, people under health management, and whether they were followed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.methods.indicators import amounts as reasons
from opencmc.methods.indicators.measures import Stock
from opencmc.methods.indicators.places import Places, positions
from opencmc.methods.indicators.registers.register import Found, Register, day_number, days, whole
from opencmc.methods.indicators.spans import Flags, Spans, Whole


class Management(Register):
    """Contracts and programmes."""

    def __init__(self, read: Mapping[str, pa.Table], spans: Spans, places: Places) -> None:
        super().__init__(read, spans, places)
        self._shared: dict[object, object] = {}

    def _lasting(self, source: str, rows: Flags | None = None) -> tuple[Whole, Whole]:
        """Counts of a register with start and end months as ``[institution, month]``, and unplaced counts by month."""
        table = self.read[source]
        if rows is not None:
            table = table.filter(pa.array(rows))
        institution = positions(table["institution_id"], self.places.ids)
        start, end = (self.spans.axis(whole(table, name)) for name in ("start_month", "end_month"))
        count = whole(table, "rows")
        change = np.zeros((len(self.places.ids) + 1, len(self.month_ends) + 1), np.int64)
        np.add.at(change, (institution, start), count)  # −1, an unknown institution, is the last row
        np.add.at(change, (institution, end), -count)
        held = np.cumsum(change, axis=1)[:, :-1]
        return held[:-1], held[-1]

    def _counted(
        self, source: str, kind: str, where: Flags, table: str, label: str, rows: Flags | None = None
    ) -> Found:
        if self.read[source].num_rows == 0 or (rows is not None and not rows.any()):
            return Found(np.zeros((self.units(kind), len(self.month_ends)), np.int64), table, missing=label)
        held, lost = self._lasting(source, rows)
        unplaced = {reasons.NO_INSTITUTION: lost} if lost.any() else {}
        return Found(self.by_institution(kind, np.where(where, held, 0)), table, unplaced=unplaced)

    def contract(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._counted("contracts", kind, where, "contract", "家庭医生签约")

    def elderly(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        rows = _is(self.read["enrolments"]["programme"], "elderly") > 0
        return self._counted("enrolments", kind, where, "enrolment", "老年人健康管理", rows)

    def managed(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._counted("enrolments", kind, where, "enrolment", "健康管理")

    def _managed_people(self) -> dict[str, Whole]:
        """Enrolments for hypertension and diabetes with persons and months as numbers."""
        if "chronic" not in self._shared:
            table = self.read["chronic"]
            people = pa.chunked_array(
                [*table["person"].chunks, *self.read["chronic_admissions"]["person"].chunks,
                 *self.read["chronic_follow_ups"]["person"].chunks], pa.string(),
            ).combine_chunks().dictionary_encode()  # fmt: skip
            code = people.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
            own, admitted = table.num_rows, self.read["chronic_admissions"].num_rows
            self._shared["chronic"] = {
                "people": np.array([len(people.dictionary)], np.int64),
                "person": code[:own],
                "admitted": code[own : own + admitted],
                "followed": code[own + admitted :],
                "admitted_month": self.spans.position(whole(self.read["chronic_admissions"], "month")),
                "followed_month": self.spans.position(whole(self.read["chronic_follow_ups"], "month")),
                "institution": positions(table["institution_id"], self.places.ids),
                "start": self.spans.axis(whole(table, "start_month")),
                "end": self.spans.axis(whole(table, "end_month")),
                "start_day": days(table["start"], date(1, 1, 1)),
                "diabetes": _is(table["programme"], "diabetes"),
                "followed_diabetes": _is(self.read["chronic_follow_ups"]["programme"], "diabetes"),
            }
        shared = self._shared["chronic"]
        assert isinstance(shared, dict)
        return shared

    def chronic(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._chronic_persons(kind, where, admitted=False)

    def chronic_admitted(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        found = self._chronic_persons(kind, where, admitted=True)
        if self.read["stay"].num_rows == 0:
            found.missing = "住院"
        return found

    def _pairs_at(self, kind: str, month: int) -> tuple[Whole, Whole, Whole, Flags]:
        """Of each enrolment its distinct (unit, person) on a month's last day.

        Returns, for all enrolments, the position of their pair; the unit and the person of each pair; and which
        enrolments have a unit. Communities rarely change, so the pairs of one month serve the others.
        """
        c = self._managed_people()
        at = np.maximum(c["institution"], 0)
        unit = self.places.unit_of_institution(kind, at, np.full(len(at), month))
        key = ("pairs", kind, unit.tobytes())
        if key not in self._shared:
            people = int(c["people"][0])
            has_unit = (unit >= 0) & (c["institution"] >= 0)
            pair, back = np.unique(np.where(has_unit, unit, 0) * people + c["person"], return_inverse=True)
            self._shared[key] = (back.astype(np.int64), pair // people, pair % people, has_unit)
        found = self._shared[key]
        assert isinstance(found, tuple)
        return found

    def _persons_at(self, kind: str, where: Flags, month: int) -> tuple[Whole, Whole]:
        """Distinct (unit, person) under management on a month's last day."""
        key = ("persons", kind, month)  # both measures ask with the same ``where``
        if key not in self._shared:
            c = self._managed_people()
            back, unit, person, has_unit = self._pairs_at(kind, month)
            active = (
                (c["start"] <= month) & (month < c["end"]) & has_unit & where[np.maximum(c["institution"], 0), month]
            )
            marks = np.zeros(len(unit), bool)
            marks[back[active]] = True
            self._shared[key] = (unit[marks], person[marks])
        found = self._shared[key]
        assert isinstance(found, tuple)
        return found

    def _chronic_persons(self, kind: str, where: Flags, *, admitted: bool) -> Found:
        """Distinct persons under management on the period's last day; with ``admitted`` those of them with a stay in
        the period."""
        values = np.zeros((self.units(kind), len(self.spans.periods)), np.int64)
        if self.read["chronic"].num_rows == 0:
            return Found(values, "enrolment", by_period=True, missing="高血压、2型糖尿病健康管理")
        c = self._managed_people()
        stays: Flags = np.zeros((len(self.month_ends) + 1, int(c["people"][0])), bool)
        stays[c["admitted_month"], c["admitted"]] = True  # position −1, outside the months, is the row left over
        lost = np.zeros(len(self.month_ends), np.int64)
        for month in range(len(self.month_ends)):
            lost[month] = int(((c["start"] <= month) & (month < c["end"]) & (c["institution"] < 0)).sum())
        for i, (first, stop) in enumerate(zip(self.spans.first.tolist(), self.spans.stop.tolist(), strict=True)):
            if stop == 0:
                continue
            unit, person = self._persons_at(kind, where, stop - 1)
            if admitted:
                unit = unit[stays[first:stop].any(axis=0)[person]]
            values[:, i] = np.bincount(unit, minlength=self.units(kind))
        unplaced = {reasons.NO_INSTITUTION: lost} if lost.any() else {}
        return Found(values, "enrolment", by_period=True, unplaced=unplaced)

    def _quarters_kept(self) -> tuple[Whole, Whole, Whole, Whole]:
        """Which enrolments lasted for each whole quarter, and which of them were followed up in it.

        Returns quarter starts (positions of months), and ``[enrolment, quarter]`` for due and met.
        """
        if "quarters" not in self._shared:
            c = self._managed_people()
            months = self.spans.months
            starts = [
                i for i, m in enumerate(months) if m % 3 == 1 and m % 100 in (1, 4, 7, 10) and i + 3 <= len(months)
            ]
            followed: Flags = np.zeros((2, len(months) + 1, int(c["people"][0])), bool)
            followed[c["followed_diabetes"], c["followed_month"], c["followed"]] = True
            due = np.zeros((len(c["person"]), len(starts)), bool)
            met = np.zeros_like(due)
            for q, start in enumerate(starts):
                first = day_number(self.month_ends[start].replace(day=1))
                due[:, q] = (c["start_day"] <= first) & (start + 3 <= c["end"])
                met[:, q] = followed[:, start : start + 3].any(axis=1)[c["diabetes"], c["person"]]
            self._shared["quarters"] = (np.array(starts, np.int64), due, met, c["institution"])
        shared = self._shared["quarters"]
        assert isinstance(shared, tuple)
        return shared

    def _norm_rows(self, period: int, *, met_only: bool) -> Whole:
        """Positions of enrolments that count for the norm in a period; shared by all kinds of unit."""
        key = ("norm", period, met_only)
        if key not in self._shared:
            c = self._managed_people()
            starts, due, met, institution = self._quarters_kept()
            first, stop = int(self.spans.first[period]), int(self.spans.stop[period])
            inside = (starts >= first) & (starts + 3 <= stop)
            counted = due[:, inside].any(axis=1) & (c["start"] < stop) & (stop <= c["end"]) & (institution >= 0)
            if met_only:
                counted &= (met[:, inside] | ~due[:, inside]).all(axis=1)
            self._shared[key] = np.flatnonzero(counted)
        rows = self._shared[key]
        assert isinstance(rows, np.ndarray)
        return rows

    def _norm(self, kind: str, where: Flags, *, met_only: bool) -> Found:
        """Enrolments under management on the period's last day that lasted for at least one whole quarter of it; with
        ``met_only`` those followed up in each such quarter."""
        values = np.zeros((self.units(kind), len(self.spans.periods)), np.int64)
        if self.read["chronic"].num_rows == 0:
            return Found(values, "enrolment", by_period=True, missing="高血压、2型糖尿病健康管理")
        if self.read["chronic_follow_ups"].num_rows == 0:
            return Found(values, "follow_up", by_period=True, missing="随访")
        institution = self._managed_people()["institution"]
        for period, stop in enumerate(self.spans.stop.tolist()):
            if stop == 0:
                continue
            at = institution[self._norm_rows(period, met_only=met_only)]
            unit = self.places.unit_of_institution(kind, at, np.full(len(at), stop - 1))
            counted = unit[(unit >= 0) & where[at, stop - 1]]
            values[:, period] = np.bincount(counted, minlength=self.units(kind))
        return Found(values, "enrolment", by_period=True)

    def norm_due(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._norm(kind, where, met_only=False)

    def norm_met(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._norm(kind, where, met_only=True)


def _is(column: pa.ChunkedArray, text: str) -> Whole:
    """1 where a text column has this value, 0 elsewhere."""
    flags: Whole = pc.fill_null(pc.equal(column, text), False).to_numpy().astype(np.int64)
    return flags
