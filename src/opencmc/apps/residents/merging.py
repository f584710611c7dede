"""Two entries become one, so that nothing is lost: every change is kept, and can be taken back (see ``unmerging``).

Facts keep the id under which they were recorded. The kept entry takes only what it lacks; the merged one stays as it is
and names the kept one. Who could open either can open the kept one, by derived relations of the kind ``merged``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.residents import beside
from opencmc.apps.residents.contracts import PersonLine
from opencmc.apps.residents.lines import lines
from opencmc.apps.residents.merge_checks import Caution, cautions, check_pair, check_reason
from opencmc.apps.residents.models import CareRelation, Household, MergeRecord, Resident, ReviewPair
from opencmc.apps.residents.sealing import sealer
from opencmc.apps.residents.words import FIELDS
from opencmc.apps.residents.writing import SEALED, apply_fields, values_of
from opencmc.base.errors import Refused

#: What the kept entry takes where it has nothing; an ID number comes with its kind.
_TAKEN = (
    "death_date", "address", "institution_id", "team", "insurance_type", "insured_region", "phone", "card", "mother_id",
)  # fmt: skip
MERGED = "merged"


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do: ``taken`` are the labels of fields that the kept entry takes over."""

    kept: PersonLine
    merged: PersonLine
    versions: tuple[int, int]
    cautions: tuple[Caution, ...]
    taken: tuple[str, ...]


def plan_merge(actor: Actor, kept_id: str, merged_id: str) -> MergePlan:
    """What merging would do; nothing is written. Refused where it may not be at all."""
    rows = Resident.objects.in_bulk([kept_id, merged_id])
    kept, merged = check_pair(actor, kept_id, merged_id, rows)
    shown = lines(actor, [kept, merged], None)
    taken = tuple(str(FIELDS[name]) for name in _fill(kept, merged) if name in FIELDS and name != "id_type")
    return MergePlan(shown[0], shown[1], (kept.version, merged.version), cautions(kept, merged), taken)


def merge(
    actor: Actor,
    kept_id: str,
    merged_id: str,
    *,
    versions: tuple[int, int],
    reason: str,
    confirmed: Collection[str] = (),
) -> MergeRecord:
    """Merge ``merged_id`` into ``kept_id``, both as they were at ``versions``. Refused without a reason, with a caution that
    is not in ``confirmed``, and when somebody changed or merged one of them before."""
    why = check_reason(reason)
    with audited(actor) as trail:
        rows = _locked(kept_id, merged_id)
        kept, merged = check_pair(actor, kept_id, merged_id, rows)
        if (kept.version, merged.version) != tuple(versions):
            raise Refused(_("有一份登记刚刚被修改过"), possible_when=_("请重新核对两份登记，再合并"))
        found = cautions(kept, merged)
        missing = [each for each in found if each.code not in confirmed]
        if missing:
            raise Refused(
                "；".join(each.sentence for each in missing),
                rule=_("合并规则"),
                possible_when=_("确认是同一人时，请勾选每一条提醒并写明依据"),
            )
        snapshot = {"kept": snapshot_of(kept), "merged": snapshot_of(merged)}
        fill = _fill(kept, merged)
        marks = {name: mark(name, value) for name, value in fill.items()}
        Resident.objects.filter(pk=merged.pk).update(merged_into=kept, version=merged.version + 1, id_conflict="")
        moved: dict[str, Any] = {"filled": marks, "entries": _follow(merged, kept), "links": _links(kept, merged)}
        apply_fields(kept, fill, actor, kept=True, conflict_is_allowed=True)
        if kept.version == versions[0]:
            kept.version += 1
        Resident.objects.filter(pk=kept.pk).update(
            version=kept.version, household_id=kept.household_id, grid_id=kept.grid_id
        )
        moved["heads"] = _heads(merged, kept)
        moved["children"] = _children(merged, kept)
        moved["beside"] = {
            label: list(each.keys) for label, each in beside.carry_resident(actor, merged.pk, kept.pk).items()
        }
        carry_relations([kept.pk])
        ReviewPair.objects.filter(left_id__in=(kept.pk, merged.pk), right_id__in=(kept.pk, merged.pk)).update(
            state="same", decided_at=actor.at, decided_by=actor.holder.username, why=why
        )
        row = MergeRecord.objects.create(
            kept=kept, merged=merged, at=actor.at, actor=actor.holder.username, reason=why,
            cautions=[each.code for each in found], snapshot=snapshot, moved=moved, kept_version=kept.version,
        )  # fmt: skip
        said = f"{why} [{', '.join(row.cautions)}]" if row.cautions else why
        trail.add("residents.merge", object_=f"{merged.pk} → {kept.pk}", resident_id=kept.pk, reason=said)
        trail.add("residents.merge", object_=f"{merged.pk} → {kept.pk}", resident_id=merged.pk, reason=said)
    return row


def _locked(*ids: str) -> dict[str, Resident]:
    """The rows, locked in one order, so that two merges wait for each other and never in a circle."""
    wanted = Resident.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in wanted}


def _fill(kept: Resident, merged: Resident) -> dict[str, str]:
    """What the kept entry lacks and the merged one has, as text by field."""
    here, there = values_of(kept), values_of(merged)
    fill = {name: there[name] for name in _TAKEN if there[name] and not here[name]}
    if there["id_number"] and not here["id_number"]:
        fill |= {"id_number": there["id_number"], "id_type": there["id_type"], "no_id_reason": ""}
    if there["township"] and not here["township"]:
        fill |= {"township": there["township"], "village": there["village"]}
    both = {name for text in (here["programmes"], there["programmes"]) for name in text.split("|") if name}
    union = f"|{'|'.join(sorted(both))}|" if both else ""
    if both - set(here["programmes"].split("|")):
        fill["programmes"] = union
    if here["name"] == "" and there["name"]:
        fill["name"] = there["name"]
    return fill


def mark(name: str, value: str) -> str:
    """Stands for a value without showing it: by this a later edit is told from what the merge has written."""
    return sealer().index(f"merge.{name}", value)


def snapshot_of(row: Resident) -> dict[str, Any]:
    """All columns of a row as JSON: bytes in hexadecimal, days and moments as text."""
    return {field.attname: _plain(getattr(row, field.attname)) for field in row._meta.concrete_fields}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, date | datetime) else value


def _follow(merged: Resident, kept: Resident) -> list[str]:
    """Entries that went into the merged one before now name the kept one: nobody has to walk a chain."""
    entries = list(Resident.objects.filter(merged_into=merged).values_list("pk", flat=True))
    Resident.objects.filter(pk__in=entries).update(merged_into=kept)
    return entries


def _links(kept: Resident, merged: Resident) -> dict[str, Any]:
    """Household and grid area, where the kept entry has none."""
    taken = {}
    for name in ("household_id", "grid_id"):
        if getattr(kept, name) is None and getattr(merged, name) is not None:
            taken[name] = getattr(merged, name)
            setattr(kept, name, taken[name])
    return taken


def _heads(merged: Resident, kept: Resident) -> list[str]:
    """Households of the kept one whose head was the merged entry."""
    heads = list(Household.objects.filter(head=merged, pk=kept.household_id).values_list("pk", flat=True))
    Household.objects.filter(pk__in=heads).update(head=kept)
    return heads


def _children(merged: Resident, kept: Resident) -> list[str]:
    children = list(Resident.objects.filter(mother=merged).values_list("pk", flat=True))
    Resident.objects.filter(pk__in=children).update(mother=kept)
    return children


def carry_relations(kept_ids: Iterable[str] | None = None) -> int:
    """Make anew the relations by which those who may open a merged entry may open the kept one; ``None``: of all. They are
    derived, so publishing from the lake and un-merging need only call this again."""
    merged = Resident.objects.filter(merged_into__isnull=False)
    old = CareRelation.objects.filter(kind=MERGED)
    if kept_ids is not None:
        wanted = list(kept_ids)
        merged, old = merged.filter(merged_into__in=wanted), old.filter(resident__in=wanted)
    held: dict[tuple[str, str], list[tuple[date, date | None]]] = {}
    roots = {}
    for pk, root, institution, birth in merged.values_list("pk", "merged_into_id", "institution_id", "birth_date"):
        roots[pk] = root
        if institution:
            held.setdefault((root, institution), []).append((birth, None))
    relations = CareRelation.objects.filter(resident__merged_into__isnull=False).exclude(kind=MERGED)
    if kept_ids is not None:
        relations = relations.filter(resident__merged_into__in=wanted)
    for pk, institution, start, end in relations.values_list("resident_id", "institution_id", "start", "end"):
        held.setdefault((roots[pk], institution), []).append((start, end))
    with transaction.atomic():
        old.delete()
        CareRelation.objects.bulk_create(
            [
                CareRelation(
                    resident_id=root, institution_id=institution, kind=MERGED, start=min(start for start, _end in spans),
                    end=None if any(end is None for _start, end in spans) else max(end for _start, end in spans if end),
                )
                for (root, institution), spans in sorted(held.items())
            ],
            batch_size=500,
        )  # fmt: skip
    return len(held)


__all__ = ["SEALED", "MergePlan", "carry_relations", "mark", "merge", "plan_merge", "snapshot_of"]
