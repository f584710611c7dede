"""From partial sums to amounts: every measure by unit and period, with cheap whole-number sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.base.periods import PeriodKind
from opencmc.facts.tables import TABLES
from opencmc.methods.indicators import amounts as reasons
from opencmc.methods.indicators.amounts import Amounts, Gaps
from opencmc.methods.indicators.grains import GRAINS, HERE, NOT_RECORDED
from opencmc.methods.indicators.homes import NOBODY
from opencmc.methods.indicators.measures import MEASURES, Flow, Persons, Stock, Total, parameters_of
from opencmc.methods.indicators.places import Places, positions
from opencmc.methods.indicators.registers import Registers
from opencmc.methods.indicators.registers.register import whole
from opencmc.methods.indicators.spans import Flags, Spans, Whole, last_day
from opencmc.methods.indicators.where import WHERE


class Cube:
    """Partial sums of one grain with their keys as positions; rows outside the months are left out."""

    def __init__(self, table: pa.Table, spans: Spans, places: Places) -> None:
        position = spans.position(whole(table, "month"))
        if (position < 0).any():
            table = table.filter(pa.array(position >= 0))
            position = position[position >= 0]
        self.table = table
        self.month = position
        self.institution = positions(table["institution_id"], places.ids)
        self.township = positions(table["township"], places.townships)
        known = pc.fill_null(pc.not_equal(table["township"], NOBODY), False)
        self.township_known: Flags = known.to_numpy().astype(bool)
        self.insured = whole(table, "insured")
        self._columns: dict[str, Whole] = {}

    def column(self, name: str) -> Whole:
        if name not in self._columns:
            self._columns[name] = whole(self.table, name)
        return self._columns[name]

    def persons(self) -> Whole:
        """Persons as numbers: the same person has the same number; a missing one has 0 or anything."""
        if "person" not in self._columns:
            together = self.table["person"].unify_dictionaries().combine_chunks()
            self._columns["person"] = together.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        return self._columns["person"]


@dataclass(frozen=True, slots=True)
class Placing:
    """The rows of a cube (by position) that belong to a unit, with their units, and by reason those that cannot be
    placed."""

    rows: Whole
    unit: Whole
    unplaced: dict[str, Whole]


class RollUp:
    """All amounts of one county. Asked for a measure and a kind of unit, answers once and remembers."""

    def __init__(self, read: Mapping[str, pa.Table], spans: Spans, places: Places) -> None:
        self.read = read
        self.spans = spans
        self.places = places
        self.gaps = Gaps()
        self._cubes: dict[str, Cube] = {}
        self._wheres: dict[str, Flags] = {}
        self._placings: dict[str, Placing] = {}
        self._known: dict[tuple[str, str, str], Amounts] = {}
        self._loaded: dict[str, Whole] = {}
        self._paid_marked = False
        self.registers = Registers(read, spans, places)

    def cube(self, grain: str) -> Cube:
        if grain not in self._cubes:
            self._cubes[grain] = Cube(self.read[grain], self.spans, self.places)
        return self._cubes[grain]

    def where(self, name: str, parameters: Mapping[str, str]) -> Flags:
        key = repr((name, [parameters[each] for each in WHERE[name].parameters]))
        if key not in self._wheres:
            if WHERE[name].paid:
                self._mark_paid()
            self._wheres[key] = self.places.where(name, parameters)
        return self._wheres[key]

    def _mark_paid(self) -> None:
        """Only some conditions ask who has pay in the ledger; the others need not wait for it."""
        if not self._paid_marked:
            cube = self.cube("ledger")
            rows = (cube.column("staff_pay.rows") > 0) & (cube.institution >= 0)
            self.places.paid[cube.institution[rows], cube.month[rows]] = True
            self._paid_marked = True

    # what is known at all -----------------------------------------------------------------------------------------

    def _months_without_rows(self, label: str, has_rows: Flags) -> Whole:
        """By period, the gap of months that lie outside what was loaded or in which the table has no row."""
        codes = np.zeros(len(self.spans.periods), np.int64)
        loaded = {month for month, has in zip(self.spans.months, has_rows, strict=True) if has}
        every = self.spans.add_up(has_rows[None, :].astype(np.int64))[0] == self.spans.stop - self.spans.first
        for i in np.flatnonzero(~(every & self.spans.complete)).tolist():
            period = self.spans.periods[i]
            names = [name for name in period.months() if int(name.replace("-", "")) not in loaded]
            codes[i] = self.gaps.code(f"{label}：{_in_words(names, period.kind)}无数据")
        return codes

    def loaded(self, grain: str) -> Whole:
        """By period, the gap of a grain's table (0 where every month has data).

        A month of visits or stays counts as loaded when the table has rows in it. Of referrals, orders and the like a
        month may well have none: there the table must have rows at all, and the month must have visits.
        """
        if grain not in self._loaded:
            table = GRAINS[grain].table
            label = TABLES[table].table_label
            own = GRAINS[grain].table if table in ("visit", "stay") else "visit"
            has_rows = np.zeros(len(self.spans.months), bool)
            has_rows[self.cube(own).month] = True
            if table == "ledger":
                has_rows[:] = False
                has_rows[self.cube("ledger").month] = True
            code = self._months_without_rows(TABLES[own if table != "ledger" else table].table_label, has_rows)
            if self.read[grain].num_rows == 0:
                code = np.full(len(code), self.gaps.code(f"未报送：{label}"), np.int64)
            if GRAINS[grain].contracted and self.read["contracts"].num_rows == 0:
                code = np.full(len(code), self.gaps.code("未报送：家庭医生签约"), np.int64)
            self._loaded[grain] = code
        return self._loaded[grain]

    def not_ended(self) -> Whole:
        """By period, the gap of a register: the period's last day lies outside the months."""
        code = self.gaps.code("期末不在已有数据的月份之内")
        return np.where(self.spans.complete | self._ends_inside(), 0, code)

    def _ends_inside(self) -> Flags:
        last = last_day(self.spans.months[-1])
        return np.array([day <= last for day in self.spans.last_days], bool) & (self.spans.stop > 0)

    # amounts ------------------------------------------------------------------------------------------------------

    def amounts(self, name: str, kind: str, parameters: Mapping[str, str] | None = None) -> Amounts:
        """The amounts of a measure for every unit of a kind."""
        measure = MEASURES[name]
        chosen = {key: (parameters or {})[key] for key in parameters_of(name)}
        key = (name, kind, repr(sorted(chosen.items())))
        if key not in self._known:
            match measure:
                case Flow():
                    self._known[key] = self._flow(measure, kind, chosen)
                case Persons():
                    self._known[key] = self._persons(measure, kind, chosen)
                case Total():
                    self._known[key] = self._total(measure, kind, chosen)
                case Stock():
                    self._known[key] = self._stock(measure, kind, chosen)
        return self._known[key]

    def _placing(self, measure: Flow | Persons, kind: str, parameters: Mapping[str, str]) -> Placing:
        """Measures of one grain that count at the same places and for the same people share it."""
        chosen = [parameters[each] for each in WHERE[measure.where].parameters]
        key = repr((measure.grain, kind, measure.whose, measure.where, chosen))
        if key not in self._placings:
            where = self.where(measure.where, parameters)
            self._placings[key] = self._placed(self.cube(measure.grain), kind, where, measure.whose)
        return self._placings[key]

    def _placed(self, cube: Cube, kind: str, where: Flags, whose: str) -> Placing:
        known = cube.institution >= 0
        institution = np.where(known, cube.institution, 0)
        if len(self.places.ids) == 0:
            nowhere = np.zeros(0, np.int64)
            return Placing(nowhere, nowhere, {reasons.NO_INSTITUTION: np.arange(len(cube.month))})
        concerned = cube.insured != 0 if whose == "county" else np.ones(len(cube.month), bool)
        at = known & where[institution, cube.month]
        unplaced = {reasons.NO_INSTITUTION: concerned & ~known}
        counted = at & concerned
        by_resident = whose == "county" and kind in ("county", "community", "township")
        if whose == "county":
            unplaced[reasons.NO_REGION] = at & (cube.insured == NOT_RECORDED)
            counted &= cube.insured == HERE
        if by_resident:
            if kind != "county":
                unplaced[reasons.NO_TOWNSHIP] = counted & ~cube.township_known
            unit = self.places.unit_of_resident(kind, cube.township, cube.month)
        else:
            unit = self.places.unit_of_institution(kind, institution, cube.month)
            if kind == "township":
                unplaced[reasons.NO_INSTITUTION_TOWNSHIP] = counted & (unit < 0) & self.places.inside[institution]
        rows = np.flatnonzero(counted & (unit >= 0))
        lost = {reason: np.flatnonzero(which) for reason, which in unplaced.items()}
        return Placing(rows, unit[rows], {reason: which for reason, which in lost.items() if len(which)})

    def _monthly(self, unit: Whole, month: Whole, values: Whole, units: int) -> Whole:
        months = len(self.spans.months)
        sums = np.zeros(units * months, np.int64)
        np.add.at(sums, unit * months + month, values)
        return sums.reshape(units, months)

    def _flow(self, measure: Flow, kind: str, parameters: Mapping[str, str]) -> Amounts:
        cube = self.cube(measure.grain)
        units = len(self.places.units[kind])
        placing = self._placing(measure, kind, parameters)
        month = cube.month[placing.rows]
        rows = cube.column(f"{measure.rows.__name__}.rows")
        add = self.spans.at_end if measure.at_end else self.spans.add_up
        values = add(self._monthly(placing.unit, month, cube.column(measure.column)[placing.rows], units))
        gap = np.broadcast_to(self.loaded(measure.grain), values.shape)
        if measure.reported:
            booked = add(self._monthly(placing.unit, month, rows[placing.rows], units))
            gap = np.where((gap == 0) & (booked == 0), self.gaps.code(f"未报送：{measure.label}"), gap)
        counts = {reason: self._by_period(cube, which, rows) for reason, which in placing.unplaced.items()}
        if f"{measure.column}.missing" in cube.table.column_names:
            missing = cube.column(f"{measure.column}.missing")
            if missing[placing.rows].any():
                counts[reasons.NO_AMOUNT] = self._by_period(cube, placing.rows, missing)
        return Amounts(values, gap, GRAINS[measure.grain].table, counts)

    def _by_period(self, cube: Cube, which: Whole, rows: Whole) -> Whole:
        """By period the sum of ``rows`` over some rows of a cube (by position)."""
        sums = self._monthly(np.zeros(len(which), np.int64), cube.month[which], rows[which], 1)
        totals: Whole = self.spans.add_up(sums)[0]
        return totals

    def _persons(self, measure: Persons, kind: str, parameters: Mapping[str, str]) -> Amounts:
        cube = self.cube(measure.grain)
        units = len(self.places.units[kind])
        placing = self._placing(measure, kind, parameters)
        rows = cube.column("rows")
        has_person: Flags = cube.table["person"].is_valid().to_numpy().astype(bool)[placing.rows]
        counts = {reason: self._by_period(cube, which, rows) for reason, which in placing.unplaced.items()}
        if not has_person.all():
            counts[reasons.NO_PERSON] = self._by_period(cube, placing.rows[~has_person], rows)
        placed = placing.rows[has_person]
        values = self._distinct(placing.unit[has_person], cube.month[placed], cube.persons()[placed], units)
        gap = np.broadcast_to(self.loaded(measure.grain), values.shape)
        return Amounts(values, gap, GRAINS[measure.grain].table, counts)

    def _distinct(self, unit: Whole, month: Whole, person: Whole, units: int) -> Whole:
        """Distinct persons by unit and period: a person counts in the first month of the period in which they appear."""
        result = np.zeros((units, len(self.spans.periods)), np.int64)
        months = len(self.spans.months)
        people = int(person.max()) + 1 if len(person) else 1
        seen = np.sort((unit * people + person) * months + month)
        group, month = seen // months, seen % months
        again: Flags = np.zeros(len(group), bool)
        again[1:] = group[1:] == group[:-1]
        unit = group // people
        numbers = np.array(self.spans.months, np.int64)
        year, quarter = numbers // 100, (numbers % 100 + 2) // 3
        blocks: list[tuple[Whole, tuple[str, ...]]] = [
            (numbers, ("month",)), (year * 10 + quarter, ("quarter",)), (year, ("ytd", "year")),
        ]  # fmt: skip
        for block, kinds in blocks:
            first = ~again
            first[1:] |= block[month[1:]] != block[month[:-1]]
            kept = np.flatnonzero(first)
            new = self._monthly(unit[kept], month[kept], np.ones(len(kept), np.int64), units)
            at = self.spans.of_kind(kinds)
            result[:, at] = self.spans.add_up(new)[:, at]
        return result

    def _total(self, measure: Total, kind: str, parameters: Mapping[str, str]) -> Amounts:
        parts = [self.amounts(name, kind, parameters) for name in measure.parts]
        less = [self.amounts(name, kind, parameters) for name in measure.minus]
        values = sum((p.values for p in parts), np.zeros_like(parts[0].values)) - sum(
            (p.values for p in less), np.zeros_like(parts[0].values)
        )
        gap = parts[0].gap
        unplaced: dict[str, dict[str, Whole]] = {parts[0].table: dict(parts[0].unplaced)}
        for part in (*parts[1:], *less):
            gap = self.gaps.both(gap, part.gap)
            held = unplaced.get(part.table)
            if held is None or sum(int(c.sum()) for c in held.values()) < part.unplaced_total():
                unplaced[part.table] = dict(part.unplaced)
        counts: dict[str, Whole] = {}
        for table, by_reason in unplaced.items():
            for reason, count in by_reason.items():
                name = reason if len(unplaced) == 1 else f"{TABLES[table].table_label}：{reason}"
                counts[name] = counts[name] + count if name in counts else count
        return Amounts(values, gap, "+".join(unplaced), counts)

    def _stock(self, measure: Stock, kind: str, parameters: Mapping[str, str]) -> Amounts:
        where = self.where(measure.where, parameters)
        found = self.registers.readers[measure.register](measure, kind, where, parameters)
        values = found.values
        if not found.by_period:
            values = self.spans.add_up(values) if measure.every_month else self.spans.at_end(values)
        gap = np.broadcast_to(self.not_ended(), values.shape)
        if measure.every_month or found.by_period:
            outside = self.gaps.code("期间有月份不在已有数据之内")
            gap = np.where(self.spans.complete, gap, outside)
        if found.missing:
            gap = np.full(values.shape, self.gaps.code(f"未报送：{found.missing}"), np.int64)
        elif found.unknown is not None:
            unknown = found.unknown if found.by_period else self.spans.at_end(found.unknown.astype(np.int64)) > 0
            gap = np.where((gap == 0) & unknown, self.gaps.code(found.unknown_because), gap)
        counts = {}
        for reason, monthly in found.unplaced.items():
            counts[reason] = self.spans.at_end(monthly[None, :])[0]
        return Amounts(values, gap, found.table, counts)


def _in_words(names: list[str], kind: PeriodKind) -> str:
    if kind is PeriodKind.MONTH:
        return "该月"
    return "、".join(names) if len(names) <= 3 else f"{names[0]} 等 {len(names)} 个月"
