"""The network page."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from opencmc.apps.network import queries


def _day(text: str, default: date) -> tuple[date, str]:
    if not text:
        return default, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return default, _("“%(text)s”不是日期；请写成 2025-03-08 这样的年-月-日。现在显示的是 %(day)s。") % {
            "text": text[:20],
            "day": default.isoformat(),
        }


@require_GET
def network(request: HttpRequest) -> HttpResponse:
    """``?on=DATE`` the day, ``?overlay=ID`` a specialty community drawn over the general ones."""
    today = timezone.localdate(request.at)
    day, problem = _day(request.GET.get("on", "").strip(), today)
    picture = queries.network_on(day, "")
    general = [c for c in picture.communities if c.kind == "general"]
    overlays = [c for c in picture.communities if c.kind != "general"]
    chosen = next((c for c in overlays if c.community_id == request.GET.get("overlay")), None)
    linked = set()
    if chosen:
        linked = {i for member in chosen.members for i in queries.all_below(member)}
        linked |= {chosen.lead.unit.institution_id} if chosen.lead else set()
    context = {
        "picture": picture,
        "general": general,
        "overlays": overlays,
        "chosen": chosen,
        "linked": linked,
        "day": day,
        "today": today,
        "problem": problem,
        "section": "network",
        "has_network": bool(picture.communities or picture.unplaced),
    }
    return render(request, "network/network.html", context)
