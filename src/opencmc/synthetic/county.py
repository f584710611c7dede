"""The county's network: townships on a schematic map, institutions, who belongs to which community, equipment."""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa

from opencmc.base.division import apportion
from opencmc.synthetic import sampling
from opencmc.synthetic.census import census
from opencmc.synthetic.months import NEVER, Calendar, number
from opencmc.synthetic.network import FOUNDED, Network, townships
from opencmc.synthetic.sampling import Floats, Ints
from opencmc.synthetic.staging import build

REGION = "330226"
#: Village clinics of the county at its full size.
FULL_CLINICS = 350
COUNTY, TOWNSHIP, VILLAGE, OUTSIDE = range(4)
TIER_NAMES = ("county", "township", "village", "outside")
TILE_KM = 9.0

_FIRST = "上下大小前后东西南北新老高长石双"
_LAST = "岙浦塘岭溪湾坑宅洋山桥屿田畈墩峧"


class County:
    """The network of a county of ``residents`` people. Positions (``index``) in :attr:`ids` stand for institutions."""

    def __init__(self, residents: int, calendar: Calendar, network: Network) -> None:
        self.residents = residents
        self.calendar = calendar
        self.communities = network.communities
        self._named = network.named
        self.townships = townships()
        clinics = self._clinics()
        self._rows = [*self._listed("county"), *self._centre_rows(), *clinics, *self._listed("outside")]
        self.ids = [str(row["institution_id"]) for row in self._rows]
        self.index = {id_: position for position, id_ in enumerate(self.ids)}
        self.words = pa.array([*self.ids, "NH-X999"])
        #: Position in ``words`` of an institution that no register knows.
        self.unknown = len(self.ids)
        self.tier: Ints = np.array([TIER_NAMES.index(str(row["tier"])) for row in self._rows], dtype=np.int8)
        codes = [township.code for township in self.townships]
        self.township_of: Ints = np.array(
            [codes.index(str(row["township"])) if row["township"] else -1 for row in self._rows], dtype=np.int16
        )
        self.centre: Ints = np.array([self.index[f"NH-T{code}"] for code in codes])
        self.clinics: list[Ints] = [
            np.flatnonzero((self.tier == VILLAGE) & (self.township_of == position)) for position in range(len(codes))
        ]
        self.hospitals: Ints = np.array([self.index[f"NH-{name}"] for name in ("H1", "H2", "H3", "H4", "P1")])
        self.pharmacies: Ints = np.array([self.index[f"NH-D{number_}"] for number_ in (1, 2, 3)])
        self.outside: Ints = np.flatnonzero(self.tier == OUTSIDE)

    @cached_property
    def shares(self) -> Floats:
        """Each township's share of the residents."""
        sizes = np.array([township.residents_thousand for township in self.townships], dtype=np.float64)
        return sizes / sizes.sum()

    @cached_property
    def distance(self) -> Floats:
        """Schematic kilometres from each township to the county seat."""
        seat = next(township.tile for township in self.townships if township.short == "跃龙")
        tiles = np.array([township.tile for township in self.townships], dtype=np.float64)
        apart: Floats = np.hypot(*(tiles - seat).T) * TILE_KM + 3.0
        return apart

    @cached_property
    def neighbour(self) -> Floats:
        """Weights (township, township) with which people use another township's centre."""
        tiles = np.array([township.tile for township in self.townships], dtype=np.float64)
        apart = np.hypot(*(tiles[:, None, :] - tiles[None, :, :]).transpose(2, 0, 1))
        weights: Floats = np.exp(-apart * 1.2)
        np.fill_diagonal(weights, 0.0)
        weights = weights / weights.sum(axis=1, keepdims=True) * 0.08
        np.fill_diagonal(weights, 0.92)
        return weights

    @cached_property
    def community_of(self) -> Ints:
        """The position of each township's general community in :attr:`communities`, or −1."""
        found = np.full(len(self.townships), -1)
        for position, community in enumerate(self.communities):
            if community.kind == "general":
                members = {id_ for id_, _ in community.members}
                for at, township in enumerate(self.townships):
                    if f"NH-T{township.code}" in members:
                        found[at] = position
        return found

    @cached_property
    def lead_of(self) -> Ints:
        """The institution to which each township refers and sends orders: its community's lead, else NH-H1."""
        leads = [self.index[community.lead] for community in self.communities]
        return np.array([leads[c] if c >= 0 else self.index["NH-H1"] for c in self.community_of])

    @cached_property
    def village_codes(self) -> list[str]:
        """The village of each institution ("" where it is not a village clinic)."""
        return [id_[4:] if id_.startswith("NH-V") else "" for id_ in self.ids]

    def institution(self) -> pa.Table:
        names = (
            "institution_id",
            "name",
            "short_name",
            "tier",
            "kind",
            "region",
            "township",
            "attached_to",
            "open_beds",
        )
        columns = {name: [row.get(name) for row in self._rows] for name in names}
        opened = [date(2005, 1, 1)] * len(self._rows)
        return build("institution", columns | {"opened": pa.array(opened)})

    def membership(self) -> pa.Table:
        rows = []
        clinics = {township.code: [self.ids[i] for i in self.clinics[at]] for at, township in enumerate(self.townships)}
        for community in self.communities:
            for id_, role in community.members:
                rows.append((community, id_, role))
                for clinic in clinics.get(id_.removeprefix("NH-T"), ()):
                    rows.append((community, clinic, role))
        return build(
            "membership",
            {
                "community_id": [community.id for community, _, _ in rows],
                "community_name": [community.name for community, _, _ in rows],
                "community_kind": [community.kind for community, _, _ in rows],
                "institution_id": [id_ for _, id_, _ in rows],
                "role": [role for _, _, role in rows],
                "start": pa.array([FOUNDED] * len(rows)),
            },
        )

    def ecg_from(self, rng: np.random.Generator) -> Ints:
        """The day from which each village clinic can send an ECG (``NEVER``: not in this period), for all
        institutions. Coverage rises from about 45 % to about 65 % of the clinics."""
        villages = np.flatnonzero(self.tier == VILLAGE)
        order = rng.permutation(len(villages))
        rank = np.empty(len(villages))
        rank[order] = (np.arange(len(villages)) + 0.5) / len(villages)
        start, end = number(self.calendar.start), number(self.calendar.end)
        day = np.where(rank < 0.45, number(date(2021, 7, 1)), NEVER)
        new = (rank >= 0.45) & (rank < 0.65)
        day[new] = start + ((rank[new] - 0.45) / 0.20 * (end - start)).astype(np.int64)
        days = np.full(len(self.ids), number(date(2019, 1, 1)))
        days[villages] = day
        return days

    def equipment(self, ecg_from: Ints) -> pa.Table:
        rows: list[tuple[int, str, int]] = []
        rows += [
            (int(at), kind, number(date(2019, 1, 1))) for at in self.centre for kind in ("ecg", "imaging", "laboratory")
        ]
        rows += [
            (int(at), kind, number(date(2016, 1, 1)))
            for at in self.hospitals
            for kind in ("ecg", "imaging", "laboratory")
        ]
        rows += [
            (int(at), "ecg", int(ecg_from[at])) for at in np.flatnonzero(self.tier == VILLAGE) if ecg_from[at] < NEVER
        ]
        return build(
            "equipment",
            {
                "equipment_id": [f"E{position + 1:05d}" for position in range(len(rows))],
                "institution_id": [self.ids[at] for at, _, _ in rows],
                "kind": [kind for _, kind, _ in rows],
                "connected": True,
                "start": sampling.dates(np.array([day for _, _, day in rows])),
            },
        )

    def _listed(self, tier: str) -> list[dict[str, object]]:
        """Hospitals and others of a tier from ``tables/institutions.csv``; names from the plan where it names them."""
        found: list[dict[str, object]] = []
        for row in sampling.read_table("institutions"):
            if row["tier"] == tier:
                plan = self._named.get(row["institution_id"], {})
                beds = float(row["beds_per_ten_thousand"] or 0) * self.residents / 10_000
                name = plan.get("name", row["name"])
                found.append(
                    {
                        "institution_id": row["institution_id"],
                        "name": name,
                        "short_name": plan.get("short_name", name),
                        "tier": tier,
                        "kind": plan.get("kind", row["kind"]),
                        "region": row["region"],
                        "township": row["township"] or None,
                        "open_beds": max(1, round(beds)) if beds else None,
                    }
                )
        return found

    def _centre_rows(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        whole = sum(township.residents_thousand for township in self.townships)
        for township in self.townships:
            urban = township.name.endswith("街道")
            id_ = f"NH-T{township.code}"
            people = self.residents * township.residents_thousand / whole
            # Three townships are not in the plan; what stands here of them is ours.
            plan = self._named.get(id_, {})
            rows.append(
                {
                    "institution_id": id_,
                    "name": plan.get("name", f"{township.short}{'社区卫生服务中心' if urban else '卫生院'}"),
                    "short_name": township.short,
                    "tier": "township",
                    "kind": plan.get("kind", "community_health_centre" if urban else "township_health_centre"),
                    "region": REGION,
                    "township": township.code,
                    "attached_to": plan.get("attached_to"),
                    "open_beds": max(1, round((3 if urban else 11) * people / 10_000)),
                }
            )
        return rows

    def _clinics(self) -> list[dict[str, object]]:
        """At least two clinics a township; the whole county has 350 at full size, fewer when it is smaller."""
        weights = [round(t.residents_thousand * t.clinics_per_ten_thousand * 10) for t in self.townships]
        wanted = round(FULL_CLINICS * min(1.0, (self.residents / census().total) ** 0.5))
        counts = apportion(max(0, wanted - 2 * len(self.townships)), weights)
        rows: list[dict[str, object]] = []
        for position, (township, more) in enumerate(zip(self.townships, counts, strict=True)):
            for place in range(more + 2):
                code = f"{township.code}{200 + place}"
                name = (
                    _FIRST[(place + position) % len(_FIRST)]
                    + _LAST[(place // len(_FIRST) + 5 * position + place) % len(_LAST)]
                )
                rows.append(
                    {
                        "institution_id": f"NH-V{code}",
                        "name": f"{township.short}{name}村卫生室",
                        "short_name": f"{name}村",
                        "tier": "village",
                        "kind": "community_station" if township.name.endswith("街道") else "village_clinic",
                        "region": REGION,
                        "township": township.code,
                        "attached_to": f"NH-T{township.code}",
                    }
                )
        return rows
