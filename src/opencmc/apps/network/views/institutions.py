"""The list of institutions, everything about one of them, and its forms."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from opencmc.apps.access.api import may, require
from opencmc.apps.network import editing
from opencmc.apps.network.census import census
from opencmc.apps.network.forms import AnswerForm, EndForm, InstitutionForm, NameForm, ServiceForm, first_error
from opencmc.apps.network.lifelines import lifelines
from opencmc.apps.network.models import Attachment, Institution, Membership, Reorganisation, Township
from opencmc.apps.network.models.institutions import SERVICE_KINDS
from opencmc.apps.network.names import ATTACHMENT_KINDS, INSTITUTION_KINDS, MEMBERSHIP_ROLES, TIERS
from opencmc.apps.network.rows import PRIMARY_UNITS, SINCE_EVER, holds
from opencmc.apps.network.scope import reaches_institution
from opencmc.apps.network.standing import adopted_standards, standings
from opencmc.apps.network.views.shared import asked_day, context_of, done, send_to_lake, today_of
from opencmc.apps.paging import page_of
from opencmc.base.errors import Refused

_PAGE = 50


@require_GET
def institutions(request: HttpRequest) -> HttpResponse:
    """``?q=`` a name or number, ``?tier=`` and ``?township=``; those that are open today first come by level."""
    require(request.holder, "network.view")
    text, tier = request.GET.get("q", "").strip()[:60], request.GET.get("tier", "")
    township = request.GET.get("township", "")
    found = Institution.objects.all()
    if text:
        found = found.filter(Q(name__icontains=text) | Q(short_name__icontains=text) | Q(pk__iexact=text))
    if tier in TIERS:
        found = found.filter(tier=tier)
    if township:
        found = found.filter(township=township)
    places = dict(Township.objects.values_list("code", "name"))
    order = {name: i for i, name in enumerate(TIERS)}
    today = today_of(request)
    rows = sorted(
        (i for i in found if not (i.opened and i.closed and i.closed <= i.opened)),
        key=lambda i: (order.get(i.tier, 9), i.pk),
    )
    page = page_of(rows, request.GET, _PAGE)
    shown = [
        {"row": i, "kind": INSTITUTION_KINDS.get(i.kind, i.kind), "tier": TIERS.get(i.tier, i.tier),
         "township": places.get(i.township, i.township), "open": holds(i.opened, i.closed, today)}
        for i in page.rows
    ]  # fmt: skip
    return render(request, "network/institutions.html", context_of(
        request, page=page, shown=shown, q=text, tier=tier, township=township, tiers=TIERS, places=places,
        total=len(rows)))  # fmt: skip


@require_GET
def institution(request: HttpRequest, institution_id: str) -> HttpResponse:
    """Everything about one institution on a day."""
    require(request.holder, "network.view")
    return _page(request, institution_id)


def _page(request: HttpRequest, institution_id: str, status: int = 200, **forms_given: object) -> HttpResponse:
    found = Institution.objects.filter(pk=institution_id).first()
    if found is None:
        raise Http404
    day, problem = asked_day(request)
    today = today_of(request)
    memberships = list(Membership.objects.filter(institution_id=institution_id).order_by("start", "community_id"))
    attachments = list(Attachment.objects.filter(institution_id=institution_id).order_by("start"))
    below = [a for a in Attachment.objects.filter(attached_to=institution_id) if holds(a.start, a.end, day)]
    named = {i.pk: i for i in Institution.objects.filter(
        pk__in={a.attached_to for a in attachments} | {a.institution_id for a in below})}  # fmt: skip
    spans = [
        (m.community_id, m.community_name, m.role, f"{MEMBERSHIP_ROLES.get(m.role, m.role)} {m.start}—{m.end or _('至今')}",
         m.start, m.end)
        for m in memberships
    ] + [
        ("", _("附属于%(name)s") % {"name": named.get(a.attached_to, a.attached_to)}, "member",
         f"{ATTACHMENT_KINDS.get(a.kind, a.kind)} {_since(a)}", a.start, a.end)
        for a in attachments
    ]  # fmt: skip
    names = list(found.names.select_related("decision"))
    services: dict[str, list] = {}
    for row in found.services.all():
        if holds(row.start, row.end, day):
            services.setdefault(row.kind, []).append(row)
    clinics = [named[a.institution_id] for a in below if named[a.institution_id].kind in PRIMARY_UNITS]
    branches = [(named[a.institution_id], ATTACHMENT_KINDS.get(a.kind, a.kind), a) for a in below
                if named[a.institution_id].kind not in PRIMARY_UNITS]  # fmt: skip
    people = census(settings.OPENCMC_HOME, region=found.region, day=day)
    touching = [
        r for r in Reorganisation.objects.filter(state="applied")
        if any((m["after"] or m["before"]).get("institution_id") == institution_id for m in r.moved)
    ]  # fmt: skip
    may_edit = reaches_institution(request.holder, "network.edit", institution_id, today)
    context = context_of(
        request, found=found, day=day, problem=problem, tier=TIERS.get(found.tier, found.tier),
        kind=INSTITUTION_KINDS.get(found.kind, found.kind), place=Township.objects.filter(pk=found.township).first(),
        plates=[n for n in names if n.kind == "plate" and holds(n.start, n.end, day)], names=names,
        first=next((n for n in names if n.kind == "first" and holds(n.start, n.end, day)), None),
        held=[m for m in memberships if holds(m.start, m.end, day)], memberships=memberships,
        roles=MEMBERSHIP_ROLES, lines=lifelines(spans, today=today),
        above=[(named.get(a.attached_to), ATTACHMENT_KINDS.get(a.kind, a.kind), _since(a)) for a in attachments
               if holds(a.start, a.end, day)],
        clinics=sorted(clinics, key=lambda c: c.pk), branches=branches,
        services=[(SERVICE_KINDS[k], services[k]) for k in SERVICE_KINDS if k in services],
        standings=standings([found], adopted_standards(day), day),
        posts=found.public_health_posts.all(),
        staff=people.staff.get(institution_id, 0) if "posting" in people.known else None,
        touching=touching, may_edit=may_edit,
        name_form=forms_given.get("name_form") or NameForm(), service_form=forms_given.get("service_form") or ServiceForm(),
        end_form=EndForm(), answer_form=AnswerForm(), error=forms_given.get("error"), opened=forms_given.get("opened", ""),
        open_on_day=holds(found.opened, found.closed, day),
    )  # fmt: skip
    return render(request, "network/institution.html", context, status=status)


def _since(row: Attachment) -> str:
    start = _("起日未记") if row.start == SINCE_EVER else row.start.isoformat()
    return f"{start}—{row.end or _('至今')}"


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, institution_id: str) -> HttpResponse:
    """The form with what the register says of an institution."""
    require(request.holder, "network.edit")
    found = Institution.objects.filter(pk=institution_id).first()
    if found is None:
        raise Http404
    editing.require_institution(request.actor, "network.edit", institution_id)
    initial = {name: getattr(found, name) for name in (*editing.EDITABLE, "version")}
    form = InstitutionForm(request.POST or None, initial=initial)
    error, status = None, 200
    if request.method == "POST":
        if form.is_valid():
            given = dict(form.cleaned_data)
            version = given.pop("version")
            try:
                editing.edit_institution(request.actor, institution_id, version, given)
            except Refused as refused:
                error, status = refused, 409
            else:
                send_to_lake(request)
                done(request, _("已保存%(name)s的信息") % {"name": given["name"]})
                return redirect("network:institution", institution_id=institution_id)
        else:
            status = 422
    return render(request, "network/edit.html", context_of(request, found=found, form=form, error=error), status=status)


def _write(
    request: HttpRequest, institution_id: str, form: forms.Form, do: Callable[[dict], None], said: str, opened: str
) -> HttpResponse:
    """A small form on the institution's page: write and come back, or the page with what was typed."""
    require(request.holder, "network.edit")
    if not form.is_valid():
        return _page(request, institution_id, 422, opened=opened, **{opened: form}, error=Refused(first_error(form)))
    try:
        do(form.cleaned_data)
    except Refused as refused:
        return _page(request, institution_id, 409, opened=opened, **{opened: form}, error=refused)
    done(request, said)
    return redirect(reverse("network:institution", args=[institution_id]))


@require_POST
def add_name(request: HttpRequest, institution_id: str) -> HttpResponse:
    def do(given: dict) -> None:
        decision = given.pop("decision")
        editing.add_name(request.actor, institution_id, **given, decision_id=decision.pk if decision else None)

    return _write(request, institution_id, NameForm(request.POST), do, _("已记下名称"), "name_form")


@require_POST
def end_name(request: HttpRequest, institution_id: str, row_id: str) -> HttpResponse:
    return _write(request, institution_id, EndForm(request.POST),
                  lambda given: editing.end_name(request.actor, institution_id, row_id, given["end"]),
                  _("已记下止日"), "end_form")  # fmt: skip


@require_POST
def add_service(request: HttpRequest, institution_id: str) -> HttpResponse:
    return _write(request, institution_id, ServiceForm(request.POST),
                  lambda given: editing.add_service(request.actor, institution_id, **given),
                  _("已列入"), "service_form")  # fmt: skip


@require_POST
def end_service(request: HttpRequest, institution_id: str, row_id: str) -> HttpResponse:
    return _write(request, institution_id, EndForm(request.POST),
                  lambda given: editing.end_service(request.actor, institution_id, row_id, given["end"]),
                  _("已记下止日"), "end_form")  # fmt: skip


@require_POST
def answer(request: HttpRequest, institution_id: str) -> HttpResponse:
    return _write(request, institution_id, AnswerForm(request.POST),
                  lambda given: editing.answer_standard(request.actor, institution_id, **given),
                  _("已记下答复"), "answer_form")  # fmt: skip


@require_http_methods(["GET", "POST"])
def standards(request: HttpRequest) -> HttpResponse:
    """The standards of all packs, those that bind the county, and who fails what."""
    from opencmc.apps.network.packs import list_standards

    require(request.holder, "network.view")
    today = today_of(request)
    if request.method == "POST":
        pack, _separator, entry_id = request.POST.get("standard", "").partition(":")
        editing.adopt_standard(request.actor, pack=pack, entry_id=entry_id, start=today)
        done(request, _("已采用；各机构页上列出它的条目"))
        return redirect("network:standards")
    adopted = adopted_standards(today)
    held = {(s.pack, s.entry_id) for s in adopted}
    open_ = [i for i in Institution.objects.exclude(tier="outside").order_by("pk") if holds(i.opened, i.closed, today)]
    names = {i.pk: i for i in open_}
    found = [(s, [(names[x.institution_id], x) for x in standings(open_, [s], today)]) for s in adopted]
    return render(request, "network/standards.html", context_of(
        request, found=found, others=[s for s in list_standards(today) if (s.pack, s.entry_id) not in held],
        kinds=INSTITUTION_KINDS, may_adopt=may(request.holder, "network.reorganise")))  # fmt: skip
