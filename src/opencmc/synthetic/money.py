"""What care costs and who pays it, by level, insurance and community; all amounts whole fen."""

from __future__ import annotations

import numpy as np

from opencmc.synthetic.county import COUNTY, OUTSIDE, TOWNSHIP, VILLAGE, County
from opencmc.synthetic.diagnoses import diagnoses
from opencmc.synthetic.people import People
from opencmc.synthetic.plan import Plan
from opencmc.synthetic.sampling import Floats, Ints, Mask

#: Yuan a visit with a diagnosis of cost 1, by tier (county, township, village, outside); what the fund pays of it in
#: percent by insurance (employees, residents); both before the effect of illness and community.
_VISIT_YUAN = np.array([172.0, 84.0, 46.0, 330.0])
_VISIT_FUND = np.array([[45, 40, 46, 54], [25, 30, 37, 38]])
#: Yuan a stay with a diagnosis of cost 1; the fund's share of what is covered, the deductible in yuan.
_STAY_YUAN = np.array([7200.0, 3450.0, 0.0, 13900.0])
_STAY_FUND = np.array([[84, 90, 0, 80], [73, 85, 0, 63]])
_DEDUCTIBLE = np.array([400, 150, 0, 1000]) * 100
#: Costs rise by this a year.
GROWTH = 0.028


def _factors(people: People, plan: Plan, institution: Ints, month: int) -> Floats:
    county: County = people.county
    rising = 1.0 + GROWTH * (month + 0.5) / 12
    factor = np.full(len(county.ids) + 1, rising)
    if month >= plan.overrun_from:
        community = next(c for c in county.communities if c.id == plan.overrun_community)
        for id_, _ in community.members:
            factor[county.index[id_]] *= plan.overrun_factor
    return factor[institution]


def visit_money(
    people: People, plan: Plan, rng: np.random.Generator, person: Ints, institution: Ints, diagnosis: Ints, month: int
) -> tuple[Ints, Ints, Ints]:
    """Total, fund and own amounts of visits."""
    table = diagnoses()
    tier = people.county.tier[institution]
    # Small places do small things: costs differ less by diagnosis there.
    weight = np.where(tier == COUNTY, 1.0, np.where(tier == OUTSIDE, 0.9, 0.5))
    cost = 1.0 + weight * (table.visit_cost[diagnosis] - 1.0)
    spread = np.exp(rng.standard_normal(len(person), dtype=np.float32) * 0.55 - 0.15)
    total = (_VISIT_YUAN[tier] * cost * spread * _factors(people, plan, institution, month) * 100).astype(
        np.int64
    ) + 200
    insurance = people.insurance[person]
    share = _VISIT_FUND[insurance, tier] + 9 * table.linked[diagnosis]
    own_community = (tier == TOWNSHIP) | (tier == VILLAGE)
    share = share + 3 * (own_community & (people.county.community_of[people.township[person]] >= 0))
    fund = total * share // 100
    return total, fund, total - fund


def stay_money(
    people: People,
    plan: Plan,
    rng: np.random.Generator,
    person: Ints,
    institution: Ints,
    diagnosis: Ints,
    days: Ints,
    unreferred: Mask,
    month: int,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Total, fund, own and unreasonable amounts of stays. Big-illness insurance and aid pay what is left."""
    table = diagnoses()
    tier = people.county.tier[institution]
    length = np.sqrt(np.maximum(days, 1) / table.days[diagnosis])
    cost = np.where(tier == TOWNSHIP, 0.45 + 0.45 * table.stay_cost[diagnosis], table.stay_cost[diagnosis])
    spread = np.exp(rng.standard_normal(len(person)) * 0.42 - 0.09)
    total = (_STAY_YUAN[tier] * cost * length * spread * _factors(people, plan, institution, month) * 100).astype(
        np.int64
    )
    total += 20_000
    covered = total * rng.integers(84, 95, len(person)) // 100
    share = _STAY_FUND[people.insurance[person], tier] - 12 * unreferred
    fund = np.maximum(covered - _DEDUCTIBLE[tier], 0) * share // 100
    rest = total - fund
    other = np.where(rest > 1_500_000, (rest - 1_500_000) * 55 // 100, 0)
    unreasonable = np.where(rng.random(len(person)) < 0.013, total * rng.integers(1, 9, len(person)) // 100, 0)
    return total, fund, rest - other, unreasonable


def pharmacy_money(rng: np.random.Generator, size: int) -> tuple[Ints, Ints, Ints]:
    total = (np.exp(rng.standard_normal(size) * 0.6) * 6200).astype(np.int64) + 300
    fund = total * 18 // 100
    return total, fund, total - fund
