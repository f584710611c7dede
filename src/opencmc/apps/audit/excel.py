"""Audit lines as a workbook."""

from __future__ import annotations

import io
from collections.abc import Iterable

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import role_label
from opencmc.apps.audit.contracts import Line
from opencmc.apps.audit.labels import action_label, purpose_label, unit_label, unit_names
from opencmc.apps.audit.wording import object_words, reason_words

_WIDTHS = (20, 16, 14, 24, 20, 26, 20, 12, 32, 18, 12)


def workbook(lines: Iterable[Line], *, asked: str, people: dict[str, str], note: str) -> bytes:
    """The workbook's bytes: one line a row, and above what was asked. Texts stay texts, whatever they begin with."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF2F5"})
    sheet = book.add_worksheet(_("审计记录"))
    sheet.freeze_panes(3, 1)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, _("审计记录"))
    sheet.write_string(1, 0, " · ".join(part for part in (asked or _("全部"), note) if part))
    titles = (
        _("时间"), _("用户名"), _("姓名"), _("单位"), _("角色"), _("操作"), _("居民编号"), _("目的"), _("对象与缘由"),
        _("来源地址"), _("位置"),
    )  # fmt: skip
    for column, title in enumerate(titles):
        sheet.write_string(2, column, title, head)
    names = unit_names()
    for row, line in enumerate(lines, start=3):
        about = (object_words(line.action, line.object), reason_words(line.action, line.reason))
        cells = (
            timezone.localtime(line.at).strftime("%Y-%m-%d %H:%M:%S"), line.actor, people.get(line.actor, ""),
            unit_label(line.unit, names), role_label(line.role), action_label(line.action), line.resident_id,
            purpose_label(line.purpose), " ".join(filter(None, about)), line.address, line.place,
        )  # fmt: skip
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell)
    book.close()
    return buffer.getvalue()
