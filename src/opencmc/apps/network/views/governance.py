"""Bodies and their decisions; posts of public health and what came of them."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from opencmc.apps.access.api import may, require
from opencmc.apps.network import governing
from opencmc.apps.network.forms import BodyForm, DecisionForm, EndForm, PostForm, RecordForm, first_error, suggestions
from opencmc.apps.network.models import Decision, GovernanceBody, PublicHealthPost, PublicHealthRecord
from opencmc.apps.network.models.governance import OUTCOMES
from opencmc.apps.network.queries import community_names
from opencmc.apps.network.scope import reaches_community, reaches_institution
from opencmc.apps.network.views.shared import context_of, done, number_of, today_of
from opencmc.base.errors import Refused


def _reached(request: HttpRequest) -> dict[str, str]:
    """The communities whose bodies the reader may record for; with "" the county, where that is reached."""
    names = {"": str(_("全县"))} | community_names()
    today = today_of(request)
    return {c: n for c, n in names.items() if reaches_community(request.holder, governing.RECORD, c, today)}


@require_http_methods(["GET", "POST"])
def decisions(request: HttpRequest) -> HttpResponse:
    """All decisions by day, the bodies, and the forms for a new decision and a new body."""
    require(request.holder, "network.view")
    reached = _reached(request)
    bodies = GovernanceBody.objects.filter(community_id__in=reached)
    form = DecisionForm(bodies=bodies)
    body_form = BodyForm(communities={c: n for c, n in reached.items() if c})
    error, status, opened = None, 200, ""
    if request.method == "POST":
        require(request.holder, governing.RECORD)
        opened = "body" if request.POST.get("what") == "body" else "decision"
        try:
            if opened == "body":
                body_form = BodyForm(request.POST, communities={c: n for c, n in reached.items() if c})
                if body_form.is_valid():
                    given = dict(body_form.cleaned_data)
                    governing.add_body(request.actor, community_id=given.pop("community"), **given)
                    done(request, _("已登记治理机构"))
                    return redirect("network:decisions")
            else:
                form = DecisionForm(request.POST, bodies=bodies)
                if form.is_valid():
                    given = dict(form.cleaned_data)
                    made = governing.record_decision(request.actor, body_id=given.pop("body").pk, **given)
                    done(request, _("已记下决定"))
                    return redirect("network:decision", decision_id=made.pk)
            status = 422
        except Refused as refused:
            error, status = refused, 409
    text = request.GET.get("q", "").strip()[:60]
    found = Decision.objects.select_related("body").annotate(uses=Count("reorganisations", distinct=True))
    if text:
        found = found.filter(Q(title__icontains=text) | Q(text__icontains=text) | Q(document_number__icontains=text))
    return render(request, "network/decisions.html", context_of(
        request, found=found[:200], q=text, bodies=GovernanceBody.objects.all(), names=community_names(), form=form,
        body_form=body_form, error=error, opened=opened, may_record=bool(reached)), status=status)  # fmt: skip


@require_http_methods(["GET", "POST"])
def decision(request: HttpRequest, decision_id: str) -> HttpResponse:
    """One decision, and what rests on it."""
    require(request.holder, "network.view")
    found = Decision.objects.select_related("body").filter(pk=number_of(decision_id)).first()
    if found is None:
        raise Http404
    error, status = None, 200
    typed = {"title": found.title, "text": found.text, "document_number": found.document_number}
    if request.method == "POST":
        require(request.holder, governing.RECORD)
        typed = {name: request.POST.get(name, "").strip()[:20_000] for name in typed}
        try:
            if not typed["title"] or not typed["text"]:
                raise Refused(_("题目和内容都要填"))
            governing.correct_decision(request.actor, found.pk, **typed)
            done(request, _("已更正"))
            return redirect("network:decision", decision_id=found.pk)
        except Refused as refused:
            error, status = refused, 409
    resting = found.reorganisations.exclude(state="discarded")
    return render(request, "network/decision.html", context_of(
        request, found=found, resting=resting, plates=found.names.select_related("institution"), typed=typed, error=error,
        may_correct=reaches_community(request.holder, governing.RECORD, found.body.community_id, today_of(request))
        and not resting.exclude(state="draft").exists() and not found.names.exists()), status=status)  # fmt: skip


@require_http_methods(["GET", "POST"])
def posts(request: HttpRequest) -> HttpResponse:
    """Commissioners and liaisons, where they sit, how often they met and what became of their suggestions."""
    require(request.holder, "network.view")
    form, error, status = PostForm(), None, 200
    if request.method == "POST":
        require(request.holder, governing.POST)
        form, status = PostForm(request.POST), 422
        if form.is_valid():
            given = dict(form.cleaned_data)
            try:
                made = governing.post_public_health(request.actor, institution_id=given.pop("institution"), **given)
                done(request, _("已登记派驻"))
                return redirect("network:post", post_id=made.pk)
            except Refused as refused:
                error, status = refused, 409
    counted = PublicHealthPost.objects.select_related("institution").annotate(
        meetings=Count("records", filter=Q(records__kind="meeting")),
        suggestions=Count("records", filter=Q(records__kind="suggestion")),
        adopted=Count("records", filter=Q(records__kind="suggestion", records__outcome__in=("adopted", "partly"))),
        waiting=Count("records", filter=Q(records__outcome="open")),
    )
    return render(request, "network/posts.html", context_of(
        request, found=counted, form=form, error=error, may_post=may(request.holder, governing.POST),
        suggestions=suggestions()), status=status)  # fmt: skip


@require_http_methods(["GET", "POST"])
def post(request: HttpRequest, post_id: str) -> HttpResponse:
    """One post: meetings attended, suggestions made, what came of them."""
    require(request.holder, "network.view")
    found = PublicHealthPost.objects.select_related("institution").filter(pk=number_of(post_id)).first()
    if found is None:
        raise Http404
    form, error, status = RecordForm(), None, 200
    if request.method == "POST":
        require(request.holder, governing.PUBLIC_HEALTH)
        form, status = RecordForm(request.POST), 422
        if form.is_valid():
            try:
                governing.record_public_health(request.actor, post_id, **form.cleaned_data)
                done(request, _("已记下"))
                return redirect("network:post", post_id=post_id)
            except Refused as refused:
                error, status = refused, 409
    today = today_of(request)
    return render(request, "network/post.html", context_of(
        request, found=found, records=found.records.all(), form=form, error=error, outcomes=OUTCOMES, end_form=EndForm(),
        may_record=reaches_institution(request.holder, governing.PUBLIC_HEALTH, found.institution_id, today),
        may_end=may(request.holder, governing.POST) and found.end is None), status=status)  # fmt: skip


@require_POST
def outcome(request: HttpRequest, record_id: str) -> HttpResponse:
    require(request.holder, governing.PUBLIC_HEALTH)
    record = PublicHealthRecord.objects.filter(pk=number_of(record_id)).first()
    if record is None:
        raise Http404
    chosen = request.POST.get("outcome", "")
    if chosen not in OUTCOMES:
        raise Refused(_("请选一个结果"))
    governing.record_outcome(request.actor, record_id, outcome=chosen,
                             outcome_text=request.POST.get("outcome_text", "")[:5000], outcome_on=today_of(request))  # fmt: skip
    done(request, _("已记下结果"))
    return redirect("network:post", post_id=record.post_id)


@require_POST
def end_post(request: HttpRequest, post_id: str) -> HttpResponse:
    require(request.holder, governing.POST)
    form = EndForm(request.POST)
    if not form.is_valid():
        raise Refused(first_error(form))
    governing.end_public_health_post(request.actor, post_id, form.cleaned_data["end"])
    done(request, _("已记下止日"))
    return redirect("network:post", post_id=post_id)
