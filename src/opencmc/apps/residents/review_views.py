"""The worklist of pairs that may be one person."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from opencmc.apps.access.api import require
from opencmc.apps.jobs.api import start
from opencmc.apps.paging import Counted, page_of
from opencmc.apps.residents.lines import lines_of
from opencmc.apps.residents.listing import Chip
from opencmc.apps.residents.merge_checks import ACTION, who_can
from opencmc.apps.residents.merging_models import PAIR_STATES
from opencmc.apps.residents.review import SIZE, half_within, pairs_within, percent
from opencmc.methods.matching import rule_label

JOB = "residents.matching"


@never_cache
@require_GET
def review(request: HttpRequest) -> HttpResponse:
    """``?state=open|later|different|same``, the likeliest pair first."""
    require(request.holder, ACTION)
    state = request.GET.get("state", "open")
    state = state if state in PAIR_STATES else "open"
    rows = pairs_within(request.actor)
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    page = page_of(Counted(rows.filter(state=state)), request.GET.dict(), SIZE)
    people = lines_of(request.actor, [pk for pair in page.rows for pk in (pair.left_id, pair.right_id)], ACTION)
    context = {
        "section": "residents",
        "state": state,
        "page": page,
        "pairs": [
            {
                "pair": pair, "left": people.get(pair.left_id), "right": people.get(pair.right_id),
                "share": percent(pair.probability), "rule": _(rule_label(pair.rule)) if pair.rule else "",
                "against": [r["label"] for r in pair.reasons if r["weight"] < 0],
                "alike": [r["label"] for r in pair.reasons if r["weight"] > 0],
                "state_label": PAIR_STATES[pair.state],
            }
            for pair in page.rows
        ],
        "chips": [
            Chip(str(label), f"?state={name}", name == state, counts.get(name, 0))
            for name, label in PAIR_STATES.items()
            if name != "same"
        ],
        "half": half_within(request.actor),
        "who": who_can(),
    }  # fmt: skip
    return render(request, "residents/review.html", context)


@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Start the matching of all residents as a background job."""
    require(request.holder, ACTION)
    start(request.actor, JOB, key="all")
    messages.success(request, _("已开始比对，完成后会通知您。"))
    return redirect("residents:review")
