"""The pages of monitoring: cockpit, indicators, rows behind a figure, data."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from opencmc.apps.access.api import may, require
from opencmc.apps.audit.api import list_lines
from opencmc.apps.monitoring import asked, queries
from opencmc.apps.monitoring.cockpit import cockpit, indicator_href, unplaced_reasons
from opencmc.apps.monitoring.contracts import Definition, RunHead
from opencmc.apps.monitoring.indicator_page import indicator_page, unit_choices, unit_label
from opencmc.apps.monitoring.texts import set_label
from opencmc.apps.network.api import community_names
from opencmc.apps.paging import page_of
from opencmc.apps.rules.api import pack_by_id
from opencmc.methods.explain import explain
from opencmc.methods.runs import open_run

LOADS_SHOWN = 30

#: A step that is only the same figure in one month.
_MONTH = re.compile(r"\d{4}-\d{2}")


def nothing_published(request: HttpRequest, section: str) -> HttpResponse:
    """The empty state: what fills it."""
    return render(request, "monitoring/empty.html", {"section": section, "home": settings.OPENCMC_HOME})


def _page(
    request: HttpRequest, question: asked.Asked, key: tuple, template: str, title: str, section: str, build
) -> HttpResponse:
    """A page whose body is drawn once; ``build`` gives what its template needs beyond the question itself."""
    run = question.run

    def context() -> dict:
        return {
            "run": run,
            "county": run.region_label,
            "period": question.period,
            "unit": question.unit,
            "switch": asked.period_switch(run, question.period),
            "unit_label": unit_label(run, question.unit_kind, question.unit_id),
            **build(),
        }

    body = asked.rendered((*key, run.run_id, run.published_at, question.period, question.unit), template, context)
    shown = {"body": body, "title": title, "section": section, "problem": question.problem}
    return render(request, "monitoring/page.html", shown)


@require_GET
def cockpit_view(request: HttpRequest) -> HttpResponse:
    """``?period=``, ``?unit=community:ID``, ``?map=INDICATOR``."""
    question = asked.read(request)
    if question is None:
        return nothing_published(request, "cockpit")
    if question.unit_kind not in {"county", "community"}:
        raise Http404
    run, map_of = question.run, request.GET.get("map", "")
    if map_of not in queries.definitions(run):
        map_of = ""

    def build() -> dict:
        return cockpit(
            run,
            unit_kind=question.unit_kind,
            unit_id=question.unit_id,
            period=question.period,
            holder=question.holder,
            map_of=map_of,
        ) | {"units": [("", run.region_label), *_communities(run)]}

    key = ("cockpit", map_of, asked.scope_key(question.holder))
    return _page(request, question, key, "monitoring/cockpit_body.html", _("总览"), "cockpit", build)


def _communities(run: RunHead) -> list[tuple[str, str]]:
    computed = queries.units_with_figures(run, "community")
    return [(f"community:{i}", name) for i, name in sorted(community_names().items()) if i in computed]


@require_GET
def indicator_sets(request: HttpRequest) -> HttpResponse:
    """All indicators by set, with the value of the period."""
    question = asked.read(request)
    if question is None:
        return nothing_published(request, "indicators")
    run = question.run

    def build() -> dict:
        points = queries.points_of(run, question.unit_kind, question.unit_id)
        sets: dict[str, list] = {}
        for d in sorted(queries.definitions(run).values(), key=lambda d: d.id):
            figure = queries.figure(d, question.unit_kind, question.unit_id, question.period, points.get(d.id, {}))
            sets.setdefault(d.set, []).append((figure, indicator_href(d.id, question.period, question.unit)))
        ordered = sorted(sets.items(), key=lambda s: _set_order(s[0], s[1][0][0].indicator))
        return {"sets": [(set_label(name, rows[0][0].indicator.pack_label), name, rows) for name, rows in ordered]}

    return _page(request, question, ("indicators",), "monitoring/indicators_body.html", _("指标"), "indicators", build)


def _set_order(name: str, one: Definition) -> tuple:
    """The county's own and the national sets before those of other counties; newest first."""
    year = name[-4:]
    return (not one.own, not name.startswith("national"), -int(year) if year.isdigit() else 0, name)


def _defined(run: RunHead, indicator: str) -> Definition:
    definition = queries.definitions(run).get(indicator)
    if definition is None:
        raise Http404
    return definition


@require_GET
def indicator(request: HttpRequest, indicator: str) -> HttpResponse:
    """``?period=``, ``?unit=KIND:ID``."""
    question = asked.read(request)
    if question is None:
        return nothing_published(request, "indicators")
    run = question.run
    definition = _defined(run, indicator)
    pack = pack_by_id(run.pack if definition.own else definition.pack)

    def build() -> dict:
        seen = queries.institutions_seen(question.holder, queries.last_day(question.period, run))
        return indicator_page(
            run,
            pack,
            definition,
            unit_kind=question.unit_kind,
            unit_id=question.unit_id,
            period=question.period,
            holder=question.holder,
        ) | {"may_list_rows": may(question.holder, "figures.rows"), "units": unit_choices(run, definition, seen)}

    key = ("indicator", indicator, pack.fingerprint, asked.scope_key(question.holder))
    return _page(request, question, key, "monitoring/indicator_body.html", definition.label, "indicators", build)


@require_GET
def rows(request: HttpRequest, indicator: str) -> HttpResponse:
    """The rows behind a figure: how many, and the numbers of a few. This address may compute."""
    question = asked.read(request)
    if question is None:
        return nothing_published(request, "indicators")
    require(question.holder, "figures.rows")
    definition = _defined(question.run, indicator)
    run = open_run(settings.OPENCMC_HOME, question.run.run_id)
    explained = explain(run, f"{indicator}/{question.unit_kind}/{question.unit_id}/{question.period}")
    months = [step for step in explained["steps"] if _MONTH.fullmatch(step["name"])]
    context = {
        "explained": explained,
        "steps": [step for step in explained["steps"] if step not in months],
        "months": months,
        "definition": definition,
        "section": "indicators",
        "switch": asked.period_switch(question.run, question.period),
        "unit": question.unit,
        "period": question.period,
        "unit_label": unit_label(question.run, question.unit_kind, question.unit_id),
        "back": indicator_href(indicator, question.period, question.unit),
    }
    return render(request, "monitoring/rows.html", context)


@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """What was loaded, what could not be used or placed, which runs are published, who wrote what."""
    question = asked.read(request)
    if question is None:
        return nothing_published(request, "data")
    loads = queries.list_loads()
    context = {
        "page": page_of(loads[::-1], request.GET, LOADS_SHOWN),
        "reasons": unplaced_reasons(),
        "runs": queries.runs_published(),
        "section": "data",
        "totals": {name: sum(getattr(load, name) for load in loads) for name in ("read", "accepted", "refused")},
        "lines": list_lines(20) if may(question.holder, "audit.view") else [],
    }
    return render(request, "monitoring/data.html", context)
