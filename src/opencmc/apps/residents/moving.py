"""A change of address: the place, with it the grid area, the responsible institution and the open work."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.network.api import list_places
from opencmc.apps.residents import beside
from opencmc.apps.residents.guarded import access_resident
from opencmc.apps.residents.lines import places_by_code, village_name
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.record import entries_of, histories, names_of_units
from opencmc.apps.residents.responsibility import Answerer, answerer
from opencmc.apps.residents.writing import VersionMoved, apply_fields
from opencmc.base.errors import Refused
from opencmc.facts.histories import open_contracts


@dataclass(frozen=True, slots=True)
class Removal:
    """What a change of address changes: institutions by name, what moves, and what a person has to see to."""

    before: str
    after: str
    grid: str
    team: str
    changes_institution: bool
    moves: tuple[str, ...]
    hints: tuple[str, ...]


def check_place(township: str, village: str) -> None:
    places = list_places()
    if township not in places:
        raise Refused(_("请选择乡镇"), possible_when=_("从列表中选择现住的乡镇或街道"))
    if village and not village.startswith(township):
        raise Refused(_("这个村不属于所选的乡镇"), possible_when=_("请重选村"))
    if village and village not in places_by_code():
        raise Refused(_("没有这个村"), possible_when=_("请从列表中选择村"))


def preview_move(actor: Actor, resident: Resident, township: str, village: str) -> Removal:
    """What would move; nothing is written."""
    check_place(township, village)
    return _removal(actor, resident, answerer(township, village), apply=False)


def _removal(actor: Actor, resident: Resident, found: Answerer, *, apply: bool) -> Removal:
    units = names_of_units()
    old, new = resident.institution_id, found.institution_id or resident.institution_id
    moved = beside.carry_owner(actor, [resident.pk], old, new, apply=apply) if old != new else []
    hints = []
    for contract in open_contracts(histories().of_many(entries_of(resident)), actor.today):
        if contract.institution_id != new:
            said = {"where": units.get(contract.institution_id or "", ""), "until": contract.until or _("不限期")}
            hints.append(_("家庭医生签约仍在%(where)s（到 %(until)s 前），迁居后要与居民商定是否改签") % said)
    return Removal(
        units.get(old, old), units.get(new, new), found.grid.name if found.grid else "", found.team, old != new,
        tuple(each.sentence for each in moved), tuple(hints),
    )  # fmt: skip


def move_resident(
    actor: Actor, resident_id: str, version: int, *, township: str, village: str, address: str = ""
) -> Removal:
    """Move one person. Refused out of reach, for a place that does not exist, or when somebody saved before."""
    check_place(township, village)
    with audited(actor) as trail:
        resident = access_resident(actor, resident_id, action="residents.edit", audit=False)
        removal = move_within(actor, resident, version, township=township, village=village, address=address)
        places = places_by_code()
        said = f"{places.get(township, '')}{village_name(places, village)}：{removal.before} → {removal.after}"
        trail.add("residents.move", object_=said, resident_id=resident.pk)
    return removal


def move_within(
    actor: Actor, resident: Resident, version: int, *, township: str, village: str, address: str
) -> Removal:
    """The writes of a move, inside an audited block of a caller that has checked the right."""
    if resident.merged_into_id:
        raise Refused(_("这份登记已并入另一份"), possible_when=_("请打开并入后的那一份"))
    if resident.version != version:
        raise Refused(
            _("您打开之后，%(who)s已保存过这位居民的信息") % {"who": resident.changed_by or _("另一位同事")},
            possible_when=_("请重新打开，核对后再保存"),
        )
    found = answerer(township, village)
    removal = _removal(actor, resident, found, apply=True)
    fields = {"township": township, "village": village, "address": address[:200]}
    if found.institution_id:
        fields |= {"institution_id": found.institution_id}
        if removal.changes_institution or found.team:
            fields["team"] = found.team
    try:
        apply_fields(resident, fields, actor, kept=True)
    except VersionMoved:
        raise Refused(_("刚刚有人保存过这位居民的信息"), possible_when=_("请重新打开，核对后再保存")) from None
    Resident.objects.filter(pk=resident.pk).update(grid=found.grid)
    return removal


__all__ = ["Removal", "move_resident", "preview_move"]
