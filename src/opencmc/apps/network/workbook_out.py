"""The network as a workbook, ready to be changed and brought back."""

from __future__ import annotations

import io
from datetime import date

import xlsxwriter
from django.utils.translation import gettext as _

from opencmc.apps.network.sheets import SHEETS, shown


def network_workbook(*, on: date, county: str) -> bytes:
    """The bytes of the workbook: one sheet a table with Chinese headings, lists to choose from, and a sheet of notes."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF2F5", "text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    notes = book.add_worksheet("说明")
    notes.set_column(0, 0, 18)
    notes.set_column(1, 1, 96, wrap)
    notes.write(0, 0, _("机构网络"), head)
    notes.write(0, 1, f"{county} {on.isoformat()}", head)
    lines = [
        (
            _("怎么用"),
            _(
                "改动单元格或在表尾添行，再从“导入”页交回。没有写在工作簿里的行不变，删行不等于删除：要结束一段关系，填止日。"
            ),
        ),
        (_("日期"), _("写作 2025-03-08；止日当天不再有效。")),
        (_("选项"), _("层级、类别、角色等可从下拉列表选，也可写编号。")),
        (_("行数"), _("每张表最多 50000 行。")),
    ]
    lines += [(sheet.label, sheet.note) for sheet in SHEETS.values()]
    for i, (label, text) in enumerate(lines, 1):
        notes.write(i, 0, label, wrap)
        notes.write(i, 1, text, wrap)
    for sheet in SHEETS.values():
        page = book.add_worksheet(sheet.label)
        page.freeze_panes(1, 0)
        for column, spec in enumerate(sheet.columns):
            page.write(0, column, spec.label, head)
            wide = spec.name in ("name", "text", "title", "evidence", "label", "community_name")
            page.set_column(column, column, 30 if wide else 16)
            if spec.choices:
                page.data_validation(
                    1, column, 5000, column,
                    {"validate": "list", "source": [str(label) for label in spec.choices.values()], "error_type": "warning"},
                )  # fmt: skip
        for number, row in enumerate(sheet.rows(), 1):
            for column, spec in enumerate(sheet.columns):
                value = row[spec.name]
                if isinstance(value, date):
                    page.write_datetime(number, column, value, day)
                elif value not in (None, ""):
                    page.write(number, column, shown(spec, value))
    book.close()
    return buffer.getvalue()
