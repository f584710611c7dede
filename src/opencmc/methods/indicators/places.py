"""The units of a county: where an institution stands, and to which community it belongs in which month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.methods.indicators.parameters import words
from opencmc.methods.indicators.spans import Flags, Spans, Whole, last_day
from opencmc.methods.indicators.where import WHERE

UNIT_KINDS = ("community", "county", "institution", "tier", "township")
TIERS = ("county", "township", "village")
_TOWNSHIP_CENTRES = ("township_health_centre", "community_health_centre")


def positions(values: pa.Array | pa.ChunkedArray, known: Sequence[str]) -> Whole:
    """Where each text stands in ``known``; −1 when it is missing or not known."""
    found = pc.fill_null(pc.index_in(values, value_set=pa.array(known, pa.string())), -1)
    codes: Whole = (
        found.to_numpy().astype(np.int64)
        if isinstance(found, pa.ChunkedArray)
        else found.to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return codes if len(known) else np.full(len(values), -1, np.int64)


class Units(dict[str, list[str]]):
    """The units by kind; townships are asked for when they are first needed."""

    def __init__(self, townships: Callable[[], list[str]]) -> None:
        super().__init__()
        self._townships = townships

    def __missing__(self, kind: str) -> list[str]:
        if kind != "township":
            raise KeyError(kind)
        self[kind] = self._townships()
        return self[kind]


class Places:
    """Institutions by position, with the unit of each kind that a row at an institution or of a resident belongs to.

    Membership is judged on the last day of each month and holds for the whole month; only general communities
    (综合医共体) are units, because every township belongs to at most one of them. An institution without a membership
    of its own follows the one that it is attached to in that month. A resident belongs to the community of the township's centre.

    ``townships`` are those seen beside the institutions' own; they are asked for when a township is first needed.
    """

    def __init__(
        self,
        institution: pa.Table,
        membership: pa.Table,
        region: str,
        spans: Spans,
        townships: Callable[[], Iterable[str]] = tuple,
        attachment: pa.Table | None = None,
    ) -> None:
        institution = institution.sort_by("institution_id")
        column = {name: institution[name].to_pylist() for name in institution.column_names}
        self.region = region
        self.spans = spans
        self.ids: list[str] = column["institution_id"]
        self.names = dict(zip(self.ids, column["name"], strict=True))
        self.tiers: list[str] = column["tier"]
        self.kinds: list[str] = column["kind"]
        self.beds: list[int | None] = column["open_beds"]
        self.inside: Flags = np.array(
            [r == region and t != "outside" for r, t in zip(column["region"], self.tiers, strict=True)], bool
        )
        self._own_township: list[str | None] = column["township"]
        self._townships_seen = townships
        self._tier_of = np.array([TIERS.index(t) if t in TIERS else -1 for t in self.tiers], np.int64)
        month_ends = [last_day(month) for month in spans.months]
        self.open: Flags = np.array(
            [
                [_holds(a, b, day) for day in month_ends]
                for a, b in zip(column["opened"], column["closed"], strict=True)
            ],
            bool,
        ).reshape(len(self.ids), len(month_ends))
        above = self._above(column["attached_to"], attachment, month_ends)
        self._read_memberships(membership, above, month_ends)
        self.paid: Flags = np.zeros_like(self.open)
        self.units = Units(lambda: self.townships)
        self.units |= {
            "county": [region],
            "community": self.communities,
            "institution": [i for i, inside in zip(self.ids, self.inside, strict=True) if inside],
            "tier": list(TIERS),
        }
        here = np.where(self.inside, 0, -1)
        #: By kind, the unit of each institution; communities are asked by month, townships when they are known.
        self._unit_of: dict[str, Whole] = {
            "county": here,
            "institution": np.where(self.inside, np.cumsum(self.inside) - 1, -1),
            "tier": np.where(self.inside, self._tier_of, -1),
        }

    @cached_property
    def townships(self) -> list[str]:
        seen = {t for t, inside in zip(self._own_township, self.inside, strict=True) if t and inside}
        return sorted(seen | {t for t in self._townships_seen() if t and t[:6] == self.region})

    @cached_property
    def _township_of(self) -> Whole:
        """The township of each institution of the county; −1 when it is not registered."""
        return np.where(self.inside, positions(pa.array(self._own_township, pa.string()), self.townships), -1)

    @cached_property
    def community_of_township(self) -> Whole:
        """``[township, month]``: the community of the township's centre, −1 when there is none."""
        found = np.full((len(self.townships), len(self.spans.months)), -1, np.int64)
        for i, township in enumerate(self._township_of):
            if township >= 0 and self.kinds[i] in _TOWNSHIP_CENTRES:
                found[township] = np.where(found[township] < 0, self.community_of[i], found[township])
        return found

    def _above(self, attached_to: list[str | None], attachment: pa.Table | None, month_ends: list[date]) -> Whole:
        """``[institution, month]``: what each is attached to, −1 for nothing. Dated attachments go before the register."""
        at = {institution: i for i, institution in enumerate(self.ids)}
        above = np.full((len(self.ids), len(month_ends)), -1, np.int64)
        for i, parent in enumerate(attached_to):
            above[i] = at.get(parent or "", -1)
        dated = [row for row in attachment.to_pylist() if row["institution_id"] in at] if attachment else []
        for row in dated:
            above[at[row["institution_id"]]] = -1
        for row in dated:
            held = np.array([_holds(row["start"], row["end"], day) for day in month_ends], bool)
            above[at[row["institution_id"]], held] = at.get(row["attached_to"], -1)
        return above

    def _read_memberships(self, membership: pa.Table, above: Whole, month_ends: list[date]) -> None:
        # A link (医联) into a general community does not make an institution part of it.
        rows = [r for r in membership.to_pylist() if r["community_kind"] == "general" and r["role"] != "linked"]
        rows.sort(key=lambda row: (row["community_id"], row["institution_id"], row["start"]))
        self.communities: list[str] = sorted({row["community_id"] for row in rows})
        self.community_names = {row["community_id"]: row["community_name"] for row in rows}
        at = {institution: i for i, institution in enumerate(self.ids)}
        own = np.full((len(self.ids), len(month_ends)), -1, np.int64)
        self.lead: Flags = np.zeros(own.shape, bool)
        for row in rows:
            if (i := at.get(row["institution_id"])) is None:
                continue
            held = np.array([_holds(row["start"], row["end"], day) for day in month_ends], bool)
            own[i, held & (own[i] < 0)] = self.communities.index(row["community_id"])
            if row["role"] == "lead":
                self.lead[i] |= held
        self.community_of = own.copy()
        month, followed = np.arange(len(month_ends)), above
        for _ in range(3):  # a village clinic, its centre, the centre's hospital
            there = np.where(followed >= 0, own[followed, month], -1)
            self.community_of = np.where(self.community_of < 0, there, self.community_of)
            followed = np.where(followed >= 0, above[followed, month], -1)

    def where(self, name: str, parameters: Mapping[str, str] = MappingProxyType({})) -> Flags:
        """``[institution, month]``: where and when a named condition on the institution holds.

        ``parameters`` of the definition say what the condition leaves to the pack (``Where.parameters``).
        """
        condition = WHERE[name]
        fits = np.ones(len(self.ids), bool)
        if condition.inside:
            fits &= self.inside
        tiers = (*condition.tiers, *(words(parameters["primary_tiers"]) if condition.primary else ()))
        if tiers:
            fits &= np.array([tier in tiers for tier in self.tiers], bool)
        if condition.kinds:
            fits &= np.array([kind in condition.kinds for kind in self.kinds], bool)
        if condition.not_kinds:
            fits &= np.array([kind not in condition.not_kinds for kind in self.kinds], bool)
        held = np.repeat(fits[:, None], len(self.spans.months), axis=1)
        if condition.role == "lead":
            held &= self.lead
        return held & self.paid if condition.paid else held

    def unit_of_institution(self, kind: str, institution: Whole, month: Whole) -> Whole:
        """The unit (by position) of rows placed by their institution; −1 when they belong to none of this kind.

        ``institution`` and ``month`` are positions, equally long; both must be valid.
        """
        if kind == "community":
            return self.community_of[institution, month]
        return self._units_always(kind)[institution]

    def units_at(self, kind: str, month: int) -> Whole:
        """The unit of every institution in a month (by position); −1 when it belongs to none of this kind."""
        return self.community_of[:, month] if kind == "community" else self._units_always(kind)

    def _units_always(self, kind: str) -> Whole:
        return self._township_of if kind == "township" else self._unit_of[kind]

    def unit_of_resident(self, kind: str, township: Whole, month: Whole) -> Whole:
        """The unit of rows placed by where the resident lives; ``township`` may hold −1."""
        match kind:
            case "county":
                return np.zeros(len(township), np.int64)
            case "township":
                return township
            case "community":
                if not self.townships:
                    return np.full(len(township), -1, np.int64)
                return np.where(township >= 0, self.community_of_township[township, month], -1)
        raise ValueError(kind)


def _holds(start: date | None, end: date | None, day: date) -> bool:
    return (start is None or start <= day) and (end is None or day < end)
