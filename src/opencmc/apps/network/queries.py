"""Reads of the network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import F, Q

from opencmc.apps.network.contracts import Community, Node, Picture, Place, Unit
from opencmc.apps.network.models import Attachment, Institution, Membership, Township
from opencmc.apps.network.rows import COMMUNITY_KINDS, MEMBERSHIP_ROLES, PRIMARY_UNITS

#: Taken back before it ever opened.
_WITHDRAWN = Q(opened__isnull=False, closed__isnull=False, closed__lte=F("opened"))
_ORDER = {"general": 0, "specialty": 1, "alliance": 2}


def _unit(row: Institution) -> Unit:
    return Unit(
        row.institution_id, row.name, row.short_name or row.name, row.tier, row.kind, row.township, row.attached_to
    )


def list_units(*, tiers: Iterable[str] = ("village", "township", "county", "outside")) -> dict[str, Unit]:
    """Institutions by id, in the order of their ids."""
    return {
        row.institution_id: _unit(row)
        for row in Institution.objects.filter(tier__in=list(tiers)).exclude(_WITHDRAWN).order_by("institution_id")
    }


def list_places() -> dict[str, Place]:
    return {row.code: Place(row.code, row.name, row.column, row.row) for row in Township.objects.order_by("code")}


def community_names(day: date | None = None) -> dict[str, str]:
    """The name of each community: its last one, or with ``day`` that of the day, for those that exist on it."""
    rows = Membership.objects.order_by("community_id", "start")
    if day is not None:
        rows = rows.filter(_held_on(day))
    return dict(rows.values_list("community_id", "community_name"))


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


def network_on(day: date, region: str) -> Picture:
    """The tree of communities on ``day``, and the county's institutions that no general community holds."""
    rows = {
        row.institution_id: row
        for row in Institution.objects.exclude(tier="outside")
        if (row.opened is None or row.opened <= day) and (row.closed is None or day < row.closed)
    }
    memberships = list(Membership.objects.filter(_held_on(day)).order_by("community_id", "role", "institution_id"))
    below: dict[str, list[str]] = defaultdict(list)
    above: dict[str, str] = {}
    for child, parent in Attachment.objects.filter(_held_on(day)).values_list("institution_id", "attached_to"):
        if child in rows and parent in rows:
            below[parent].append(child)
            above[child] = parent
    for children in below.values():
        children.sort()

    def clinics(institution_id: str) -> int:
        return sum((rows[child].kind in PRIMARY_UNITS) + clinics(child) for child in below[institution_id])

    def clinics_below(institution_ids: set[str]) -> set[str]:
        return {i for parent in institution_ids for i in below[parent] if rows[i].kind in PRIMARY_UNITS}

    def node(institution_id: str, held: dict[str, Membership], apart: frozenset[str]) -> Node:
        children = tuple(
            node(child, held, apart)
            for child in below[institution_id]
            if rows[child].kind not in PRIMARY_UNITS and child not in apart
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
            if m.role != "lead" and i in rows and above.get(i) not in held and rows[i].kind not in PRIMARY_UNITS
        ]
        # What hangs on the lead and is no member of its own (its village clinics) is counted, not drawn below it.
        members = tuple(node(i, held, frozenset()) for i in top)
        below_lead = tuple(
            node(i, held, frozenset())
            for i in held
            if i in rows and above.get(i) in leads and rows[i].kind not in PRIMARY_UNITS
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
                clinics=len(
                    {i for i in held if i in rows and rows[i].kind in PRIMARY_UNITS}
                    | {i for member in every for i in clinics_below(all_below(member))}
                ),
            )
        )
    communities.sort(key=lambda c: (_ORDER.get(c.kind, 9), c.community_id))
    unplaced = tuple(
        node(i, {}, frozenset())
        for i, row in rows.items()
        if i not in in_general and row.kind not in PRIMARY_UNITS and above.get(i) not in in_general
    )
    days = {d for pair in Membership.objects.values_list("start", "end") for d in pair if d is not None}
    return Picture(day, tuple(communities), unplaced, tuple(sorted(days)))


def _size(node: Node) -> int:
    return 1 + sum(_size(child) for child in node.children)


def all_below(node: Node) -> set[str]:
    return {node.unit.institution_id} | {i for child in node.children for i in all_below(child)}


def members_on(day: date) -> list[dict[str, Any]]:
    """Every membership of ``day`` with names, communities in order, the lead first."""
    names = {
        i: short or name for i, short, name in Institution.objects.values_list("institution_id", "short_name", "name")
    }
    order = {"lead": 0, "member": 1, "linked": 2}
    rows = sorted(
        Membership.objects.filter(_held_on(day)),
        key=lambda m: (_ORDER.get(m.community_kind, 9), m.community_id, order.get(m.role, 9), m.institution_id),
    )
    return [
        {
            "community_id": m.community_id,
            "community": m.community_name,
            "kind": m.community_kind,
            "kind_label": COMMUNITY_KINDS.get(m.community_kind, m.community_kind),
            "institution_id": m.institution_id,
            "institution": names.get(m.institution_id, m.institution_id),
            "role": m.role,
            "role_label": MEMBERSHIP_ROLES.get(m.role, m.role),
            "start": m.start,
            "end": m.end,
        }
        for m in rows
    ]


def demonstration_units() -> dict[str, tuple[str, str]]:
    """A unit for each demonstration role held at an institution: the first lead hospital, its first township centre
    with clinics, and that centre's first clinic."""
    lead = Membership.objects.filter(role="lead", community_kind="general").order_by("community_id").first()
    if lead is None:
        return {}
    at_lead = ("lead_manager", "county_specialist", "centre_reader", "public_health_commissioner")
    units = dict.fromkeys(at_lead, ("institution", lead.institution_id))
    members = Membership.objects.filter(community_id=lead.community_id, role="member").values_list("institution_id")
    clinics = Institution.objects.filter(kind__in=PRIMARY_UNITS).exclude(attached_to="")
    with_clinics = Institution.objects.filter(institution_id__in=clinics.values("attached_to"), tier="township")
    centre = with_clinics.filter(institution_id__in=members).order_by("institution_id").last()
    if centre:
        at_centre = ("township_manager", "township_doctor", "station_nurse", "public_health_liaison")
        units |= dict.fromkeys(at_centre, ("institution", centre.institution_id))
        clinic = clinics.filter(attached_to=centre.institution_id).order_by("institution_id").first()
        units["village_doctor"] = ("institution", clinic.institution_id)
    return units
