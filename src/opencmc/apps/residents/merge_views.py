"""Comparing two entries, merging them, and taking a merge back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from opencmc.apps.access.api import require, rule_of
from opencmc.apps.audit.api import record
from opencmc.apps.residents.asked import opened_text, sealed_text
from opencmc.apps.residents.comparison import compare
from opencmc.apps.residents.guarded import access_resident
from opencmc.apps.residents.lines import in_reach, lines
from opencmc.apps.residents.merge_checks import ACTION, who_can
from opencmc.apps.residents.merging import merge, plan_merge
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.record import entries_of
from opencmc.apps.residents.review import decide, find_pair, percent
from opencmc.apps.residents.searching import search
from opencmc.apps.residents.unmerging import merges_about, unmerge
from opencmc.base.errors import Refused


@never_cache
@require_http_methods(["GET", "POST"])
def merges(request: HttpRequest, resident_id: str) -> HttpResponse:
    """What was merged into this entry, and the search for another one of the same person."""
    require(request.holder, ACTION)
    if request.method == "POST":
        token = urlencode({"s": sealed_text(request.holder.username, request.POST.get("q", ""))})
        return redirect(f"{request.path}?{token}")
    resident = access_resident(request.actor, resident_id, action=ACTION, object_="merges")
    token = request.GET.get("s", "")
    text = opened_text(request.holder.username, token) if token else ""
    found = search(request.actor, text) if token else None
    own = set(entries_of(resident))
    context = {
        "section": "residents",
        "person": lines(request.actor, [resident], None)[0],
        "rows": [row for row in found.rows if row.resident_id not in own and row.in_reach] if found else [],
        "asked": bool(token),
        "text": text,
        "problem": found.problem if found else "",
        "merges": merges_about([resident.pk]),
    }
    return render(request, "residents/merges.html", context)


@require_POST
def separate(request: HttpRequest, record_id: int) -> HttpResponse:
    """Take a merge back: ``reason``."""
    row = unmerge(request.actor, record_id, request.POST.get("reason", "")[:400])
    text = _("已拆分，两份登记恢复原样。")
    if row.left_over:
        text += _("请核对：%(what)s。") % {"what": "；".join(row.left_over)}
    messages.success(request, text)
    return redirect("residents:merges", row.kept_id)


@never_cache
@require_http_methods(["GET", "POST"])
def compare_page(request: HttpRequest, one: str, other: str) -> HttpResponse:
    """Two entries side by side. POST ``what``: merge (with ``keep``, ``reason`` and the confirmed cautions), different or
    later (with ``why``)."""
    require(request.holder, ACTION)
    left, right = sorted((one, other))
    error, status = None, 200
    if request.method == "POST":
        try:
            return _decided(request, left, right)
        except Refused as refusal:
            error, status = refusal, 422
    rows = Resident.objects.in_bulk([left, right])
    if len(rows) < 2 or in_reach(request.actor, [left, right], ACTION) != {left, right}:
        raise Refused(
            _("没有这一对登记，或不在您的范围内"),
            rule=rule_of("residents.merge"),
            possible_when=_("两份登记都要在范围内。可以由%(who)s核对") % {"who": who_can()},
        )
    root = next((row.merged_into_id for row in rows.values() if row.merged_into_id), "")
    if root:
        return redirect("residents:merges", root)
    found = compare(request.actor, rows[left], rows[right])
    for pk in (left, right):
        record(request.actor, "residents.view", object_="compare", resident_id=pk)
    return render(request, "residents/compare.html", _context(request, found, left, right, error), status=status)


def _context(request: HttpRequest, found: Any, left: str, right: str, error: Refused | None) -> dict[str, Any]:
    pair = find_pair(request.actor, left, right)
    plan, refusal = None, None
    try:
        plan = plan_merge(request.actor, left, right)
    except Refused as why:
        refusal = why
    given = request.POST
    # More is recorded under the one that one keeps, unless somebody has chosen.
    counts = [each.visits + each.stays + each.contracts + each.follow_ups for each in found.recorded]
    keep = given.get("keep") or (right if counts[1] > counts[0] else left)
    return {
        "section": "residents",
        "found": found,
        "pair": pair,
        "share": percent(found.scored.probability),
        "plan": plan,
        "refusal": refusal,
        "error": error,
        "keep": keep,
        "given": given,
        "confirmed": given.getlist("confirmed") if given else [],
    }


def _decided(request: HttpRequest, left: str, right: str) -> HttpResponse:
    given, actor = request.POST, request.actor
    what = given.get("what", "")
    if what == "merge":
        keep = given.get("keep", "")
        if keep not in (left, right):
            raise Refused(_("请选择保留哪一份登记"))
        versions = {left: _number(given, "left_version"), right: _number(given, "right_version")}
        gone = right if keep == left else left
        merge(
            actor, keep, gone, versions=(versions[keep], versions[gone]), reason=given.get("reason", ""),
            confirmed=given.getlist("confirmed"),
        )  # fmt: skip
        messages.success(request, _("已合并。两份的记录都在这里；需要时可以在“合并与拆分”里拆开。"))
        return redirect("residents:record", keep)
    version = _number(given, "version") or None
    decide(actor, left, right, state=what, why=given.get("why", ""), version=version)
    said = {"different": _("已记为“不是同一人”，除非有一份改动，不会再列出。"), "later": _("已放到“以后再看”。")}
    messages.success(request, said[what])
    return redirect("residents:review")


def _number(given: Any, name: str) -> int:
    text = given.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
