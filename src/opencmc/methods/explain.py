"""Every figure explained: its two numbers in words, the rule, the clause, what is missing, and the rows behind it.

Everything but the row list comes from what the run stored, so that a page need not touch the lake; the rows are read
on demand (:func:`rows_behind`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import numpy as np
import pyarrow.parquet as pq

from opencmc.base.errors import Refused
from opencmc.base.periods import Period
from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake
from opencmc.facts.tables import TABLES
from opencmc.methods.indicators.grains import GRAINS, HERE, keyed
from opencmc.methods.indicators.measures import MEASURES, Flow, Persons, Stock, Total
from opencmc.methods.indicators.places import Places
from opencmc.methods.indicators.spans import Flags, Spans
from opencmc.methods.runs import Run, figures_of, printed

UNITS = {
    "percent": "%", "ratio": "", "yuan": "元", "persons": "人", "reports": "份", "visits": "人次", "items": "项",
    "days": "人日", "per_1000": "每千人", "per_10000": "每万人", "visits_per_day": "人次/日",
}  # fmt: skip


def parse_figure(figure: str) -> tuple[str, str, str, str]:
    """``indicator/unit kind/unit/period``. Raises :class:`Refused` for anything else."""
    parts = figure.split("/")
    if len(parts) != 4 or not all(parts):
        raise Refused(
            f"不认识的数字编号 {figure!r}",
            possible_when="：写作 指标/单位类别/单位/期间，例如 m24_07/county/330226/2025。",
        )
    try:
        period = Period.parse(parts[3]).name
    except ValueError as error:
        raise Refused(str(error)) from error
    return parts[0], parts[1], parts[2], period


def find_figure(run: Run, figure: str) -> dict[str, Any]:
    """The stored row of a figure. Raises :class:`Refused` when the run has none."""
    indicator, kind, unit, period = parse_figure(figure)
    rows = figures_of(run, indicator=indicator, unit_kind=kind, unit_id=unit, period=period).to_pylist()
    if not rows:
        raise Refused(f"运行 {run.id} 里没有数字 {figure}", possible_when="请核对指标、单位和期间。")
    found: dict[str, Any] = rows[0]
    return found


def explain(run: Run, figure: str, *, targets: Sequence[Mapping[str, Any]] = (), samples: int = 20) -> dict[str, Any]:
    """``{figure, value, steps, rule, clause, rows, as_of, known_at}`` and, beside them, label, set, status and run.

    ``targets`` are results of :func:`opencmc.methods.indicators.targets.check_targets` as JSON; those of this figure's
    indicator become steps. With ``samples`` 0 the lake is not touched and ``rows`` has no identifiers.
    """
    row = find_figure(run, figure)
    definition = run.definitions()[row["indicator"]]
    formula = formula_on(definition, row["period"])
    value = printed(row["value_scaled"], row["places"])
    steps = [*_two_numbers(row, formula), _division(row, definition, formula, value), *_months(run, row, definition)]
    steps += [_rule_step(reference) for reference in formula.get("references", ())]  # runs of older releases have none
    for exclusion in definition["exclusions"]:
        steps.append(_step("口径", exclusion, {}, None, formula["cite"]))
    if definition["denominator_source"]:
        steps.append(_step("分母来源", definition["denominator_source"], {}, None, []))
    for reason, count in unplaced_of(run, row).items():
        steps.append(_step("未能归位的记录", reason, {}, count, []))
    for target in targets:
        if target["indicator"] == row["indicator"]:
            words = {"yes": "达到", "no": "未达到", "unknown": "未知"}
            aim = f"{target['label']}：{target['comparator']} {target['target_value'] or ''}".rstrip()
            steps.append(_step("目标", aim, {"value": target["value"], "distance": target["distance"]},
                               words[str(target["met"])], list(target["cite"])))  # fmt: skip
    rows = (
        rows_behind(run, figure, samples) if samples else {"table": _table_of(formula), "count": None, "sample_ids": []}
    )
    return {
        "figure": figure,
        "value": value,
        "steps": steps,
        "rule": {
            "indicator": row["indicator"], "defined_at": definition["defined_at"],
            "from": formula["defined_from"],
            "standing": formula["standing"], "standing_label": formula["standing_label"], "because": formula["because"],
            "parameters": formula["parameters"], "references": formula.get("references", []),
            "population": definition["population_label"], "note": definition["note"],
        },
        "clause": formula["cite"],
        "rows": rows,
        "as_of": run.manifest["as_of"],
        "known_at": run.manifest["known_at"],
        "label": definition["label"],
        "set": definition["set"],
        "unit": UNITS.get(definition["unit"], definition["unit"]),
        "status": row["status"],
        "because": row["because"],
        "unplaced": row["unplaced"],
        "run": run.id,
    }  # fmt: skip


def formula_on(definition: Mapping[str, Any], period: str) -> dict[str, Any]:
    """The dated definition that a period's figure was made by (the first one for periods before it)."""
    last = Period.parse(period).months()[-1] + "-31"
    held = [formula for formula in definition["formulas"] if formula["from"] <= last]
    found: dict[str, Any] = held[-1] if held else definition["formulas"][0]
    return found


def unplaced_of(run: Run, row: Mapping[str, Any]) -> dict[str, int]:
    """By reason, the rows that could not be placed for a figure."""
    table = pq.read_table(
        run.folder / "unplaced.parquet",
        filters=[
            ("indicator", "=", row["indicator"]),
            ("unit_kind", "=", row["unit_kind"]),
            ("period", "=", row["period"]),
        ],
    )
    return dict(zip(table["reason"].to_pylist(), table["count"].to_pylist(), strict=True))


def _step(name: str, formula: str, inputs: Mapping[str, Any], value: Any, cite: Sequence[Any]) -> dict[str, Any]:
    return {"name": name, "formula": formula, "inputs": dict(inputs), "value": value, "cite": list(cite)}


def _rule_step(reference: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of the pack that the definition refers to, with its own standing and clause."""
    clauses = [f"《{cite['title']}》{cite['clause']}" for cite in reference["cite"]]
    shown = ("entry", "from", "standing", "standing_label", "because")
    inputs = {**{name: reference[name] for name in shown}, "clause": "；".join(clauses)}
    return _step("参数", reference["label"], inputs, reference["value"], reference["cite"])


def _two_numbers(row: Mapping[str, Any], formula: Mapping[str, Any]) -> list[dict[str, Any]]:
    steps = []
    for part, words in (("numerator", "分子"), ("denominator", "分母")):
        measure = formula[part]
        if formula["method"] == "growth":
            words_of = {"numerator": "本期的值", "denominator": "上年同期的值"}[part]
            steps.append(
                _step(words, f"{words_of}（{formula['parameters']['of']}，按小数位放大为整数）", {}, row[part], [])
            )
        elif formula["method"] == "pay_ratio":
            steps.append(_step(words, f"{measure['label']} ÷ 月均在岗人数（分）", {}, row[part], formula["cite"]))
        elif measure is not None:
            how = "；".join(text for text in (measure.get("rows"), measure.get("where")) if text)
            inputs = {"unit": measure["unit"], "how": how, "parts": measure.get("parts", [])}
            steps.append(_step(words, measure["label"], inputs, row[part], formula["cite"]))
    return steps


def _division(
    row: Mapping[str, Any], definition: Mapping[str, Any], formula: Mapping[str, Any], value: str | None
) -> dict[str, Any]:
    inputs = {
        "numerator": row["numerator"], "denominator": row["denominator"], "scale": formula["scale"],
        "divisor": formula["divisor"], "parameters": formula["parameters"], "rounding": f"四舍五入到 {row['places']} 位小数",
    }  # fmt: skip
    shown = (
        value if value is not None else f"{'不适用' if row['status'] == 'not_applicable' else '未知'}：{row['because']}"
    )
    return _step("计算", formula["method_label"], inputs, shown, formula["cite"])


def _months(run: Run, row: Mapping[str, Any], definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For anything longer than a month: the same figure by month."""
    months = Period.parse(row["period"]).months()
    if len(months) == 1 or "month" not in definition["periods"]:
        return []
    found = figures_of(
        run, indicator=row["indicator"], unit_kind=row["unit_kind"], unit_id=row["unit_id"], period=months
    ).to_pylist()
    return [
        _step(
            f"{each['period']}", "该月", {"numerator": each["numerator"], "denominator": each["denominator"]},
            printed(each["value_scaled"], each["places"]) or each["because"], [],
        )
        for each in found
    ]  # fmt: skip


def _leading(name: str) -> Flow | Persons | Stock | None:
    """The measure whose rows stand for a numerator: of a sum its largest-table first part."""
    measure = MEASURES.get(name)
    return _leading(measure.parts[0]) if isinstance(measure, Total) else measure


#: The table that a register's measure is read from.
_REGISTERS = {
    "beds": "institution", "bed_days": "institution", "clinics": "institution", "clinics_with_ecg": "equipment",
    "staff": "posting", "payroll": "posting", "stationed": "posting", "stationed_days": "posting",
    "contract": "contract", "elderly": "enrolment", "managed": "enrolment", "chronic": "enrolment",
    "chronic_admitted": "stay", "norm_due": "enrolment", "norm_met": "follow_up", "population": "population",
    "population_65": "population", "population_of_ages": "population", "premature_deaths": "resident",
    "items_met": "assessment", "items_due": "assessment", "votes": "assessment", "votes_shared": "assessment",
}  # fmt: skip


def _table_of(formula: Mapping[str, Any]) -> str:
    measure = _leading(formula["numerator"]["name"]) if formula["numerator"] else None
    if isinstance(measure, Flow | Persons):
        return GRAINS[measure.grain].table
    return _REGISTERS[measure.register] if isinstance(measure, Stock) else ""


def rows_behind(run: Run, figure: str, limit: int = 20) -> dict[str, Any]:
    """``{table, count, sample_ids}`` of the numerator's rows, read from the lake as the run knew it.

    For a sum of two tables the first one is shown. Registers (people and posts on a day) name their table only.
    """
    row = find_figure(run, figure)
    formula = formula_on(run.definitions()[row["indicator"]], row["period"])
    measure = _leading(formula["numerator"]["name"]) if formula["numerator"] else None
    if not isinstance(measure, Flow | Persons):
        return {"table": _table_of(formula), "count": None, "sample_ids": []}
    grain = GRAINS[measure.grain]
    months = [int(name.replace("-", "")) for name in Period.parse(row["period"]).months()]
    with DuckDB(Lake(run.home), run.known_at) as engine:
        t = keyed(engine.table, grain, run.region, months)
        institution, membership, attachment = (
            engine.collect(engine.table(name)) for name in ("institution", "membership", "attachment")
        )
        homes = engine.collect(engine.table("resident").select("township").distinct())
        spans = Spans.between(months[0], months[-1])
        places = Places(institution, membership, run.region, spans, homes["township"].to_pylist, attachment)
        if isinstance(measure, Flow):
            t = t.filter(measure.rows(t))
        if measure.whose == "county":
            t = t.filter(t.key_insured == HERE)
        where = places.where(measure.where, formula["parameters"])
        t = t.filter(_in_unit(t, places, measure, where, row["unit_kind"], row["unit_id"]))
        key = TABLES[grain.table].key[0]
        count = int(engine.collect(t.count().as_table()).column(0)[0].as_py())
        sample = engine.collect(t.select(key).order_by(key).limit(limit))
    return {"table": grain.table, "count": count, "sample_ids": sample.column(0).to_pylist()}


def _in_unit(t: ibis.Table, places: Places, measure: Flow | Persons, where: Flags, kind: str, unit: str) -> Any:
    """Rows whose institution and month satisfy the measure's condition and belong to the unit."""
    at = places.units[kind].index(unit)
    everyone = np.arange(len(places.ids))
    by_resident = measure.whose == "county" and kind in ("county", "community", "township")
    condition = ibis.literal(False)
    grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for i, month in enumerate(places.spans.months):
        allowed = where[:, i].copy()
        townships: tuple[str, ...] = ()
        if by_resident and kind != "county":
            unit_of = places.unit_of_resident(kind, np.arange(len(places.townships)), np.full(len(places.townships), i))
            townships = tuple(code for code, own in zip(places.townships, unit_of, strict=True) if own == at)
        elif not by_resident:
            allowed &= places.unit_of_institution(kind, everyone, np.full(len(everyone), i)) == at
        ids = tuple(name for name, yes in zip(places.ids, allowed, strict=True) if yes)
        grouped.setdefault((ids, townships), []).append(month)
    for (ids, townships), months in grouped.items():
        part = t.key_month.isin(months) & t.key_institution.isin(list(ids))
        if by_resident and kind != "county":
            part = part & t.key_township.isin(list(townships))
        condition = condition | part
    return condition
