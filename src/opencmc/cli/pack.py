"""``opencmc pack``: list, check, show, compare and print policy packs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import click

from opencmc.base.errors import Finding, PolicyError
from opencmc.cli.output import Row, format_option, print_rows
from opencmc.policy.cards import card as make_card
from opencmc.policy.entry import Entry
from opencmc.policy.lint import check_all, check_pack, default_sources
from opencmc.policy.overlay import CHANGES, difference, same_count
from opencmc.policy.pack import Pack, default_root, list_packs, load_pack
from opencmc.policy.schema import KINDS
from opencmc.policy.wording import say_citations, say_span, say_value

_FINDING_COLUMNS = {"kind": "种类", "where": "位置", "finding": "问题", "correction": "怎样改正"}
_LIST_COLUMNS = {
    "pack": "政策包", "label": "名称", "revision": "修订", "parent": "上级", "own": "自有条目", "entries": "全部条目",
    "documents": "文件", "unverified": "待核实", "proposed": "拟定", "oldest_check": "最久未核对", "findings": "问题",
}  # fmt: skip
_ENTRY_COLUMNS = {
    "id": "编号",
    "kind_label": "种类",
    "label": "名称",
    "value": "取值",
    "standing_label": "把握",
    "from_pack": "出自",
    "checked": "核对",
}
_VALUE_COLUMNS = {"span": "适用", "value": "取值", "standing_label": "把握", "cites": "依据"}
_CHINA = timezone(timedelta(hours=8))

day_option = click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="在哪一天适用，写作 2025-01-01；不写则为今天"
)


@click.group()
def pack() -> None:
    """政策包：列出、检查、查看、比较、印卡片。"""


@pack.command("list")
@format_option
def list_command(format_: str) -> None:
    """列出全部政策包。"""
    root = default_root()
    print_rows([_summary(root, pack_id) for pack_id in list_packs(root)], format_=format_, columns=_LIST_COLUMNS)


@pack.command()
@click.argument("pack_id", metavar="[PACK]", required=False)
@click.option(
    "--sources",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="文件原文所在的文件夹，用来逐字核对引文；不写则用环境变量 OPENCMC_SEEDS",
)
@format_option
def check(pack_id: str | None, sources: Path | None, format_: str) -> None:
    """检查一个政策包及其上级，或全部政策包。有问题时退出码为 4。"""
    root = default_root()
    sources = sources or default_sources()
    if sources is not None and not sources.is_dir():
        raise click.UsageError(f"找不到原文文件夹 {sources}，请核对 --sources 或环境变量 OPENCMC_SEEDS")
    findings = check_pack(root, pack_id, sources=sources) if pack_id else check_all(root, sources=sources)
    if findings or format_ != "table":
        print_rows([asdict(finding) for finding in findings], format_=format_, columns=_FINDING_COLUMNS)
    counted = pack_id or f"{len(list_packs(root))} 个政策包"
    said = f"{len(findings)} 个问题" if findings else "没有发现问题"
    quoted = "引文已逐字核对" if sources else "引文没有核对（用 --sources 指明原文文件夹）"
    click.echo(f"{counted}：{said}；{quoted}", err=True)
    if findings:
        sys.exit(PolicyError.exit_code)


@pack.command()
@click.argument("name", metavar="ID")
@click.option("--kind", type=click.Choice(list(KINDS)), default=None, help="只看一种条目")
@day_option
@format_option
def show(name: str, kind: str | None, day: datetime | None, format_: str) -> None:
    """查看政策包的全部条目（ID 写作 ninghai），或一个条目的全部取值（ID 写作 ninghai:budget.overrun_bearer）。"""
    pack_id, _, entry_id = name.partition(":")
    loaded = _load(pack_id)
    if not entry_id:
        entries = [entry for entry in _sorted(loaded) if kind in (None, entry.kind)]
        print_rows([_entry_row(entry, _day(day)) for entry in entries], format_=format_, columns=_ENTRY_COLUMNS)
        return
    entry = loaded.entry(entry_id)
    rows: list[Row] = []
    for value in entry.values:
        typed = {"data": value.value} if format_ == "json" else {}
        rows.append(
            {
                "pack": pack_id,
                "id": entry.id,
                "label": entry.label,
                "from": value.start,
                "until": value.until,
                "span": say_span(value),
                "value": say_value(entry, value.value),
                **typed,
                "standing": value.standing.value,
                "standing_label": value.standing.label,
                "cites": "\n".join(say_citations(value.cites, loaded.documents)) or value.because,
                "where": f"policies/{entry.pack}/{entry.file}:{value.line}",
            }
        )
    if format_ == "table":
        click.echo(f"{entry.label}  {entry.id}  （{KINDS[entry.kind].label}，写在 {entry.where}）")
    print_rows(rows, format_=format_, columns=_VALUE_COLUMNS)


@pack.command()
@click.argument("pack_id", metavar="PACK")
@click.option("--against", default="parent", show_default=True, metavar="PACK|parent", help="和哪个政策包比")
@format_option
def diff(pack_id: str, against: str, format_: str) -> None:
    """一页看清一个政策包与上级（或另一个政策包）的差别。"""
    mine = _load(pack_id)
    if against == "parent":
        if mine.parent is None:
            raise click.UsageError(f"{mine.label}（{pack_id}）没有上级政策包；请用 --against 指明另一个")
        other = mine.parent
    else:
        other = _load(against)
    rows: list[Row] = []
    for each in difference(mine, other):
        aspects = f"（{'、'.join(each.aspects)}）" if each.aspects else ""
        row = {**asdict(each), "change_label": CHANGES[each.change] + aspects}
        row |= {"aspects": "、".join(each.aspects), "cites": "\n".join(each.cites)}
        rows.append(row)
    columns = {
        "change_label": "差别",
        "id": "编号",
        "label": "名称",
        "old": other.label,
        "new": mine.label,
        "cites": "依据",
    }
    print_rows(rows, format_=format_, columns=columns)
    counts = "、".join(f"{label} {sum(row['change'] == change for row in rows)}" for change, label in CHANGES.items())
    click.echo(
        f"{mine.label}（{mine.id}）对 {other.label}（{other.id}）：{counts}、相同 {same_count(mine, other)}", err=True
    )


@pack.command()
@click.argument("name", metavar="PACK:ENTRY")
@day_option
@format_option
def card(name: str, day: datetime | None, format_: str) -> None:
    """印一个条目的卡片（指标卡、参数卡、目标卡、职责卡、名单卡）。"""
    pack_id, _, entry_id = name.partition(":")
    if not entry_id:
        raise click.UsageError("ID 写作 政策包:条目，例如 ninghai:budget.overrun_bearer")
    loaded = _load(pack_id)
    named = _names_of_measures() if loaded.entry(entry_id).kind == "indicator" else {}
    made = make_card(loaded, entry_id, day=_day(day), measures=named)
    rows: list[Row] = [{"label": label, "text": text} for label, text in made.rows]
    if format_ == "table":
        click.echo(f"{made.card}  {made.label}  {made.id}")
    print_rows(rows, format_=format_, columns={"label": "项目", "text": "内容"})
    if format_ == "table" and made.table:
        shown = [heading for i, heading in enumerate(made.headings) if any(row[i] for row in made.table)]
        print_rows(
            [dict(zip(made.headings, row, strict=True)) for row in made.table],
            format_=format_,
            columns={heading: heading for heading in shown},
        )


def _day(chosen: datetime | None) -> date:
    """The day asked about; today in China when none is named."""
    return (chosen or datetime.now(_CHINA)).date()


def _names_of_measures() -> dict[str, str]:
    """Measures and methods as people call them. Read only when a card needs them: the methods take a second to import."""
    from opencmc.methods.indicators.formulas import METHODS
    from opencmc.methods.indicators.measures import MEASURES

    return METHODS | {name: measure.label for name, measure in MEASURES.items()}


def _load(pack_id: str) -> Pack:
    return load_pack(default_root(), pack_id)


def _sorted(loaded: Pack) -> list[Entry]:
    order = list(KINDS)
    return sorted(loaded.entries.values(), key=lambda entry: (order.index(entry.kind), entry.id))


def _entry_row(entry: Entry, day: date) -> Row:
    value = entry.on(day)
    return {
        "id": entry.id,
        "kind": entry.kind,
        "kind_label": KINDS[entry.kind].label,
        "label": entry.label,
        "value": say_value(entry, value.value) if value else None,
        "standing": value.standing.value if value else None,
        "standing_label": value.standing.label if value else None,
        "from_pack": entry.pack,
        "checked": entry.checked_on,
        "where": entry.where,
    }


def _summary(root: Path, pack_id: str) -> Row:
    """One line a pack; a broken one is listed with the number of its findings and nothing else."""
    row: Row = dict.fromkeys(_LIST_COLUMNS)
    findings: tuple[Finding, ...] = ()
    try:
        loaded = load_pack(root, pack_id)
    except PolicyError as error:
        findings = error.findings
    else:
        standings = [value.standing.value for entry in loaded.own.values() for value in entry.values]
        row |= {
            "label": loaded.label,
            "revision": loaded.revision,
            "parent": loaded.parent.id if loaded.parent else None,
            "own": len(loaded.own),
            "entries": len(loaded.entries),
            "documents": len(loaded.own_documents),
            "unverified": standings.count("unverified"),
            "proposed": standings.count("proposed"),
            "oldest_check": min((entry.checked_on for entry in loaded.own.values()), default=None),
        }
    return row | {"pack": pack_id, "findings": len(findings)}
