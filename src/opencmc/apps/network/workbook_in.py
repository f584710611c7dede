"""A workbook read back: every cell checked, every wrong one named with sheet, row and column, what was read and expected.

Reading touches nothing. ``importing`` compares what was read with the database and applies it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from opencmc.apps.network.sheets import SHEETS, Sheet, Wrong
from opencmc.base.errors import Refused

MOST_ROWS = 50_000
_MOST_BYTES = 20_000_000
_MOST_UNPACKED = 400_000_000
_IGNORED = ("说明",)


@dataclass(frozen=True, slots=True)
class Fault:
    """Where, what was read, and what is expected. ``row`` counts as the spreadsheet does; 0: the sheet as a whole."""

    sheet: str
    row: int
    column: str
    read: str
    expected: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row that could be read: its values by column name."""

    sheet: str
    row: int
    values: dict[str, Any]


def _open(data: bytes) -> Any:
    wrong = Refused(
        _("这不是能打开的 Excel 工作簿"), possible_when=_("用“导出”得到的 .xlsx 文件为底稿，另存为 .xlsx 再交。")
    )
    if len(data) > _MOST_BYTES:
        raise Refused(_("文件有 %(mb)d MB，超过 20 MB") % {"mb": len(data) // 1_000_000},
                      possible_when=_("只留需要改动的行；没有写的行不变。"))  # fmt: skip
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(each.file_size for each in packed.infolist()) > _MOST_UNPACKED:
                raise _too_many("")
        return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise wrong from error


def _too_many(label: str) -> Refused:
    return Refused(
        _("%(sheet)s超过 %(most)d 行，没有读入任何一行")
        % {"sheet": f"“{label}”" if label else _("工作簿"), "most": MOST_ROWS},
        rule=_("每张表最多 %(most)d 行") % {"most": MOST_ROWS},
        possible_when=_("一个县的机构不会这么多：请只留需要改动的行，分几次导入。"),
    )


def read_workbook(data: bytes) -> tuple[list[Line], list[Fault]]:
    """The rows that could be read and the faults of the others. :class:`Refused` for what is no workbook or too long."""
    book = _open(data)
    lines: list[Line] = []
    faults: list[Fault] = []
    by_label = {sheet.label: sheet for sheet in SHEETS.values()}
    known = "、".join(by_label)
    for page in book.worksheets:
        title = page.title.strip()
        if title in _IGNORED:
            continue
        if title not in by_label:
            faults.append(Fault(title, 0, "", title, _("工作表名为：%(known)s") % {"known": known}))
            continue
        for found in _read_sheet(by_label[title], page):
            (faults if isinstance(found, Fault) else lines).append(found)
    if not lines and not faults:
        raise Refused(_("工作簿里没有一行数据"), possible_when=_("在有表头的工作表里从第二行写起。"))
    return lines, faults


def _read_sheet(sheet: Sheet, page: Any) -> Iterator[Line | Fault]:
    rows = page.iter_rows(values_only=True)
    header = [str(cell).strip() if cell is not None else "" for cell in next(rows, ())]
    labels = {column.label: column for column in sheet.columns}
    at = {labels[text].name: i for i, text in enumerate(header) if text in labels}
    for i, text in enumerate(header):
        if text and text not in labels:
            expected = _("列名为：%(names)s") % {"names": "、".join(labels)}
            yield Fault(sheet.label, 1, get_column_letter(i + 1), text, expected)
    missing = [column.label for column in sheet.columns if column.required and column.name not in at]
    if missing:
        if any(header):
            yield Fault(
                sheet.label,
                1,
                "",
                "、".join(filter(None, header))[:100],
                _("还应有列：%(names)s") % {"names": "、".join(missing)},
            )
        return
    seen: dict[tuple[Any, ...], int] = {}
    count = 0
    for number, cells in enumerate(rows, 2):
        if number > MOST_ROWS * 4:
            raise _too_many(sheet.label)
        if all(cell is None or str(cell).strip() == "" for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise _too_many(sheet.label)
        yield from _read_row(sheet, number, cells, at, seen)


def _read_row(
    sheet: Sheet, number: int, cells: tuple[Any, ...], at: dict[str, int], seen: dict[tuple[Any, ...], int]
) -> Iterator[Line | Fault]:
    values: dict[str, Any] = {}
    whole = True
    for column in sheet.columns:
        position = at.get(column.name)
        cell = cells[position] if position is not None and position < len(cells) else None
        try:
            values[column.name] = column.read(cell)
        except Wrong as wrong:
            whole = False
            letter = get_column_letter(position + 1) if position is not None else ""
            yield Fault(sheet.label, number, f"{letter}（{column.label}）", _shown(cell), str(wrong))
    start, end = values.get("start"), values.get("end")
    if start and end and end <= start:
        whole = False
        yield Fault(sheet.label, number, _("止日（不含）"), end.isoformat(), _("晚于起日 %(start)s") % {"start": start})
    if not whole:
        return
    key = tuple(values[name] for name in sheet.key)
    if key in seen:
        yield Fault(sheet.label, number, "、".join(sheet.column(n).label for n in sheet.key),
                    "，".join(str(k) for k in key), _("与第 %(row)d 行不同的一行") % {"row": seen[key]})  # fmt: skip
        return
    seen[key] = number
    yield Line(sheet.id, number, values)


def _shown(cell: Any) -> str:
    if cell is None:
        return _("空")
    text = cell.strftime("%Y-%m-%d") if isinstance(cell, date) else str(cell)
    return text if len(text) <= 40 else text[:38] + "…"
