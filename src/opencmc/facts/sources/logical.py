"""Files that are already in the columns of a logical table, under the columns' names or their Chinese labels."""

from __future__ import annotations

from collections.abc import Sequence

from opencmc.base.errors import DataError, DataReason
from opencmc.facts.engines import Workbench
from opencmc.facts.reading import Opened, near
from opencmc.facts.schemas import quoted
from opencmc.facts.sources.selection import Selection
from opencmc.facts.tables import Table
from opencmc.facts.validation import BLANKS, given_text


def describe_column(table: type[Table], name: str) -> str:
    return f"{table.columns[name].label}（{name}）"


class LogicalTable:
    """The source ``table``: CSV or Parquet with the columns of the logical table, in any order."""

    name = "table"
    label = "逻辑表（列名或中文名作表头）"
    table_name = ""
    settings: dict[str, str] = {}
    required_settings: tuple[str, ...] = ()

    def select(
        self, table: type[Table], opened: Sequence[Opened], settings: dict[str, str], bench: Workbench
    ) -> list[Selection]:
        return [self._one(table, file) for file in opened]

    def _one(self, table: type[Table], file: Opened) -> Selection:
        known = {**{column.label: name for name, column in table.columns.items()}, **{n: n for n in table.columns}}
        brought = {header: known.get(header.strip(BLANKS)) for header in file.types}
        faults = _header_faults(table, brought)
        if faults:
            raise DataError(f"{file.name} 的列不合要求，没有装入任何一行", table=table.table_name, reasons=faults)
        given, types = {}, {}
        for header, name in brought.items():
            if name is not None:
                text = file.types[header] == "VARCHAR"
                given[name] = given_text(quoted(header), odd_blanks=file.file.odd_blanks) if text else quoted(header)
                types[name] = file.types[header]
        absent = [describe_column(table, name) for name in table.columns if name not in given]
        notes = (f"{file.name} 没有这些可选列，按未知处理：{'、'.join(absent)}",) if absent else ()
        return Selection(
            file, file.relation, given, types, lambda name: describe_column(table, name), row=file.row, notes=notes
        )


class DailyWork(LogicalTable):
    """The source ``daily_work``: rows that the pages have written, each change under its own name, so that the same
    content comes in again when it was changed there and back."""

    name = "daily_work"
    label = "日常工作（由网页写入）"
    settings: dict[str, str] = {"change": "这次修改的编号"}
    required_settings: tuple[str, ...] = ("change",)


def _header_faults(table: type[Table], brought: dict[str, str | None]) -> tuple[DataReason, ...]:
    """Unknown, doubled and missing columns, each with the correction that is near."""
    if not any(brought.values()):
        # Nothing of the line is shown: without a header, it holds somebody's values.
        return (DataReason("第一行没有一个认得的列名：第一行应为表头，列名见 opencmc facts --tables", 0),)
    present = [name for name in brought.values() if name is not None]
    unknown = [header for header, name in brought.items() if name is None]
    missing = [name for name, column in table.columns.items() if column.required and name not in present]
    reasons = []
    for header in unknown:
        meant = near(header.strip(BLANKS), list(table.columns))
        hint = f"是否应为 {describe_column(table, meant)}？" if meant else f"此表的列是：{'、'.join(table.columns)}"
        reasons.append(DataReason(f"不认识的列“{header}”：{hint}", 0))
    for name in missing:
        meant = near(name, [header.lower() for header in unknown])
        hint = f"请把“{meant}”改为 {name}" if meant else "请补上这一列"
        reasons.append(DataReason(f"缺少必填的列 {describe_column(table, name)}：{hint}", 0))
    for name in {name for name in present if present.count(name) > 1}:
        reasons.append(DataReason(f"列 {describe_column(table, name)} 出现了两次：只留一列", 0))
    return tuple(reasons)
