"""The page of background jobs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from opencmc.apps.access.api import may, require
from opencmc.apps.jobs import actions, queries
from opencmc.apps.jobs.states import FAILED, OPEN
from opencmc.apps.paging import page_of

PAGE = 25
_STATES = {"open": OPEN, "failed": (FAILED,), "done": ("done",)}


@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """``?state=open|failed|done``."""
    require(request.holder, "jobs.view")
    every = queries.lines(queries.seen_by(request.actor)[:300])
    wanted = request.GET.get("state", "")
    shown = [line for line in every if wanted not in _STATES or line.state in _STATES[wanted]]
    labels = (("", _("全部")), ("open", _("未结束")), ("failed", _("失败")), ("done", _("已完成")))
    chips = [
        {
            "label": label,
            "href": f"?state={state}" if state else "?",
            "current": state == (wanted if wanted in _STATES else ""),
            "count": sum(1 for line in every if not state or line.state in _STATES[state]),
        }
        for state, label in labels
    ]
    context = {
        "page": page_of(shown, request.GET, PAGE),
        "chips": chips,
        "live": any(line.is_open for line in every),
        "everybody": may(request.holder, "operations.view"),
    }
    return render(request, "jobs/jobs.html", context)


@require_POST
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    actions.retry(request.actor, job_id)
    return redirect("jobs:jobs")
