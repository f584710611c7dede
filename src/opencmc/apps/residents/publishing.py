"""Residents come from the lake into the database: only what changed since the last time, and never over daily work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import batched, islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from django.conf import settings
from django.utils.module_loading import import_string

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.jobs.api import start
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
from opencmc.apps.residents.preparing import Identity, Prepared, prepare_all
from opencmc.apps.residents.relations import replace_relations
from opencmc.apps.residents.sealed_fields import normal_id, normal_phone
from opencmc.apps.residents.sealing import Sealer, sealer

#: The parameter of the pack: how many months a visit or stay keeps a record open.
RELATION_MONTHS = "residents.relation_months"
#: Plain fields that the lake fills.
PLAIN = (
    "name", "sex", "birth_date", "death_date", "township", "village", "insurance_type", "insured_region",
    "institution_id", "team", "programmes", "id_type",
)  # fmt: skip
_IDENTIFIERS = ("id_number", "phone")
_FIELDS = (*PLAIN, *_IDENTIFIERS)
_INSERTED = (
    "resident_id", *PLAIN, "lake_digest", "name_initials", "id_sealed", "id_index", "phone_sealed", "phone_index",
    "id_conflict", "version", "birth_is_estimated", "address", "no_id_reason", "source", "kept_fields", "changed_by",
)  # fmt: skip
_NAME, _DEATH, _INSTITUTION = (PLAIN.index(name) for name in ("name", "death_date", "institution_id"))
#: Residents that are written before their keys are, and changed ones that are read at a time.
_CHUNK, _CHANGED = 50_000, 2_000


class Row(NamedTuple):
    """One resident of the lake: ``values`` as text in the order of the fields that the lake fills."""

    resident_id: str
    values: tuple[str, ...]
    digest: bytes


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
        with bulk.first_rows(Resident, SearchKey):
            done = work.publish(lake)
        report("写入诊疗关系", 0.8)
        with bulk.first_rows(CareRelation):
            relations = replace_relations(lake)
        carry_relations()  # merged entries open the kept one
        apply_grids(actor)
        if done.created or done.updated:
            start(actor, "residents.matching", key="all")
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
        new: list[Row] = []
        changed: list[Row] = []
        for resident_id, values in _rows(lake):
            self.read += 1
            row = Row(resident_id, values, self._digest(values))
            known = self._digests.get(resident_id)
            if known is None:
                new.append(row)
            elif known != row.digest:
                changed.append(row)
        self._create(new, max(1, len(new) + len(changed)))
        for chunk in batched(changed, _CHANGED):
            self._update(chunk)
            self._report("更新居民", 0.1 + 0.65 * (self.created + self.updated) / (len(new) + len(changed)))
        return self

    def _digest(self, values: tuple[str, ...]) -> bytes:
        text = "\x1f".join(values)
        return hashlib.blake2b(text.encode(), digest_size=16, key=self._secret).digest()

    def _create(self, rows: Sequence[Row], whole: int) -> None:
        """New residents in the order of their ids. While one lot is written, the next ones are being sealed."""
        people = (Identity(row.resident_id, row.values[_NAME], *row.values[len(PLAIN) :]) for row in rows)
        lots = prepare_all(self._sealer, people, len(rows))
        left = iter(rows)
        keys: list[tuple[bytes, str, str]] = []
        for lot in lots:
            some = list(zip(islice(left, len(lot)), lot, strict=True))
            bulk.insert_rows(Resident, _INSERTED, (self._inserted(row, beside) for row, beside in some))
            for row, beside in some:
                institution = row.values[_INSTITUTION]
                keys += [(key, row.resident_id, institution) for key in beside.keys]
            self.created += len(lot)
            if self.created % _CHUNK < len(lot):
                self._index(keys)
                self._report("写入居民", 0.1 + 0.65 * self.created / whole)
        self._index(keys)

    def _inserted(self, row: Row, beside: Prepared) -> tuple[object, ...]:
        values = row.values
        conflict = self._conflict(beside.id_index, row.resident_id)
        return (
            row.resident_id, *values[:_DEATH], values[_DEATH] or None, *values[_DEATH + 1 : len(PLAIN)], row.digest,
            *beside[:5], conflict, 1, False, "", "", "lake", "[]", self._actor.holder.username,
        )  # fmt: skip

    def _conflict(self, index: str | None, resident_id: str) -> str:
        """``open`` when another living entry holds the number already."""
        if index is None or self._held.setdefault(index, resident_id) == resident_id:
            return ""
        self.conflicts += 1
        return "open"

    def _index(self, keys: list[tuple[bytes, str, str]]) -> None:
        keys.sort()  # in the order of the index: it then grows at few places
        bulk.insert_rows(SearchKey, ("key", "resident", "institution_id"), keys)
        keys.clear()

    def _update(self, rows: tuple[Row, ...]) -> None:
        """Write what the lake has changed, except in fields that daily work keeps."""
        from opencmc.apps.residents.writing import apply_fields, values_of

        there = Resident.objects.in_bulk([row.resident_id for row in rows])
        for row in rows:
            resident = there[row.resident_id]
            now = values_of(resident)
            wanted = dict(zip(_FIELDS, row.values, strict=True))
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
            resident.lake_digest = row.digest
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


def _rows(lake: LakeResidents) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The people of the lake: id, and values as text ("" for nothing) with identifiers in their normal form."""
    for batch in lake.people.to_batches(max_chunksize=50_000):
        columns = {name: _texts(batch.column(name)) for name in batch.schema.names}
        columns["id_number"] = [normal_id(text) for text in columns["id_number"]]
        columns["phone"] = [normal_phone(text) for text in columns["phone"]]
        columns["id_type"] = [
            (kind or "citizen_id") if number else "none"
            for kind, number in zip(columns["document_type"], columns["id_number"], strict=True)
        ]
        values = zip(*(columns[name] for name in _FIELDS), strict=True)
        yield from zip(columns["resident_id"], values, strict=True)


def _texts(column: pa.Array) -> list[str]:
    found: list[str] = column.fill_null("").to_pylist()
    return found
