"""Pages of grid areas: the list, and one with its villages."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from opencmc.apps.access.api import require
from opencmc.apps.residents import grids
from opencmc.apps.residents.household_views import whole
from opencmc.apps.residents.models import GridVillage
from opencmc.apps.residents.record import names_of_units
from opencmc.base.errors import Refused


@never_cache
@require_GET
def grid_list(request: HttpRequest) -> HttpResponse:
    """The grid areas in reach, by township, and how many villages lie in none."""
    rows = list(grids.grids_within(request.actor))
    units, townships = names_of_units(), grids.townships_within(request.actor)
    held = set(GridVillage.objects.filter(grid__is_closed=False).values_list("village", flat=True))
    groups = []
    for code, name in townships.items():
        villages = grids.villages_of(code)
        own = [row for row in rows if row.township == code]
        groups.append(
            {
                "code": code, "name": name, "villages": len(villages), "free": len(set(villages) - held),
                "rows": [{"grid": row, "institution": units.get(row.institution_id, row.institution_id)} for row in own],
            }
        )  # fmt: skip
    context = {"section": "residents", "groups": groups, "one": len(groups) == 1}
    return render(request, "residents/grids.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def grid(request: HttpRequest, grid_id: int = 0) -> HttpResponse:
    """One grid area, or a new one (``?township=``). POST: first what would change, then, with ``confirm``, the change."""
    require(request.holder, grids.ACTION)
    row = grids.find_grid(request.actor, grid_id) if grid_id else None
    townships = grids.townships_within(request.actor)
    given = request.POST
    township = given.get("township") or request.GET.get("township") or (row.township if row else "")
    township = township if township in townships else next(iter(townships), "")
    villages = grids.villages_of(township)
    own = set(row.villages.values_list("village", flat=True)) if row else set()
    chosen = set(given.getlist("villages")) if given else own
    error, handover, status = None, None, 200
    if request.method == "POST":
        try:
            if given.get("confirm"):
                saved, done = grids.save_grid(
                    request.actor, row.pk if row else None, whole(given.get("version", "")),
                    name=given.get("name", ""), township=township, institution_id=given.get("institution", ""),
                    team=given.get("team", ""), villages=sorted(chosen),
                )  # fmt: skip
                messages.success(request, _("已保存片区“%(name)s”，%(n)s 人的责任机构随之改变。") % {
                    "name": saved.name, "n": done.people,
                })  # fmt: skip
                return redirect("residents:grids")
            if given.get("institution", "") not in grids.answerers_within(request.actor, township):
                raise Refused(_("请选择责任机构"))
            handover = grids.preview_grid(request.actor, given["institution"], chosen)
        except Refused as refusal:
            error, status = refusal, 422
    others = dict(
        GridVillage.objects.filter(grid__is_closed=False, village__in=list(villages))
        .exclude(grid=row)
        .values_list("village", "grid__name")
    )
    context = {
        "section": "residents",
        "row": row,
        "township": township,
        "township_name": townships.get(township, ""),
        "townships": townships,
        "villages": [(code, name, code in chosen, others.get(code, "")) for code, name in villages.items()],
        "institutions": grids.answerers_within(request.actor, township),
        "name": given.get("name", row.name if row else ""),
        "team": given.get("team", row.team if row else ""),
        "institution": given.get("institution", row.institution_id if row else ""),
        "version": given.get("version", row.version if row else 0),
        "handover": handover,
        "error": error,
    }
    return render(request, "residents/grid.html", context, status=status)


@require_POST
def close(request: HttpRequest, grid_id: int) -> HttpResponse:
    grids.close_grid(request.actor, grid_id, whole(request.POST.get("version", "")))
    messages.success(request, _("片区已撤销，居民的责任机构暂不改变。"))
    return redirect("residents:grids")
