"""Figures as a workbook: the figures, their definitions, and how to read them. Numbers are numbers, with formats."""

from __future__ import annotations

import io
from collections.abc import Iterable

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.monitoring.contracts import Definition, Figure, Judgement, RunHead
from opencmc.apps.monitoring.judgements import target_text
from opencmc.apps.monitoring.texts import period_label, unit_text

_WIDTHS = {0: 14, 1: 44, 2: 22, 3: 18, 4: 16, 5: 16, 6: 14, 7: 10, 8: 12, 9: 30, 10: 12, 11: 14, 12: 18, 13: 12}


def _number(scaled: int | None, places: int, unit: str) -> tuple[float | None, str]:
    """The value and the number format of a cell; a percent is a share with a percent format."""
    if scaled is None:
        return None, "General"
    decimals = "." + "0" * places if places else ""
    if unit == "percent":
        return scaled / 10 ** (places + 2), f"0{decimals}%"
    return scaled / 10**places, f"#,##0{decimals}"


def _amount(count: int | None, unit: str) -> tuple[float | int | None, str, str]:
    """A numerator or denominator: amounts in 元 with two decimals, counts as they are."""
    if unit == "分":
        return (None if count is None else count / 100), "#,##0.00", _("元")
    return count, "#,##0", unit


def workbook(
    run: RunHead, rows: Iterable[tuple[Figure, str, Judgement | None]], *, title: str, unit_label: str, period: str
) -> bytes:
    """The workbook's bytes. ``rows`` are figures with the name of their unit and, where there is one, their judgement."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title, "comments": run.run_id})
    formats: dict[str, xlsxwriter.format.Format] = {}

    def styled(number_format: str):
        if number_format not in formats:
            formats[number_format] = book.add_format({"num_format": number_format, "align": "right"})
        return formats[number_format]

    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", "bg_color": "#EEF2F5"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "font_size": 14})
    shown = list(rows)
    sheet = book.add_worksheet(_("数字"))
    sheet.write(0, 0, title, bold)
    sheet.write(1, 0, f"{unit_label} · {period_label(period)} · {_('数据截至')} {run.as_of} · {_('运行')} {run.run_id}")
    columns = (
        _("编号"),
        _("指标"),
        _("单位"),
        _("期间"),
        _("数值"),
        _("分子"),
        _("分母"),
        _("数值单位"),
        _("状态"),
        _("原因"),
        _("没能算进去"),
        _("上年同期"),
        _("目标"),
        _("判断"),
    )
    sheet.write_row(3, 0, columns, head)
    status = {"value": _("有值"), "unknown": _("未知"), "not_applicable": _("不适用")}
    state = {"met": _("达到"), "missed": _("未达到"), "unknown": _("无法判断")}
    for i, (figure, unit_name, judged) in enumerate(shown, start=4):
        d, point = figure.indicator, figure.point
        formula = d.formulas[-1]
        sheet.write_row(i, 0, (d.id, d.label, unit_name, period_label(figure.period)))
        for column, (value, number_format) in (
            (4, _number(point.scaled if point else None, d.places, d.unit)),
            (11, _number(figure.previous_point.scaled if figure.previous_point else None, d.places, d.unit)),
        ):
            if value is not None:
                sheet.write_number(i, column, value, styled(number_format))
        for column, part, count in (
            (5, "numerator", point and point.numerator),
            (6, "denominator", point and point.denominator),
        ):
            measure = formula[part]
            value, number_format, _unit = _amount(count, measure["unit"] if measure else "")
            if value is not None:
                sheet.write_number(i, column, value, styled(number_format))
        sheet.write_row(i, 7, (unit_text(d.unit), status[figure.status], figure.because))
        sheet.write_number(i, 10, figure.unplaced, styled("#,##0"))
        if judged:
            sheet.write_row(i, 12, (target_text(judged.target, d.places, figure.unit), state[judged.state]))
    for column, width in _WIDTHS.items():
        sheet.set_column(column, column, width)
    sheet.freeze_panes(4, 2)
    sheet.autofilter(3, 0, max(4, 3 + len(shown)), len(columns) - 1)
    _print_setup(sheet, title, run)
    _definitions(book, {f.indicator.id: f.indicator for f, _n, _j in shown}.values(), head, wrap)
    _reading(book, run, title, unit_label, period, bold, wrap)
    book.close()
    return buffer.getvalue()


def _print_setup(sheet, title: str, run: RunHead) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(3)
    sheet.set_footer(f"&L{title} {run.run_id}&R&P / &N")


def _definitions(book, found: Iterable[Definition], head, wrap) -> None:
    sheet = book.add_worksheet(_("口径"))
    columns = (
        _("编号"),
        _("指标"),
        _("指标集"),
        _("维度"),
        _("分子"),
        _("分子单位"),
        _("分母"),
        _("分母单位"),
        _("计算"),
        _("倍数"),
        _("起用日期"),
        _("把握"),
        _("不计入"),
        _("分母来源"),
        _("依据"),
    )
    sheet.write_row(0, 0, columns, head)
    row = 1
    for d in found:
        for formula in d.formulas:
            top, bottom = formula["numerator"] or {}, formula["denominator"] or {}
            cites = "\n".join(
                f"《{c['title']}》{c['number'] and f'（{c["number"]}）'} {c['clause']}" for c in formula["cite"]
            )
            sheet.write_row(
                row,
                0,
                (
                    d.id,
                    d.label,
                    d.set,
                    d.dimension,
                    top.get("label", ""),
                    _amount(None, top.get("unit", ""))[2],
                    bottom.get("label", ""),
                    _amount(None, bottom.get("unit", ""))[2],
                    formula["method_label"],
                    formula["scale"],
                    formula["from"],
                    formula["standing_label"],
                    "；".join(d.exclusions),
                    d.denominator_source,
                    cites,
                ),
                wrap,
            )
            row += 1
    for column, width in enumerate((14, 40, 16, 12, 36, 8, 36, 8, 22, 8, 12, 10, 36, 30, 60)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 2)


def _reading(book, run: RunHead, title: str, unit_label: str, period: str, bold, wrap) -> None:
    sheet = book.add_worksheet(_("怎么读"))
    sheet.write(0, 0, title, bold)
    lines = (
        (_("单位"), unit_label),
        (_("期间"), period_label(period)),
        (_("数据截至"), run.as_of.isoformat()),
        (_("掌握于"), timezone.localtime(run.known_at).strftime("%Y-%m-%d %H:%M")),
        (_("运行"), run.run_id),
        (_("政策包"), f"{run.pack} {run.pack_revision}"),
        (_("未知"), _("问题成立但缺数据，原因写在旁边；未知不是 0，求平均时请不要当 0。")),
        (_("不适用"), _("这个单位或期间不适用这个指标。")),
        (_("没能算进去"), _("缺关键信息、无法归到任何单位或期间的记录数；它们没有被丢弃，只是没有计入。")),
        (_("百分比"), _("单元格里是比例，显示为百分比；四舍五入到指标规定的小数位。")),
        (_("金额"), _("单位为元，两位小数，由整数分换算。")),
        (_("把握"), _("有出处：有文件条款；待核实：凭记忆，等县里确认；拟定：本系统暂拟。")),
    )
    for i, (name, text) in enumerate(lines, start=2):
        sheet.write(i, 0, name, wrap)
        sheet.write(i, 1, text, wrap)
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 90)
