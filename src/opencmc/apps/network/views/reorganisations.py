"""Reorganisations: the list, a draft with its preview, and what is done to it."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from opencmc.apps.access.api import may, require
from opencmc.apps.network import reorganising
from opencmc.apps.network.forms import ChangeForm, DraftForm, suggestions
from opencmc.apps.network.models import Reorganisation
from opencmc.apps.network.preview import preview_of, say_change
from opencmc.apps.network.rearranging import CHANGE_KINDS
from opencmc.apps.network.rows import Moved
from opencmc.apps.network.views.shared import context_of, done, number_of, send_to_lake, today_of
from opencmc.apps.network.writing import read_rows
from opencmc.base.errors import Refused

TONES = {"draft": "active", "applied": "good", "undone": "none", "discarded": "none"}


@require_http_methods(["GET", "POST"])
def reorganisations(request: HttpRequest) -> HttpResponse:
    """All reorganisations, and the form for a new draft."""
    require(request.holder, "network.view")
    form = DraftForm(request.POST or None)
    status = 200
    if request.method == "POST":
        require(request.holder, reorganising.ACTION)
        if form.is_valid():
            made = reorganising.create_draft(
                request.actor, title=form.cleaned_data["title"], effective=form.cleaned_data["effective"],
                note=form.cleaned_data["note"])  # fmt: skip
            if form.cleaned_data["decision"]:
                reorganising.edit_draft(
                    request.actor, made.pk, made.version, title=made.title, effective=made.effective, note=made.note,
                    decision_id=form.cleaned_data["decision"].pk)  # fmt: skip
            return redirect("network:reorganisation", number=made.pk)
        status = 422
    rows = [
        {"row": r, "tone": TONES[r.state], "count": r.changes.count()}
        for r in Reorganisation.objects.select_related("decision").prefetch_related("changes")
    ]
    return render(request, "network/reorganisations.html", context_of(
        request, rows=rows, form=form, may_make=may(request.holder, reorganising.ACTION)), status=status)  # fmt: skip


def reorganisation(request: HttpRequest, number: str) -> HttpResponse:
    """One of them: a draft with its preview, or what was applied. ``?kind=`` opens the form of a change."""
    require(request.holder, "network.view")
    return _page(request, number)


def _find(number: str) -> Reorganisation:
    found = Reorganisation.objects.select_related("decision__body").filter(pk=number_of(number)).first()
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, number: str, status: int = 200, **given: object) -> HttpResponse:
    found, today = _find(number), today_of(request)
    rows = read_rows()
    kind = str(given.get("kind") or request.GET.get("kind", ""))
    draft = found.state == "draft"
    editor = draft and may(request.holder, reorganising.ACTION)
    form = given.get("form")
    if editor and form is None and kind in CHANGE_KINDS:
        form = ChangeForm(kind=kind, day=found.effective)
    basics = given.get("basics") or DraftForm(initial={
        "title": found.title, "effective": found.effective, "decision": found.decision_id, "note": found.note})  # fmt: skip
    if draft:
        preview = preview_of(found, home=settings.OPENCMC_HOME, today=today)
        rearranged = reorganising.rearranged(found, rows)
        everything = {**rows.institutions, **rearranged.after.institutions}
        by_position = {}
        for problem in rearranged.problems:
            by_position.setdefault(problem.position, []).append(problem)
    else:
        preview, by_position, everything = None, {}, rows.institutions
    said = rows.copy()
    said.institutions = everything
    changes = [
        {"change": c, "kind": CHANGE_KINDS[c.kind].label, "words": say_change(c.kind, c.given, said),
         "problems": by_position.get(i, [])}
        for i, c in enumerate(found.changes.all(), 1)
    ]  # fmt: skip
    return render(request, "network/reorganisation.html", context_of(
        request, found=found, tone=TONES[found.state], preview=preview, changes=changes, kinds=CHANGE_KINDS.values(),
        kind=CHANGE_KINDS.get(kind), form=form, basics=basics, editor=editor, error=given.get("error"),
        open_basics="basics" in given, moved=[Moved.of(m) for m in found.moved],
        past=found.effective < today, version=given.get("version", found.version),
        may_undo=found.state == "applied" and today < found.effective and may(request.holder, reorganising.ACTION),
        suggestions=suggestions() if form is not None else (),
    ), status=status)  # fmt: skip


def _version(request: HttpRequest) -> int:
    return number_of(request.POST.get("version", ""))


@require_POST
def edit(request: HttpRequest, number: str) -> HttpResponse:
    require(request.holder, reorganising.ACTION)
    _find(number)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return _page(request, number, 422, basics=form)
    given = dict(form.cleaned_data)
    decision = given.pop("decision")
    try:
        reorganising.edit_draft(
            request.actor, number, _version(request), **given, decision_id=decision.pk if decision else None
        )
    except Refused as refused:
        return _page(request, number, 409, basics=form, error=refused)
    return redirect("network:reorganisation", number=number)


@require_POST
def add(request: HttpRequest, number: str) -> HttpResponse:
    require(request.holder, reorganising.ACTION)
    found, kind = _find(number), request.POST.get("kind_of_change", "")
    if kind not in CHANGE_KINDS:
        return _page(request, number, 422, error=Refused(_("请先选一种调整")))
    form = ChangeForm(request.POST, kind=kind, day=found.effective)
    if not form.is_valid():
        return _page(request, number, 422, form=form, kind=kind)
    try:
        reorganising.add_change(request.actor, number, _version(request), kind, form.cleaned_data)
    except Refused as refused:
        return _page(request, number, 409, form=form, kind=kind, error=refused)
    return redirect("network:reorganisation", number=number)


@require_POST
def remove(request: HttpRequest, number: str, change_id: str) -> HttpResponse:
    require(request.holder, reorganising.ACTION)
    _find(number)
    try:
        reorganising.remove_change(request.actor, number, _version(request), change_id)
    except Refused as refused:
        return _page(request, number, 409, error=refused)
    return redirect("network:reorganisation", number=number)


@require_POST
def apply(request: HttpRequest, number: str) -> HttpResponse:
    require(request.holder, reorganising.ACTION)
    found = _find(number)
    try:
        reorganising.apply_reorganisation(
            request.actor, number, _version(request), accept_past=request.POST.get("accept_past") == "yes"
        )
    except Refused as refused:
        return _page(request, number, 409, error=refused)
    send_to_lake(request)
    done(request, _("已登记；%(day)s 起按新的网络") % {"day": found.effective})
    return redirect("network:reorganisation", number=number)


@require_POST
def undo(request: HttpRequest, number: str) -> HttpResponse:
    require(request.holder, reorganising.ACTION)
    _find(number)
    try:
        reorganising.undo_reorganisation(request.actor, number)
    except Refused as refused:
        return _page(request, number, 409, error=refused)
    send_to_lake(request)
    done(request, _("已撤销，网络与登记之前相同"))
    return redirect("network:reorganisation", number=number)


@require_POST
def discard(request: HttpRequest, number: str) -> HttpResponse:
    require(request.holder, reorganising.ACTION)
    _find(number)
    try:
        reorganising.discard_draft(request.actor, number, _version(request))
    except Refused as refused:
        return _page(request, number, 409, error=refused)
    done(request, _("草稿已作废"))
    return redirect("network:reorganisations")
