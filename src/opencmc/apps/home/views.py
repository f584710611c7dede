"""The home of a role, and the search."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from opencmc.apps.access.api import Holder, may, require
from opencmc.apps.audit.api import last_verification
from opencmc.apps.home.finding import LONGEST, find
from opencmc.apps.home.gathering import by_clock, groups_of
from opencmc.apps.monitoring.api import data_problems, find_run, missed_targets, unit_figures

#: Hits of a kind while typing, and on the page.
SUGGESTED, FOUND = 5, 20


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is to be done, grouped by clock; beside it how the own unit is doing."""
    require(request.holder, "home.view")
    actor = request.actor
    groups = groups_of(actor)
    clocks = by_clock(groups, actor.today)
    context: dict[str, Any] = {
        "clocks": clocks,
        "groups": groups,
        "today": actor.today,
        "answer": _answer(clocks),
        "figures": unit_figures(request.holder),
        "why_empty": _why_empty(request.holder),
        "published": find_run() is not None,
    }
    if may(request.holder, "figures.rows"):
        context["problems"], context["problem_count"] = data_problems()
        context["missed"], context["missed_count"] = missed_targets(request.holder)
    if may(request.holder, "audit.verify"):
        context["may_verify"], context["verified"] = True, last_verification()
    return render(request, "home/home.html", context)


def _answer(clocks: list) -> str:
    """The one sentence at the top."""
    counts = {clock.id: clock.count for clock in clocks}
    if not counts:
        return _("现在没有等您处理的事")
    words = {
        "overdue": _("逾期 %(n)s 件"), "today": _("今天 %(n)s 件"), "week": _("本周 %(n)s 件"), "open": _("等您处理 %(n)s 件"),
    }  # fmt: skip
    return _("，").join(words[clock] % {"n": counts[clock]} for clock in words if clock in counts)


def _why_empty(holder: Holder) -> str:
    """Why nothing is here, and what would fill it."""
    if may(holder, "tasks.view"):
        return _("签约应做的服务和到期的随访会按数据自动出现在这里；别人转交的事、需要您复核的事也会出现。")
    if may(holder, "operations.view"):
        return _("账号被锁定、后台任务失败、备份没有做成时，这里会出现一行。")
    return _("需要您复核或决定的事会出现在这里，例如紧急查看的复核、待生效的机构调整。")


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """``?q=`` words; works without a script."""
    require(request.holder, "home.view")
    text = request.GET.get("q", "").strip()
    context = {"q": text[:LONGEST], "cut": len(text) > LONGEST, "sections": find(request.actor, text, limit=FOUND)}
    return render(request, "home/search.html", context)


@require_GET
def suggest(request: HttpRequest) -> JsonResponse:
    """The same while typing: ``{"sections": [{"label", "total", "hits": [{"text", "detail", "href"}]}]}``."""
    require(request.holder, "home.view")
    sections = find(request.actor, request.GET.get("q", ""), limit=SUGGESTED)
    found = [
        {
            "label": section.label,
            "total": section.total,
            "hits": [{"text": h.text, "detail": h.detail, "href": h.href} for h in section.hits],
        }
        for section in sections
        if section.hits
    ]
    return JsonResponse({"sections": found})
