"""Pages of households and of a change of address."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from opencmc.apps.access.api import require
from opencmc.apps.network.api import list_places
from opencmc.apps.residents import households
from opencmc.apps.residents.asked import opened_text, sealed_text
from opencmc.apps.residents.guarded import access_resident
from opencmc.apps.residents.lines import lines, places_by_code
from opencmc.apps.residents.moving import move_resident, preview_move
from opencmc.apps.residents.searching import search
from opencmc.base.errors import Refused


def whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def place_groups(chosen: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Townships with their villages as options of one list: (code, name, chosen). The township itself stands first."""
    names, groups = places_by_code(), []
    villages: dict[str, list[str]] = {}
    for code in names:
        if len(code) == 12:
            villages.setdefault(code[:9], []).append(code)
    for township, place in list_places().items():
        options = [(township, _("%(name)s（村不详）") % {"name": place.name}, chosen == township)]
        options += [(code, names[code], chosen == code) for code in sorted(villages.get(township, []))]
        groups.append((place.name, options))
    return groups


def _place(given: dict[str, str]) -> dict[str, str]:
    """One choice of the list as township and village."""
    code = given.get("place", "")
    return {"township": code[:9], "village": code if len(code) == 12 else ""}


@never_cache
@require_http_methods(["GET", "POST"])
def household(request: HttpRequest, household_id: str) -> HttpResponse:
    """Head, members, address. POST ``what``: head, split, add, move, or find (a resident to add)."""
    require(request.holder, "residents.view")
    error, status = None, 200
    if request.method == "POST":
        require(request.holder, "residents.edit")
        given = request.POST
        if given.get("what") == "find":
            token = urlencode({"s": sealed_text(request.holder.username, given.get("q", ""))})
            return redirect(f"{request.path}?{token}#add")
        try:
            return _changed(request, household_id)
        except Refused as refusal:
            error, status = refusal, 422
    page = households.read_household(request.actor, household_id)
    token = request.GET.get("s", "")
    text = opened_text(request.holder.username, token) if token else ""
    found = search(request.actor, text) if token else None
    ids = {member.line.resident_id for member in page.members}
    context = {
        "section": "residents",
        "found": page,
        "household": page.household,
        "error": error,
        "text": text,
        "asked": bool(token),
        "rows": [row for row in found.rows if row.in_reach and row.resident_id not in ids] if found else [],
        "places": place_groups(""),
        "given": request.POST,
    }
    return render(request, "residents/household.html", context, status=status)


def _changed(request: HttpRequest, household_id: str) -> HttpResponse:
    given, actor = request.POST, request.actor
    version = whole(given.get("version", ""))
    match given.get("what", ""):
        case "head":
            households.set_head(actor, household_id, version, given.get("resident", ""))
            messages.success(request, _("已改户主。"))
        case "add":
            households.add_member(actor, household_id, version, given.get("resident", ""))
            messages.success(request, _("已加入这一户。"))
        case "split":
            new = households.split(actor, household_id, version, given.getlist("members"))
            messages.success(request, _("已分户，这是新的一户。"))
            return redirect("residents:household", new.pk)
        case "move":
            moved = households.move_household(
                actor, household_id, version, **_place(given.dict()), address=given.get("address", "")
            )
            messages.success(request, told(moved))
        case _:
            raise Refused(_("不知道要做什么"), possible_when=_("请用页面上的按钮"))
    return redirect("residents:household", household_id)


def told(moved: list) -> str:
    """已迁居，责任机构：甲 → 乙；带走 2 项待办。"""
    said = [_("已迁居")]
    changed = next((each for each in moved if each.changes_institution), None)
    if changed:
        said.append(_("责任机构：%(before)s → %(after)s") % {"before": changed.before or "—", "after": changed.after})
    said += [text for each in moved for text in (*each.moves, *each.hints)]
    return "；".join(dict.fromkeys(said)) + "。"


@require_POST
def found(request: HttpRequest) -> HttpResponse:
    """A household for somebody without one: ``resident``."""
    row = households.found_household(request.actor, request.POST.get("resident", ""))
    return redirect("residents:household", row.pk)


@never_cache
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, resident_id: str) -> HttpResponse:
    """A change of address of one person: first what would move, then, with ``confirm``, the move."""
    resident = access_resident(request.actor, resident_id, action="residents.edit", object_="move")
    given = request.POST.dict()
    error, removal, status = None, None, 200
    if request.method == "POST":
        place = _place(given)
        try:
            if given.get("confirm"):
                done = move_resident(
                    request.actor, resident_id, whole(given.get("version", "")), **place,
                    address=given.get("address", ""),
                )  # fmt: skip
                messages.success(request, told([done]))
                return redirect("residents:record", resident_id)
            removal = preview_move(request.actor, resident, **place)
        except Refused as refusal:
            error, status = refusal, 422
    context = {
        "section": "residents",
        "person": lines(request.actor, [resident], None)[0],
        "resident": resident,
        "places": place_groups(given.get("place", resident.village or resident.township)),
        "address": given.get("address", resident.address),
        "version": given.get("version", resident.version),
        "place": given.get("place", ""),
        "removal": removal,
        "error": error,
    }
    return render(request, "residents/move.html", context, status=status)
