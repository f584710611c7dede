"""Reads of the network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from opencmc.apps.access.api import Level, Reach
from opencmc.apps.network.contracts import Community, Node, Picture, Place, Unit
from opencmc.apps.network.models import Institution, Membership, Township

_ORDER = {"general": 0, "specialty": 1, "alliance": 2}
_PRIMARY_UNIT = ("village_clinic", "community_station")


def _unit(row: Institution) -> Unit:
    return Unit(
        row.institution_id, row.name, row.short_name or row.name, row.tier, row.kind, row.township, row.attached_to
    )


def list_units(*, tiers: Iterable[str] = ("village", "township", "county", "outside")) -> dict[str, Unit]:
    """Institutions by id, in the order of their ids."""
    return {
        row.institution_id: _unit(row)
        for row in Institution.objects.filter(tier__in=list(tiers)).order_by("institution_id")
    }


def list_places() -> dict[str, Place]:
    return {row.code: Place(row.code, row.name, row.column, row.row) for row in Township.objects.order_by("code")}


def community_names() -> dict[str, str]:
    pairs = (
        Membership.objects.order_by("community_id", "-start").values_list("community_id", "community_name").distinct()
    )
    return dict(pairs)


def unit_names() -> dict[tuple[str, str], str]:
    """The short name of every institution, township and community, by (unit kind, id)."""
    names = {
        ("institution", row[0]): row[1] or row[2]
        for row in Institution.objects.values_list("institution_id", "short_name", "name")
    }
    names |= {("township", code): name for code, name in Township.objects.values_list("code", "name")}
    names |= {("community", community): name for community, name in community_names().items()}
    return names


def _held_on(day: date) -> Q:
    return Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gt=day))


def communities_of(institution_id: str, day: date) -> list[str]:
    """The communities that an institution belongs to on ``day``."""
    return list(
        Membership.objects.filter(_held_on(day), institution_id=institution_id).values_list("community_id", flat=True)
    )


def institutions_of(community_ids: Iterable[str], day: date) -> set[str]:
    return set(
        Membership.objects.filter(_held_on(day), community_id__in=list(community_ids)).values_list(
            "institution_id", flat=True
        )
    )


def attached_to(institution_id: str) -> set[str]:
    """The institution itself and all that is attached to it, over all levels."""
    return _with_attached([institution_id])


def _with_attached(institution_ids: Iterable[str]) -> set[str]:
    below = defaultdict(list)
    for child, parent in Institution.objects.exclude(attached_to="").values_list("institution_id", "attached_to"):
        below[parent].append(child)
    found = set(institution_ids)
    open_ = list(found)
    while open_:
        for child in below[open_.pop()]:
            if child not in found:
                found.add(child)
                open_.append(child)
    return found


def institutions_within(reach: Reach, day: date) -> frozenset[str] | None:
    """The institutions that a right reaches on ``day``; ``None`` means all. The one place where a level and a unit
    become institutions: every query that applies scope asks here."""
    if reach.level is Level.COUNTY:
        return None
    if reach.unit_kind == "township":
        own = set(Institution.objects.filter(township=reach.unit_id).values_list("institution_id", flat=True))
    elif reach.unit_kind == "community":
        own = set()
    else:
        own = attached_to(reach.unit_id) if reach.unit_id else set()
    if reach.level is Level.OWN or not reach.unit_id:
        return frozenset(own)
    communities = [reach.unit_id] if reach.unit_kind == "community" else communities_of(reach.unit_id, day)
    return frozenset(own | _with_attached(institutions_of(communities, day)))


def network_on(day: date, region: str) -> Picture:
    """The tree of communities on ``day``, and the county's institutions that no general community holds."""
    rows = {
        row.institution_id: row
        for row in Institution.objects.exclude(tier="outside")
        if (row.opened is None or row.opened <= day) and (row.closed is None or day < row.closed)
    }
    memberships = list(Membership.objects.filter(_held_on(day)).order_by("community_id", "role", "institution_id"))
    below: dict[str, list[str]] = defaultdict(list)
    for row in rows.values():
        if row.attached_to:
            below[row.attached_to].append(row.institution_id)

    def clinics(institution_id: str) -> int:
        return sum((rows[child].kind in _PRIMARY_UNIT) + clinics(child) for child in below[institution_id])

    def node(institution_id: str, held: dict[str, Membership], apart: frozenset[str]) -> Node:
        children = tuple(
            node(child, held, apart)
            for child in below[institution_id]
            if rows[child].kind not in _PRIMARY_UNIT and child not in apart
        )
        membership = held.get(institution_id)
        return Node(
            _unit(rows[institution_id]),
            membership.role if membership else "",
            membership.start if membership else None,
            membership.end if membership else None,
            children,
            clinics(institution_id),
            tuple(m.community_name for m in memberships if m.institution_id == institution_id and m.role == "lead"),
        )

    communities, in_general = [], set()
    for community_id in dict.fromkeys(m.community_id for m in memberships):
        held = {m.institution_id: m for m in memberships if m.community_id == community_id}
        first = next(iter(held.values()))
        leads = [i for i, m in held.items() if m.role == "lead" and i in rows]
        # A member attached to another member is shown below it.
        top = [
            i
            for i, m in held.items()
            if m.role != "lead" and i in rows and rows[i].attached_to not in held and rows[i].kind not in _PRIMARY_UNIT
        ]
        # What hangs on the lead and is no member of its own (its village clinics) is counted, not drawn below it.
        members = tuple(node(i, held, frozenset()) for i in top)
        below_lead = tuple(
            node(i, held, frozenset())
            for i in held
            if i in rows and leads and rows[i].attached_to in leads and rows[i].kind not in _PRIMARY_UNIT
        )
        lead = node(leads[0], held, frozenset(below[leads[0]])) if leads else None
        every = members + below_lead
        if first.community_kind == "general":
            in_general |= set(held) | {i for m in every for i in all_below(m)}
        communities.append(
            Community(
                community_id,
                first.community_name,
                first.community_kind,
                lead,
                every,
                institutions=sum(_size(member) for member in every) + (lead is not None),
                clinics=sum(1 for i in held if i in rows and rows[i].kind in _PRIMARY_UNIT)
                or sum(member.clinics for member in every),
            )
        )
    communities.sort(key=lambda c: (_ORDER.get(c.kind, 9), c.community_id))
    unplaced = tuple(
        node(i, {}, frozenset())
        for i, row in rows.items()
        if i not in in_general and row.kind not in _PRIMARY_UNIT and row.attached_to not in in_general
    )
    days = {d for pair in Membership.objects.values_list("start", "end") for d in pair if d is not None}
    return Picture(day, tuple(communities), unplaced, tuple(sorted(days)))


def _size(node: Node) -> int:
    return 1 + sum(_size(child) for child in node.children)


def all_below(node: Node) -> set[str]:
    return {node.unit.institution_id} | {i for child in node.children for i in all_below(child)}


def demonstration_units() -> dict[str, tuple[str, str]]:
    """A unit for each demonstration role held at an institution: the first lead hospital, its first township centre
    with clinics, and that centre's first clinic."""
    lead = Membership.objects.filter(role="lead", community_kind="general").order_by("community_id").first()
    if lead is None:
        return {}
    at_lead = ("lead_manager", "county_specialist", "centre_reader", "public_health_commissioner")
    units = dict.fromkeys(at_lead, ("institution", lead.institution_id))
    members = Membership.objects.filter(community_id=lead.community_id, role="member").values_list("institution_id")
    clinics = Institution.objects.filter(kind__in=_PRIMARY_UNIT).exclude(attached_to="")
    with_clinics = Institution.objects.filter(institution_id__in=clinics.values("attached_to"), tier="township")
    centre = with_clinics.filter(institution_id__in=members).order_by("institution_id").last()
    if centre:
        at_centre = ("township_manager", "township_doctor", "station_nurse", "public_health_liaison")
        units |= dict.fromkeys(at_centre, ("institution", centre.institution_id))
        clinic = clinics.filter(attached_to=centre.institution_id).order_by("institution_id").first()
        units["village_doctor"] = ("institution", clinic.institution_id)
    return units
