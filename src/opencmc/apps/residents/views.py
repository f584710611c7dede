"""Finding residents and opening one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from opencmc.apps.access.api import require
from opencmc.apps.accounts.api import has_broken_glass, open_break_glass
from opencmc.apps.network.api import list_units
from opencmc.apps.paging import Counted, page_of
from opencmc.apps.residents import listing
from opencmc.apps.residents.asked import opened_text, sealed_text
from opencmc.apps.residents.guarded import access_resident
from opencmc.apps.residents.guarded import reveal as reveal_identifiers
from opencmc.apps.residents.lines import lines
from opencmc.apps.residents.models import CareRelation, Resident
from opencmc.apps.residents.searching import CAP, search
from opencmc.apps.residents.typed import recognise
from opencmc.apps.residents.words import FIELDS, PROGRAMMES, RELATION_KINDS
from opencmc.base.errors import Refused


def read_as(kind: str) -> str:
    """As what the text was read, in words."""
    return {
        "name": _("姓名"), "initials": _("拼音首字母"), "id": _("证件号码"), "tail": _("号码末几位"), "phone": _("电话"),
        "phone_name": _("电话和姓名"), "number": _("健康卡号或编号"),
    }.get(kind, "")  # fmt: skip


@require_http_methods(["GET", "POST"])
def search_page(request: HttpRequest) -> HttpResponse:
    """The one box. What is posted, or given as ``?q=``, answers at an address in which it cannot be read."""
    require(request.holder, "residents.search")
    typed = request.POST.get("q", "") if request.method == "POST" else request.GET.get("q", "")
    if typed or request.method == "POST":
        token = urlencode({"s": sealed_text(request.holder.username, typed)})
        return redirect(f"{request.path}?{token}")
    token = request.GET.get("s", "")
    text = opened_text(request.holder.username, token) if token else ""
    context: dict[str, Any] = {"section": "residents", "text": text, "cap": CAP}
    if token:
        page = request.GET.get("page", "")
        found = search(request.actor, text, page=int(page) if page.isdecimal() and len(page) < 6 else 1)
        query = {"s": token, "page": page}
        context |= {
            "result": found,
            "read_as": read_as(found.kind),
            "page": page_of(range(found.total), query, found.size),
            "programmes": PROGRAMMES,
            "units": list_units() if found.rows else {},
        }
    return render(request, "residents/search.html", context)


@require_http_methods(["GET", "POST"])
def suggest(request: HttpRequest) -> JsonResponse:
    """Type-ahead as JSON: at most eight people, how many there are, and what to type instead. Post it where possible."""
    require(request.holder, "residents.search")
    text = (request.POST if request.method == "POST" else request.GET).get("q", "")
    if recognise(text).kind == "empty":
        return JsonResponse({"rows": [], "total": 0, "exact": True, "kind": "empty", "problem": ""})
    found = search(request.actor, text, size=8)
    rows = [
        {
            "id": row.resident_id, "name": row.name, "sex": row.sex, "age": row.age_text,
            "place": row.township_name + row.village_name, "id_number": row.id_masked, "deceased": row.deceased,
            "in_reach": row.in_reach,
        }
        for row in found.rows
    ]  # fmt: skip
    answer = {
        "rows": rows,
        "total": found.total,
        "exact": found.total_is_exact,
        "kind": found.kind,
        "problem": found.problem,
    }
    response = JsonResponse(answer, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """The residents of one's own institutions."""
    chosen = listing.Chosen.read(request.GET)
    kept = {"village": chosen.village, "band": chosen.band, "programme": chosen.programme, "order": chosen.order}

    def address(**changes: str) -> str:
        return "?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})

    page = page_of(Counted(listing.own_residents(request.actor, chosen)), request.GET, listing.SIZE)
    context = {
        "section": "residents",
        "page": page,
        "rows": listing.shown(request.actor, list(page.rows)),
        "groups": listing.chips(request.actor, chosen, address),
        "programmes": PROGRAMMES,
    }
    return render(request, "residents/mine.html", context)


@require_GET
def record_page(request: HttpRequest, resident_id: str) -> HttpResponse:
    """Who this is, why one may see them, and the way to identifiers and changes."""
    resident = access_resident(request.actor, resident_id, object_="record")
    return render(request, "residents/record.html", record_context(request, resident))


def record_context(request: HttpRequest, resident: Resident) -> dict[str, Any]:
    units = list_units()
    relations = [
        {
            "institution": units[row.institution_id].name if row.institution_id in units else row.institution_id,
            "kind": RELATION_KINDS.get(row.kind, row.kind), "start": row.start, "end": row.end,
        }
        for row in CareRelation.objects.filter(resident=resident).order_by("kind", "-start")
        if row.end is None or row.end > request.actor.today
    ]  # fmt: skip
    changes = [
        {"at": row.at, "actor": row.actor, "fields": "、".join(str(FIELDS.get(name, name)) for name in row.fields)}
        for row in resident.changes.order_by("-version")[:20]
    ]
    line = lines(request.actor, [resident], None)[0]
    return {
        "section": "residents",
        "person": line,
        "resident": resident,
        "programmes": [str(PROGRAMMES.get(name, name)) for name in line.programmes],
        "institution": units[resident.institution_id].name if resident.institution_id in units else "",
        "relations": relations,
        "changes": changes,
        "differences": [
            {"label": FIELDS.get(row.field, row.field), "here": row.here, "lake": row.lake, "known_at": row.known_at}
            for row in resident.differences.order_by("field")
        ],
        "children": lines(request.actor, resident.children.filter(merged_into=None)[:20], set()),
        "has_mother": resident.mother_sealed is not None,
        "emergency": has_broken_glass(request.actor, resident.pk),
    }


@require_POST
def reveal(request: HttpRequest, resident_id: str) -> HttpResponse:
    """The identifiers in full, on a page that is not kept."""
    resident = access_resident(request.actor, resident_id, action="residents.reveal", audit=False)
    context = record_context(request, resident) | {"shown": reveal_identifiers(request.actor, resident_id)}
    response = render(request, "residents/record.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest, resident_id: str) -> HttpResponse:
    """Ask to open one record beyond one's reach: a reason now, a review later."""
    require(request.holder, "break_glass.open")
    resident = Resident.objects.filter(pk=resident_id.replace("\x00", ""), merged_into=None).first()
    about = lines(request.actor, [resident], set())[0] if resident else None
    context: dict[str, Any] = {"section": "residents", "person": about, "reason": request.POST.get("reason", "")[:400]}
    if request.method == "POST":
        try:
            if about is None:
                raise Refused(_("没有这位居民"), possible_when=_("请用完整证件号重新查找"))
            open_break_glass(
                request.actor, resident_id, context["reason"], f"{about.name} {about.sex} {about.age_text}"
            )
        except Refused as refusal:
            return render(request, "residents/emergency.html", context | {"error": refusal}, status=422)
        return redirect("residents:record", resident_id)
    return render(request, "residents/emergency.html", context)
