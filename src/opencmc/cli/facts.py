"""``opencmc load`` and ``opencmc facts``: bring facts, and see what is there."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opencmc.base.errors import Refused
from opencmc.cli.options import Moment, home_option
from opencmc.cli.output import format_option, print_json, print_rows, progress_bar

if TYPE_CHECKING:
    from opencmc.facts.manifest import LoadReport


def _settings(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    settings = {}
    for item in given:
        name, separator, value = item.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{item}：写作 名=值", ctx, param)
        settings[name] = value
    return settings


@click.command()
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@home_option
@click.option("--table", "table_name", help="装入哪张逻辑表；来源本身是表名或只装一张表时不必写")
@click.option(
    "--on-refusal",
    type=click.Choice(["keep", "reject"]),
    default="keep",
    show_default=True,
    help="有不合要求的行时：keep 装入其余的行并列出缘由；reject 一行也不装",
)
@click.option("--known-at", type=Moment(end_of_day=False), help="何时得知这些数据（默认此刻）")
@click.option("--set", "settings", multiple=True, callback=_settings, metavar="名=值", help="来源的设定项，可多次")
@click.option("--actor", default=getpass.getuser, help="经手人（默认当前用户）")
@format_option
def load(
    source: str,
    files: tuple[Path, ...],
    home: Path,
    table_name: str | None,
    on_refusal: str,
    known_at: datetime | None,
    settings: dict[str, str],
    actor: str,
    format_: str,
) -> None:
    """装入数据。SOURCE 为逻辑表名（visit、stay …）或来源名（front_page、grouping_cases、infectious_monthly）。

    每一行或装入或拒绝，拒绝者列出缘由与行号；同一文件装入两次不改变什么。
    """
    from opencmc.facts.lake import Lake

    source_name, table_name = _resolve(source, table_name)
    with progress_bar(f"装入 {table_name}") as report:
        outcome = Lake(home).load(
            table_name,
            files,
            source=source_name,
            known_at=known_at or datetime.now().astimezone(),
            actor=actor,
            on_refusal="reject" if on_refusal == "reject" else "keep",
            settings=settings,
            progress=report,
        )
    if format_ == "json":
        print_json(outcome.as_json())
    else:
        _print_report(outcome, format_)


def _resolve(source: str, table_name: str | None) -> tuple[str, str]:
    """The source's name and the table that it fills."""
    from opencmc.facts.sources import SOURCES
    from opencmc.facts.tables import TABLES

    if source in TABLES and table_name in (None, source):
        return "table", source
    if source in SOURCES:
        chosen = table_name or SOURCES[source].table_name
        if not chosen:
            raise click.UsageError(f"来源 {source} 需要用 --table 写出装入哪张表")
        return source, chosen
    if source in TABLES:
        raise click.UsageError(f"{source} 是逻辑表，不能装入另一张表 {table_name}")
    named = [name for name, kind in SOURCES.items() if kind.table_name]
    raise Refused(
        f"没有名为 {source} 的表或来源。", possible_when=f"表：{'、'.join(TABLES)}；来源：{'、'.join(named)}。"
    )


def _print_report(outcome: LoadReport, format_: str) -> None:
    counts = {
        "table": outcome.table,
        "read": outcome.read,
        "accepted": outcome.accepted,
        "refused": outcome.refused,
        "superseded": outcome.superseded,
        "load": outcome.load,
    }
    labels = {
        "table": "表",
        "read": "读到",
        "accepted": "装入",
        "refused": "拒绝",
        "superseded": "更正",
        "load": "装入号",
    }
    if format_ == "csv":
        rows = [
            {"kind": kind, "reason": reason.reason, "count": reason.count, "lines": " ".join(map(str, reason.lines))}
            for kind, reasons in (("refused", outcome.reasons), ("unplaced", outcome.unplaced))
            for reason in reasons
        ]
        totals = [
            {"kind": name, "reason": "", "count": counts[name], "lines": ""} for name in ("read", "accepted", "refused")
        ]
        print_rows([*totals, *rows], format_="csv")
        return
    print_rows([counts], format_="table", columns=labels)
    for title, reasons in (("拒绝的行", outcome.reasons), ("已装入而对不上的行", outcome.unplaced)):
        if reasons:
            click.echo(f"{title}：")
            for reason in reasons:
                lines = "、".join(map(str, reason.lines)) + ("…" if reason.count > len(reason.lines) else "")
                click.echo(f"  {reason.reason}：{reason.count} 行（第 {lines} 行）")
    for note in outcome.notes:
        click.echo(f"注：{note}")
    if outcome.unchanged:
        click.echo("没有改变：这些文件都已装入过。")


@click.command()
@home_option
@click.option("--tables", "show_tables", is_flag=True, help="打印各逻辑表的说明（列、类型、约束），不看数据")
@click.option("--known-at", type=Moment(end_of_day=True), help="只看到这一时刻为止得知的数据")
@format_option
def facts(home: Path, show_tables: bool, known_at: datetime | None, format_: str) -> None:
    """看看有哪些数据：各逻辑表的行数、装入次数、拒绝与对不上的行数、起止日期、最近得知的时刻。"""
    from opencmc.facts.lake import Lake
    from opencmc.facts.overview import overview
    from opencmc.facts.reference import tables_reference

    if show_tables:
        click.echo(tables_reference(), nl=False)
        return
    rows = [asdict(line) for line in overview(Lake(home), known_at)]
    labels = {
        "table": "表",
        "label": "名称",
        "rows": "现有行",
        "loads": "装入次数",
        "refused": "曾拒绝",
        "unplaced": "装入时对不上",
        "first_date": "最早日期",
        "last_date": "最晚日期",
        "known_at": "最近得知",
    }
    print_rows(rows, format_=format_, columns=labels)
