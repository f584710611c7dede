"""An indicator of a pack, ready to be computed: its attributes and dated definitions, with every name checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from opencmc.base.errors import Finding, PolicyError
from opencmc.methods.indicators.formulas import METHODS
from opencmc.methods.indicators.measures import MEASURES, Stock
from opencmc.methods.indicators.places import UNIT_KINDS
from opencmc.policy.entry import DatedValue, Entry
from opencmc.policy.pack import Pack, list_packs, load_pack

_NEEDS_BOTH = ("share", "ratio", "per_capita")


@dataclass(frozen=True, slots=True)
class Formula:
    """One dated definition: ``method``, the names of its measures, and its numbers."""

    start: date
    method: str
    numerator: str
    denominator: str
    scale: int
    parameters: Mapping[str, str]
    dated: DatedValue

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

    Raises :class:`PolicyError` that lists every name that no method or measure answers to.
    """
    found: dict[str, Definition] = {}
    findings: list[Finding] = []
    for pack in packs:
        for entry in pack.all("indicator"):
            if entry.id not in found and (sets is None or entry.attributes["set"] in sets):
                findings += _faults(entry, pack)
                found[entry.id] = _read(entry)
    if findings:
        raise PolicyError(findings)
    return [found[name] for name in sorted(found)]


def _read(entry: Entry) -> Definition:
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
        formulas=tuple(_formula(dated) for dated in entry.values),
        entry=entry,
        pack=entry.pack,
    )


def _formula(dated: DatedValue) -> Formula:
    value: Mapping[str, Any] = dated.value
    return Formula(
        start=dated.start,
        method=value["method"],
        numerator=value.get("numerator") or "",
        denominator=value.get("denominator") or "",
        scale=value.get("scale") or 1,
        parameters=dict(value.get("parameters") or {}),
        dated=dated,
    )


def _faults(entry: Entry, pack: Pack) -> list[Finding]:
    faults = []

    def fault(kind: str, line: int, finding: str, correction: str) -> None:
        where = f"policies/{entry.pack}/{entry.file}:{line}"
        faults.append(Finding(kind, where, f"指标 {entry.id}：{finding}", correction))

    for dated in entry.values:
        formula = _formula(dated)
        if formula.method not in METHODS:
            fault("unknown-method", dated.line, f"没有算法“{formula.method}”", f"可用的算法：{'、'.join(METHODS)}")
            continue
        needed = {"numerator": formula.numerator, "denominator": formula.denominator}
        if formula.method == "growth":
            needed = {}
            if formula.parameters.get("of") not in pack.entries:
                fault("unknown-indicator", dated.line, "增长率要在 parameters 写明 of: 指标编号", "例如 of: m24_10")
        elif formula.method in ("count",):
            needed.pop("denominator")
        elif formula.method not in (*_NEEDS_BOTH, "pay_ratio", "premature_mortality"):
            needed = {}
        for part, name in needed.items():
            if name not in MEASURES:
                fault(
                    "unknown-measure",
                    dated.line,
                    f"{part} 的“{name}”不是已声明的计量",
                    f"可用的计量：{'、'.join(MEASURES)}",
                )
                continue
            measure = MEASURES[name]
            for parameter in measure.parameters if isinstance(measure, Stock) else ():
                if parameter not in formula.parameters:
                    fault("missing-parameter", dated.line, f"{name} 需要参数“{parameter}”", "请写入 value.parameters")
    return faults


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
