"""Residents as lines that this reader may see: names and identifiers masked by reach and by right."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from opencmc.apps.access.api import Actor, Reach, may, reach
from opencmc.apps.network.api import institutions_within, list_places, list_units, network_version
from opencmc.apps.residents.contracts import PersonLine
from opencmc.apps.residents.masking import mask_id, mask_name, mask_phone
from opencmc.apps.residents.models import CareRelation, Resident
from opencmc.apps.residents.sealing import ID_NUMBER, PHONE, sealer

_UNDER_A_MONTH, _MONTHS_UNTIL = 28, 24


def open_on(day: date) -> Q:
    """Care relations that hold on ``day``."""
    return Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gt=day))


def within(reach: Reach | None, day: date) -> Q:
    """The condition over residents that a right reaches: the responsible institution is in reach, or an institution with
    an open care relation is. Nothing for no right."""
    if reach is None:
        return Q(pk__in=[])
    institutions = institutions_within(reach, day)
    return Q() if institutions is None else cared_for_by(institutions, day)


def cared_for_by(institutions: Collection[str], day: date) -> Q:
    held = CareRelation.objects.filter(
        open_on(day), resident_id=OuterRef("pk"), institution_id__in=sorted(institutions)
    )
    return Q(institution_id__in=sorted(institutions)) | Q(Exists(held))


def age_text(birth: date, on: date) -> str:
    """45岁; under two years 14个月; under a month 12天."""
    if on < birth:
        return "—"
    days = (on - birth).days
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    if days < _UNDER_A_MONTH or months < 1:
        return ngettext("%(n)s天", "%(n)s天", days) % {"n": days}
    if months < _MONTHS_UNTIL:
        return ngettext("%(n)s个月", "%(n)s个月", months) % {"n": months}
    return ngettext("%(n)s岁", "%(n)s岁", months // 12) % {"n": months // 12}


def lines(actor: Actor, residents: Iterable[Resident], seen: Collection[str] | None) -> list[PersonLine]:
    """``residents`` as lines; ``seen`` are the ids that are in reach, ``None``: all of them."""
    keys, places = sealer(), places_by_code()
    tail = may(actor.holder, "residents.reveal")
    found = []
    for resident in residents:
        in_reach = seen is None or resident.pk in seen
        number = keys.open(ID_NUMBER, resident.pk, resident.id_sealed)
        phone = keys.open(PHONE, resident.pk, resident.phone_sealed)
        found.append(
            PersonLine(
                resident_id=resident.pk,
                name=(resident.name if in_reach else mask_name(resident.name)) or _("（没有姓名）"),
                sex=str(resident.get_sex_display()),
                birth_date=resident.birth_date if in_reach else date(resident.birth_date.year, 1, 1),
                age_text=age_text(resident.birth_date, resident.death_date or actor.today),
                village_name=village_name(places, resident.village) if in_reach else "",
                township_name=places.get(resident.township, ""),
                institution_id=resident.institution_id,
                id_masked=mask_id(number, tail=in_reach and tail),
                phone_masked=mask_phone(phone, tail=in_reach and tail),
                deceased=resident.death_date is not None,
                merged_into=resident.merged_into_id or "",
                in_reach=in_reach,
                programmes=tuple(name for name in resident.programmes.split("|") if name) if in_reach else (),
                team=resident.team if in_reach else "",
                conflict=resident.id_conflict if in_reach else "",
                version=resident.version,
            )
        )
    return found


def lines_of(actor: Actor, resident_ids: Iterable[str], action: str = "residents.view") -> dict[str, PersonLine]:
    """Lines by id, for worklists. Those out of reach of ``action`` are masked; unknown ids are left out."""
    ids = [pk for pk in dict.fromkeys(resident_ids) if "\x00" not in pk]
    residents = Resident.objects.in_bulk(ids)
    seen = in_reach(actor, ids, action)
    return {line.resident_id: line for line in lines(actor, residents.values(), seen)}


def in_reach(actor: Actor, resident_ids: Collection[str], action: str) -> set[str]:
    """Which of these the holder's right reaches."""
    found = within(reach(actor.holder, action), actor.today)
    return set(Resident.objects.filter(found, pk__in=list(resident_ids)).values_list("pk", flat=True))


def places_by_code() -> dict[str, str]:
    """The names of townships and villages by code, kept for as long as the network does not change. A clinic's number ends
    with the code of its village."""
    return _places(network_version())


@lru_cache(maxsize=4)
def _places(_version: str) -> dict[str, str]:
    names = {code: place.name for code, place in list_places().items()}
    for unit in list_units(tiers=("village",)).values():
        code = unit.institution_id[-12:]
        if len(code) == 12 and code.isdigit():
            names[code] = unit.short_name
    return names


def village_name(places: dict[str, str], code: str) -> str:
    return places.get(code, "") or (_("代码 %(code)s 的村") % {"code": code} if code else "")
