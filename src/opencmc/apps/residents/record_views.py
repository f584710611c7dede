"""The resident's page, and what is shown instead when the record is out of reach."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from opencmc.apps.access.api import Actor, may, require
from opencmc.apps.accounts.api import EmergencyAccess, own_break_glass
from opencmc.apps.audit.api import ResidentHead, record
from opencmc.apps.residents.folding import LINES
from opencmc.apps.residents.guarded import access_resident
from opencmc.apps.residents.lines import in_reach, lines
from opencmc.apps.residents.listing import Chip
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.record import Record, entries_of, names_of_units, read_record
from opencmc.apps.residents.timeline import KINDS
from opencmc.base.errors import Refused


@never_cache
@require_GET
def record_page(request: HttpRequest, resident_id: str) -> HttpResponse:
    """``?kind=`` one group of the timeline, ``?page=``. A merged entry leads to the one into which it went."""
    require(request.holder, "residents.view")
    try:
        resident = access_resident(request.actor, resident_id, audit=False)
    except Refused as refusal:
        return _refused(request, resident_id, refusal)
    if resident.merged_into_id:
        query = urlencode({"merged": resident.pk})
        return redirect(f"{_address(resident.merged_into_id)}?{query}")
    kind, page = request.GET.get("kind", ""), request.GET.get("page", "")
    found = read_record(request.actor, resident, kind=kind, page=int(page) if page.isdecimal() and len(page) < 6 else 1)
    emergency = emergency_of(request.actor, resident.pk)
    record(
        request.actor, "residents.view", object_="record", resident_id=resident.pk,
        reason=f"break_glass：{emergency.reason}" if emergency else "",
    )  # fmt: skip
    return render(request, "residents/person.html", _context(request, resident, found, kind, emergency))


def emergency_of(actor: Actor, resident_id: str) -> EmergencyAccess | None:
    """The open emergency access by which the reader sees this record; None when it is in reach anyway."""
    if in_reach(actor, [resident_id], "residents.view"):
        return None
    return next((each for each in own_break_glass(actor) if each.resident_id == resident_id), None)


def _address(resident_id: str) -> str:
    return redirect("residents:record", resident_id)["Location"]


def _context(
    request: HttpRequest, resident: Resident, found: Record, kind: str, emergency: EmergencyAccess | None
) -> dict[str, Any]:
    person = lines(request.actor, [resident], None)[0]
    units = names_of_units()
    minutes = max(0, int((emergency.until - request.at).total_seconds() // 60)) if emergency else 0
    arrived = request.GET.get("merged", "")
    return {
        "section": "residents",
        "person": person,
        "resident": resident,
        "found": found,
        "institution": units.get(resident.institution_id, ""),
        "chips": chips(found, kind),
        "page": _pager(found, kind),
        "emergency": emergency,
        "left": {"hours": minutes // 60, "minutes": minutes % 60},
        "arrived_from": arrived if arrived in found.history.resident_ids[1:] else "",
        "household": resident.household_id,
    }


def chips(found: Record, kind: str) -> list[Chip]:
    """All, and every group of which there is something, with its count."""
    counts = found.timeline.counts
    every = Chip(_("全部"), "?#timeline", kind not in KINDS, sum(counts.values()))
    return [
        every,
        *(Chip(str(label), f"?kind={name}#timeline", kind == name, counts[name])
          for name, label in KINDS.items() if counts.get(name)),
    ]  # fmt: skip


def _pager(found: Record, kind: str) -> dict[str, Any]:
    number, count = found.timeline.number, found.timeline.pages
    kept = {"kind": kind} if kind in KINDS else {}

    def address(page: int) -> str:
        return "?" + urlencode({**kept, "page": page}) + "#timeline" if 1 <= page <= count else ""

    return {
        "number": number, "count": count, "earlier": address(number - 1), "later": address(number + 1), "size": LINES,
    }  # fmt: skip


def _refused(request: HttpRequest, resident_id: str, refusal: Refused) -> HttpResponse:
    """Why not, and the way to an emergency access where the role may have one. The same page whether or not there is
    such a person."""
    context = {
        "section": "residents",
        "error": refusal,
        "resident_id": resident_id,
        "may_break_glass": may(request.holder, "break_glass.open"),
    }
    return render(request, "residents/out_of_reach.html", context, status=403)


def access_head(actor: Actor, resident_id: str, action: str) -> ResidentHead:
    """Whose access report it is: all ids under which the person was kept, so that no look is left out."""
    resident = access_resident(actor, resident_id, action=action, audit=False)
    if resident.merged_into_id:
        resident = access_resident(actor, resident.merged_into_id, action=action, audit=False)
    seen = in_reach(actor, [resident.pk], action)
    return ResidentHead(lines(actor, [resident], seen)[0].name, entries_of(resident))
