"""Emergency access: opening it with a reason, and reviewing what others opened."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from opencmc.apps.access.api import require, role_label
from opencmc.apps.accounts import break_glass as glass
from opencmc.apps.accounts.models import BreakGlass
from opencmc.apps.accounts.names import unit_label
from opencmc.apps.accounts.views import next_of
from opencmc.apps.network.api import unit_names
from opencmc.apps.paging import Counted, page_of
from opencmc.base.errors import Refused

SIZE = 20


def _line(row: BreakGlass, names: dict, request: HttpRequest, days: int) -> dict:
    return {
        "row": row,
        "role": role_label(row.role),
        "unit": unit_label(row.unit_kind, row.unit_id, names),
        "due": timezone.localdate(row.at) + timedelta(days=days),
        "open_now": row.until > request.at,
    }


@never_cache
@require_GET
def break_glass(request: HttpRequest) -> HttpResponse:
    """Waiting for a review first; ``?state=reviewed`` those that have one."""
    require(request.holder, "break_glass.review")
    today, names = timezone.localdate(request.at), unit_names()
    days = glass.review_days(today)
    done = request.GET.get("state") == "reviewed"
    waiting, all_ = glass.waiting(request.actor), glass.within(request.actor)
    reviewed = all_.exclude(outcome="")
    page = page_of(Counted(reviewed if done else waiting), request.GET.dict(), SIZE)
    context = {
        "section": "break_glass",
        "lines": [_line(row, names, request, days) for row in page.rows],
        "page": page,
        "done": done,
        "chips": [
            {"label": _("待复核"), "href": "?", "current": not done, "count": waiting.count()},
            {"label": _("已复核"), "href": "?state=reviewed", "current": done, "count": reviewed.count()},
        ],
        "today": today,
        "days": days,
        "hours": glass.hours(today),
    }
    return render(request, "accounts/break_glass.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def break_glass_review(request: HttpRequest, reference: str) -> HttpResponse:
    """One emergency access. POST ``outcome`` and ``note``."""
    require(request.holder, "break_glass.review")
    error = None
    if request.method == "POST":
        given = {name: request.POST.get(name, "")[:400] for name in ("outcome", "note")}
        try:
            glass.review(request.actor, reference, **given)
        except Refused as refused:
            error = refused
        else:
            messages.success(request, _("已复核。"))
            return redirect("accounts:break_glass")
    row = glass.find(request.actor, reference)
    today = timezone.localdate(request.at)
    context = {
        "section": "break_glass",
        "line": _line(row, unit_names(), request, glass.review_days(today)),
        "row": row,
        "error": error,
        "given": request.POST,
        "today": today,
    }
    return render(request, "accounts/break_glass_review.html", context, status=422 if error else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def break_glass_open(request: HttpRequest) -> HttpResponse:
    """``resident``, ``about`` (the masked name that the page before showed) and ``next``; POST ``reason``."""
    require(request.holder, "break_glass.open")
    given = request.POST if request.method == "POST" else request.GET
    resident_id, about = given.get("resident", "")[:60], given.get("about", "")[:80]
    if not resident_id:
        raise Refused(_("没有说明要查看哪一位居民"), possible_when=_("请从居民页面打开紧急查看"))
    error = None
    if request.method == "POST":
        try:
            access = glass.open_break_glass(request.actor, resident_id, request.POST.get("reason", ""), about)
        except Refused as refused:
            error = refused
        else:
            clock = timezone.localtime(access.until).strftime("%Y-%m-%d %H:%M")
            messages.success(request, _("紧急查看已打开，有效至 %(until)s。") % {"until": clock})
            return redirect(next_of(request))
    context = {
        "resident_id": resident_id,
        "about": about,
        "next": next_of(request),
        "hours": glass.hours(timezone.localdate(request.at)),
        "reason": request.POST.get("reason", "")[:400],
        "error": error,
    }
    return render(request, "accounts/break_glass_open.html", context, status=422 if error else 200)
