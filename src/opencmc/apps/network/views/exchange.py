"""The network out as a workbook and back, with the differences looked at before anything is written."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from opencmc.apps.access.api import require
from opencmc.apps.audit.api import record
from opencmc.apps.network import importing
from opencmc.apps.network.forms import WorkbookForm
from opencmc.apps.network.models import ImportDraft
from opencmc.apps.network.sheets import SHEETS, shown
from opencmc.apps.network.views.shared import context_of, done, send_to_lake, today_of
from opencmc.apps.network.workbook_out import network_workbook
from opencmc.base.errors import Refused

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN = 200


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The whole network with what the county records about institutions; who takes it away leaves a line."""
    require(request.holder, "network.import")
    today = today_of(request)
    record(request.actor, "network.export_workbook", object_=today.isoformat())
    response = HttpResponse(network_workbook(on=today, county=""), content_type=_TYPE)
    response["Content-Disposition"] = f'attachment; filename="network-{today.isoformat()}.xlsx"'
    return response


@require_http_methods(["GET", "POST"])
def import_(request: HttpRequest) -> HttpResponse:
    """Hand in a workbook; nothing is written yet."""
    require(request.holder, importing.ACTION)
    form, error, status = WorkbookForm(), None, 200
    if request.method == "POST":
        form, status = WorkbookForm(request.POST, request.FILES), 422
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                made = importing.read_import(request.actor, name=file.name, data=file.read())
                return redirect("network:import_draft", number=made.pk)
            except Refused as refused:
                error = refused
    recent = ImportDraft.objects.order_by("-id").defer("content")[:10]
    return render(request, "network/import.html", context_of(
        request, form=form, error=error, recent=recent, sheets=SHEETS.values()), status=status)  # fmt: skip


@require_GET
def import_draft(request: HttpRequest, number: str) -> HttpResponse:
    """What a workbook would change, row by row, and what is wrong with it."""
    return _draft(request, number)


def _draft(request: HttpRequest, number: str, status: int = 200, error: Refused | None = None) -> HttpResponse:
    found = importing.find_import(request.actor, number)
    compared, faults = importing.compare_import(found)
    lines = []
    for state, some in ((_("新增"), compared.fresh), (_("改动"), compared.changed)):
        for line in some[:_SHOWN]:
            sheet = SHEETS[line.sheet]
            cells = "，".join(str(shown(c, v)) for c in sheet.columns if (v := line.values[c.name]) not in (None, ""))
            lines.append((state, sheet.label, line.row, cells))
    return render(request, "network/import_draft.html", context_of(
        request, found=found, compared=compared, faults=faults[:_SHOWN], fault_count=len(faults), lines=lines[:_SHOWN],
        todo=len(compared.fresh) + len(compared.changed), counts=compared.counts(), error=error), status=status)  # fmt: skip


@require_POST
def import_apply(request: HttpRequest, number: str) -> HttpResponse:
    require(request.holder, importing.ACTION)
    try:
        compared = importing.apply_import(request.actor, number, only_whole=request.POST.get("mode") != "good")
    except Refused as refused:
        return _draft(request, number, 409, refused)
    send_to_lake(request)
    done(request, _("已导入：新增 %(new)d 行，改动 %(changed)d 行") % {
        "new": len(compared.fresh), "changed": len(compared.changed)})  # fmt: skip
    return redirect("network:network")
