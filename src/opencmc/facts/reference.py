"""The reference of the logical tables, made from their classes: what ``docs/reference/tables.md`` holds and
``opencmc facts --tables`` prints."""

from __future__ import annotations

from opencmc.facts.sources import SOURCES
from opencmc.facts.tables import TABLES, Column, NotBefore, Table, Type
from opencmc.facts.validation import described_pattern

_TYPES = {
    Type.TEXT: "文本",
    Type.DATE: "日期",
    Type.INTEGER: "整数",
    Type.FEN: "金额（分）",
    Type.BOOLEAN: "是非",
    Type.TEXT_LIST: "文本列表（以 | 相连）",
}

_HEAD = """# 逻辑表

本页由各表的声明生成（`make fix`；`opencmc facts --tables` 打印同样的内容），与程序所校验的相同，不要手改。

CSV 的表头用列名（英文）或名称（中文）都可以，列的次序不限；可选列可以没有。日期写作 2025-03-01，金额为以分为单位的整数，
是非写作 是/否、true/false 或 1/0，列表以 | 相连。空着就是未知，不作 0。“引用”一列所指的表中查不到时，该行照样装入，但计为“对不上”。
"""


def tables_reference() -> str:
    """The whole reference as Markdown."""
    sections = [_HEAD, *(_table_text(table) for table in TABLES.values()), _sources_text()]
    return "\n".join(sections)


def _table_text(table: type[Table]) -> str:
    lines = [
        f"## {table.table_label} `{table.table_name}`",
        "",
        " ".join((table.__doc__ or "").split()),
        "",
        f"主键：{'、'.join(f'`{name}`' for name in table.key)}。同主键的新行取代旧行。"
        + (f"所属期间看 `{table.event_date}`。" if table.event_date else ""),
        "",
        "| 列 | 名称 | 类型 | 必填 | 约束 | 引用 |",
        "|---|---|---|---|---|---|",
    ]
    for name, column in table.columns.items():
        required = "是" if column.required or name in table.key else ""
        reference = f"`{column.references}`" if column.references else ""
        lines.append(
            f"| `{name}` | {column.label} | {_TYPES[column.type]} | {required} | {_constraint(column)} | {reference} |"
        )
    if table.checks:
        lines.append("")
    for check in table.checks:
        if isinstance(check, NotBefore):
            lines.append(f"* `{check.later}` 不早于 `{check.earlier}`（否则：{check.because}）。")
        else:
            lines.append(f"* `{check.part}` 不大于 `{check.whole}`（否则：{check.because}）。")
    return "\n".join([*lines, ""])


def _constraint(column: Column) -> str:
    parts = []
    if column.one_of:
        parts.append("；".join(f"`{code}` {label}" for code, label in column.one_of.items()))
    if column.minimum is not None:
        parts.append(f"不小于 {column.minimum}")
    if column.maximum is not None:
        parts.append(f"不大于 {column.maximum}")
    if column.matches:
        parts.append(described_pattern(column.matches))
    if column.unit and column.type is not Type.FEN:
        parts.append(f"单位：{column.unit}")
    return "；".join(parts).replace("|", "\\|")


def _sources_text() -> str:
    lines = [
        "## 来源",
        "",
        "不是逻辑表形式的文件，由来源读成逻辑表。",
        "",
        "| 来源 | 内容 | 装入 | 设定项 |",
        "|---|---|---|---|",
    ]
    for name, source in SOURCES.items():
        if source.table_name:
            settings = "；".join(f"`{setting}` {meaning}" for setting, meaning in source.settings.items())
            lines.append(f"| `{name}` | {source.label} | `{source.table_name}` | {settings} |")
    return "\n".join([*lines, ""])
