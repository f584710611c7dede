"""The county's 2020 census, as the pack has it: the demonstration's denominator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from opencmc.policy.pack import default_root, load_pack
from opencmc.synthetic.network import PACK

CENSUS_DAY = date(2020, 11, 1)


@dataclass(frozen=True, slots=True)
class Census:
    """``share_per_10000`` is by the lower end of the age group, both sexes together: the source has no more."""

    total: int
    men: int
    share_per_10000: dict[int, int]


@cache
def census() -> Census:
    """Entries ``population.census2020`` and ``population.census2020_ages``. Raises ``PolicyError`` without them."""
    pack = load_pack(default_root(), PACK)
    counts = {item: count for item, _, count, _ in pack.value("population.census2020", CENSUS_DAY)}
    ages = pack.value("population.census2020_ages", CENSUS_DAY)
    return Census(counts["total"], counts["male"], {low: int(share * 10_000) for _, low, _, share in ages})
