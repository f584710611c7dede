"""An indicator of a pack, ready to be computed: its attributes and dated definitions, with every name checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from opencmc.base.errors import Finding, PolicyError
from opencmc.methods.indicators.formulas import METHODS
from opencmc.methods.indicators.measures import MEASURES, parameters_of
from opencmc.methods.indicators.parameters import PARAMETERS
from opencmc.methods.indicators.places import UNIT_KINDS
from opencmc.policy.entry import DatedValue, Entry
from opencmc.policy.pack import Pack, list_packs, load_pack
from opencmc.policy.references import Reference, in_force, references_in


@dataclass(frozen=True, slots=True)
class Formula:
    """One dated definition: ``method``, the names of its measures, and its numbers.

    Where the definition refers to entries of the pack, ``parameters`` hold their values and ``references`` say where
    each comes from; a definition is cut at the days from which an entry has another value, so that every period is
    computed by the values of its last day. ``start`` is the first day of the piece, ``dated.start`` the definition's.
    """

    start: date
    method: str
    numerator: str
    denominator: str
    scale: int
    parameters: Mapping[str, str]
    dated: DatedValue
    references: tuple[Reference, ...] = ()

    @property
    def divisor(self) -> int:
        """By what the denominator is multiplied (fen to yuan, working days a year)."""
        return int(self.parameters.get("divisor", "1"))


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator. ``by`` and ``periods`` are in the order in which figures are stored."""

    id: str
    label: str
    set: str
    unit: str
    places: int
    direction: str
    population: str
    by: tuple[str, ...]
    periods: tuple[str, ...]
    formulas: tuple[Formula, ...]
    entry: Entry
    pack: str

    def on(self, day: date) -> Formula:
        """The definition in force on ``day``; before the first one, the first one."""
        held = [formula for formula in self.formulas if formula.start <= day]
        return held[-1] if held else self.formulas[0]


def definitions(packs: Sequence[Pack], sets: Sequence[str] | None = None) -> list[Definition]:
    """The indicators of ``packs`` (an id is taken from the first pack that has it), sorted by id.

    What a definition refers to is the computing county's, the first pack's, value; only an entry that this pack does
    not have is taken from the indicator's own pack.

    Raises :class:`PolicyError` that lists every name that no method or measure answers to.
    """
    found: dict[str, Definition] = {}
    findings: list[Finding] = []
    for pack in packs:
        for entry in pack.all("indicator"):
            if entry.id not in found and (sets is None or entry.attributes["set"] in sets):
                rules = {**pack.entries, **packs[0].entries}
                definition = _read(entry, rules)
                findings += _faults(definition, rules)
                found[entry.id] = definition
    if findings:
        raise PolicyError(findings)
    return [found[name] for name in sorted(found)]


def _read(entry: Entry, rules: Mapping[str, Entry]) -> Definition:
    given: Mapping[str, Any] = entry.attributes
    return Definition(
        id=entry.id,
        label=entry.label,
        set=given["set"],
        unit=given["unit"],
        places=given["places"],
        direction=given["direction"],
        population=given["population"],
        by=tuple(kind for kind in UNIT_KINDS if kind in given["by"]),
        periods=tuple(sorted(given["periods"])),
        formulas=tuple(formula for dated in entry.values for formula in _pieces(entry, dated, rules)),
        entry=entry,
        pack=entry.pack,
    )


def _pieces(entry: Entry, dated: DatedValue, rules: Mapping[str, Entry]) -> list[Formula]:
    """The definition, cut where an entry that it refers to changes. The first definition also holds for all days before
    it, with the entries' values of those days."""
    named = {name: rules[rule] for name, rule in references_in(dated.value.get("parameters") or {})}
    first = dated is entry.values[0]
    days = {value.start for rule in named.values() for value in rule.values}
    inside = {day for day in days if (first or dated.start < day) and (dated.until is None or day < dated.until)}
    pieces: list[Formula] = []
    for start in sorted({dated.start, *inside}):
        references = []
        for name, rule in named.items():
            value = in_force(rule, start)
            assert value is not None, rule.id  # the lint of packs allows no gap
            references.append(Reference(name, rule, value))
        if not pieces or pieces[-1].references != tuple(references):
            pieces.append(_formula(start, dated, tuple(references)))
    return pieces if len(pieces) > 1 else [replace(pieces[0], start=dated.start)]


def _formula(start: date, dated: DatedValue, references: tuple[Reference, ...]) -> Formula:
    value: Mapping[str, Any] = dated.value
    return Formula(
        start=start,
        method=value["method"],
        numerator=value.get("numerator") or "",
        denominator=value.get("denominator") or "",
        scale=value.get("scale") or 1,
        parameters={**(value.get("parameters") or {}), **{each.parameter: each.text for each in references}},
        dated=dated,
        references=references,
    )


def _faults(definition: Definition, rules: Mapping[str, Entry]) -> list[Finding]:
    entry = definition.entry
    faults: dict[Finding, None] = {}

    def fault(kind: str, line: int, finding: str, correction: str) -> None:
        where = f"policies/{entry.pack}/{entry.file}:{line}"
        faults[Finding(kind, where, f"指标 {entry.id}：{finding}", correction)] = None

    for formula in definition.formulas:
        line = formula.dated.line
        if formula.method not in METHODS:
            fault("unknown-method", line, f"没有算法“{formula.method}”", f"可用的算法：{'、'.join(METHODS)}")
            continue
        if formula.method == "growth" and formula.parameters.get("of") not in rules:
            fault("unknown-indicator", line, "增长率要在 parameters 写明 of: 指标编号", "例如 of: m24_10")
        for part, name in measures_of(formula).items():
            if name not in MEASURES:
                known = f"可用的计量：{'、'.join(MEASURES)}"
                fault("unknown-measure", line, f"{part} 的“{name}”不是已声明的计量", known)
                continue
            for parameter in parameters_of(name):
                if parameter not in formula.parameters:
                    finding = f"{name} 需要参数“{parameter}”（{PARAMETERS[parameter].label}）"
                    fault("missing-parameter", line, finding, "请写入 value.parameters，可用 entry:条目编号 指向规则")
        for parameter, text in formula.parameters.items():
            if parameter not in PARAMETERS:
                correction = f"可用的参数：{'、'.join(PARAMETERS)}"
                fault("unknown-parameter", line, f"不认识参数“{parameter}”", correction)
            elif wrong := PARAMETERS[parameter].fault(text):
                source = next((each.entry for each in formula.references if each.parameter == parameter), None)
                correction = f"请改正 {source.where} 的 {source.id}" if source else "请改正 value.parameters"
                fault("wrong-parameter", line, f"参数 {parameter}：{wrong}", correction)
    return list(faults)


def measures_of(formula: Formula) -> dict[str, str]:
    """The measures that a method works on, by where the definition names them."""
    numerator = {"numerator": formula.numerator}
    both = {**numerator, "denominator": formula.denominator}
    match formula.method:
        case "growth" | "not_collected":
            return {}
        case "count":
            return numerator
        case "pay_ratio":
            months = ("staff_months", "denominator_staff_months")
            return both | {name: formula.parameters.get(name, "") for name in months}
        case _:
            return both


def sibling_packs(root: Path, pack: Pack) -> tuple[list[Pack], dict[str, int]]:
    """The other packs below ``root`` that define indicators of their own, so that they can be tried on this county's
    facts as well; and the packs that cannot be read, with their number of findings."""
    found, broken = [], {}
    for name in list_packs(root):
        if name in pack.lineage:
            continue
        try:
            other = load_pack(root, name)
        except PolicyError as error:
            broken[name] = len(error.findings)
            continue
        if any(entry.kind == "indicator" for entry in other.own.values()):
            found.append(other)
    return found, broken
