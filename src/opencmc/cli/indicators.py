"""``opencmc indicators`` and ``opencmc explain``: print figures, and say where a figure comes from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from opencmc.cli.options import Moment, home_option
from opencmc.cli.output import format_option, print_json, print_rows, progress_bar

_UNIT_KINDS = ("county", "community", "institution", "tier", "township")
_PERIOD_KINDS = ("month", "quarter", "ytd", "year")
_STATUS = {"value": "", "not_applicable": "不适用", "unknown": "未知"}
_COLUMNS = {
    "indicator": "编号", "label": "指标", "unit_id": "单位", "period": "期间", "numerator": "分子", "denominator": "分母",
    "value": "值", "status": "状态", "because": "说明", "unplaced": "未归位",
}  # fmt: skip


def _day(context: click.Context, option: click.Parameter, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise click.BadParameter("写作 2025-12-31") from None


def _kinds(
    context: click.Context, option: click.Parameter, text: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """``institution,month`` → unit kinds and period kinds."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    if wrong := [name for name in names if name not in (*_UNIT_KINDS, *_PERIOD_KINDS)]:
        known = "、".join((*_UNIT_KINDS, *_PERIOD_KINDS))
        raise click.BadParameter(f"不认识 {'、'.join(wrong)}；可用：{known}")
    return tuple(n for n in names if n in _UNIT_KINDS), tuple(n for n in names if n in _PERIOD_KINDS)


@click.command()
@home_option
@click.option("--period", required=True, help="期间：2025、2025Q1、2025-03 或 2025-01..2025-03")
@click.option(
    "--set", "sets", multiple=True, help="指标集，例如 national-2024；可多次给出，默认为本县政策包的全部指标集"
)
@click.option(
    "--by", "kinds", callback=_kinds, help="单位类别与期间类别，逗号分隔，例如 institution,month；默认全县、给定的期间"
)
@click.option("--as-of", callback=_day, help="看到哪一天为止（默认到有数据的最后一个月末）")
@click.option("--known-at", type=Moment(end_of_day=True), help="按当时所知（默认按现在所知）")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True)
@click.option("--pack", "pack_id", default="ninghai", show_default=True, help="县的政策包")
@format_option
def indicators(
    home: Path,
    period: str,
    sets: tuple[str, ...],
    kinds: tuple[tuple[str, ...], tuple[str, ...]],
    as_of: date | None,
    known_at: datetime | None,
    engine: str,
    pack_id: str,
    format_: str,
) -> None:
    """打印监测指标：分子、分母、值；未知不作 0，未能归位的记录另计。"""
    from opencmc.base.errors import Refused
    from opencmc.base.periods import Period
    from opencmc.facts.lake import Lake
    from opencmc.methods.indicators import compute, sibling_packs
    from opencmc.methods.runs import figures_of, printed
    from opencmc.policy.pack import default_root, load_pack

    try:
        span = Period.parse(period)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--period") from None
    pack = load_pack(default_root(), pack_id)
    also, broken = sibling_packs(default_root(), pack)
    for name, findings in broken.items():
        click.echo(f"政策包 {name} 有 {findings} 处问题，未计入；见 opencmc pack check {name}", err=True)
    with progress_bar("计算指标") as report:
        run = compute(Lake(home), pack, known_at=known_at, as_of=as_of, engine=engine, also=also, progress=report)
    known = run.definitions()
    own = {entry.attributes["set"] for entry in pack.all("indicator")}
    if wrong := sorted(set(sets) - {definition["set"] for definition in known.values()}):
        every = "、".join(sorted({definition["set"] for definition in known.values()}))
        raise Refused(f"没有指标集 {'、'.join(wrong)}", possible_when=f"可用：{every}。")
    unit_kinds, period_kinds = kinds
    inside = _inside(span, period_kinds)
    table = figures_of(run, set=sorted(sets or own), unit_kind=unit_kinds or ("county",), period=inside)
    rows = [
        {
            "indicator": row["indicator"],
            "label": known[row["indicator"]]["label"],
            "set": row["set"],
            "unit_kind": row["unit_kind"],
            "unit_id": row["unit_id"],
            "period": row["period"],
            "numerator": row["numerator"],
            "denominator": row["denominator"],
            "value": printed(row["value_scaled"], row["places"]),
            "status": row["status"],
            "because": row["because"],
            "unplaced": row["unplaced"],
            "run": run.id,
        }
        for row in table.to_pylist()
    ]
    if not rows:
        months = run.manifest["months"]
        click.echo(f"没有期间 {'、'.join(inside[:3])} 的数字：数据的月份为 {months[0]} 至 {months[-1]}", err=True)
    if format_ == "table":
        rows = [{**row, "status": _STATUS[row["status"]]} for row in rows]
    print_rows(rows, format_=format_, columns=_COLUMNS)


def _inside(span: Any, period_kinds: tuple[str, ...]) -> list[str]:
    """The names of the periods of these kinds inside the given one; itself when no kind is given."""
    from opencmc.base.periods import Period

    if not period_kinds:
        return [span.name]
    months = [(int(name[:4]), int(name[5:])) for name in span.months()]
    makers: dict[str, Callable[[int, int], Any]] = {
        "month": Period.month,
        "ytd": Period.year_to_date,
        "quarter": lambda year, month: Period.quarter(year, (month + 2) // 3),
        "year": lambda year, month: Period.year(year),
    }
    return sorted({makers[kind](year, month).name for kind in period_kinds for year, month in months})


@click.command()
@click.argument("run")
@click.argument("figure")
@home_option
@click.option("--pack", "pack_id", default="ninghai", show_default=True, help="目标取自这个政策包")
@click.option("--samples", type=click.IntRange(0, 20), default=20, show_default=True, help="列出多少行编号；0 表示不查")
@format_option
def explain(run: str, figure: str, home: Path, pack_id: str, samples: int, format_: str) -> None:
    """解释一个数字。RUN 为运行编号或 latest；FIGURE 例如 m24_07/county/330226/2025。"""
    from opencmc.methods.explain import explain as explain_figure
    from opencmc.methods.explain import parse_figure
    from opencmc.methods.indicators.targets import check_targets
    from opencmc.methods.runs import open_run
    from opencmc.policy.pack import default_root, load_pack

    opened = open_run(home, run)
    _, kind, unit, period = parse_figure(figure)
    found = check_targets(opened, load_pack(default_root(), pack_id), period, unit_kind=kind, unit_id=unit)
    targets = [target.as_json() for target in found] if kind == "county" else []
    result = explain_figure(opened, figure, targets=targets, samples=samples)
    if format_ == "json":
        print_json(result)
        return
    if format_ == "table":
        value = (
            result["value"] if result["value"] is not None else f"{_STATUS[result['status']]}（{result['because']}）"
        )
        click.echo(f"{result['label']}（{result['set']}）  {figure}")
        click.echo(f"值：{value} {result['unit']}   所据：{result['rule']['standing_label']}")
        for cite in result["clause"]:
            number = f"（{cite['number']}）" if cite["number"] else ""
            click.echo(f"条款：《{cite['title']}》{number} {cite['clause']}")
        click.echo(f"截至 {result['as_of']}，所知于 {result['known_at']}，运行 {result['run']}")
    steps = [
        {"name": s["name"], "formula": s["formula"], "inputs": _short(s["inputs"]), "value": s["value"]}
        for s in result["steps"]
    ]
    print_rows(steps, format_=format_, columns={"name": "步骤", "formula": "内容", "inputs": "所用", "value": "结果"})
    if format_ == "table" and result["rows"]["count"] is not None:
        rows = result["rows"]
        click.echo(f"分子所据：{rows['table']} 表 {rows['count']} 行，例如 {'、'.join(rows['sample_ids'][:5])}")


def _short(inputs: dict[str, Any]) -> str:
    return "；".join(f"{name}={value}" for name, value in inputs.items() if value not in (None, "", [], {}))
