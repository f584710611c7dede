"""The network page and the page of a community."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from opencmc.apps.access.api import require
from opencmc.apps.network import queries
from opencmc.apps.network.exporting import waiting_loads
from opencmc.apps.network.lifelines import lifelines
from opencmc.apps.network.models import (
    Decision,
    GovernanceBody,
    Institution,
    Membership,
    Reorganisation,
    UnpublishedRow,
)
from opencmc.apps.network.names import COMMUNITY_KINDS, MEMBERSHIP_ROLES
from opencmc.apps.network.scope import reaches_community
from opencmc.apps.network.views.shared import asked_day, context_of, today_of


@require_GET
def network(request: HttpRequest) -> HttpResponse:
    """``?on=DATE`` the day, ``?overlay=ID`` a specialty community drawn over the general ones."""
    require(request.holder, "network.view")
    today = today_of(request)
    day, problem = asked_day(request)
    picture = queries.network_on(day, "")
    general = [c for c in picture.communities if c.kind == "general"]
    overlays = [c for c in picture.communities if c.kind != "general"]
    chosen = next((c for c in overlays if c.community_id == request.GET.get("overlay")), None)
    linked = set()
    if chosen:
        linked = {i for member in chosen.members for i in queries.all_below(member)}
        linked |= {chosen.lead.unit.institution_id} if chosen.lead else set()
    coming = Reorganisation.objects.filter(state="applied", effective__gt=today).order_by("effective")
    context = context_of(
        request,
        picture=picture,
        general=general,
        overlays=overlays,
        chosen=chosen,
        linked=linked,
        day=day,
        problem=problem,
        has_network=bool(picture.communities or picture.unplaced),
        waiting=waiting_loads(),
        unpublished=UnpublishedRow.objects.all()[:20],
        coming=coming,
        drafts=Reorganisation.objects.filter(state="draft").count(),
    )
    return render(request, "network/network.html", context)


@require_GET
def community(request: HttpRequest, community_id: str) -> HttpResponse:
    """One community: its lead and members on a day, their roles over time, its bodies and decisions."""
    require(request.holder, "network.view")
    day, problem = asked_day(request)
    rows = list(Membership.objects.filter(community_id=community_id).order_by("start"))
    if not rows:
        raise Http404
    institutions = {i.pk: i for i in Institution.objects.filter(pk__in={m.institution_id for m in rows})}
    order = {"lead": 0, "member": 1, "linked": 2}
    held = [m for m in rows if m.start <= day and (m.end is None or day < m.end)]
    held.sort(key=lambda m: (order.get(m.role, 9), m.institution_id))
    members = [
        {"row": m, "institution": institutions.get(m.institution_id), "role": MEMBERSHIP_ROLES.get(m.role, m.role)}
        for m in held
    ]
    latest = (held or rows)[-1]
    names = list(dict.fromkeys((m.community_name, m.start) for m in rows if m.role == "lead"))
    drawn = sorted(rows, key=lambda m: (order.get(m.role, 9), m.institution_id, m.start))
    spans = [
        (m.institution_id, str(institutions.get(m.institution_id, m.institution_id)), m.role,
         f"{MEMBERSHIP_ROLES.get(m.role, m.role)} {m.start}—{m.end or _('至今')}", m.start, m.end)
        for m in drawn
    ]  # fmt: skip
    days = sorted({d for m in rows for d in (m.start, m.end) if d})
    bodies = GovernanceBody.objects.filter(community_id=community_id)
    return render(request, "network/community.html", context_of(
        request, community_id=community_id, name=latest.community_name, kind=COMMUNITY_KINDS.get(latest.community_kind, ""),
        day=day, problem=problem, members=members, lines=lifelines(spans, today=today_of(request)), names=names,
        changes=days, bodies=bodies, decisions=Decision.objects.filter(body__in=bodies).select_related("body")[:20],
        may_record=reaches_community(request.holder, "governance.record", community_id, today_of(request)),
        yesterday=day - timedelta(days=1),
    ))  # fmt: skip
