"""Taking a merge back: both entries are as they were; what was written since stays where it was written.

What the kept entry took from the merged one goes away again where it is still the same; a field edited since is later
work on the kept entry and stays, and the record of the merge names it. Open work goes back, finished work stays.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require, rule_of
from opencmc.apps.audit.api import audited
from opencmc.apps.residents import beside
from opencmc.apps.residents.lines import in_reach
from opencmc.apps.residents.merge_checks import ACTION, check_reason, who_can
from opencmc.apps.residents.merging import carry_relations, mark
from opencmc.apps.residents.models import Household, MergeRecord, Resident, ReviewPair
from opencmc.apps.residents.relations import set_responsible
from opencmc.apps.residents.words import FIELDS
from opencmc.apps.residents.writing import SEALED, apply_fields, values_of
from opencmc.base.errors import Refused


def unmerge(actor: Actor, record_id: int, reason: str) -> MergeRecord:
    """Take the merge ``record_id`` back. Refused when it was taken back, when the kept entry itself went into another
    one since (that merge goes first), or out of reach."""
    require(actor.holder, ACTION)
    why = check_reason(reason)
    with audited(actor) as trail:
        row = _locked_record(actor, record_id)
        ids = sorted((row.kept_id, row.merged_id))
        rows = {
            each.pk: each for each in Resident.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
        }
        kept, merged = rows[row.kept_id], rows[row.merged_id]
        _check_order(kept, merged)
        left_over = _restore(actor, row, kept, merged)
        row.undone_at, row.undone_by, row.undone_reason = actor.at, actor.holder.username, why
        row.left_over = left_over
        row.save(update_fields=["undone_at", "undone_by", "undone_reason", "left_over"])
        # Both stand on the list again, decided: they are two people until one of the entries changes.
        ReviewPair.objects.filter(_pair(kept.pk, merged.pk)).update(
            state="different", decided_at=actor.at, decided_by=actor.holder.username, why=why
        )
        for resident in (kept, merged):
            trail.add("residents.unmerge", object_=f"{merged.pk} ← {kept.pk}", resident_id=resident.pk, reason=why)
    return row


def _locked_record(actor: Actor, record_id: int) -> MergeRecord:
    row = MergeRecord.objects.select_for_update(of=("self",)).filter(pk=record_id).first()
    if row is None or in_reach(actor, [row.kept_id, row.merged_id], ACTION) != {row.kept_id, row.merged_id}:
        raise Refused(
            _("没有这次合并，或不在您的范围内"),
            rule=rule_of("residents.merge"),
            possible_when=_("两份登记都要在范围内。可以由%(who)s拆分") % {"who": who_can()},
        )
    if row.undone_at:
        raise Refused(_("这次合并已经拆分"), possible_when=_("请刷新页面，看现在的样子"))
    return row


def _check_order(kept: Resident, merged: Resident) -> None:
    if kept.merged_into_id:
        raise Refused(
            _("%(kept)s 后来又并入了 %(root)s") % {"kept": kept.pk, "root": kept.merged_into_id},
            possible_when=_("请先拆分那一次合并，再拆分这一次"),
        )
    if merged.merged_into_id != kept.pk:
        raise Refused(_("这份登记现在不在这里"), possible_when=_("请刷新页面，看现在的样子"))


def _restore(actor: Actor, row: MergeRecord, kept: Resident, merged: Resident) -> list[str]:
    """Everything that the merge changed, as far as nobody has changed it since. The sentences say what stays."""
    moved, before = row.moved, row.snapshot["kept"]
    untouched = kept.version == row.kept_version
    stays = []
    now, back = values_of(kept), {}
    for name, filled in moved["filled"].items():
        if mark(name, now[name]) == filled:
            back[name] = "" if name in SEALED else str(before[name] or "")
        elif name in FIELDS:
            stays.append(_("%(field)s在合并之后改过，留在原处") % {"field": FIELDS[name]})
    for name, taken in moved["links"].items():
        if getattr(kept, name) == taken:
            setattr(kept, name, before[name])
        else:
            stays.append(_("家庭户或网格片区在合并之后改过，留在原处"))
    entries = list(Resident.objects.filter(pk__in=moved["entries"], merged_into=kept).values_list("pk", flat=True))
    version = kept.version
    # A number that was edited since has a state of its own.
    filled = "id_number" in back or kept.id_index == before["id_index"]
    conflict = before["id_conflict"] if filled else kept.id_conflict
    apply_fields(kept, back, actor, kept=False)
    kept.kept_fields = sorted(set(kept.kept_fields) - (set(back) - set(before["kept_fields"])))
    if kept.version == version:
        kept.version += 1
    if untouched:
        kept.changed_at, kept.changed_by = _moment(before["changed_at"]), before["changed_by"]
    Resident.objects.filter(pk=kept.pk).update(
        version=kept.version, kept_fields=kept.kept_fields, household_id=kept.household_id, grid_id=kept.grid_id,
        changed_at=kept.changed_at, changed_by=kept.changed_by, id_conflict=_conflict(kept, merged, conflict),
    )  # fmt: skip
    merged.id_conflict = _conflict(merged, merged, row.snapshot["merged"]["id_conflict"])
    merged.merged_into, merged.version = None, merged.version + 1
    Resident.objects.filter(pk=merged.pk).update(
        merged_into=None, version=merged.version, id_conflict=merged.id_conflict
    )
    Resident.objects.filter(pk__in=entries).update(merged_into=merged)
    Household.objects.filter(pk__in=moved["heads"], head=kept).update(head=merged)
    Resident.objects.filter(pk__in=moved["children"], mother=kept).update(mother=merged)
    set_responsible(merged, actor.today)
    carry_relations([kept.pk, merged.pk])
    back_again = beside.carry_back(actor, kept.pk, merged.pk, moved["beside"])
    return stays + [
        each.sentence for each in back_again.values() if "，" in each.sentence or (not each.keys and each.sentence)
    ]


def _conflict(resident: Resident, merged: Resident, before: str) -> str:
    """As it was before the merge; ``open`` where another living entry holds the number by now without being a conflict."""
    if before or not resident.id_index:
        return before
    others = Resident.objects.filter(id_index=resident.id_index, merged_into=None, id_conflict="")
    return "open" if others.exclude(pk__in=(resident.pk, merged.pk)).exists() else ""


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _pair(one: str, other: str) -> Q:
    return Q(left_id=min(one, other), right_id=max(one, other))


def merges_about(ids: list[str]) -> list[MergeRecord]:
    """Every merge into or out of these entries, the newest first."""
    return list(MergeRecord.objects.filter(Q(kept_id__in=ids) | Q(merged_id__in=ids)).select_related("kept", "merged"))
