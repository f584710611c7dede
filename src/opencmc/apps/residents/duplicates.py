"""Who may be the same person as somebody about to be registered: exact keys first, then the matching model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.residents.contracts import Candidate
from opencmc.apps.residents.lines import in_reach, lines
from opencmc.apps.residents.models import Resident, SearchKey
from opencmc.apps.residents.readings import clean_name, initials
from opencmc.apps.residents.sealing import CARD, ID_NUMBER, PHONE, sealer
from opencmc.apps.residents.search_keys import INITIALS, NAME
from opencmc.methods.matching import Matcher, Thresholds

_SHOWN, _SCORED = 8, 60


def candidates(actor: Actor, fields: Mapping[str, str], *, but: str = "") -> list[Candidate]:
    """Living entries that may be this person, the surest first. Who is out of reach is masked. ``but`` is left out."""
    keys = sealer()
    exact, near = Q(pk__in=[]), Q(pk__in=[])
    if fields.get("id_number"):
        exact |= Q(id_index=keys.index(ID_NUMBER, fields["id_number"]))
    if fields.get("card"):
        exact |= Q(card_index=keys.index(CARD, fields["card"]))
    if fields.get("phone"):
        near |= Q(phone_index=keys.index(PHONE, fields["phone"]))
    same_name = _named_alike(fields.get("name", ""))
    if same_name and fields.get("birth_date"):
        near |= Q(pk__in=same_name, birth_date=fields["birth_date"])
        near |= Q(pk__in=same_name, birth_date__year=fields["birth_date"][:4], sex=fields.get("sex", ""))
    living = Resident.objects.filter(merged_into=None).exclude(pk=but)
    found = {row.pk: row for row in living.filter(exact)[:_SHOWN]}
    certain = set(found)
    found |= {row.pk: row for row in living.filter(near)[:_SCORED] if row.pk not in found}
    why = {pk: _("证件号码或健康卡号相同") for pk in certain} | _scored(
        fields, [found[pk] for pk in found if pk not in certain]
    )
    seen = in_reach(actor, list(why), "residents.view")
    shown = {line.resident_id: line for line in lines(actor, [found[pk] for pk in why], seen)}
    return [Candidate(shown[pk], why[pk], pk in certain) for pk in why][:_SHOWN]


def _named_alike(name: str) -> list[str]:
    """Those of the same name or the same initials."""
    whole = clean_name(name)
    if not whole:
        return []
    wanted = [NAME + whole.encode(), *(INITIALS + letters.encode() for letters in initials(whole))]
    return list(SearchKey.objects.filter(key__in=wanted).values_list("resident_id", flat=True)[:2_000])


def _scored(fields: Mapping[str, str], others: list[Resident]) -> dict[str, str]:
    """What the model says of each: only those that are one person or for people to decide."""
    if not others:
        return {}
    matcher = _matcher(*_thresholds(date.fromisoformat(fields["birth_date"]) if fields.get("birth_date") else None))
    record = _record("", fields)
    scored = matcher.score(record, [_record(row.pk, _values(row)) for row in others])
    labels = {"same": _("很可能是同一人"), "review": _("可能是同一人")}
    found = {}
    for each in scored:
        if each.decision in labels:
            reasons = [f"{r.field_label}：{r.level_label}" for r in each.reasons if r.weight > 100][:3]
            found[each.candidate] = labels[each.decision] + (f"（{'；'.join(reasons)}）" if reasons else "")
    return found


def _values(row: Resident) -> dict[str, Any]:
    keys = sealer()
    return {
        "name": row.name, "sex": row.sex, "birth_date": row.birth_date.isoformat(), "township": row.township,
        "village": row.village, "id_number": keys.open(ID_NUMBER, row.pk, row.id_sealed),
        "phone": keys.open(PHONE, row.pk, row.phone_sealed),
    }  # fmt: skip


def _record(record_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    birth = fields.get("birth_date")
    return {
        "record_id": record_id, "full_name": fields.get("name") or None, "sex": fields.get("sex") or None,
        "birth_date": date.fromisoformat(birth) if birth else None, "document_number": fields.get("id_number") or None,
        "phone": fields.get("phone") or None, "township": fields.get("township") or None,
        "village": fields.get("village") or None,
    }  # fmt: skip


def _thresholds(day: date | None) -> tuple[int, int]:
    pack = import_string(settings.PACK_IN_USE)()
    on = max(day or date(2017, 1, 1), date(2017, 1, 1))
    return int(pack.value("residents.matching_same", on)), int(pack.value("residents.matching_review", on))


@lru_cache(maxsize=4)
def _matcher(same: int, review: int) -> Matcher:
    return Matcher(Thresholds(same=same, review=review))
