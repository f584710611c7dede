"""Writes about one institution: what it is called, has and does, and how it stands to the standards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.network.models import (
    AdoptedStandard,
    Decision,
    Institution,
    InstitutionName,
    InstitutionService,
    StandardAnswer,
)
from opencmc.apps.network.packs import standard_of
from opencmc.apps.network.rows import Moved
from opencmc.apps.network.scope import day_of, require_institution
from opencmc.apps.network.writing import lock_network, read_rows, write_network
from opencmc.base.errors import Refused

EDIT = "network.edit"
#: What may be corrected without a reorganisation.
EDITABLE = ("name", "short_name", "tier", "kind", "township", "open_beds", "opened")


def edit_institution(actor: Actor, institution_id: str, version: int, given: dict[str, Any]) -> None:
    """Correct what the register says of an institution. Where it belongs is changed by a reorganisation."""
    require_institution(actor, EDIT, institution_id)
    with audited(actor) as trail:
        lock_network()
        found = Institution.objects.get(pk=institution_id)
        if found.version != version:
            raise Refused(
                _("%(name)s的信息在您打开之后已被别人修改") % {"name": found.name},
                rule=_("两人同时修改，先保存的有效"),
                possible_when=_("重新打开这一页，核对之后再保存；您填的内容还在下面。"),
            )
        before = read_rows().institutions[institution_id]
        after = replace(before, **{name: given[name] for name in EDITABLE if name in given})
        if after == before:
            raise Refused(_("没有改动"), possible_when=_("改动至少一处再保存。"))
        write_network([Moved("institution", before, after)], actor)
        changed = [name for name in EDITABLE if getattr(before, name) != getattr(after, name)]
        trail.add(EDIT, object_=institution_id, reason="、".join(changed))


def _once(sentence: str, possible: str):
    """A context in which what the database will not have double becomes a refusal."""

    class Once:
        def __enter__(self) -> None:
            self.point = transaction.atomic()
            self.point.__enter__()

        def __exit__(self, kind, error, at) -> bool:
            self.point.__exit__(kind, error, at)
            if kind is not None and issubclass(kind, IntegrityError):
                raise Refused(sentence, possible_when=possible) from error
            return False

    return Once()


def add_name(
    actor: Actor, institution_id: str, *, kind: str, text: str, start: date, decision_id: int | None = None
) -> None:
    """A plate beside the first name, or a new first name from a day on (the former one ends)."""
    found = require_institution(actor, EDIT, institution_id)
    with audited(actor) as trail:
        if kind == "first":
            InstitutionName.objects.filter(institution=found, kind="first", end__isnull=True, start__lt=start).update(
                end=start
            )
        with _once(_("这个名称已经记过"), _("核对名称和起始日。")):
            InstitutionName.objects.create(
                institution=found, kind=kind, text=text, start=start,
                decision=Decision.objects.filter(pk=decision_id).first() if decision_id else None)  # fmt: skip
        trail.add(EDIT, object_=institution_id, reason=f"name {kind}")


def end_name(actor: Actor, institution_id: str, name_id: str, end: date) -> None:
    found = require_institution(actor, EDIT, institution_id)
    row = InstitutionName.objects.filter(pk=name_id if name_id.isdecimal() else 0, institution=found).first()
    _end(actor, row, end, institution_id, "name end")


def add_service(actor: Actor, institution_id: str, *, kind: str, code: str, label: str, start: date) -> None:
    """An area that it has, a disease that it is listed to treat, or a service that it offers, from a day on."""
    found = require_institution(actor, EDIT, institution_id)
    with audited(actor) as trail:
        with _once(_("这家机构已经列有“%(label)s”") % {"label": label}, _("先结束原来的一条，再从新的一天起。")):
            InstitutionService.objects.create(institution=found, kind=kind, code=code, label=label, start=start)
        trail.add(EDIT, object_=institution_id, reason=f"service {kind} {code}")


def end_service(actor: Actor, institution_id: str, service_id: str, end: date) -> None:
    found = require_institution(actor, EDIT, institution_id)
    row = InstitutionService.objects.filter(pk=service_id if service_id.isdecimal() else 0, institution=found).first()
    _end(actor, row, end, institution_id, "service end")


def _end(actor: Actor, row: Any, end: date, institution_id: str, done: str) -> None:
    if row is None:
        raise Refused(_("没有这一条"), possible_when=_("从机构页打开。"))
    if end <= row.start:
        raise Refused(_("止日 %(end)s 不晚于起日 %(start)s") % {"end": end, "start": row.start},
                      possible_when=_("止日当天不再有效，至少比起日晚一天。"))  # fmt: skip
    with audited(actor) as trail:
        row.end = end
        row.save(update_fields=["end"])
        trail.add(EDIT, object_=institution_id, reason=done)


def adopt_standard(actor: Actor, *, pack: str, entry_id: str, start: date) -> None:
    """Let a standard of a pack bind this county from a day on."""
    require(actor.holder, "network.reorganise")
    if standard_of(pack, entry_id, start) is None:
        raise Refused(_("这项标准在 %(day)s 没有内容") % {"day": start}, possible_when=_("选它开始适用之后的一天。"))
    with audited(actor) as trail:
        with _once(_("已经采用这项标准"), _("不必再采用一次。")):
            AdoptedStandard.objects.create(pack=pack, entry_id=entry_id, start=start)
        trail.add("network.reorganise", object_=f"{pack}:{entry_id}", reason="adopt")


def answer_standard(
    actor: Actor, institution_id: str, *, pack: str, entry_id: str, item: str, result: str, since: date, evidence: str
) -> None:
    """Say since when an item is met or not; the answer of the same day is replaced, earlier ones stay."""
    found = require_institution(actor, EDIT, institution_id)
    standard = standard_of(pack, entry_id, max(since, day_of(actor)))
    if standard is None or item not in {each.item for each in standard.items}:
        raise Refused(_("标准里没有这一条"), possible_when=_("从机构页的标准里选一条。"))
    with audited(actor) as trail:
        StandardAnswer.objects.update_or_create(
            institution=found, pack=pack, entry_id=entry_id, item=item, since=since,
            defaults={"result": result, "evidence": evidence, "answered_by": actor.holder.username},
        )  # fmt: skip
        trail.add(EDIT, object_=institution_id, reason=f"standard {item} {result}")
