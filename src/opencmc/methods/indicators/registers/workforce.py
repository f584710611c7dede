"""Who works where, and who was sent to the townships."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from opencmc.methods.indicators import amounts as reasons
from opencmc.methods.indicators.measures import Stock
from opencmc.methods.indicators.parameters import words
from opencmc.methods.indicators.places import Places, positions
from opencmc.methods.indicators.registers.register import Found, Register, day_number, days
from opencmc.methods.indicators.spans import Flags, Spans, Whole


class Workforce(Register):
    """Staff and postings."""

    def __init__(self, read: Mapping[str, pa.Table], spans: Spans, places: Places) -> None:
        super().__init__(read, spans, places)
        self._shared: dict[object, object] = {}

    def _flags(self, name: str) -> Flags:
        """A condition on the person of each posting."""
        key = ("flags", name)
        if key not in self._shared:
            self._shared[key] = self._made_flags(name)
        flags = self._shared[key]
        assert isinstance(flags, np.ndarray)
        return flags

    def _made_flags(self, name: str) -> Flags:
        table = self.read["postings"]
        if name in ("tcm", "general_practitioner"):
            column = "tcm" if name == "tcm" else "gp"
            flags: Flags = table[column].fill_null(False).to_numpy().astype(bool)
            return flags
        wanted = {
            "practitioner": ("physician", "village_doctor"),
            "village_practitioner": ("physician", "village_doctor"),
        }.get(name, (name,))
        profession = table["profession"].to_pylist()
        return np.array([value in wanted for value in profession], bool)

    def _posting_columns(self) -> dict[str, Whole]:
        """Postings as numbers. ``payer`` is who pays: of a stationed person the institution that sent them."""
        if "postings" not in self._shared:
            table = self.read["postings"]
            staff = table["staff_id"].combine_chunks().dictionary_encode().indices
            kind = table["kind"].to_pylist()
            institution, sender = (positions(table[name], self.places.ids) for name in ("institution_id", "from_id"))
            stationed = np.array([value == "stationed" for value in kind], bool)
            self._shared["postings"] = {
                "institution": institution,
                "payer": np.where(stationed & table["from_id"].is_valid().to_numpy(), sender, institution),
                "from": sender,
                "staff": staff.to_numpy(zero_copy_only=False).astype(np.int64),
                "working": np.array([value in ("employed", "stationed") for value in kind], np.int64),
                "stationed": stationed.astype(np.int64),
                "start": days(table["start"], date(1, 1, 1)),
                "end": days(table["end"], date(9999, 1, 1)),
                "known": table["known"].to_numpy().astype(np.int64),
            }
        columns = self._shared["postings"]
        assert isinstance(columns, dict)
        return columns

    def _staff_of_month(self, kind: str, place: str, month: int) -> tuple[Whole, Whole, Whole, Whole]:
        """Who works on a month's last day, as (posting, its institution, unit, person within unit), sorted by the last;
        shared by all measures."""
        key = ("staff", kind, place, month)
        if key not in self._shared:
            p = self._posting_columns()
            day = day_number(self.month_ends[month])
            rows = np.flatnonzero((p["working"] > 0) & (p[place] >= 0) & (p["start"] <= day) & (day < p["end"]))
            unit = self.places.unit_of_institution(kind, p[place][rows], np.full(len(rows), month))
            rows, unit = rows[unit >= 0], unit[unit >= 0]
            person = unit * (int(p["staff"].max(initial=0)) + 1) + p["staff"][rows]
            order = np.argsort(person, kind="stable")
            self._shared[key] = (rows[order], p[place][rows[order]], unit[order], person[order])
        found = self._shared[key]
        assert isinstance(found, tuple)
        return found

    def _lost_of_month(self, place: str, month: int, day: int) -> tuple[int, int]:
        """Postings on a month's last day at an unknown institution, and of unknown staff; shared by all measures."""
        key = ("lost", place, month)
        if key not in self._shared:
            p = self._posting_columns()
            present = (p["working"] > 0) & (p["start"] <= day) & (day < p["end"])
            self._shared[key] = (int((present & (p[place] < 0)).sum()), int((present & (p["known"] == 0)).sum()))
        found = self._shared[key]
        assert isinstance(found, tuple)
        return found

    def staff(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        """Distinct persons employed or stationed, where they work (with two part posts in a unit one counts once)."""
        return self._working(measure, kind, where, "institution")

    def payroll(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        """The same by who pays: a stationed person counts with the institution that sent them."""
        return self._working(measure, kind, where, "payer")

    def _working(self, measure: Stock, kind: str, where: Flags, place: str) -> Found:
        values = np.zeros((self.units(kind), len(self.month_ends)), np.int64)
        if self.read["postings"].num_rows == 0:
            return Found(values, "posting", missing="人员与岗位")
        p = self._posting_columns()
        meant = np.ones(len(p["staff"]), bool)
        for name in measure.only:
            meant &= self._flags(name)
        lost = np.zeros(len(self.month_ends), np.int64)
        nameless = np.zeros(len(self.month_ends), np.int64)
        for month, end in enumerate(self.month_ends):
            rows, institution, unit, person = self._staff_of_month(kind, place, month)
            kept = np.flatnonzero(meant[rows] & where[institution, month])
            people = person[kept]
            first = np.ones(len(people), bool)
            first[1:] = people[1:] != people[:-1]
            values[:, month] = np.bincount(unit[kept][first], minlength=self.units(kind))
            lost[month], nameless[month] = self._lost_of_month(place, month, day_number(end))
        unplaced = {reasons.NO_INSTITUTION: lost, reasons.NO_STAFF: nameless}
        return Found(
            values, "posting", unplaced={reason: counts for reason, counts in unplaced.items() if counts.any()}
        )

    def _is_stationed(self, parameters: Mapping[str, str]) -> Flags:
        """Postings that send somebody from an institution of the tiers ``senders`` to another one."""
        p = self._posting_columns()
        tier = np.array([*self.places.tiers, ""])
        sent: Flags = (p["stationed"] > 0) & (p["institution"] >= 0)
        sent &= np.isin(tier[p["from"]], words(parameters["senders"]))
        return sent

    def _has_title(self, parameters: Mapping[str, str]) -> Flags:
        wanted = words(parameters["titles"])
        return np.array([title in wanted for title in self.read["postings"]["title"].to_pylist()], bool)

    def stationed(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        """Distinct physicians whose stationed days since the first of January reach ``min_days`` by the period's end."""
        values = np.zeros((self.units(kind), len(self.spans.periods)), np.int64)
        if self.read["postings"].num_rows == 0:
            return Found(values, "posting", by_period=True, missing="人员与岗位")
        p = self._posting_columns()
        rows = np.flatnonzero(self._is_stationed(parameters) & self._flags("physician") & self._has_title(parameters))
        for i, (period, stop) in enumerate(zip(self.spans.periods, self.spans.stop, strict=True)):
            last = int(stop) - 1
            if last < 0:
                continue
            begin, end = day_number(date(period.start.year, 1, 1)), day_number(period.end)
            days = np.minimum(p["end"][rows], end) - np.maximum(p["start"][rows], begin)
            here = (days > 0) & where[p["institution"][rows], last]
            unit = self.places.unit_of_institution(kind, p["institution"][rows], np.full(len(rows), last))
            here &= unit >= 0
            pair = unit[here] * (int(p["staff"].max()) + 1) + p["staff"][rows][here]
            distinct, back = np.unique(pair, return_inverse=True)
            total = np.zeros(len(distinct), np.int64)
            np.add.at(total, back, days[here])
            reached = distinct[total >= int(parameters["min_days"])] // (int(p["staff"].max()) + 1)
            np.add.at(values[:, i], reached, 1)
        return Found(values, "posting", by_period=True)

    def stationed_days(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        held = np.zeros((len(self.places.ids), len(self.month_ends)), np.int64)
        if self.read["postings"].num_rows == 0:
            return Found(self.by_institution(kind, held), "posting", missing="人员与岗位")
        p = self._posting_columns()
        rows = np.flatnonzero(self._is_stationed(parameters))
        for month, end in enumerate(self.month_ends):
            first = day_number(end.replace(day=1))
            days = np.minimum(p["end"][rows], day_number(end) + 1) - np.maximum(p["start"][rows], first)
            np.add.at(held[:, month], p["institution"][rows], np.maximum(days, 0))
        return Found(self.by_institution(kind, np.where(where, held, 0)), "posting")
