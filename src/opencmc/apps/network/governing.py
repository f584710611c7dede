"""Writes of governance and public health: bodies, decisions, posts of commissioners and liaisons, what they did."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.network.models import (
    Decision,
    GovernanceBody,
    Institution,
    PublicHealthPost,
    PublicHealthRecord,
    Reorganisation,
)
from opencmc.apps.network.scope import day_of, require_community, require_institution
from opencmc.base.errors import Refused

RECORD = "governance.record"
POST = "network.reorganise"
PUBLIC_HEALTH = "public_health.record"


def add_body(actor: Actor, *, name: str, kind: str, community_id: str, start: date) -> GovernanceBody:
    """A committee, council or board: of a community, or with "" of the county."""
    require_community(actor, RECORD, community_id)
    try:
        with audited(actor) as trail:
            with transaction.atomic():
                made = GovernanceBody.objects.create(name=name, kind=kind, community_id=community_id, start=start)
            trail.add(RECORD, object_=name, reason="body")
    except IntegrityError as error:
        raise Refused(
            _("已经有名为“%(name)s”的治理机构") % {"name": name}, possible_when=_("直接选它，或换一个名称。")
        ) from error
    return made


def record_decision(
    actor: Actor, *, body_id: int, decided_on: date, title: str, text: str, document_number: str = "",
    replaces_id: int | None = None,
) -> Decision:  # fmt: skip
    """Write down what a body decided. It can be cited from now on; what cites it keeps it as it is."""
    require(actor.holder, RECORD)
    body = GovernanceBody.objects.filter(pk=body_id).first()
    if body is None:
        raise Refused(_("没有这个治理机构"), possible_when=_("先登记治理机构，再记决定。"))
    require_community(actor, RECORD, body.community_id)
    if decided_on > day_of(actor):
        raise Refused(_("决定日期 %(day)s 还没有到") % {"day": decided_on}, possible_when=_("开过会再记。"))
    if decided_on < body.start or (body.end and decided_on >= body.end):
        raise Refused(_("%(day)s %(body)s还没有成立或已经撤销") % {"day": decided_on, "body": body.name},
                      possible_when=_("核对日期，或更正治理机构的起止日期。"))  # fmt: skip
    try:
        with audited(actor) as trail:
            with transaction.atomic():
                made = Decision.objects.create(
                    body=body, decided_on=decided_on, title=title, text=text, document_number=document_number,
                    replaces_id=replaces_id, recorded_by=actor.holder.username, recorded_at=actor.at)  # fmt: skip
            trail.add(RECORD, object_=f"{made.pk} {title}", reason=document_number)
    except IntegrityError as error:
        raise Refused(_("这一天的同名决定已经记过"), possible_when=_("换一个题目，或打开已有的那一项。")) from error
    return made


def correct_decision(actor: Actor, decision_id: int, *, title: str, text: str, document_number: str) -> None:
    """Mend a slip of the pen, as long as nothing rests on the decision."""
    require(actor.holder, RECORD)
    with audited(actor) as trail:
        found = Decision.objects.select_for_update().select_related("body").get(pk=decision_id)
        require_community(actor, RECORD, found.body.community_id)
        if (
            Reorganisation.objects.filter(decision=found).exclude(state__in=("draft", "discarded")).exists()
            or found.names.exists()
        ):
            raise Refused(
                _("已有调整或名称以这项决定为依据，不能再改"),
                possible_when=_("另记一项决定，写明它代替这一项。"),
            )
        found.title, found.text, found.document_number = title, text, document_number
        found.save()
        trail.add(RECORD, object_=f"{found.pk} {title}", reason="correct")


def post_public_health(
    actor: Actor, *, kind: str, institution_id: str, person: str, username: str, from_unit: str, start: date
) -> PublicHealthPost:
    """Send a commissioner to a lead hospital or a liaison to a member (渝医改办 三（一）1)."""
    require(actor.holder, POST)
    found = Institution.objects.filter(pk=institution_id).first()
    if found is None:
        raise Refused(_("没有编号为“%(id)s”的机构") % {"id": institution_id}, possible_when=_("从列表中选一家机构。"))
    if (found.opened and start < found.opened) or (found.closed and start >= found.closed):
        raise Refused(
            _("%(name)s %(day)s 没有开业") % {"name": found.name, "day": start}, possible_when=_("核对日期。")
        )
    try:
        with audited(actor) as trail:
            with transaction.atomic():
                made = PublicHealthPost.objects.create(kind=kind, institution=found, person=person, username=username,
                                                       from_unit=from_unit, start=start)  # fmt: skip
            trail.add(POST, object_=institution_id, reason=f"public health {kind}")
    except IntegrityError as error:
        raise Refused(
            _("%(person)s已经派驻在这里") % {"person": person}, possible_when=_("先结束原来的派驻。")
        ) from error
    return made


def end_public_health_post(actor: Actor, post_id: str, end: date) -> None:
    require(actor.holder, POST)
    found = PublicHealthPost.objects.filter(pk=post_id if post_id.isdecimal() else 0).first()
    if found is None or end <= found.start:
        raise Refused(_("没有这个派驻，或止日不晚于起日"), possible_when=_("核对日期。"))
    with audited(actor) as trail:
        found.end = end
        found.save(update_fields=["end"])
        trail.add(POST, object_=found.institution_id, reason="public health end")


def record_public_health(
    actor: Actor, post_id: str, *, kind: str, on: date, text: str, outcome: str, outcome_text: str = "",
    outcome_on: date | None = None,
) -> PublicHealthRecord:  # fmt: skip
    """A meeting attended, a suggestion made and what came of it."""
    require(actor.holder, PUBLIC_HEALTH)
    found = PublicHealthPost.objects.filter(pk=post_id if post_id.isdecimal() else 0).first()
    if found is None:
        raise Refused(_("没有这个派驻"), possible_when=_("从派驻列表打开。"))
    require_institution(actor, PUBLIC_HEALTH, found.institution_id)
    if on > day_of(actor) or on < found.start or (found.end and on >= found.end):
        raise Refused(_("%(day)s 不在派驻期内，或还没有到") % {"day": on}, possible_when=_("核对日期。"))
    with audited(actor) as trail:
        made = PublicHealthRecord.objects.create(
            post=found, kind=kind, on=on, text=text, outcome=outcome, outcome_text=outcome_text, outcome_on=outcome_on,
            recorded_by=actor.holder.username)  # fmt: skip
        trail.add(PUBLIC_HEALTH, object_=f"{found.pk}", reason=kind)
    return made


def record_outcome(actor: Actor, record_id: str, *, outcome: str, outcome_text: str, outcome_on: date) -> None:
    """What came of a suggestion."""
    require(actor.holder, PUBLIC_HEALTH)
    found = (
        PublicHealthRecord.objects.filter(pk=record_id if record_id.isdecimal() else 0).select_related("post").first()
    )
    if found is None:
        raise Refused(_("没有这条记录"), possible_when=_("从派驻页打开。"))
    require_institution(actor, PUBLIC_HEALTH, found.post.institution_id)
    if outcome_on < found.on:
        raise Refused(_("答复日期早于建议日期 %(day)s") % {"day": found.on}, possible_when=_("核对日期。"))
    with audited(actor) as trail:
        found.outcome, found.outcome_text, found.outcome_on = outcome, outcome_text, outcome_on
        found.save()
        trail.add(PUBLIC_HEALTH, object_=f"{found.post_id}", reason=outcome)
