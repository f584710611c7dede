"""Pages of the audit: the lines, who looked at a record, and the proof that nothing was altered."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from opencmc.apps.access.api import Actor, Level, require
from opencmc.apps.audit import queries
from opencmc.apps.audit.actions import begin_verification
from opencmc.apps.audit.background import verify_in_background
from opencmc.apps.audit.excel import workbook
from opencmc.apps.audit.forms import LinesForm
from opencmc.apps.audit.labels import unit_names
from opencmc.apps.audit.queries import Filters
from opencmc.apps.audit.reach import access_report_head
from opencmc.apps.audit.trail import audited, record

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Rows of one workbook; a longer one is asked for in parts.
EXPORTED = 50_000
#: A verification that has not ended by then was killed.
KILLED_AFTER = timedelta(hours=2)


def _within(actor: Actor, filters: Filters) -> Filters:
    """``filters`` no wider than the right reaches: below the county one's own unit."""
    if require(actor.holder, "audit.view").level is Level.COUNTY:
        return filters
    holder = actor.holder
    return Filters(
        **{name: getattr(filters, name) for name in filters.__slots__}
        | {"unit": f"{holder.unit_kind}:{holder.unit_id}"}
    )


@require_GET
def lines(request: HttpRequest) -> HttpResponse:
    """The lines, a page at a time."""
    require(request.holder, "audit.view")
    form = LinesForm(request.GET)
    leaf, bounded = queries.Leaf((), "", ""), False
    if form.is_valid():
        filters, bounded = form.filters(request.actor.today)
        filters = _within(request.actor, filters)
        leaf = queries.leaf(filters, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
        # Who watches the watchers: looking leaves a line as well.
        record(request.actor, "audit.view", object_="lines", resident_id=filters.resident_id, reason=form.said())
    context = {
        "section": "audit",
        "form": form,
        "leaf": leaf,
        "bounded": bounded,
        "kept": form.kept(),
        "names": unit_names(),
        "people": queries.people(leaf.lines),
    }
    return render(request, "audit/lines.html", context, status=200 if form.is_valid() else 422)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The lines that the filters find, newest first, as a workbook."""
    require(request.holder, "audit.view")
    form = LinesForm(request.GET)
    if not form.is_valid():
        return lines(request)
    filters, _bounded = form.filters(request.actor.today)
    filters = _within(request.actor, filters)
    found = queries.latest(filters, EXPORTED + 1)
    note = ""
    if len(found) > EXPORTED:
        found = found[:EXPORTED]
        note = _("只含最新的 %(n)s 行，更早的请分段导出") % {"n": EXPORTED}
    record(request.actor, "audit.export", object_=f"{len(found)}", resident_id=filters.resident_id, reason=form.said())
    content = workbook(found, asked=form.said(), people=queries.people(found), note=note)
    answer = HttpResponse(content, content_type=EXCEL)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(_('审计记录'))}-{request.actor.today}.xlsx"
    return answer


@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The last verifications, and the button that starts one."""
    require(request.holder, "audit.verify")
    found = queries.list_verifications()
    running = next((each for each in found if each.whole is None and _may_run(each.started, request.at)), None)
    if request.method == "POST":
        if running is None:
            with audited(request.actor):
                number = begin_verification(request.actor)
                verify_in_background.enqueue(number, request.at.isoformat())
        return redirect("audit:verify")
    shown = [
        {
            "row": each,
            "killed": each.whole is None and each is not running,
            "findings": [(finding, _local(finding["at"])) for finding in each.findings],
        }
        for each in found
    ]
    last = next((each for each in shown if each["row"].whole is not None), None)
    context = {"section": "audit", "running": running, "last": last, "earlier": shown, "seal": queries.last_seal()}
    return render(request, "audit/verify.html", context)


def _may_run(started: datetime, at: datetime) -> bool:
    return at - started < KILLED_AFTER


def _local(at: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{at}+00:00")
    except ValueError:
        return None


@require_GET
def access_report(request: HttpRequest, resident_id: str) -> HttpResponse:
    """Who looked at the record of this resident: for the resident to take home."""
    head = access_report_head(request.actor, resident_id)
    found = queries.lines_about(head.resident_ids)
    record(request.actor, "residents.access_report", resident_id=resident_id)
    people = {line.actor for line in found}
    context = {
        "section": "residents",
        "head": head,
        "lines": found,
        "count": ngettext("%(people)s 人，%(n)s 次", "%(people)s 人，%(n)s 次", len(found))
        % {"people": len(people), "n": len(found)},
        "names": unit_names(),
        "people": queries.people(found),
        "at": request.at,
    }
    return render(request, "audit/access_report.html", context)
