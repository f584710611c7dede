"""Importing residents from a file."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from opencmc.apps.access.api import require
from opencmc.apps.audit.api import record
from opencmc.apps.jobs.api import start
from opencmc.apps.residents.import_files import COLUMNS, MOST_BYTES, too_many
from opencmc.apps.residents.importing import ALL, AT_ONCE, GOOD, SKIP, UPDATE, digest_of, import_residents, refused_csv
from opencmc.apps.residents.kept_files import keep_file
from opencmc.apps.residents.models import ImportRun
from opencmc.apps.residents.words import FIELDS
from opencmc.base.errors import Refused


def _runs(request: HttpRequest):
    """The imports of this person; who may import for the whole county sees all."""
    found = require(request.holder, "residents.import")
    runs = ImportRun.objects.defer("refused_rows")
    return runs if found.level == "county" else runs.filter(actor=request.holder.username)


@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    runs = _runs(request)
    context: dict[str, Any] = {
        "section": "residents", "runs": runs[:20],
        "mode": request.POST.get("mode", GOOD), "on_match": request.POST.get("on_match", UPDATE),
        "modes": {GOOD: _("有错的行不收，其余的先进"), ALL: _("只要有一行错，就全部不进")},
        "matches": {UPDATE: _("更新（文件里空着的不动）"), SKIP: _("跳过")},
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "residents/imports.html", context)
    try:
        return redirect(_taken(request))
    except Refused as refusal:
        return render(request, "residents/imports.html", context | {"error": refusal}, status=422)


def _taken(request: HttpRequest) -> str:
    """Import now, or queue; the address to go to."""
    file = request.FILES.get("file")
    if file is None or not file.size:
        raise Refused(_("请选择要导入的文件"), possible_when=_("CSV（UTF-8 或 GB18030）或 Excel（.xlsx）"))
    if file.size > MOST_BYTES:
        raise too_many()
    content, mode, on_match = file.read(), request.POST.get("mode", ""), request.POST.get("on_match", "")
    if content.count(b"\n") > AT_ONCE:
        digest = digest_of(content)
        keep_file(digest, content)
        start(
            request.actor, "residents.import", key=digest, label=_("导入居民：%(name)s") % {"name": file.name[-80:]},
            arguments={"content": digest, "file_name": file.name[-200:], "mode": mode, "on_match": on_match},
        )  # fmt: skip
        return "jobs:jobs"
    run = import_residents(request.actor, content, file.name, mode=mode, on_match=on_match)
    return f"{request.path}{run.pk}/"


@require_GET
def import_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """What came of an import, with the rows that were not taken."""
    run = _found(request, run_id)
    return render(request, "residents/import_run.html", {"section": "residents", "run_": run})


@require_GET
def refused(request: HttpRequest, run_id: int) -> HttpResponse:
    run = _found(request, run_id)
    if run.refused_rows is None:
        raise Refused(_("这次导入没有不收的行"))
    record(request.actor, "residents.import", object_=f"refused rows of import:{run.pk}")
    response = HttpResponse(refused_csv(run), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{run.pk}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _found(request: HttpRequest, run_id: int) -> ImportRun:
    run = _runs(request).filter(pk=run_id).first()
    if run is None:
        raise Refused(_("没有这次导入，或它不是您做的"))
    return run


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """An empty table with all heads."""
    require(request.holder, "residents.import")
    out = io.StringIO(newline="")
    csv.writer(out).writerow([str(FIELDS[name]) for name in COLUMNS])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="residents.csv"'
    return response
