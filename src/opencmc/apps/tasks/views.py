"""The worklist, a case opened beside it, and what can be done to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from opencmc.apps.access.api import Actor, may, require
from opencmc.apps.audit.api import record
from opencmc.apps.network.api import institutions_within, list_units
from opencmc.apps.paging import Counted, page_of
from opencmc.apps.tasks import actions, queries
from opencmc.apps.tasks.contracts import TaskLine
from opencmc.apps.tasks.forms import CancelForm, FinishForm, HandOverForm, PostponeForm
from opencmc.apps.tasks.kinds import outcome_label
from opencmc.apps.tasks.people import lines_of
from opencmc.apps.tasks.planning import next_day
from opencmc.apps.tasks.queries import CLOCKS, Wanted, as_query
from opencmc.apps.tasks.states import LABELS, OPEN, TONES
from opencmc.base.errors import Refused

PAGE = 25
#: Chips of villages beside each other; more would be a list, not a filter.
VILLAGES = 12


def _wanted(request: HttpRequest) -> Wanted:
    asked = request.GET
    when = asked.get("when", "")
    return Wanted(
        when if when in CLOCKS else "", asked.get("label", "")[:120], asked.get("village", "")[:12],
        asked.get("mine") == "1",
    )  # fmt: skip


def _href(wanted: Wanted, **more: Any) -> str:
    return reverse("tasks:worklist") + "?" + urlencode(as_query(wanted, **more))


def _chips(actor: Actor, wanted: Wanted) -> list[dict[str, Any]]:
    """Groups of chips; each counts what pressing it would show beside the other chips that are pressed."""
    labels = {"overdue": _("逾期"), "today": _("今天"), "week": _("本周"), "later": _("以后")}
    counts = queries.clock_counts(queries.chosen(actor, wanted.without("when")), actor.today)
    every = Wanted(**{**_fields(wanted), "when": ""})
    groups = [(_("到期"), [_chip(every, _("全部"), not wanted.when, sum(counts.values()))] + [
        _chip(Wanted(**{**_fields(wanted), "when": when}), labels[when], wanted.when == when, counts[when])
        for when in CLOCKS
    ])]  # fmt: skip
    kinds = queries.label_counts(queries.chosen(actor, wanted.without("label")))
    if len(kinds) > 1:
        chips = [_chip(wanted.without("label"), _("全部"), not wanted.label, None)]
        chips += [_chip(Wanted(**{**_fields(wanted), "label": k}), k, wanted.label == k, n) for k, n in kinds]
        groups.append((_("种类"), chips))
    villages = queries.village_counts(queries.chosen(actor, wanted.without("village")))
    if 1 < len(villages) <= VILLAGES:
        people = lines_of(actor, [one for _code, _n, one in villages])
        chips = [_chip(wanted.without("village"), _("全部"), not wanted.village, None)]
        for code, n, one in villages:
            name = people[one].village_name if one in people and people[one].village_name else code
            chips.append(_chip(Wanted(**{**_fields(wanted), "village": code}), name, wanted.village == code, n))
        groups.append((_("村"), chips))
    return [{"label": label, "chips": chips} for label, chips in groups]


def _fields(wanted: Wanted) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in Wanted.__slots__}


def _chip(wanted: Wanted, label: str, current: bool, count: int | None) -> dict[str, Any]:
    return {"label": label, "href": _href(wanted), "current": current, "count": count}


@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """``?when=overdue|today|week|later``, ``?label=``, ``?village=``, ``?mine=1``, ``?open=ID`` the case beside it."""
    require(request.holder, "tasks.view")
    return _page(request, _wanted(request), request.GET.get("open", ""))


def _page(
    request: HttpRequest, wanted: Wanted, opened: str, forms: dict[str, Any] | None = None, error: Refused | None = None
) -> HttpResponse:
    actor = request.actor
    page = page_of(Counted(queries.chosen(actor, wanted)), request.GET, PAGE)
    rows = [queries.line(row) for row in page.rows]
    task = queries.find_task(actor, int(opened)) if opened.isdecimal() and len(opened) < 18 else None
    people = lines_of(actor, [row.resident_id for row in rows] + ([task.resident_id] if task else []))
    context = {
        "page": page,
        "rows": [{"task": row, "person": people.get(row.resident_id), "href": _href(wanted, open=row.id, page=page.number)}
                 for row in rows],
        "groups": _chips(actor, wanted),
        "wanted": wanted,
        "today": actor.today,
        "opened": task,
        "missing": bool(opened) and task is None,
        "back": _href(wanted, page=page.number),
        "error": error,
        "query": urlencode(as_query(wanted)),
    }  # fmt: skip
    if task is not None:
        if not forms:
            record(actor, "tasks.view", object_=f"task:{task.id} {task.label}", resident_id=task.resident_id)
        context |= _case(actor, task, people, forms or {})
    problem = error is not None or any(form.errors for form in (forms or {}).values())
    return render(request, "tasks/worklist.html", context, status=422 if problem else 200)


def _case(actor: Actor, task: TaskLine, people: dict[str, Any], forms: dict[str, Any]) -> dict[str, Any]:
    finish = forms.get("finish") or FinishForm(task, today=actor.today)
    proposals = (
        [(o.label, next_day(task.item, o, actor.today)) for o in finish.outcomes] if "next_due" in finish.fields else []
    )
    units = list_units()
    return {
        "person": people.get(task.resident_id),
        "person_href": reverse("residents:record", args=[task.resident_id]) if may(actor.holder, "residents.view") else "",
        "owner": units.get(task.institution_id),
        "finish": finish,
        "proposals": [(label, day) for label, day in proposals if day],
        "postpone": forms.get("postpone") or PostponeForm(),
        "hand_over": forms.get("hand_over") or HandOverForm(_receivers(actor, units), initial={"institution_id": task.institution_id}),
        "cancel": forms.get("cancel") or CancelForm(),
        "open_form": next(iter(forms), ""),
        "others": queries.others_of(actor, task),
        "state_label": LABELS[task.state],
        "state_tone": TONES[task.state],
        "is_open": task.state == OPEN,
        "outcome_label": outcome_label(task.kind, task.item, task.outcome),
    }  # fmt: skip


def _receivers(actor: Actor, units: dict[str, Any]) -> list[tuple[str, str]]:
    """Institutions to which the reader may hand a task over."""
    if not may(actor.holder, "tasks.assign"):
        return []
    within = institutions_within(require(actor.holder, "tasks.assign"), actor.today)
    return [(i, unit.short_name) for i, unit in units.items() if within is None or i in within]


def _asked(request: HttpRequest, task_id: int) -> tuple[TaskLine, int]:
    """The task as the reader may see it, and the version that they saw."""
    require(request.holder, "tasks.view")
    task = queries.find_task(request.actor, task_id)
    if task is None:
        raise Refused(_("没有这项待办，或者它不在您的范围内"))
    version = request.POST.get("version", "")
    return task, int(version) if version.isdecimal() and len(version) < 9 else 0


def _again(request: HttpRequest, task: TaskLine, name: str, form: Any, error: Refused | None = None) -> HttpResponse:
    return _page(request, _wanted(request), str(task.id), {name: form}, error)


@require_POST
def finish(request: HttpRequest, task_id: int) -> HttpResponse:
    """The outcome is the button that was pressed. Afterwards the next case of the list is open."""
    task, version = _asked(request, task_id)
    require(request.holder, "tasks.do")
    form = FinishForm(task, request.POST, today=request.actor.today)
    if not form.is_valid():
        return _again(request, task, "finish", form)
    data = form.cleaned_data
    try:
        done = actions.finish_task(
            request.actor, task_id, version, data["outcome"], done_on=data["done_on"], values=data["values"],
            note=data["note"], next_due=data.get("next_due"),
        )  # fmt: skip
    except Refused as refusal:
        return _again(request, task, "finish", form, refusal)
    said = {"label": done.label, "outcome": outcome_label(done.kind, done.item, done.outcome)}
    text = _("已办：%(label)s，%(outcome)s") % said
    messages.success(request, text + (_("；下次 %(day)s") % {"day": done.next_due} if done.next_due else ""))
    return _on(request, task)


def _on(request: HttpRequest, task: TaskLine) -> HttpResponse:
    wanted = _wanted(request)
    following = queries.next_after(request.actor, wanted, task)
    return redirect(_href(wanted, open=following) if following else _href(wanted))


@require_POST
def postpone(request: HttpRequest, task_id: int) -> HttpResponse:
    task, version = _asked(request, task_id)
    form = PostponeForm(request.POST)
    if not form.is_valid():
        return _again(request, task, "postpone", form)
    try:
        actions.postpone_task(request.actor, task_id, version, form.cleaned_data["due"], form.cleaned_data["reason"])
    except Refused as refusal:
        return _again(request, task, "postpone", form, refusal)
    messages.success(request, _("已改期：%(label)s，%(day)s") % {"label": task.label, "day": form.cleaned_data["due"]})
    return _on(request, task)


@require_POST
def hand_over(request: HttpRequest, task_id: int) -> HttpResponse:
    task, version = _asked(request, task_id)
    form = HandOverForm(_receivers(request.actor, list_units()), request.POST)
    if not form.is_valid():
        return _again(request, task, "hand_over", form)
    to = form.cleaned_data["institution_id"]
    try:
        actions.hand_over_task(request.actor, task_id, version, to, form.cleaned_data["reason"])
    except Refused as refusal:
        return _again(request, task, "hand_over", form, refusal)
    messages.success(request, _("已转交：%(label)s") % {"label": task.label})
    return _on(request, task)


@require_POST
def take(request: HttpRequest, task_id: int) -> HttpResponse:
    task, version = _asked(request, task_id)
    actions.take_task(request.actor, task_id, version)
    return redirect(_href(_wanted(request), open=task.id))


@require_POST
def cancel(request: HttpRequest, task_id: int) -> HttpResponse:
    task, version = _asked(request, task_id)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _again(request, task, "cancel", form)
    try:
        actions.cancel_task(request.actor, task_id, version, form.cleaned_data["reason"])
    except Refused as refusal:
        return _again(request, task, "cancel", form, refusal)
    messages.success(request, _("已取消：%(label)s；按错了可以恢复。") % {"label": task.label})
    return redirect(_href(_wanted(request), open=task.id))


@require_POST
def reopen(request: HttpRequest, task_id: int) -> HttpResponse:
    task, version = _asked(request, task_id)
    actions.reopen_task(request.actor, task_id, version)
    messages.success(request, _("已恢复：%(label)s") % {"label": task.label})
    return redirect(_href(_wanted(request), open=task.id))
