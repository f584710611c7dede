"""Residents come from the lake into the database: only what changed since the last time, and never over daily work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.residents import bulk
from opencmc.apps.residents.contracts import Progress, Published
from opencmc.apps.residents.grids import apply_grids
from opencmc.apps.residents.lake_rows import LakeResidents, fingerprint, read_lake
from opencmc.apps.residents.merging import carry_relations
from opencmc.apps.residents.models import (
    CareRelation,
    PublishDifference,
    PublishedResidents,
    Resident,
    SearchKey,
)
from opencmc.apps.residents.readings import initials
from opencmc.apps.residents.relations import replace_relations
from opencmc.apps.residents.sealed_fields import normal_id, normal_phone
from opencmc.apps.residents.sealing import ID_NUMBER, PHONE, Sealer, sealer
from opencmc.apps.residents.search_keys import keys_of

#: The parameter of the pack: how many months a visit or stay keeps a record open.
RELATION_MONTHS = "residents.relation_months"
#: Plain fields that the lake fills.
PLAIN = (
    "name", "sex", "birth_date", "death_date", "township", "village", "insurance_type", "insured_region",
    "institution_id", "team", "programmes", "id_type",
)  # fmt: skip
_IDENTIFIERS = ("id_number", "phone")
_INSERTED = (
    "resident_id", "version", *PLAIN, "name_initials", "birth_is_estimated", "address", "id_sealed", "id_index",
    "id_conflict", "no_id_reason", "phone_sealed", "phone_index", "source", "kept_fields", "lake_digest", "changed_by",
)  # fmt: skip
_CHUNK = 50_000
Row = dict[str, Any]


def publish_residents(
    home: Path, known_at: datetime, actor: Actor, progress: Progress | None = None, *, months: int | None = None
) -> Published | None:
    """Bring the database's residents to what the lake of ``home`` knew at ``known_at``. ``None``: nothing was new.

    A field that daily work has changed stays; where the lake has a new value for it, that is listed as a difference.
    ``months`` is how long a visit or stay keeps a record open; ``None``: as the pack in use says.
    """
    report = progress or (lambda step, share: None)
    of_lake = fingerprint(home, known_at)
    before = PublishedResidents.objects.filter(home=str(home)[-200:], fingerprint=of_lake)
    if before.exists() and Resident.objects.exists():
        return None
    report("读取居民", 0.02)
    if months is None:
        months = int(import_string(settings.PACK_IN_USE)().value(RELATION_MONTHS, actor.today))
    lake = read_lake(home, known_at, today=actor.today, months=months)
    return publish_rows(lake, str(home)[-200:], of_lake, known_at, actor, report)


def publish_rows(
    lake: LakeResidents, home: str, of_lake: str, known_at: datetime, actor: Actor, report: Progress
) -> Published:
    """What was read of the lake goes into the database, in one transaction with its line in the audit."""
    with audited(actor) as trail:
        work = _Publishing(sealer(), known_at, actor, report)
        done = work.publish(lake)
        report("写入诊疗关系", 0.8)
        relations = replace_relations(lake)
        carry_relations()  # merged entries open the kept one
        apply_grids(actor)
        PublishedResidents.objects.update_or_create(
            home=home,
            defaults={
                "fingerprint": of_lake, "known_at": known_at, "published_at": actor.at, "residents": done.read,
            },
        )  # fmt: skip
        trail.add(
            "publish_residents",
            object_=f"{done.read}",
            reason=f"created {done.created}, updated {done.updated}, differences {done.differences}",
        )
    report("整理索引", 0.95)
    bulk.refresh_statistics(Resident, SearchKey, CareRelation)
    report("完成", 1.0)
    return Published(done.read, done.created, done.updated, done.unchanged, done.differences, done.conflicts, relations)


class _Publishing:
    """One publishing: what is there already, and the counts."""

    def __init__(self, keys: Sealer, known_at: datetime, actor: Actor, report: Progress) -> None:
        self._sealer, self._known_at, self._actor, self._report = keys, known_at, actor, report
        #: Digests hide behind the index key: they hold identifiers, whose values are few enough to be tried.
        self._secret = bytes.fromhex(keys.index("publishing", "digest"))
        self._digests = {
            row[0]: bytes(row[1] or b"") for row in Resident.objects.values_list("resident_id", "lake_digest")
        }
        living = Resident.objects.filter(merged_into__isnull=True, id_conflict="", id_index__isnull=False)
        self._held = dict(living.values_list("id_index", "resident_id"))
        self.read = self.created = self.updated = self.differences = self.conflicts = 0

    @property
    def unchanged(self) -> int:
        return self.read - self.created - self.updated

    def publish(self, lake: LakeResidents) -> _Publishing:
        new, changed = [], []
        for row in _rows(lake):
            self.read += 1
            known = self._digests.get(row["resident_id"])
            row["lake_digest"] = self._digest(row)
            if known is None:
                new.append(row)
            elif known != row["lake_digest"]:
                changed.append(row)
        done, whole = 0, max(1, len(new) + len(changed))
        for chunk in batched(new, _CHUNK):
            self._create(chunk)
            done += len(chunk)
            self._report("写入居民", 0.1 + 0.65 * done / whole)
        for chunk in batched(changed, _CHUNK // 25):
            self._update(chunk)
            done += len(chunk)
            self._report("更新居民", 0.1 + 0.65 * done / whole)
        return self

    def _digest(self, row: Row) -> bytes:
        text = "\x1f".join([row[name] or "" for name in (*PLAIN, *_IDENTIFIERS)])
        return hashlib.blake2b(text.encode(), digest_size=16, key=self._secret).digest()

    def _create(self, rows: tuple[Row, ...]) -> None:
        self._complete(rows)
        bulk.insert_rows(Resident, _INSERTED, ([row[name] for name in _INSERTED] for row in rows))
        self._index(rows)
        self.created += len(rows)

    def _complete(self, rows: tuple[Row, ...]) -> None:
        """Sealed values, indexes, initials and conflicts beside the plain ones."""
        keys = self._sealer
        ids = [row["resident_id"] for row in rows]
        sealed = keys.seal_all(ID_NUMBER, ids, [row["id_number"] for row in rows])
        phones = keys.seal_all(PHONE, ids, [row["phone"] for row in rows])
        for row, id_sealed, phone_sealed in zip(rows, sealed, phones, strict=True):
            number, phone = row["id_number"], row["phone"]
            index = keys.index(ID_NUMBER, number) if number else None
            row |= {
                "version": 1, "birth_is_estimated": False, "address": "", "no_id_reason": "", "source": "lake",
                "kept_fields": "[]", "changed_by": self._actor.holder.username, "death_date": row["death_date"] or None,
                "name_initials": (initials(row["name"]) or ("",))[0], "id_sealed": id_sealed, "id_index": index,
                "phone_sealed": phone_sealed, "phone_index": keys.index(PHONE, phone) if phone else None,
                "id_conflict": self._conflict(index, row["resident_id"]),
            }  # fmt: skip

    def _conflict(self, index: str | None, resident_id: str) -> str:
        """``open`` when another living entry holds the number already."""
        if index is None or self._held.setdefault(index, resident_id) == resident_id:
            return ""
        self.conflicts += 1
        return "open"

    def _index(self, rows: tuple[Row, ...] | list[Row]) -> None:
        keys = self._sealer
        found = [
            (key, row["resident_id"], row["institution_id"])
            for row in rows
            for key in keys_of(keys, row["name"], row["id_number"], row["phone"], row.get("card", ""))
        ]
        found.sort()  # in the order of the index: it then grows at few places
        bulk.insert_rows(SearchKey, ("key", "resident", "institution_id"), found)

    def _update(self, rows: tuple[Row, ...]) -> None:
        """Write what the lake has changed, except in fields that daily work keeps."""
        from opencmc.apps.residents.writing import apply_fields, values_of

        there = Resident.objects.in_bulk([row["resident_id"] for row in rows])
        for row in rows:
            resident = there[row["resident_id"]]
            now = values_of(resident)
            wanted = {name: row[name] for name in (*PLAIN, *_IDENTIFIERS)}
            kept, fresh = [], {}
            for name, value in wanted.items():
                if name not in resident.kept_fields:
                    fresh[name] = value
                elif value == now[name]:
                    PublishDifference.objects.filter(resident=resident, field=name).delete()
                else:
                    kept.append(name)
                    self._differs(resident, name, now[name], value)
            resident.kept_fields = [name for name in resident.kept_fields if name in kept or name not in wanted]
            resident.lake_digest = row["lake_digest"]
            apply_fields(resident, fresh, self._actor, kept=False, conflict_is_allowed=True)
        self.updated += len(rows)

    def _differs(self, resident: Resident, field: str, here: str, lake: str) -> None:
        hidden = field in _IDENTIFIERS
        PublishDifference.objects.update_or_create(
            resident=resident,
            field=field,
            defaults={
                "here": "" if hidden else here[:200], "lake": "" if hidden else lake[:200], "known_at": self._known_at,
            },
        )  # fmt: skip
        self.differences += 1


def _rows(lake: LakeResidents) -> Iterator[Row]:
    """The people of the lake as rows, identifiers in their normal form."""
    names = lake.people.column_names
    for batch in lake.people.to_batches(max_chunksize=50_000):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row = dict(zip(names, values, strict=True))
            row["id_number"] = normal_id(row["id_number"])
            row["phone"] = normal_phone(row["phone"])
            row["id_type"] = "none" if not row["id_number"] else row.pop("document_type") or "citizen_id"
            yield row


def open_conflicts() -> Q:
    """Living entries whose ID number another living entry holds, until somebody has looked."""
    return Q(id_conflict="open", merged_into__isnull=True)
