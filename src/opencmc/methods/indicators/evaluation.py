"""An indicator for all units of a kind and all periods at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from opencmc.facts.tables import TABLES
from opencmc.methods.indicators.amounts import Amounts
from opencmc.methods.indicators.definitions import Definition, Formula
from opencmc.methods.indicators.formulas import quotient
from opencmc.methods.indicators.parameters import age_range
from opencmc.methods.indicators.roll_up import RollUp
from opencmc.methods.indicators.spans import Flags, Whole

VALUE, NOT_APPLICABLE, UNKNOWN = 0, 1, 2
STATUSES = ("value", "not_applicable", "unknown")


@dataclass(slots=True)
class Evaluated:
    """Figures of one indicator for one kind of unit, each array ``[unit, period]``.

    ``because`` holds codes of the roll-up's gaps. A numerator or denominator is meaningful where its ``has_`` flag is
    set. ``unplaced`` is by period; ``reasons`` splits it.
    """

    numerator: Whole
    has_numerator: Flags
    denominator: Whole
    has_denominator: Flags
    value: Whole
    status: Whole
    because: Whole
    unplaced: Whole
    reasons: dict[str, Whole] = field(default_factory=dict)


class Evaluation:
    """Evaluates the definitions of a run; an indicator that grows from another one asks for it here."""

    def __init__(self, roll_up: RollUp, definitions: Mapping[str, Definition]) -> None:
        self.roll_up = roll_up
        self.definitions = definitions
        self._done: dict[tuple[str, str], Evaluated] = {}

    def of(self, indicator: str, kind: str) -> Evaluated:
        key = (indicator, kind)
        if key not in self._done:
            self._done[key] = self._all_formulas(self.definitions[indicator], kind)
        return self._done[key]

    def _all_formulas(self, definition: Definition, kind: str) -> Evaluated:
        """Each period by the formula in force on its last day."""
        periods = self.roll_up.spans.periods
        if len(definition.formulas) == 1:
            return self._formula(definition, definition.formulas[0], kind)
        in_force = [definition.on(day) for day in self.roll_up.spans.last_days]
        distinct = list({id(formula): formula for formula in in_force}.values())
        results = [self._formula(definition, formula, kind) for formula in distinct]
        merged = results[0]
        for formula, other in zip(distinct[1:], results[1:], strict=True):
            at = np.array([chosen is formula for chosen in in_force], bool)
            for name in ("numerator", "has_numerator", "denominator", "has_denominator", "value", "status", "because"):
                getattr(merged, name)[:, at] = getattr(other, name)[:, at]
            merged.unplaced[at] = other.unplaced[at]
            for reason in {*merged.reasons, *other.reasons}:
                counts = merged.reasons.setdefault(reason, np.zeros(len(periods), np.int64))
                counts[at] = other.reasons[reason][at] if reason in other.reasons else 0
        return merged

    def _formula(self, definition: Definition, formula: Formula, kind: str) -> Evaluated:
        match formula.method:
            case "not_collected":
                return self._nothing(kind, formula.parameters.get("missing") or "现有逻辑表不采集")
            case "growth":
                return self._growth(definition, formula, kind)
            case "pay_ratio":
                return self._pay_ratio(definition, formula, kind)
            case "premature_mortality":
                return self._premature_mortality(definition, formula, kind)
            case "count":
                top = self.roll_up.amounts(formula.numerator, kind, formula.parameters)
                ones = np.ones_like(top.values)
                result = self._quotient(definition, formula, [top], top.values, ones, top.gap)
                result.has_denominator = np.zeros_like(result.has_denominator)
                return result
            case _:
                top = self.roll_up.amounts(formula.numerator, kind, formula.parameters)
                bottom = self.roll_up.amounts(formula.denominator, kind, formula.parameters)
                gap = self.roll_up.gaps.both(top.gap, bottom.gap)
                result = self._quotient(definition, formula, [top, bottom], top.values, bottom.values, gap)
                result.has_numerator = np.asarray(top.gap == 0)
                result.has_denominator = np.asarray(bottom.gap == 0)
                return result

    def _shape(self, kind: str) -> tuple[int, int]:
        return len(self.roll_up.places.units[kind]), len(self.roll_up.spans.periods)

    def _nothing(self, kind: str, missing: str) -> Evaluated:
        shape = self._shape(kind)
        nothing, no = np.zeros(shape, np.int64), np.zeros(shape, bool)
        code = self.roll_up.gaps.code(f"未报送：{missing}")
        return Evaluated(
            nothing, no, nothing.copy(), no.copy(), nothing.copy(), np.full(shape, UNKNOWN, np.int64),
            np.full(shape, code, np.int64), np.zeros(shape[1], np.int64),
        )  # fmt: skip

    def _quotient(
        self,
        definition: Definition,
        formula: Formula,
        inputs: list[Amounts],
        numerator: Whole,
        denominator: Whole,
        gap: Whole,
        *,
        top: Whole | None = None,
    ) -> Evaluated:
        """The printed value. ``top`` is divided instead of ``numerator`` when the two differ (a growth)."""
        gaps = self.roll_up.gaps
        reasons = _unplaced(inputs)
        unplaced = sum(reasons.values(), np.zeros(numerator.shape[1], np.int64))
        known, zero = gap == 0, denominator <= 0
        safe = np.where(known & ~zero, denominator, 1)
        above = np.where(known, numerator if top is None else top, 0)
        value = quotient(above, safe, formula.scale * 10**definition.places, formula.divisor)
        status = np.where(~known, UNKNOWN, np.where(zero, NOT_APPLICABLE, VALUE))
        because = np.where(known & zero, gaps.code("分母为 0"), gap)
        lost = known & zero & (unplaced > 0)[None, :]
        status = np.where(lost, UNKNOWN, status)
        because = np.where(lost, gaps.code("分母为 0，且有记录未能归位"), because)
        return Evaluated(
            numerator, known.copy(), denominator, known.copy(), np.where(status == VALUE, value, 0), status, because,
            np.asarray(unplaced, np.int64), reasons,
        )  # fmt: skip

    def _growth(self, definition: Definition, formula: Formula, kind: str) -> Evaluated:
        """Against the same period a year earlier; numerator and denominator are the two printed values, unscaled."""
        gaps = self.roll_up.gaps
        base = self.of(formula.parameters["of"], kind)
        before = self.roll_up.spans.year_before()
        old, old_status = base.value[:, before], base.status[:, before]
        no_year = gaps.code("上年同期无数据")
        code = np.array([gaps.code(f"上年同期：{text}") if text else 0 for text in list(gaps.texts)], np.int64)
        old_gap = np.where(old_status == VALUE, 0, code[base.because[:, before]])
        old_gap = np.where((before < 0)[None, :], no_year, old_gap)
        gap = gaps.both(np.where(base.status == VALUE, 0, base.because), old_gap)
        result = self._quotient(definition, formula, [], base.value.copy(), old, gap, top=base.value - old)
        asked = (base.status == UNKNOWN) | (old_status == UNKNOWN) | (before < 0)[None, :]
        result.status = np.where((gap != 0) & ~asked, NOT_APPLICABLE, result.status)
        result.has_numerator = base.status == VALUE
        result.has_denominator = (old_status == VALUE) & (before >= 0)[None, :]
        result.unplaced = base.unplaced.copy()
        result.reasons = {reason: counts.copy() for reason, counts in base.reasons.items()}
        return result

    def _pay_ratio(self, definition: Definition, formula: Formula, kind: str) -> Evaluated:
        """Pay per head in fen for the period above and below, then their quotient."""
        spans, gaps = self.roll_up.spans, self.roll_up.gaps
        months = (spans.stop - spans.first)[None, :]
        heads, gap, inputs = [], np.zeros(self._shape(kind), np.int64), []
        for pay_name, months_name in (
            (formula.numerator, formula.parameters["staff_months"]),
            (formula.denominator, formula.parameters["denominator_staff_months"]),
        ):
            pay = self.roll_up.amounts(pay_name, kind, formula.parameters)
            staff = self.roll_up.amounts(months_name, kind, formula.parameters)
            gap = gaps.both(gaps.both(gap, pay.gap), staff.gap)
            gap = np.where((gap == 0) & (staff.values <= 0), gaps.code("有薪酬账目的机构没有在岗人员登记"), gap)
            heads.append(quotient(np.maximum(pay.values, 0) * months, np.maximum(staff.values, 1), 1, 1))
            inputs += [pay, staff]
        return self._quotient(definition, formula, inputs, heads[0], heads[1], gap)

    def _premature_mortality(self, definition: Definition, formula: Formula, kind: str) -> Evaluated:
        top = self.roll_up.amounts(formula.numerator, kind, formula.parameters)
        bottom = self.roll_up.amounts(formula.denominator, kind, formula.parameters)
        gaps = self.roll_up.gaps
        gap = gaps.both(top.gap, bottom.gap)
        result = self._quotient(definition, formula, [top, bottom], top.values, bottom.values, gap)
        factor = formula.scale * 10**definition.places
        for unit, period in zip(*np.nonzero(result.status == VALUE), strict=True):
            chance = self.roll_up.registers.people.premature_mortality(int(period), formula.parameters)
            if chance is None:
                result.status[unit, period] = UNKNOWN
                low, high = age_range(formula.parameters["ages"])
                result.because[unit, period] = gaps.code(f"缺{low}–{high - 1}岁各5岁组的常住人口")
            else:
                top_part, bottom_part = (chance * factor).as_integer_ratio()
                result.value[unit, period] = (2 * top_part + bottom_part) // (2 * bottom_part)
        return result


def _unplaced(inputs: list[Amounts]) -> dict[str, Whole]:
    """By reason, the rows that could not be placed: for each table those of the measure that lost most."""
    widest: dict[str, Amounts] = {}
    for amounts in inputs:
        held = widest.get(amounts.table)
        if amounts.unplaced and (held is None or held.unplaced_total() < amounts.unplaced_total()):
            widest[amounts.table] = amounts
    found: dict[str, Whole] = {}
    for table, amounts in widest.items():
        for reason, counts in amounts.unplaced.items():
            label = TABLES[table].table_label if table in TABLES else ""
            name = f"{label}：{reason}" if label and len(widest) > 1 else reason
            found[name] = counts.copy()
    return found
