"""Residents from a file: every row is judged first; the wrong ones are listed, the rest goes in, or nothing, as chosen."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.audit.trail import Trail
from opencmc.apps.jobs.api import start
from opencmc.apps.network.api import institutions_within, list_places, list_units
from opencmc.apps.residents import bulk
from opencmc.apps.residents.actions import new_resident_id
from opencmc.apps.residents.checks import check_fields
from opencmc.apps.residents.import_files import Sheet, read_sheet, values_of_row
from opencmc.apps.residents.lake_rows import places_of, responsible
from opencmc.apps.residents.lines import in_reach, places_by_code
from opencmc.apps.residents.models import CareRelation, ImportRun, Resident, ResidentChange, SearchKey
from opencmc.apps.residents.readings import clean_name, initials
from opencmc.apps.residents.sealing import CARD, ID_NUMBER, IMPORT_ROWS, PHONE, Sealer, sealer
from opencmc.apps.residents.search_keys import keys_of
from opencmc.apps.residents.words import FIELDS
from opencmc.apps.residents.writing import apply_fields, put_value
from opencmc.base.errors import Refused

ALL, GOOD = "all_or_nothing", "good_rows"
UPDATE, SKIP = "update", "skip"
#: Up to so many rows are imported while one waits; more by a job.
AT_ONCE = 12_000
#: So many problems are kept to be shown; every refused row is kept to be downloaded.
_LISTED = 500
_CHUNK = 2_000
REASON_HEAD = "不收的原因"
Report = Callable[[int, int], None]


@dataclass
class _Row:
    """A row on its way: its number, its cells, its values, whom it is, and what is wrong by column."""

    number: int
    cells: tuple[str, ...]
    values: dict[str, str]
    wrong: dict[str, str] = field(default_factory=dict)
    existing: str = ""


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def import_residents(
    actor: Actor, content: bytes, file_name: str, *, mode: str, on_match: str, report: Report | None = None
) -> ImportRun:
    """Import a file. The same file, mode and choice by the same person is not done twice: the first run is returned,
    unless it left nothing in. Raises :class:`Refused` for what is no table of residents."""
    found = require(actor.holder, "residents.import")
    if mode not in {ALL, GOOD} or on_match not in {UPDATE, SKIP}:
        raise Refused(
            _("请选择导入方式"), possible_when=_("有错的行：其余的先进，或全部不进；已有的居民：更新，或跳过")
        )
    content_digest = digest_of(content)
    before = ImportRun.objects.filter(
        content=content_digest, mode=mode, on_match=on_match, actor=actor.holder.username
    ).first()
    if before is not None and (before.created_count or before.updated_count):
        return before
    sheet = read_sheet(content, file_name)
    rows = [_Row(number, cells, values_of_row(sheet, cells)) for number, cells in sheet.rows]
    if not rows:
        raise Refused(_("文件里只有列名，没有数据行"), possible_when=_("请填好再导入"))
    work = _Import(actor, institutions_within(found, actor.today), on_match, report or (lambda done, whole: None))
    work.judge(rows)
    with audited(actor) as trail, transaction.atomic():
        if before is not None:
            before.delete()
        counts = work.write(rows, mode, trail)
        wrong = [row for row in rows if row.wrong]
        run = ImportRun.objects.create(
            content=content_digest, file_name=file_name[-200:], mode=mode, on_match=on_match,
            institution_id=actor.holder.unit_id[:60], at=actor.at, actor=actor.holder.username, read=len(rows),
            refused_count=len(wrong), problems=_problems(sheet, wrong), **counts,
        )  # fmt: skip
        if wrong:
            run.refused_rows = _sealed_rows(run, sheet, wrong)
            run.save(update_fields=["refused_rows"])
        if run.created_count or run.updated_count:  # who may be there twice is looked for in the background
            start(actor, "residents.matching", key="all")
        trail.add(
            "residents.import", object_=f"import:{run.pk}", reason=f"{len(rows)} read, {counts}, {len(wrong)} refused"
        )
    return run


class _Import:
    def __init__(self, actor: Actor, institutions: frozenset[str] | None, on_match: str, report: Report) -> None:
        self._actor, self._institutions, self._on_match, self._report = actor, institutions, on_match, report
        units = list_units(tiers=("village", "township", "county"))
        self._units = {unit.name: unit.institution_id for unit in units.values()} | {
            unit.short_name: unit.institution_id for unit in units.values()
        }
        self._units |= {unit_id: unit_id for unit_id in units}
        self._where = places_of(units.values())
        self._townships = {place.name: code for code, place in list_places().items()}
        self._villages: dict[str, list[str]] = {}
        for code, name in places_by_code().items():
            if len(code) == 12:
                self._villages.setdefault(name, []).append(code)

    def judge(self, rows: list[_Row]) -> None:
        """Put what is wrong on every row, and whom it is when that person is here already."""
        numbers: dict[str, int] = {}
        for row in rows:
            self._places(row)
            checked, row.wrong = check_fields(row.values, today=self._actor.today) if not row.wrong else ({}, row.wrong)
            row.values = checked | {"resident_id": row.values.get("resident_id", "")} if checked else row.values
            if row.wrong:
                continue
            self._answer_for(row)
            number = row.values.get("id_number", "")
            if number and (first := numbers.setdefault(number, row.number)) != row.number:
                row.wrong["id_number"] = _("与第 %(row)d 行的证件号码相同") % {"row": first}
        for at in range(0, len(rows), _CHUNK):
            self._find([row for row in rows[at : at + _CHUNK] if not row.wrong])
            self._report(at, 2 * len(rows))

    def _places(self, row: _Row) -> None:
        """Names of townships and villages become their codes."""
        township, village = row.values.get("township", ""), row.values.get("village", "")
        if township and not township.isdigit():
            code = self._townships.get(township)
            if code is None:
                row.wrong["township"] = _("没有叫“%(name)s”的乡镇（街道）") % {"name": township[:20]}
                return
            row.values["township"] = township = code
        if village and not village.isdigit():
            codes = [code for code in self._villages.get(village, []) if code.startswith(township)]
            if len(codes) != 1:
                asked = _("没有叫“%(name)s”的村（社区）") if not codes else _("有几个村都叫“%(name)s”，请同时填乡镇")
                row.wrong["village"] = asked % {"name": village[:20]}
                return
            row.values["village"] = village = codes[0]
        if village and not township:
            row.values["township"] = village[:9]

    def _answer_for(self, row: _Row) -> None:
        named = row.values.get("institution_id", "")
        if named and named not in self._units:
            row.wrong["institution_id"] = _("没有叫“%(name)s”的机构") % {"name": named[:30]}
            return
        values, holder = row.values, self._actor.holder
        found = self._units.get(named) or responsible(
            self._where, "", values.get("village", ""), values.get("township", "")
        )
        values["institution_id"] = found or (holder.unit_id if holder.unit_kind == "institution" else "")
        if self._institutions is not None and values["institution_id"] not in self._institutions:
            row.wrong["institution_id" if named else "village"] = _("责任机构不在您的范围内，请由那家机构导入")

    def _find(self, rows: list[_Row]) -> None:
        """Who of these is here already, by exact keys: resident number, ID number, card, or name with birth and telephone."""
        keys = sealer()
        by_id = {keys.index(ID_NUMBER, row.values["id_number"]): row for row in rows if row.values.get("id_number")}
        by_card = {keys.index(CARD, row.values["card"]): row for row in rows if row.values.get("card")}
        by_pk = {row.values["resident_id"]: row for row in rows if row.values.get("resident_id")}
        bare = [row for row in rows if not row.values.get("id_number") and row.values.get("phone")]
        by_phone: dict[str, list[_Row]] = {}
        for row in bare:
            by_phone.setdefault(keys.index(PHONE, row.values["phone"]), []).append(row)
        living = Resident.objects.filter(merged_into=None)
        for column, wanted in (("card_index", by_card), ("id_index", by_id), ("pk", by_pk)):
            for key, pk in (
                living.filter(**{f"{column}__in": list(wanted)}).order_by("-id_conflict").values_list(column, "pk")
            ):
                wanted[key].existing = pk
        for key, pk, name, birth in living.filter(phone_index__in=list(by_phone)).values_list(
            "phone_index", "pk", "name", "birth_date"
        ):
            for row in by_phone[key]:
                if clean_name(row.values["name"]) == clean_name(name) and row.values["birth_date"] == birth.isoformat():
                    row.existing = row.existing or pk
        for row in rows:
            if row.values.get("resident_id") and row.existing != row.values["resident_id"]:
                row.wrong["resident_id"] = _("没有这个编号的居民；新建的请空着")
        matched = [row for row in rows if row.existing]
        if self._on_match == UPDATE and matched:
            seen = in_reach(self._actor, [row.existing for row in matched], "residents.import")
            for row in matched:
                if row.existing not in seen:
                    row.wrong["id_number" if row.values.get("id_number") else "phone"] = _(
                        "此人已由别的机构登记，不能在这里更新"
                    )

    def write(self, rows: list[_Row], mode: str, trail: Trail) -> dict[str, int]:
        """Write what may go in; how many were made, changed and passed by."""
        good = [row for row in rows if not row.wrong]
        if mode == ALL and len(good) < len(rows):
            return {"created_count": 0, "updated_count": 0, "skipped_count": len(good)}
        new = [row for row in good if not row.existing]
        there = [row for row in good if row.existing]
        for at in range(0, len(new), _CHUNK):
            self._create(new[at : at + _CHUNK], trail)
            self._report(len(rows) + at, 2 * len(rows))
        updated = 0
        if self._on_match == UPDATE:
            for at in range(0, len(there), _CHUNK):
                updated += self._update(there[at : at + _CHUNK], trail)
                self._report(len(rows) + len(new) + at, 2 * len(rows))
        return {"created_count": len(new), "updated_count": updated, "skipped_count": len(there) - updated}

    def _create(self, rows: list[_Row], trail: Trail) -> None:
        keys, actor = sealer(), self._actor
        made, found_keys, changes, relations = [], [], [], []
        for row in rows:
            values = {name: value for name, value in row.values.items() if name != "resident_id"}
            resident = Resident(
                resident_id=new_resident_id(), source="import", changed_at=actor.at, changed_by=actor.holder.username,
                name_initials=(initials(values["name"]) or ("",))[0], kept_fields=sorted(n for n, v in values.items() if v),
            )  # fmt: skip
            _fill(keys, resident, values)
            made.append(resident)
            given = (values.get(name, "") for name in ("id_number", "phone", "card"))
            wanted = dict.fromkeys(keys_of(keys, resident.name, *given))
            found_keys += [(key, resident.pk, resident.institution_id) for key in wanted]
            changes.append(
                ResidentChange(
                    resident=resident, version=1, at=actor.at, actor=actor.holder.username, fields=dict.fromkeys(values)
                )
            )
            if resident.institution_id:
                relations.append(
                    CareRelation(
                        resident=resident,
                        institution_id=resident.institution_id,
                        kind="responsible",
                        start=resident.birth_date,
                        from_lake=True,
                    )
                )
            trail.add("residents.create", object_="import", resident_id=resident.pk)
        self._mothers(made)
        Resident.objects.bulk_create(made, batch_size=500)
        bulk.insert_rows(SearchKey, ("key", "resident", "institution_id"), found_keys)
        ResidentChange.objects.bulk_create(changes, batch_size=500)
        CareRelation.objects.bulk_create(relations, batch_size=500)

    def _mothers(self, made: list[Resident]) -> None:
        wanted = {resident.mother_index for resident in made if resident.mother_index}
        if wanted:
            held = Resident.objects.filter(id_index__in=wanted, merged_into=None).order_by("-id_conflict")
            mothers = dict(held.values_list("id_index", "pk"))
            for resident in made:
                resident.mother_id = mothers.get(resident.mother_index)

    def _update(self, rows: list[_Row], trail: Trail) -> int:
        """Fields that the file leaves empty stay as they are."""
        residents = Resident.objects.in_bulk([row.existing for row in rows])
        updated = 0
        for row in rows:
            resident = residents[row.existing]
            values = {n: v for n, v in row.values.items() if v and n not in {"resident_id", "institution_id"}}
            changed = apply_fields(resident, values, self._actor, kept=True)
            if changed:
                trail.add("residents.edit", object_=", ".join(changed), resident_id=resident.pk, reason="import")
                updated += 1
        return updated


def _fill(keys: Sealer, resident: Resident, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        put_value(keys, resident, name, value)


def _problems(sheet: Sheet, wrong: list[_Row]) -> list[dict[str, object]]:
    heads = {name: head for name, head in zip(sheet.fields, sheet.heads, strict=True) if name}
    listed = [
        {"row": row.number, "column": heads.get(name) or str(FIELDS.get(name, name)), "reason": reason}
        for row in wrong
        for name, reason in row.wrong.items()
    ]
    return listed[:_LISTED]


def _sealed_rows(run: ImportRun, sheet: Sheet, wrong: list[_Row]) -> bytes:
    kept = {"heads": sheet.heads, "rows": [[*row.cells, "；".join(row.wrong.values())] for row in wrong],
            "widths": [len(row.cells) for row in wrong]}  # fmt: skip
    return sealer().seal(IMPORT_ROWS, str(run.pk), json.dumps(kept, ensure_ascii=False))


def refused_csv(run: ImportRun) -> bytes:
    """The rows that did not go in, as they came, with the reason in a column of its own. UTF-8 with a mark for Excel."""
    kept = json.loads(sealer().open(IMPORT_ROWS, str(run.pk), run.refused_rows))
    heads = [head for head in kept["heads"] if head != REASON_HEAD]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*heads, REASON_HEAD])
    for cells, width in zip(kept["rows"], kept["widths"], strict=True):
        own = [cells[at] if at < width else "" for at, head in enumerate(kept["heads"]) if head != REASON_HEAD]
        writer.writerow([_harmless(cell) for cell in (*own, cells[-1])])
    return "\ufeff".encode() + out.getvalue().encode()


def _harmless(cell: str) -> str:
    """A cell that a sheet would compute is marked as text."""
    return "'" + cell if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
