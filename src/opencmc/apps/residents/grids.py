"""Grid areas: parts of a township with the institution and team that answer for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import batched

from django.db import IntegrityError
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, require, rule_of
from opencmc.apps.audit.api import audited
from opencmc.apps.network.api import institutions_within, list_places, list_units
from opencmc.apps.residents import beside
from opencmc.apps.residents.lines import places_by_code
from opencmc.apps.residents.models import CareRelation, GridArea, GridVillage, Resident
from opencmc.apps.residents.record import names_of_units
from opencmc.base.errors import Refused

ACTION = "residents.grid"


@dataclass(frozen=True, slots=True)
class Handover:
    """What a grid area changes: people whose responsible institution is another afterwards, and the work that goes along."""

    people: int
    from_units: tuple[tuple[str, int], ...]
    moves: tuple[str, ...]
    elsewhere: int = 0


def grids_within(actor: Actor) -> QuerySet[GridArea]:
    """The grid areas that the reader may arrange, with the number of their villages and people."""
    institutions = institutions_within(require(actor.holder, ACTION), actor.today)
    rows = GridArea.objects.all() if institutions is None else GridArea.objects.filter(institution_id__in=institutions)
    living = Q(residents__merged_into=None, residents__death_date=None)
    return rows.annotate(
        village_count=Count("villages", distinct=True), people=Count("residents", filter=living, distinct=True)
    ).order_by("is_closed", "township", "name")


def townships_within(actor: Actor) -> dict[str, str]:
    """Townships in which the reader's institutions stand: code → name."""
    institutions = institutions_within(require(actor.holder, ACTION), actor.today)
    places = list_places()
    if institutions is None:
        return {code: place.name for code, place in places.items()}
    codes = {unit.township for pk, unit in list_units(tiers=("village", "township")).items() if pk in institutions}
    return {code: place.name for code, place in places.items() if code in codes}


def villages_of(township: str) -> dict[str, str]:
    return {code: name for code, name in places_by_code().items() if len(code) == 12 and code.startswith(township)}


def answerers_within(actor: Actor, township: str) -> dict[str, str]:
    """Institutions of a township that may answer for a grid area, by id."""
    institutions = institutions_within(require(actor.holder, ACTION), actor.today)
    return {
        pk: unit.short_name
        for pk, unit in list_units(tiers=("village", "township")).items()
        if unit.township == township and (institutions is None or pk in institutions)
    }


def find_grid(actor: Actor, grid_id: int, *, lock: bool = False) -> GridArea:
    institutions = institutions_within(require(actor.holder, ACTION), actor.today)
    rows = GridArea.objects.select_for_update(of=("self",)) if lock else GridArea.objects.all()
    row = rows.filter(pk=grid_id).first()
    if row is None or (institutions is not None and row.institution_id not in institutions):
        raise Refused(_("没有这个网格片区，或不在您的范围内"), rule=rule_of("residents.grid"))
    return row


def save_grid(
    actor: Actor,
    grid_id: int | None,
    version: int,
    *,
    name: str,
    township: str,
    institution_id: str,
    team: str,
    villages: Collection[str],
) -> tuple[GridArea, Handover]:
    """Make or change a grid area. Everybody who lives in its villages gets its institution and team; their open work goes
    along. Refused for a village of another grid area, a name taken, or when somebody saved before."""
    name, team = " ".join(name.split())[:100], " ".join(team.split())[:100]
    with audited(actor) as trail:
        row = find_grid(actor, grid_id, lock=True) if grid_id else GridArea(version=0)
        if grid_id and row.version != version:
            raise Refused(_("有人刚刚改过这个片区"), possible_when=_("请重新打开，看现在的样子"))
        _check(actor, row, name, township, institution_id, villages)
        row.name, row.township, row.institution_id, row.team = name, township, institution_id, team
        row.version += 1
        try:
            row.save()
        except IntegrityError as error:
            raise Refused(_("这个乡镇已有同名的片区“%(name)s”") % {"name": name}) from error
        gone = list(row.villages.exclude(village__in=list(villages)).values_list("village", flat=True))
        GridVillage.objects.filter(grid=row, village__in=gone).delete()
        Resident.objects.filter(grid=row, village__in=gone).update(grid=None)
        for village in villages:
            GridVillage.objects.update_or_create(village=village, defaults={"grid": row})
        done = _hand_over(actor, row, apply=True)
        reason = f"villages {len(villages)}, people {done.people}"
        trail.add("residents.grid", object_=f"grid:{row.pk} {name}", reason=reason)
    return row, done


def _check(
    actor: Actor, row: GridArea, name: str, township: str, institution_id: str, villages: Collection[str]
) -> None:
    if len(name) < 2:
        raise Refused(_("请填片区名称"), possible_when=_("至少两个字，例如“东片”"))
    if township not in townships_within(actor):
        raise Refused(_("请选择范围内的乡镇"))
    if institution_id not in answerers_within(actor, township):
        raise Refused(_("请选择责任机构"), possible_when=_("可以是这个乡镇里、您范围内的卫生院或卫生室"))
    known = villages_of(township)
    wrong = [code for code in villages if code not in known]
    if wrong:
        raise Refused(_("有 %(n)s 个村不属于这个乡镇") % {"n": len(wrong)}, possible_when=_("请重选村"))
    taken = GridVillage.objects.filter(village__in=list(villages), grid__is_closed=False).exclude(grid_id=row.pk)
    if held := taken.select_related("grid").first():
        raise Refused(
            _("%(village)s已在片区“%(grid)s”里") % {"village": known[held.village], "grid": held.grid.name},
            possible_when=_("请先从那个片区移出"),
        )


def preview_grid(actor: Actor, institution_id: str, villages: Collection[str]) -> Handover:
    """What saving would change; nothing is written."""
    row = GridArea(institution_id=institution_id)
    return _hand_over(actor, row, apply=False, villages=villages)


def _hand_over(actor: Actor, row: GridArea, *, apply: bool, villages: Collection[str] | None = None) -> Handover:
    codes = list(row.villages.values_list("village", flat=True)) if villages is None else list(villages)
    people = Resident.objects.filter(village__in=codes, merged_into=None, death_date=None)
    units, tasks = names_of_units(), 0
    moving = list(people.exclude(institution_id=row.institution_id).order_by("pk"))
    # Somebody who has chosen an institution by contract or by hand keeps it.
    chosen = [each for each in moving if "institution_id" in each.kept_fields]
    moving = [each for each in moving if "institution_id" not in each.kept_fields]
    before: dict[str, list[str]] = {}
    for each in moving:
        before.setdefault(each.institution_id, []).append(each.pk)
    for old, ids in before.items():
        for moved in beside.carry_owner(actor, ids, old, row.institution_id, apply=apply):
            tasks += len(moved.keys)
        if apply:
            _assign(row, moving, ids)
    if apply:
        people.update(grid=row)
    counts = {pk: len(ids) for pk, ids in before.items()}
    said = (_("%(n)s 项随访与签约服务待办") % {"n": tasks},) if tasks else ()
    named = tuple(sorted((units.get(pk, pk) or _("没有责任机构"), n) for pk, n in counts.items()))
    return Handover(len(moving), named, said, len(chosen))


def _assign(row: GridArea, moving: Iterable[Resident], ids: Collection[str]) -> None:
    """The area's institution answers for these people from now on, and no other does."""
    born = {each.pk: each.birth_date for each in moving}
    for chunk in batched(ids, 500):
        Resident.objects.filter(pk__in=chunk).update(
            institution_id=row.institution_id, team=row.team, version=F("version") + 1
        )
        CareRelation.objects.filter(resident__in=chunk, kind="responsible").delete()
        CareRelation.objects.bulk_create(
            CareRelation(
                resident_id=pk, institution_id=row.institution_id, kind="responsible", start=born[pk], from_lake=True
            )
            for pk in chunk
        )


def apply_grids(actor: Actor) -> int:
    """After publishing from the lake: people who have come to a village of a grid area get its institution. How many."""
    done = 0
    for row in GridArea.objects.filter(is_closed=False).order_by("pk"):
        done += _hand_over(actor, row, apply=True).people
    return done


def close_grid(actor: Actor, grid_id: int, version: int) -> None:
    """The area is no more; its people keep their institution until somebody changes it."""
    with audited(actor) as trail:
        row = find_grid(actor, grid_id, lock=True)
        if row.version != version or row.is_closed:
            raise Refused(_("有人刚刚改过这个片区"), possible_when=_("请重新打开，看现在的样子"))
        row.is_closed, row.version = True, row.version + 1
        row.save()
        GridVillage.objects.filter(grid=row).delete()
        Resident.objects.filter(grid=row).update(grid=None)
        trail.add("residents.grid", object_=f"grid:{row.pk} {row.name}", reason="close")
