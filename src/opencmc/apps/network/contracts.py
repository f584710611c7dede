"""What passes through the door of the network slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Unit:
    """An institution as other slices show it."""

    institution_id: str
    name: str
    short_name: str
    tier: str
    kind: str
    township: str
    attached_to: str


@dataclass(frozen=True, slots=True)
class Place:
    """A township and its place on the schematic map."""

    code: str
    name: str
    column: int | None
    row: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """An institution in the tree of a community; ``clinics`` counts the village clinics below it,
    ``leads`` names the communities that it leads."""

    unit: Unit
    role: str
    since: date | None
    until: date | None
    children: tuple[Node, ...]
    clinics: int
    leads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Community:
    community_id: str
    name: str
    kind: str
    lead: Node | None
    members: tuple[Node, ...]
    institutions: int
    clinics: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The network on a day: communities, and the county's institutions that belong to no general community."""

    on: date
    communities: tuple[Community, ...]
    unplaced: tuple[Node, ...]
    changes: tuple[date, ...]
