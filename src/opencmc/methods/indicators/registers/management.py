"""Contracts, people under health management, and whether they were followed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.facts.tables.programmes import PROGRAMMES
from opencmc.methods.indicators import amounts as reasons
from opencmc.methods.indicators.measures import Stock
from opencmc.methods.indicators.parameters import CHRONIC, words
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
        """Enrolments for chronic diseases with persons, months and programmes (by position in ``CHRONIC``) as numbers."""
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
                "programme": positions(table["programme"], CHRONIC),
                "followed_programme": positions(self.read["chronic_follow_ups"]["programme"], CHRONIC),
            }
        shared = self._shared["chronic"]
        assert isinstance(shared, dict)
        return shared

    def chronic(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._chronic_persons(kind, where, words(parameters["programmes"]), admitted=False)

    def chronic_admitted(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        found = self._chronic_persons(kind, where, words(parameters["programmes"]), admitted=True)
        if self.read["stay"].num_rows == 0:
            found.missing = "住院"
        return found

    def _in(self, programmes: tuple[str, ...]) -> Flags:
        """Which enrolments are for one of these programmes."""
        key = ("programmes", programmes)
        if key not in self._shared:
            codes = [CHRONIC.index(name) for name in programmes]
            self._shared[key] = np.isin(self._managed_people()["programme"], codes)
        meant = self._shared[key]
        assert isinstance(meant, np.ndarray)
        return meant

    def _pairs_at(self, kind: str, month: int) -> tuple[Whole, Flags, Whole, Whole, Whole]:
        """Of each enrolment its distinct (unit, person) on a month's last day.

        Returns, for all enrolments, the position of their pair and whether they have a unit; the unit and the person of
        each pair; and the positions of pairs whose person was ever admitted. Communities rarely change, so the pairs of
        one month serve the others.
        """
        units = self.places.units_at(kind, month)
        key = ("pairs", kind, units.tobytes())
        if key not in self._shared:
            c = self._managed_people()
            unit = units[np.maximum(c["institution"], 0)]
            people = int(c["people"][0])
            has_unit = (unit >= 0) & (c["institution"] >= 0)
            pair, back = np.unique(np.where(has_unit, unit, 0) * people + c["person"], return_inverse=True)
            unit, person = pair // people, pair % people
            ever = np.zeros(people, bool)
            ever[c["admitted"]] = True
            self._shared[key] = (back.astype(np.int64), has_unit, unit, person, np.flatnonzero(ever[person]))
        found = self._shared[key]
        assert isinstance(found, tuple)
        return found

    def _active_at(self, where: Flags, month: int) -> Whole:
        """Positions of the enrolments that last on a month's last day at a known institution ``where`` they count."""
        key = ("active", month)  # shared by all kinds of unit, which all ask with the same ``where``
        if key not in self._shared:
            c = self._managed_people()
            lasting = np.flatnonzero((c["start"] <= month) & (month < c["end"]) & (c["institution"] >= 0))
            self._shared[key] = lasting[where[c["institution"][lasting], month]]
        found = self._shared[key]
        assert isinstance(found, np.ndarray)
        return found

    def _admitted_in(self, first: int, stop: int) -> Flags:
        """Of each person whether a stay ended in the months from ``first`` to before ``stop``."""
        if "stays" not in self._shared:
            c = self._managed_people()
            stays: Flags = np.zeros((len(self.month_ends) + 1, int(c["people"][0])), bool)
            stays[c["admitted_month"], c["admitted"]] = True  # position −1, outside the months, is the row left over
            self._shared["stays"] = stays
        key = ("stays", first, stop)
        if key not in self._shared:
            every = self._shared["stays"]
            assert isinstance(every, np.ndarray)
            self._shared[key] = every[first:stop].any(axis=0)
        found = self._shared[key]
        assert isinstance(found, np.ndarray)
        return found

    def _persons_at(self, kind: str, where: Flags, month: int, programmes: tuple[str, ...]) -> Flags:
        """Which of the distinct (unit, person) are under management on a month's last day."""
        key = ("persons", kind, month, programmes)  # both measures ask with the same ``where``
        if key not in self._shared:
            back, has_unit, unit, _, _ = self._pairs_at(kind, month)
            active = self._active_at(where, month)
            marks = np.zeros(len(unit), bool)
            marks[back[active[has_unit[active] & self._in(programmes)[active]]]] = True
            self._shared[key] = marks
        found = self._shared[key]
        assert isinstance(found, np.ndarray)
        return found

    def _chronic_persons(self, kind: str, where: Flags, programmes: tuple[str, ...], *, admitted: bool) -> Found:
        """Distinct persons under management on the period's last day; with ``admitted`` those of them with a stay in
        the period."""
        values = np.zeros((self.units(kind), len(self.spans.periods)), np.int64)
        if self.read["chronic"].num_rows == 0 or not (meant := self._in(programmes)).any():
            return Found(values, "enrolment", by_period=True, missing=_management_of(programmes))
        c = self._managed_people()
        nowhere = np.flatnonzero(meant & (c["institution"] < 0))
        start, end = c["start"][nowhere], c["end"][nowhere]
        lost = np.zeros(len(self.month_ends), np.int64)
        for month in range(len(self.month_ends)):
            lost[month] = int(((start <= month) & (month < end)).sum())
        same_end: dict[int, int] = {}
        for i, (first, stop) in enumerate(zip(self.spans.first.tolist(), self.spans.stop.tolist(), strict=True)):
            if stop == 0:
                continue
            _, _, unit, person, ever = self._pairs_at(kind, stop - 1)
            managed = self._persons_at(kind, where, stop - 1, programmes)
            if admitted:
                counted = ever[managed[ever]]
                counted = counted[self._admitted_in(first, stop)[person[counted]]]
                values[:, i] = np.bincount(unit[counted], minlength=self.units(kind))
            elif stop in same_end:
                values[:, i] = values[:, same_end[stop]]
            else:
                values[:, i] = np.bincount(unit[managed], minlength=self.units(kind))
                same_end[stop] = i
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
            followed: Flags = np.zeros((len(CHRONIC), len(months) + 1, int(c["people"][0])), bool)
            followed[c["followed_programme"], c["followed_month"], c["followed"]] = True
            due = np.zeros((len(c["person"]), len(starts)), bool)
            met = np.zeros_like(due)
            for q, start in enumerate(starts):
                first = day_number(self.month_ends[start].replace(day=1))
                due[:, q] = (c["start_day"] <= first) & (start + 3 <= c["end"])
                met[:, q] = followed[:, start : start + 3].any(axis=1)[c["programme"], c["person"]]
            self._shared["quarters"] = (np.array(starts, np.int64), due, met, c["institution"])
        shared = self._shared["quarters"]
        assert isinstance(shared, tuple)
        return shared

    def _norm_counts(self, period: int, programmes: tuple[str, ...], *, met_only: bool) -> Whole:
        """By institution, the enrolments that count for the norm in a period; shared by all kinds of unit."""
        key = ("norm", period, programmes, met_only)
        if key not in self._shared:
            c = self._managed_people()
            starts, due, met, institution = self._quarters_kept()
            first, stop = int(self.spans.first[period]), int(self.spans.stop[period])
            inside = (starts >= first) & (starts + 3 <= stop)
            counted = np.zeros(len(institution), bool)
            if inside.any():
                counted = due[:, inside].any(axis=1) & (c["start"] < stop) & (stop <= c["end"]) & (institution >= 0)
                counted &= self._in(programmes)
                if met_only:
                    counted &= (met[:, inside] | ~due[:, inside]).all(axis=1)
            self._shared[key] = np.bincount(institution[counted], minlength=len(self.places.ids)).astype(np.int64)
        counts = self._shared[key]
        assert isinstance(counts, np.ndarray)
        return counts

    def _norm(self, kind: str, where: Flags, parameters: Mapping[str, str], *, met_only: bool) -> Found:
        """Enrolments under management on the period's last day that lasted for at least one whole quarter of it; with
        ``met_only`` those followed up in each such quarter."""
        values = np.zeros((self.units(kind), len(self.spans.periods)), np.int64)
        programmes = words(parameters["programmes"])
        if self.read["chronic"].num_rows == 0 or not self._in(programmes).any():
            return Found(values, "enrolment", by_period=True, missing=_management_of(programmes))
        if self.read["chronic_follow_ups"].num_rows == 0:
            return Found(values, "follow_up", by_period=True, missing="随访")
        for period, stop in enumerate(self.spans.stop.tolist()):
            if stop == 0:
                continue
            counts = self._norm_counts(period, programmes, met_only=met_only)
            unit = self.places.units_at(kind, stop - 1)
            placed = (unit >= 0) & where[:, stop - 1]
            np.add.at(values[:, period], unit[placed], counts[placed])
        return Found(values, "enrolment", by_period=True)

    def norm_due(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._norm(kind, where, parameters, met_only=False)

    def norm_met(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return self._norm(kind, where, parameters, met_only=True)


def _management_of(programmes: tuple[str, ...]) -> str:
    return f"{'、'.join(PROGRAMMES[name] for name in programmes)}健康管理"


def _is(column: pa.ChunkedArray, text: str) -> Whole:
    """1 where a text column has this value, 0 elsewhere."""
    flags: Whole = pc.fill_null(pc.equal(column, text), False).to_numpy().astype(np.int64)
    return flags
