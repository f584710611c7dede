"""The list behind the bell."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from opencmc.apps.access.api import require
from opencmc.apps.notices import actions, queries
from opencmc.apps.paging import page_of

PAGE = 30


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """``?new=1`` only those not read yet."""
    require(request.holder, "notices.view")
    rows = queries.notices_of(request.actor)
    only_new = request.GET.get("new") == "1"
    if only_new:
        rows = rows.filter(read_at__isnull=True)
    page = page_of(queries.lines(rows[:300]), request.GET, PAGE)
    new = queries.unread_count(request.actor)
    return render(request, "notices/notices.html", {"page": page, "only_new": only_new, "new": new})


@require_POST
def open_notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark it read and go where it leads."""
    require(request.holder, "notices.view")
    notice = queries.addressed_to(request.holder).filter(pk=notice_id).first()
    if notice is None:
        raise Http404
    actions.mark_read(request.actor, [notice_id])
    return redirect(notice.href or "notices:notices")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    require(request.holder, "notices.view")
    actions.mark_read(request.actor)
    return redirect("notices:notices")
