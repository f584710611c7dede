"""Households: who lives together, who is the head; members come and go, and a household is split."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, reach, require, rule_of
from opencmc.apps.audit.api import audited, record
from opencmc.apps.residents.contracts import PersonLine
from opencmc.apps.residents.guarded import access_resident
from opencmc.apps.residents.lines import in_reach, lines, within
from opencmc.apps.residents.models import Household, Resident
from opencmc.apps.residents.moving import Removal, check_place, move_within
from opencmc.base.errors import Refused

ACTION = "residents.edit"


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the reader may see them, and what they are to the others as far as the entries say."""

    line: PersonLine
    is_head: bool
    relation: str


@dataclass(frozen=True, slots=True)
class HouseholdPage:
    household: Household
    members: tuple[Member, ...]
    place: str


def _not_there() -> Refused:
    return Refused(
        _("没有这一户，或不在您的范围内"), rule=rule_of("residents.view"),
        possible_when=_("户里至少有一人在您的范围内才能查看"),
    )  # fmt: skip


def people_of(household: Household) -> list[Resident]:
    """The living entries of a household, the head first, then by age."""
    rows = Resident.objects.filter(household=household, merged_into=None)
    return sorted(rows, key=lambda row: (row.pk != household.head_id, row.birth_date, row.pk))


def read_household(actor: Actor, household_id: str, action: str = "residents.view") -> HouseholdPage:
    """A household of which somebody is in reach; others in it are masked. Leaves a line for each who is shown."""
    require(actor.holder, action)
    household = Household.objects.select_related("grid").filter(pk=household_id).first()
    people = people_of(household) if household else []
    seen = in_reach(actor, [row.pk for row in people], action)
    if household is None or (people and not seen):
        record(actor, "residents.refused", object_=f"household:{household_id[:60]}")
        raise _not_there()
    for pk in sorted(seen):
        record(actor, "residents.view", object_="household", resident_id=pk)
    shown = lines(actor, people, seen)
    ids = {row.pk for row in people}
    members = tuple(
        Member(line, row.pk == household.head_id, relation(row, household, ids))
        for row, line in zip(people, shown, strict=True)
    )
    place = next((f"{line.township_name}{line.village_name}" for line in shown if line.in_reach), "")
    return HouseholdPage(household, members, place)


def relation(row: Resident, household: Household, ids: Collection[str]) -> str:
    """What the entries say of a member; "" where they say nothing."""
    if row.pk == household.head_id:
        return _("户主")
    if row.mother_id and row.mother_id == household.head_id:
        return _("户主之子") if row.sex == "1" else _("户主之女") if row.sex == "2" else _("户主的子女")
    if row.mother_id in ids:
        return _("母亲同户")
    return ""


def found_household(actor: Actor, resident_id: str) -> Household:
    """A household for somebody who has none, with them as its head."""
    with audited(actor) as trail:
        row = _editable(actor, resident_id)
        if row.household_id:
            raise Refused(_("这位居民已有家庭户"), possible_when=_("请打开现在的家庭户"))
        household = Household.objects.create(
            household_id="H" + secrets.token_hex(8).upper(), address=row.address, grid=row.grid, head=row
        )
        _join(row, household)
        trail.add("residents.household", object_=f"new {household.pk}", resident_id=row.pk)
    return household


def _editable(actor: Actor, resident_id: str) -> Resident:
    row = access_resident(actor, resident_id, action=ACTION, audit=False)
    if row.merged_into_id:
        raise Refused(_("这份登记已并入另一份"), possible_when=_("请打开并入后的那一份"))
    return Resident.objects.select_for_update(of=("self",)).get(pk=row.pk)


def _join(row: Resident, household: Household | None) -> None:
    Resident.objects.filter(pk=row.pk).update(household=household, version=row.version + 1)


def _locked(actor: Actor, household_id: str, version: int) -> Household:
    """The household as it was at ``version``, of which somebody is in reach."""
    household = Household.objects.select_for_update(of=("self",)).filter(pk=household_id).first()
    people = people_of(household) if household else []
    if household is None or (people and not in_reach(actor, [row.pk for row in people], ACTION)):
        raise _not_there()
    if household.version != version:
        raise Refused(_("有人刚刚改过这一户"), possible_when=_("请重新打开，看现在的成员"))
    return household


def _touch(household: Household) -> None:
    """Count the write; a head who has left leaves the place to the eldest member."""
    people = people_of(household)
    ids = [row.pk for row in people]
    if household.head_id not in ids:
        household.head_id = ids[0] if ids else None
    household.version += 1
    household.save()


def add_member(actor: Actor, household_id: str, version: int, resident_id: str) -> None:
    """Somebody moves in from another household or from none."""
    with audited(actor) as trail:
        household = _locked(actor, household_id, version)
        row = _editable(actor, resident_id)
        if row.household_id == household.pk:
            raise Refused(_("这位居民已在这一户"))
        former = Household.objects.filter(pk=row.household_id).first() if row.household_id else None
        _join(row, household)
        _touch(household)
        if former:
            _touch(former)
        trail.add("residents.household", object_=f"{row.household_id or '—'} → {household.pk}", resident_id=row.pk)


def set_head(actor: Actor, household_id: str, version: int, resident_id: str) -> None:
    with audited(actor) as trail:
        household = _locked(actor, household_id, version)
        row = _editable(actor, resident_id)
        if row.household_id != household.pk:
            raise Refused(_("户主要是这一户的成员"))
        household.head = row
        _touch(household)
        trail.add("residents.household", object_=f"head {household.pk}", resident_id=row.pk)


def split(actor: Actor, household_id: str, version: int, resident_ids: Collection[str]) -> Household:
    """Some members go on as a household of their own; the eldest of them is its head. Refused for all or nobody."""
    with audited(actor) as trail:
        household = _locked(actor, household_id, version)
        ids = [row.pk for row in people_of(household)]
        chosen = [pk for pk in ids if pk in set(resident_ids)]
        if not chosen or len(chosen) == len(ids):
            raise Refused(_("请选择分出去的成员"), possible_when=_("至少一人分出，至少一人留下"))
        rows = [_editable(actor, pk) for pk in chosen]
        new = Household.objects.create(
            household_id="H" + secrets.token_hex(8).upper(), address=household.address, grid=household.grid
        )
        for row in rows:
            _join(row, new)
            trail.add("residents.household", object_=f"{household.pk} → {new.pk}", resident_id=row.pk)
        new.version = 0  # counted once by the touch
        _touch(new)
        _touch(household)
    return new


def move_household(
    actor: Actor, household_id: str, version: int, *, township: str, village: str, address: str
) -> list[Removal]:
    """All members move to another address. Refused when one of them is out of reach."""
    check_place(township, village)
    with audited(actor) as trail:
        household = _locked(actor, household_id, version)
        people = people_of(household)
        right = within(reach(actor.holder, ACTION), actor.today)
        if Resident.objects.filter(right, pk__in=[row.pk for row in people]).count() != len(people):
            raise Refused(_("户里有人不在您的范围内，不能整户迁居"), possible_when=_("请先分户，或由范围更大的人办理"))
        found = []
        for row in people:
            locked = Resident.objects.select_for_update(of=("self",)).get(pk=row.pk)
            found.append(
                move_within(actor, locked, locked.version, township=township, village=village, address=address)
            )
            trail.add("residents.move", object_=f"household {household.pk}", resident_id=row.pk)
        first = Resident.objects.filter(pk=people[0].pk).first() if people else None
        household.address, household.grid_id = address[:200], first.grid_id if first else None
        _touch(household)
    return found
