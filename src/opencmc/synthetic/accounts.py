"""What the institutions earn and spend each month, and the communities' insurance budgets and prepayments."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from opencmc.base.division import apportion
from opencmc.synthetic import sampling
from opencmc.synthetic.county import COUNTY, OUTSIDE, VILLAGE, County
from opencmc.synthetic.months import Calendar, Month
from opencmc.synthetic.sampling import Ints, stream
from opencmc.synthetic.staging import build

#: Percent of medical income by tier (county, township, village): services, drugs.
_SERVICES = (33, 41, 52)
_DRUGS = (26, 36, 40)
#: Yuan a month and person: pay at the lead hospitals, other county institutions, centres, clinics.
_PAY = (12_400, 11_300, 8_900, 4_600)
#: Budgets are negotiated above the year before by this many percent; a month's prepayment is this share of a twelfth.
BUDGET_RISE, FIRST_BUDGET, PREPAID = 6, 103, 92


@dataclass
class Takings:
    """Fen by institution and month: everything charged, and what this county's fund paid."""

    county: County
    total: dict[int, Ints] = field(default_factory=dict)
    fund: dict[int, Ints] = field(default_factory=dict)

    def add(self, month: int, institution: Ints, total: Ints, fund: Ints) -> None:
        size = len(self.county.ids)
        known = institution < size
        for book, amounts in ((self.total, total), (self.fund, fund)):
            # Whole fen below 2**53 add up exactly in the doubles that bincount uses.
            summed = np.bincount(institution[known], weights=amounts[known], minlength=size).astype(np.int64)
            book[month] = book.get(month, np.zeros(size, dtype=np.int64)) + summed

    def community_fund(self, months: list[int]) -> dict[str, int]:
        """What the county's fund paid to the institutions of each general community in ``months``."""
        paid = sum((self.fund[month] for month in months), np.zeros(len(self.county.ids), dtype=np.int64))
        return {id_: int(paid[members].sum()) for id_, members in members_of(self.county).items()}


def members_of(county: County) -> dict[str, Ints]:
    """Positions of the institutions of each general community: lead, centres, and their clinics."""
    found = {}
    for position, community in enumerate(county.communities):
        if community.kind == "general":
            named = {county.index[id_] for id_, _ in community.members}
            inside = np.isin(county.township_of, np.flatnonzero(county.community_of == position)) & (
                county.tier == VILLAGE
            )
            found[community.id] = np.array(sorted(named | set(np.flatnonzero(inside).tolist())))
    return found


def budgets(takings: Takings, calendar: Calendar, overrun: str) -> dict[int, dict[str, int]]:
    """The budget of each general community for each calendar year, fen: for the first year a little above what it
    then spent, later the actual amount of the year before and ``BUDGET_RISE`` percent. A part of a year counts as its
    share of twelve months.

    That ``overrun`` alone spends more than its budget from the second year on is planted, so it holds in a county of
    any size: the negotiated amount is held below what it spends, and above it for the others.
    """
    found: dict[int, dict[str, int]] = {}
    before: dict[str, int] = {}
    for year in calendar.years:
        months = [month.index for month in calendar if month.first.year == year]
        spent = takings.community_fund(months)
        whole = {id_: amount * 12 // len(months) for id_, amount in spent.items()}
        if before:
            usual = {id_: before[id_] * (100 + BUDGET_RISE) // 100 for id_ in spent}
            found[year] = {
                id_: min(usual[id_], whole[id_] * 95 // 100)
                if id_ == overrun
                else max(usual[id_], whole[id_] * 101 // 100)
                for id_ in spent
            }
        else:
            found[year] = {id_: amount * FIRST_BUDGET // 100 for id_, amount in whole.items()}
        before = whole
    return found


def ledger_table(
    takings: Takings, heads: Ints, month: Month, seed: int, budget: dict[str, int], *, first_of_year: bool
) -> pa.Table:
    """The booked amounts of one month. A community's yearly budget is booked in its first month, under the
    community's id; the prepayment every month, under the institution's."""
    county = takings.county
    rng = stream(seed, "ledger", month.index)
    inside = np.flatnonzero((county.tier != OUTSIDE) & ((heads > 0) | (takings.total[month.index] > 0)))
    tier = county.tier[inside].astype(np.int64)
    income = takings.total[month.index][inside]
    level = np.where(tier == COUNTY, 1, tier + 1)
    leads = [county.index[c.lead] for c in county.communities if c.kind == "general"]
    level = np.where(np.isin(inside, leads), 0, level)
    growth = 1 + 0.03 * month.index / 12
    pay = (heads[inside] * np.array(_PAY)[level] * growth * (1 + 0.02 * rng.standard_normal(len(inside))) * 100).astype(
        np.int64
    )
    services = income * np.array(_SERVICES)[np.minimum(tier, 2)] // 100
    drugs = income * np.array(_DRUGS)[np.minimum(tier, 2)] // 100
    part = np.array([16, 48, 30])[np.minimum(tier, 2)]
    control = inside == county.index["NH-C1"]
    subsidy = pay * np.where(control, 125, part) // 100
    cost = income * rng.integers(47, 55, len(inside)) // 100 + subsidy * 20 // 100
    assets = heads[inside] * np.array([46, 40, 22, 5])[level] * 1_000_000 + rng.integers(0, 5_000_000, len(inside))
    liabilities = assets * rng.integers(28, 46, len(inside)) // 100
    rows: list[tuple[str, str, int]] = []
    accounts = {
        "medical_income": income, "service_income": services, "drug_income": drugs, "subsidy": subsidy,
        "other_income": income * 2 // 100, "staff_pay": pay, "other_cost": cost, "assets": assets, "liabilities": liabilities,
    }  # fmt: skip
    for at, place in enumerate(inside):
        village = county.tier[place] == VILLAGE
        rows += [
            (county.ids[place], name, int(amounts[at]))
            for name, amounts in accounts.items()
            if not (village and name in ("assets", "liabilities", "other_income"))
        ]
    rows += _fund_rows(takings, month, budget, first_of_year=first_of_year)
    return build(
        "ledger",
        {
            "institution_id": [row[0] for row in rows],
            "month": sampling.dates(np.full(len(rows), month.start)),
            "account": [row[1] for row in rows],
            "amount_fen": [row[2] for row in rows],
        },
    )


def _fund_rows(
    takings: Takings, month: Month, budget: dict[str, int], *, first_of_year: bool
) -> list[tuple[str, str, int]]:
    county = takings.county
    rows: list[tuple[str, str, int]] = []
    for community, members in members_of(county).items():
        if community not in budget:
            continue
        if first_of_year:
            rows.append((community, "fund_budget", budget[community]))
        weights = takings.fund[month.index][members].tolist()
        amount = budget[community] * PREPAID // 1200
        if sum(weights):
            parts = apportion(amount, weights)
            rows += [(county.ids[at], "fund_prepaid", part) for at, part in zip(members, parts, strict=True) if part]
    return rows
