"""What daily work knows of residents otherwise than the lake, as rows of its tables ``resident`` and ``identity``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from opencmc.apps.residents.models import Resident, ResidentChange
from opencmc.apps.residents.sealing import ID_NUMBER, PHONE, sealer

#: Changes this far behind the last one are looked at again: a transaction may end after one that began later.
LOOK_BACK = 10_000

_RESIDENT = ("sex", "birth_date", "death_date", "township", "village", "insurance_type", "insured_region")
_IDENTITY = {"name": "full_name", "id_type": "document_type", "id_number": "document_number", "phone": "phone"}

#: A row, and the columns that daily work answers for; of the others the lake's own stay.
Row = tuple[dict[str, Any], set[str]]


def last_change() -> int:
    return ResidentChange.objects.aggregate(last=Max("id"))["last"] or 0


def changed_after(change: int, exported: Mapping[str, int]) -> tuple[dict[str, int], dict[str, list[Row]]]:
    """Residents that were written after ``change``, beyond the version in ``exported``: their versions, and by table their
    rows. Rows hold identifiers in the clear: they go into the lake and nowhere else."""
    ids = ResidentChange.objects.filter(id__gt=change - LOOK_BACK).values_list("resident_id").distinct()
    found = [
        row
        for row in Resident.objects.filter(pk__in=ids).order_by("resident_id").iterator()
        if row.version > exported.get(row.resident_id, 0)
    ]
    rows: dict[str, list[Row]] = {"resident": [], "identity": []}
    keys = sealer()
    for row in found:
        kept = set(row.kept_fields)
        own = kept & set(_RESIDENT)
        if own:
            values = {name: getattr(row, name) or None for name in _RESIDENT}
            rows["resident"].append(({"resident_id": row.resident_id, **values}, own))
        named = {_IDENTITY[name] for name in kept & set(_IDENTITY)}
        if named:
            number = keys.open(ID_NUMBER, row.resident_id, row.id_sealed)
            kinds = {"citizen_id": "citizen_id", "none": None}
            values = {
                "full_name": row.name, "document_number": number or None,
                "document_type": kinds.get(row.id_type, "other") if number else None,
                "phone": keys.open(PHONE, row.resident_id, row.phone_sealed) or None,
            }  # fmt: skip
            rows["identity"].append(({"resident_id": row.resident_id, **values}, named))
    return {row.resident_id: row.version for row in found}, rows
