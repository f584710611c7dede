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
            sources = (table, self.read["chronic_admissions"], self.read["chronic_follow_ups"])
            persons = [chunk for source in sources for chunk in source["person"].chunks]
            people = pa.chunked_array(persons, table["person"].type).unify_dictionaries().combine_chunks()
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

    def _pairs_at(self, kind: str, month: int) -> tuple[Whole, Whole, Whole, Whole, Whole]:
        """Of each enrolment its distinct (unit, person) on a month's last day.

        Returns, for all enrolments, the position of their pair, which for those without a unit is one after the last;
        of the pairs, which are sorted by unit, where each unit's begin; then the positions of pairs whose person was ever
        admitted, with their units and persons. Communities rarely change, so the pairs of one month serve the others.
        """
        units = self.places.units_at(kind, month)
        key = ("pairs", kind, units.tobytes())
        if key not in self._shared:
            c = self._managed_people()
            people = int(c["people"][0])
            unit = np.where(c["institution"] >= 0, units[np.maximum(c["institution"], 0)], -1)
            placed = np.flatnonzero(unit >= 0)
            pair, back = np.unique(unit[placed] * people + c["person"][placed], return_inverse=True)
            position = np.full(len(unit), len(pair), np.int64)
            position[placed] = back
            begins = np.searchsorted(pair, np.arange(self.units(kind) + 1) * people)
            ever = np.zeros(people, bool)
            ever[c["admitted"]] = True
            admitted = np.flatnonzero(ever[pair % people])
            self._shared[key] = (position, begins, admitted, pair[admitted] // people, pair[admitted] % people)
        found = self._shared[key]
        assert isinstance(found, tuple)
        return found

    def _active_at(self, where: Flags, month: int, programmes: tuple[str, ...]) -> Whole:
        """Positions of the enrolments for these programmes that last on a month's last day at a known institution
        ``where`` they count."""
        key = ("active", month, programmes)  # shared by all kinds of unit, which all ask with the same ``where``
        if key not in self._shared:
            c = self._managed_people()
            lasts = (c["start"] <= month) & (month < c["end"]) & (c["institution"] >= 0) & self._in(programmes)
            rows = np.flatnonzero(lasts)
            self._shared[key] = rows[where[c["institution"][rows], month]]
        found = self._shared[key]
        assert isinstance(found, np.ndarray)
        return found

    def _last_stays(self) -> Whole:
        """``[month, person]``: the last month up to this one in which a stay of the person ended, or −1."""
        if "stays" not in self._shared:
            c = self._managed_people()
            stays = np.full((len(self.month_ends) + 1, int(c["people"][0])), -1, np.int16)
            stays[c["admitted_month"], c["admitted"]] = c["admitted_month"]
            # Position −1, outside the months, is the row left over.
            self._shared["stays"] = np.maximum.accumulate(stays[:-1], axis=0)
        found = self._shared["stays"]
        assert isinstance(found, np.ndarray)
        return found

    def _persons_at(self, kind: str, where: Flags, month: int, programmes: tuple[str, ...]) -> Flags:
        """Which of the distinct (unit, person) are under management on a month's last day."""
        key = ("persons", kind, month, programmes)  # both measures ask with the same ``where``
        if key not in self._shared:
            position, begins, *_ = self._pairs_at(kind, month)
            marks = np.zeros(int(begins[-1]) + 1, bool)
            marks[position[self._active_at(where, month, programmes)]] = True
            self._shared[key] = marks[:-1]
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
        for stop in np.unique(self.spans.stop[self.spans.stop > 0]).tolist():
            periods = np.flatnonzero(self.spans.stop == stop)
            managed = self._persons_at(kind, where, stop - 1, programmes)
            _, begins, ever, unit, person = self._pairs_at(kind, stop - 1)
            if admitted:
                counted = np.flatnonzero(managed[ever])
                last = self._last_stays()[stop - 1][person[counted]]  # −1, no stay so far, is the first column
                by_last = np.bincount(unit[counted] * (stop + 1) + last + 1, minlength=self.units(kind) * (stop + 1))
                since = np.cumsum(by_last.reshape(-1, stop + 1)[:, ::-1], axis=1)[:, ::-1]
                values[:, periods] = since[:, self.spans.first[periods] + 1]
            else:
                running = np.concatenate([np.zeros(1, np.int64), np.cumsum(managed)])
                values[:, periods] = np.diff(running[begins])[:, None]
        unplaced = {reasons.NO_INSTITUTION: lost} if lost.any() else {}
        return Found(values, "enrolment", by_period=True, unplaced=unplaced)

    def _quarters_kept(self) -> tuple[Whole, Flags, Flags]:
        """Which enrolments lasted for each whole quarter, and in which of these they were not followed up.

        Returns quarter starts (positions of months), and ``[quarter, enrolment]`` for due and missed.
        """
        if "quarters" not in self._shared:
            c = self._managed_people()
            months = self.spans.months
            starts = [
                i for i, m in enumerate(months) if m % 3 == 1 and m % 100 in (1, 4, 7, 10) and i + 3 <= len(months)
            ]
            followed: Flags = np.zeros((len(months) + 1, len(CHRONIC), int(c["people"][0])), bool)
            followed[c["followed_month"], c["followed_programme"], c["followed"]] = True
            due = np.zeros((len(starts), len(c["person"])), bool)
            missed = np.zeros_like(due)
            for q, start in enumerate(starts):
                first = day_number(self.month_ends[start].replace(day=1))
                due[q] = (c["start_day"] <= first) & (start + 3 <= c["end"])
                missed[q] = due[q] & ~followed[start : start + 3].any(axis=0)[c["programme"], c["person"]]
            self._shared["quarters"] = (np.array(starts, np.int64), due, missed)
        shared = self._shared["quarters"]
        assert isinstance(shared, tuple)
        return shared

    def _norm_counts(self, period: int, programmes: tuple[str, ...], *, met_only: bool) -> Whole:
        """By institution, the enrolments that count for the norm in a period; shared by all kinds of unit."""
        key = ("norm", period, programmes)
        if key not in self._shared:
            c = self._managed_people()
            starts, due, missed = self._quarters_kept()
            first, stop = int(self.spans.first[period]), int(self.spans.stop[period])
            inside = np.flatnonzero((starts >= first) & (starts + 3 <= stop))
            counted = np.zeros(0, np.int64)
            met = counted
            if len(inside):
                begin, end = int(inside[0]), int(inside[-1]) + 1
                lasts = due[begin:end].any(axis=0) & (c["start"] < stop) & (stop <= c["end"])
                counted = np.flatnonzero(lasts & (c["institution"] >= 0) & self._in(programmes))
                met = counted[~missed[begin:end].any(axis=0)[counted]]
            self._shared[key] = tuple(
                np.bincount(c["institution"][rows], minlength=len(self.places.ids)).astype(np.int64)
                for rows in (counted, met)
            )
        both = self._shared[key]
        assert isinstance(both, tuple)
        counts: Whole = both[met_only]
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
