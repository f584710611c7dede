"""What the plan says of the network: townships on a schematic map, the communities and their members (from the pack)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from opencmc.policy.pack import default_root, load_pack
from opencmc.synthetic import sampling

PACK = "ninghai"
#: From this day on the plan of December 2017 is in force.
FOUNDED = date(2018, 1, 1)


@dataclass(frozen=True, slots=True)
class Township:
    code: str
    name: str
    short: str
    #: Row and column on the schematic tile map (row 0 is the north, column 0 the west).
    tile: tuple[int, int]
    residents_thousand: int
    clinics_per_ten_thousand: float
    #: Share of people of 65 and over against the county's.
    old_share: float


@dataclass(frozen=True, slots=True)
class Community:
    id: str
    name: str
    kind: str
    #: (institution_id, role), the lead first.
    members: tuple[tuple[str, str], ...]

    @property
    def lead(self) -> str:
        return self.members[0][0]


def townships() -> tuple[Township, ...]:
    """The eighteen townships, ordered by code."""
    rows = sampling.read_table("townships")
    return tuple(
        Township(
            row["code"],
            row["name"],
            row["short"],
            (int(row["row"]), int(row["column"])),
            int(row["residents_thousand"]),
            float(row["clinics_per_ten_thousand"]),
            float(row["old_share"]),
        )
        for row in sorted(rows, key=lambda row: row["code"])
    )


@dataclass(frozen=True, slots=True)
class Network:
    communities: tuple[Community, ...]
    #: Institutions that the plan names: name, kind and the centre that they are attached to, by id.
    named: dict[str, dict[str, Any]]


def planned_network() -> Network:
    """The communities as the pack has them on the day on which they begin, without village clinics.

    Raises ``PolicyError`` when the pack is not at hand or not sound.
    """
    value = load_pack(default_root(), PACK).value("network.communities", FOUNDED)
    communities = tuple(
        Community(
            community["id"],
            community["name"],
            community["kind"],
            (
                (community["lead"], "lead"),
                *((member["institution"], member["role"]) for member in community["members"]),
            ),
        )
        for community in value["communities"]
    )
    return Network(communities, {institution["id"]: institution for institution in value["institutions"]})
