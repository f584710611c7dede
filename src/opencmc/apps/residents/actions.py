"""Writes of residents: register one, change one, reseal all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date

from django.db import IntegrityError
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.network.api import institutions_within, list_units
from opencmc.apps.residents.checks import check_fields
from opencmc.apps.residents.contracts import FieldDifference, PersonLine, SavedBefore, Stale, Unacceptable
from opencmc.apps.residents.duplicates import candidates
from opencmc.apps.residents.guarded import access_resident
from opencmc.apps.residents.lake_rows import places_of, responsible
from opencmc.apps.residents.lines import lines
from opencmc.apps.residents.masking import mask_id, mask_phone
from opencmc.apps.residents.models import CareRelation, Resident, ResidentChange
from opencmc.apps.residents.review import note_pairs
from opencmc.apps.residents.words import FIELDS
from opencmc.apps.residents.writing import SEALED, VersionMoved, apply_fields, insert_resident, values_of

#: The field by which one says "this is another person, register all the same", with the reason.
CONFIRM, CONFIRM_REASON = "confirm_duplicate", "duplicate_reason"


def create_resident(actor: Actor, fields: Mapping[str, str], *, source: str = "entered") -> PersonLine:
    """Register a person. Raises :class:`Unacceptable` with the fields that are wrong, or with who may be the same person:
    then ``confirm_duplicate`` and ``duplicate_reason`` among ``fields`` register all the same. An ID number that somebody
    has already makes this entry a stated conflict, which waits on the review list."""
    found = require(actor.holder, "residents.create")
    checked, errors = check_fields(fields, today=actor.today)
    institutions = institutions_within(found, actor.today)
    checked["institution_id"] = checked.get("institution_id") or _responsible(checked, actor)
    if checked["institution_id"] and checked["institution_id"] not in list_units(
        tiers=("village", "township", "county")
    ):
        errors["institution_id"] = _("没有这家机构，请从列表中选择")
    if errors:
        raise Unacceptable(errors)
    others = candidates(actor, checked)
    confirmed = bool(fields.get(CONFIRM)) and len(fields.get(CONFIRM_REASON, "").strip()) >= 2
    if others and not confirmed:
        asked = {CONFIRM_REASON: _("请写明为什么不是同一人")} if fields.get(CONFIRM) else {}
        raise Unacceptable(
            asked, asks="duplicate", candidates=others, sentence=_("系统里可能已有这个人，请先核对下面的人")
        )
    resident = Resident(resident_id=new_resident_id(), source=source)
    with audited(actor) as trail:
        try:
            insert_resident(resident, checked, actor, conflict_is_allowed=confirmed)
        except IntegrityError as error:  # somebody registered the same number a moment ago
            if not is_same_number(error):
                raise
            raise Unacceptable(
                {"id_number": _("刚刚有人用同一证件号登记了，请重新查找")}, asks="duplicate",
                candidates=candidates(actor, checked),
            ) from error  # fmt: skip
        _open_to_maker(resident, institutions, actor)
        note_pairs(actor, resident, [other.line.resident_id for other in others])
        reason = fields.get(CONFIRM_REASON, "").replace("\x00", "").strip()[:200] if others else ""
        trail.add("residents.create", object_=source, resident_id=resident.pk, reason=reason)
    return lines(actor, [resident], None)[0]


def is_same_number(error: IntegrityError) -> bool:
    """Whether the database refused a second living entry with one ID number; engines name the column or the rule."""
    return "one_living_entry_an_id" in str(error) or "residents_resident.id_index" in str(error)


def new_resident_id() -> str:
    """A number that says nothing and cannot be counted through."""
    return "P" + secrets.token_hex(8).upper()


def _responsible(fields: Mapping[str, str], actor: Actor) -> str:
    units = list_units(tiers=("village", "township"))
    by_place = responsible(places_of(units.values()), "", fields.get("village", ""), fields.get("township", ""))
    holder = actor.holder
    return by_place or (holder.unit_id if holder.unit_kind == "institution" else "")


def _open_to_maker(resident: Resident, institutions: frozenset[str] | None, actor: Actor) -> None:
    """Who registers a person of another place has them in front of them: their institution may open the record for a year."""
    if institutions is None or resident.institution_id in institutions or actor.holder.unit_kind != "institution":
        return
    today = actor.today
    end = date(today.year + 1, today.month, min(today.day, 28))
    CareRelation.objects.get_or_create(
        resident=resident, institution_id=actor.holder.unit_id, kind="visit", defaults={"start": today, "end": end}
    )


def edit_resident(actor: Actor, resident_id: str, version: int, fields: Mapping[str, str]) -> PersonLine:
    """Change ``fields`` of the resident as it was at ``version``. Raises :class:`Unacceptable`, or :class:`SavedBefore` with
    who saved meanwhile, when, and in which fields that differs from what is asked now."""
    with audited(actor) as trail:
        resident = access_resident(actor, resident_id, action="residents.edit", audit=False)
        if resident.merged_into_id:
            raise Unacceptable({}, sentence=_("这条登记已并入另一位居民，请到那里修改"))
        now = values_of(resident)
        checked, errors = check_fields(fields, today=actor.today, now=now)
        if resident.version != version:
            raise _saved_before(resident, version, now, checked)
        if "institution_id" in checked and checked["institution_id"] not in {
            now["institution_id"], *list_units(tiers=("village", "township", "county")),
        }:  # fmt: skip
            errors["institution_id"] = _("没有这家机构，请从列表中选择")
        if errors:
            raise Unacceptable(errors)
        confirmed = bool(fields.get(CONFIRM)) and len(fields.get(CONFIRM_REASON, "").strip()) >= 2
        changed = [name for name, value in checked.items() if now[name] != value]
        others = [c for c in candidates(actor, {**now, **checked}, but=resident.pk) if c.certain]
        if "id_number" in changed and others and not confirmed:
            raise Unacceptable(
                {"id_number": _("这个证件号码已登记在另一个人名下，请先核对")}, asks="duplicate", candidates=others
            )
        try:
            apply_fields(resident, checked, actor, kept=True, conflict_is_allowed=confirmed)
        except VersionMoved:
            raise _saved_before(Resident.objects.get(pk=resident.pk), version, now, checked) from None
        except IntegrityError as error:
            if not is_same_number(error):
                raise
            raise Unacceptable({"id_number": _("刚刚有人用同一证件号登记了，请重新查找")}) from error
        trail.add(
            "residents.edit", object_=", ".join(changed), resident_id=resident.pk, reason=_said(changed, now, checked)
        )
    return lines(actor, [resident], None)[0]


def _said(changed: list[str], now: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Old → new of each field; of identifiers only that they were changed."""
    return "；".join(
        f"{FIELDS[name]}：" + ("***" if name in SEALED else f"{now[name] or '—'} → {new[name] or '—'}")
        for name in changed
    )


def _saved_before(resident: Resident, version: int, now: Mapping[str, str], mine: Mapping[str, str]) -> SavedBefore:
    changes = list(ResidentChange.objects.filter(resident=resident, version__gt=version).order_by("version"))
    names = {name for change in changes for name in change.fields}
    now = values_of(resident)
    differs = [name for name in FIELDS if name in names and name in mine and mine[name] != now[name]]
    differences = tuple(
        FieldDifference(name, str(FIELDS[name]), _shown(name, now[name]), _shown(name, mine[name])) for name in differs
    )
    stale = Stale(resident.version, resident.changed_by, resident.changed_at, differences)
    return SavedBefore(
        _("您打开之后，%(who)s已保存过这位居民的信息") % {"who": resident.changed_by or _("另一位同事")},
        _("请核对下面的不同之处，再保存一次；您填的内容都还在"), stale,
    )  # fmt: skip


def _shown(name: str, value: str) -> str:
    if name in SEALED:
        return mask_phone(value) if name == "phone" else mask_id(value)
    return value
