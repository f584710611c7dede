"""One write to a resident: what changes, sealed and indexed anew, guarded by the version, kept as a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction

from opencmc.apps.access.api import Actor
from opencmc.apps.residents.models import Resident, ResidentChange, SearchKey
from opencmc.apps.residents.readings import initials
from opencmc.apps.residents.relations import set_responsible
from opencmc.apps.residents.sealing import CARD, ID_NUMBER, MOTHER_ID, PHONE, Sealer, sealer
from opencmc.apps.residents.search_keys import keys_of

#: The sealed fields: name → (frozen name, sealed column, index column).
SEALED = {
    "id_number": (ID_NUMBER, "id_sealed", "id_index"),
    "phone": (PHONE, "phone_sealed", "phone_index"),
    "card": (CARD, "card_sealed", "card_index"),
    "mother_id": (MOTHER_ID, "mother_sealed", "mother_index"),
}
_DATES = ("birth_date", "death_date")
_PLAIN = (
    "name", "sex", "birth_date", "birth_is_estimated", "death_date", "township", "village", "address", "institution_id",
    "team", "programmes", "insurance_type", "insured_region", "id_type", "no_id_reason",
)  # fmt: skip
_SEARCHED = ("name", "institution_id", *SEALED)
_DERIVED = ("name_initials", "mother", "id_conflict", "kept_fields", "lake_digest", "changed_at", "changed_by")


class VersionMoved(Exception):
    """Somebody else has written since. Caught where the page can show who and what."""


def values_of(resident: Resident) -> dict[str, str]:
    """All fields as text: dates in ISO form, "" for nothing, identifiers opened."""
    found = {name: _text(getattr(resident, name)) for name in _PLAIN}
    keys = sealer()
    for name, (frozen, column, _) in SEALED.items():
        found[name] = keys.open(frozen, resident.resident_id, getattr(resident, column))
    return found


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)


def _value(name: str, text: str) -> Any:
    if name in _DATES:
        return date.fromisoformat(text) if text else None
    return text == "1" if name == "birth_is_estimated" else text


def apply_fields(
    resident: Resident,
    fields: Mapping[str, str | None],
    actor: Actor,
    *,
    kept: bool,
    conflict_is_allowed: bool = False,
) -> list[str]:
    """Write ``fields`` (as text) to ``resident`` as it was read; the names of what changed. Inside an audited block.

    ``kept``: publishing shall leave these fields alone from now on. Raises :class:`VersionMoved`, and ``IntegrityError``
    for an ID number that another living entry holds, unless that ``conflict_is_allowed``.
    """
    before = values_of(resident)
    wanted = {name: value or "" for name, value in fields.items()}
    changed = [name for name, value in wanted.items() if before[name] != value]
    seen = resident.version
    for name in changed:
        put_value(sealer(), resident, name, wanted[name])
    if kept:
        resident.kept_fields = sorted({*resident.kept_fields, *changed})
    if "name" in changed:
        resident.name_initials = (initials(resident.name) or ("",))[0]
    if "mother_id" in changed:
        resident.mother = _holder_of(resident.mother_index)
    if "id_number" in changed or conflict_is_allowed:
        resident.id_conflict = _conflict(resident) if conflict_is_allowed else ""
    if changed:
        resident.version += 1
        resident.changed_at, resident.changed_by = actor.at, actor.holder.username
    _write(resident, seen)
    if changed:
        shown = {name: [before[name], wanted[name]] if name not in SEALED else None for name in changed}
        ResidentChange.objects.create(
            resident=resident, version=resident.version, at=actor.at, actor=actor.holder.username, fields=shown
        )
    if set(changed) & set(_SEARCHED):
        index_again(resident)
    if "institution_id" in changed:
        set_responsible(resident, actor.today)
    return changed


def _write(resident: Resident, seen: int) -> None:
    names = [*_PLAIN, *_DERIVED, *(column for _, *columns in SEALED.values() for column in columns)]
    values = {name: getattr(resident, name) for name in names}
    with transaction.atomic():
        written = Resident.objects.filter(pk=resident.pk, version=seen).update(version=resident.version, **values)
    if not written:
        raise VersionMoved


def put_value(keys: Sealer, resident: Resident, name: str, value: str) -> None:
    """Set one field from its text, sealed and indexed where it is an identifier."""
    if name not in SEALED:
        setattr(resident, name, _value(name, value))
        return
    frozen, sealed, index = SEALED[name]
    setattr(resident, sealed, keys.seal(frozen, resident.resident_id, value) if value else None)
    # A mother is found by her own number, so both share one index.
    indexed = ID_NUMBER if name == "mother_id" else frozen
    setattr(resident, index, keys.index(indexed, value) if value else None)


def _holder_of(index: str | None) -> Resident | None:
    if not index:
        return None
    return Resident.objects.filter(id_index=index, merged_into=None).order_by("id_conflict").first()


def _conflict(resident: Resident) -> str:
    if not resident.id_index:
        return ""
    others = Resident.objects.filter(id_index=resident.id_index, merged_into=None, id_conflict="")
    if others.exclude(pk=resident.pk).exists():
        return resident.id_conflict or "open"
    return ""


def index_again(*residents: Resident) -> None:
    """Make the search keys of ``residents`` anew."""
    keys = sealer()
    SearchKey.objects.filter(resident__in=[resident.pk for resident in residents]).delete()
    found = []
    for resident in residents:
        opened = (keys.open(frozen, resident.pk, getattr(resident, column)) for frozen, column, _ in SEALED.values())
        id_number, phone, card, _mother = opened
        wanted = dict.fromkeys(keys_of(keys, resident.name, id_number, phone, card))
        found += [SearchKey(key=key, resident=resident, institution_id=resident.institution_id) for key in wanted]
    SearchKey.objects.bulk_create(found, batch_size=1000)


def insert_resident(resident: Resident, fields: Mapping[str, str], actor: Actor, *, conflict_is_allowed: bool) -> None:
    """A new resident with ``fields`` (as text). ``IntegrityError`` for an ID number that another living entry holds."""
    keys = sealer()
    for name, value in fields.items():
        put_value(keys, resident, name, value)
    resident.name_initials = (initials(resident.name) or ("",))[0]
    resident.mother = _holder_of(resident.mother_index)
    resident.kept_fields = sorted(name for name, value in fields.items() if value)
    resident.changed_at, resident.changed_by = actor.at, actor.holder.username
    if conflict_is_allowed:
        resident.id_conflict = _conflict(resident)
    with transaction.atomic():
        resident.save(force_insert=True)
    ResidentChange.objects.create(
        resident=resident, version=1, at=actor.at, actor=actor.holder.username, fields=dict.fromkeys(fields)
    )
    index_again(resident)
    set_responsible(resident, actor.today)
