"""Registering a resident and changing one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from opencmc.apps.access.api import require
from opencmc.apps.residents.actions import create_resident, edit_resident
from opencmc.apps.residents.contracts import SavedBefore, Unacceptable
from opencmc.apps.residents.forms import ResidentForm, initial_of
from opencmc.apps.residents.guarded import access_resident
from opencmc.apps.residents.lines import lines
from opencmc.apps.residents.writing import values_of


def _put_errors(form: ResidentForm, found: Unacceptable) -> None:
    for name, text in found.errors.items():
        field = {"township": "place", "village": "place"}.get(name, name)
        form.add_error(field if field in form.fields else None, text)
    if not found.errors and not found.asks:
        form.add_error(None, found.sentence)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Register a person; possible doubles are shown before anything is made."""
    require(request.holder, "residents.create")
    if request.method == "GET":
        form = ResidentForm(initial={"id_type": "citizen_id"})
        return render(request, "residents/create.html", {"section": "residents", "form": form})
    form = ResidentForm(request.POST, asks="confirm_duplicate" in request.POST or "duplicate_reason" in request.POST)
    context: dict[str, Any] = {"section": "residents", "form": form}
    if form.is_valid():
        try:
            line = create_resident(request.actor, form.values())
        except Unacceptable as found:
            if found.asks and "confirm_duplicate" not in form.fields:
                form = ResidentForm(request.POST, asks=True)
                form.is_valid()
            _put_errors(form, found)
            context |= {"form": form, "candidates": found.candidates, "asks": found.asks, "sentence": found.sentence}
        else:
            messages.success(request, _("已登记%(name)s。") % {"name": line.name})
            return redirect("residents:record", line.resident_id)
    return render(request, "residents/create.html", context, status=422)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, resident_id: str) -> HttpResponse:
    """Change a resident. When somebody saved meanwhile, what differs is shown, and what was typed stays."""
    resident = access_resident(request.actor, resident_id, action="residents.edit", object_="form")
    now = values_of(resident)
    context: dict[str, Any] = {"section": "residents", "person": lines(request.actor, [resident], None)[0]}
    if request.method == "GET":
        form = ResidentForm(now=now, initial=initial_of(now, resident.version))
        return render(request, "residents/edit.html", context | {"form": form})
    asks = "confirm_duplicate" in request.POST or "duplicate_reason" in request.POST
    form = ResidentForm(request.POST, now=now, asks=asks)
    if form.is_valid():
        try:
            edit_resident(request.actor, resident_id, form.cleaned_data.get("version") or 0, form.values())
        except SavedBefore as found:
            data = request.POST.copy()
            data["version"] = str(found.stale.version)
            form = ResidentForm(data, now=now, asks=asks)
            return render(
                request,
                "residents/edit.html",
                context | {"form": form, "stale": found.stale, "error": found},
                status=409,
            )
        except Unacceptable as found:
            if found.asks and not asks:
                form = ResidentForm(request.POST, now=now, asks=True)
                form.is_valid()
            _put_errors(form, found)
            context |= {"candidates": found.candidates, "asks": found.asks, "sentence": found.sentence}
        else:
            messages.success(request, _("已保存。"))
            return redirect("residents:record", resident_id)
    return render(request, "residents/edit.html", context | {"form": form}, status=422)
