"""Figures to take away: Excel workbooks and PDF reports of the pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from opencmc.apps.monitoring import asked, queries
from opencmc.apps.monitoring.asked import Asked
from opencmc.apps.monitoring.cockpit import judged_targets
from opencmc.apps.monitoring.contracts import Definition, Figure, Judgement
from opencmc.apps.monitoring.excel import workbook
from opencmc.apps.monitoring.indicator_page import indicator_page, unit_label
from opencmc.apps.monitoring.judgements import answer, judge, target_text
from opencmc.apps.monitoring.pdf import report_pdf
from opencmc.apps.monitoring.texts import period_label
from opencmc.apps.network.api import unit_names
from opencmc.apps.rules.api import pack_by_id

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer_ = HttpResponse(content, content_type=kind)
    answer_["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer_


def _figures(question: Asked) -> list[tuple[Figure, str, Judgement | None]]:
    """Every figure of the county's own pack for the unit in the period, those with a target first, the farthest from it on top."""
    label = unit_label(question.run, question.unit_kind, question.unit_id)
    judged = judged_targets(question.run, question.unit_kind, question.unit_id, question.period)
    rows: list[tuple[Figure, str, Judgement | None]] = [(j.figure, label, j) for j in judged]
    points = queries.points_of(question.run, question.unit_kind, question.unit_id)
    with_target = {j.figure.indicator.id for j in judged}
    for d in sorted(queries.definitions(question.run).values(), key=lambda d: d.id):
        if d.own and d.id not in with_target:
            figure = queries.figure(d, question.unit_kind, question.unit_id, question.period, points.get(d.id, {}))
            rows.append((figure, label, None))
    return rows


def _head(question: Asked, title: str, sentence: str) -> dict[str, Any]:
    run = question.run
    return {
        "title": title,
        "sentence": sentence,
        "county": f"{run.region_label}{_('县域医共体监测')}",
        "unit": unit_label(run, question.unit_kind, question.unit_id),
        "period": period_label(question.period),
        "as_of": f"{_('数据截至')} {run.as_of}",
        "run": f"{_('运行')} {run.run_id} · {_('掌握于')} {timezone.localtime(run.known_at):%Y-%m-%d %H:%M} · {_('政策包')} {run.pack} {run.pack_revision}",
        "lang": "en" if (get_language() or "").startswith("en") else "zh",
    }


def _value(figure: Figure) -> str:
    if figure.known:
        return f"{figure.value} {figure.unit}".strip()
    return f"{_('未知') if figure.status == 'unknown' else _('不适用')}（{figure.because}）"


def _cells(figure: Figure, judged: Judgement | None) -> dict[str, Any]:
    target = target_text(judged.target, figure.indicator.places, figure.unit) if judged else ""
    return {
        "cells": [
            figure.indicator.label,
            _value(figure),
            figure.parts,
            figure.change,
            target,
            judged.gap if judged else "",
        ],
        "state": judged.state if judged else "",
    }


@require_GET
def cockpit_excel(request: HttpRequest) -> HttpResponse:
    question = asked.read(request)
    if question is None:
        return redirect("monitoring:cockpit")
    unit = unit_label(question.run, question.unit_kind, question.unit_id)
    title = f"{unit}{_('监测指标')}"
    content = workbook(question.run, _figures(question), title=title, unit_label=unit, period=question.period)
    return _file(content, EXCEL, f"{title}-{question.period}.xlsx")


@require_GET
def cockpit_pdf(request: HttpRequest) -> HttpResponse:
    question = asked.read(request)
    if question is None:
        return redirect("monitoring:cockpit")
    figures = _figures(question)
    judged = [j for _f, _l, j in figures if j]
    table_head = [_("指标"), _("数值"), _("分子 / 分母"), _("比上年同期"), _("目标"), _("与目标比")]
    widths = [3, 2, 2, 1.6, 1.4, 1.8]
    report = _head(question, _("医共体监测报告"), answer(judged)) | {
        "sections": [
            {
                "kind": "table",
                "heading": _("目标"),
                "head": table_head,
                "widths": widths,
                "rows": [_cells(j.figure, j) for j in judged],
            },
            {
                "kind": "table",
                "heading": _("全部指标"),
                "head": table_head[:4],
                "widths": widths[:4],
                "rows": [
                    {**row, "cells": row["cells"][:4]} for row in (_cells(f, j) for f, _l, j in figures if j is None)
                ],
            },
        ]
    }
    return _file(report_pdf(report), "application/pdf", f"{report['unit']}{report['title']}-{question.period}.pdf")


def _of_indicator(request: HttpRequest, indicator: str) -> tuple[Asked, Definition] | None:
    question = asked.read(request)
    if question is None:
        return None
    definition = queries.definitions(question.run).get(indicator)
    if definition is None:
        raise Http404
    return question, definition


@require_GET
def indicator_excel(request: HttpRequest, indicator: str) -> HttpResponse:
    """The indicator for every unit that the reader may see, in the period."""
    found = _of_indicator(request, indicator)
    if found is None:
        return redirect("monitoring:cockpit")
    question, definition = found
    run, day = question.run, queries.last_day(question.period, question.run)
    names = unit_names()
    target = next(iter(queries.targets_on(definition, day)), None)
    seen = queries.institutions_seen(question.holder, day)
    rows: list[tuple[Figure, str, Judgement | None]] = []
    for kind in ("county", "community", "tier", "institution", "township"):
        for unit, points in sorted(
            queries.points_by_unit(run, indicator, kind, seen if kind == "institution" else None).items()
        ):
            figure = queries.figure(definition, kind, unit, question.period, points)
            label = names.get((kind, unit)) or unit_label(run, kind, unit)
            rows.append((figure, label, judge(figure, target) if target else None))
    content = workbook(run, rows, title=definition.label, unit_label=_("各单位"), period=question.period)
    return _file(content, EXCEL, f"{definition.label}-{question.period}.xlsx")


@require_GET
def indicator_pdf(request: HttpRequest, indicator: str) -> HttpResponse:
    found = _of_indicator(request, indicator)
    if found is None:
        return redirect("monitoring:cockpit")
    question, definition = found
    page = indicator_page(
        question.run,
        pack_by_id(question.run.pack if definition.own else definition.pack),
        definition,
        unit_kind=question.unit_kind,
        unit_id=question.unit_id,
        period=question.period,
        holder=question.holder,
    )
    figure: Figure = page["figure"]
    gap = f"{pgettext('one', '目标')} {page['target_text']}，{page['judgement'].gap}" if page["target"] else ""
    sections: list[dict[str, Any]] = [
        {
            "kind": "pairs",
            "heading": _("这个数怎么来的"),
            "rows": [[step.name, f"{step.text}\n{step.note}".strip()] for step in page["steps"]],
        },
    ]
    if page["trend"]:
        twin = page["trend"].twin
        sections.append(
            {
                "kind": "table",
                "heading": _("按月走势"),
                "head": list(twin.head),
                "widths": [1] * len(twin.head),
                "rows": [{"cells": list(row), "state": ""} for row in twin.rows],
            }
        )
    for picture in page["bars"]:
        largest = max((bar.value or 0.0 for bar in picture.bars), default=0.0) or 1.0
        sections.append(
            {
                "kind": "bars",
                "heading": picture.title,
                "rows": [[bar.label, bar.text, max(0.0, (bar.value or 0.0) / largest)] for bar in picture.bars],
            }
        )
    if page["card"]:
        sections.append({"kind": "pairs", "heading": _("指标卡"), "rows": [list(row) for row in page["card"].rows]})
    report = _head(question, definition.label, f"{_value(figure)}　{gap}".strip()) | {"sections": sections}
    return _file(report_pdf(report), "application/pdf", f"{definition.label}-{question.period}.pdf")
