"""Outpatient and emergency visits of one month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from opencmc.synthetic import money, sampling
from opencmc.synthetic.choice import Choice
from opencmc.synthetic.county import COUNTY, OUTSIDE
from opencmc.synthetic.diagnoses import diagnoses, group_of
from opencmc.synthetic.months import VISITING, Month
from opencmc.synthetic.people import AWAY, REGIONS, RESIDENT, VISITOR, YEAR, People
from opencmc.synthetic.plan import Plan
from opencmc.synthetic.sampling import Floats, Ints, Lottery, Mask, stream
from opencmc.synthetic.staging import build

KINDS = ("outpatient", "emergency", "home", "pharmacy")
#: Brings the visits of the age table to about 6.9 a head and year.
LEVEL = 0.808
PURCHASES_A_YEAR = 0.24
#: How much of all care is Chinese medicine, before the diagnosis; by place of care.
TCM_SHARE = (0.095, 0.150, 0.135, 0.05)
TCM_HOSPITAL_SHARE = 0.55


@dataclass
class Visits:
    """The visits of a month, one position a visit, in order of date."""

    month: Month
    person: Ints
    institution: Ints
    day: Ints
    kind: Ints
    diagnosis: Ints
    tcm: Mask
    total: Ints
    fund: Ints
    own: Ints
    #: Numbers of referrals, −1 for none.
    referral: Ints
    #: Planted: the institution is not in any register; the insured region is missing; the row arrives late.
    unknown: Mask
    no_region: Mask
    late: Mask

    def __len__(self) -> int:
        return len(self.person)


def illness(people: People) -> Ints:
    return people.hypertension + 2 * people.diabetes.astype(np.int8)


def visits_of(people: People, plan: Plan, seed: int, month: Month, choice: Choice) -> Visits:
    rng = stream(seed, "visits", month.index)
    table = diagnoses()
    person = _who(people, month, rng)
    day = _when(month, rng, len(person))
    there = (people.birth[person] <= day) & (people.death[person] >= day)
    person, day = person[there], day[there]
    years = (month.start - people.birth) / YEAR
    group = group_of(people.sex, illness(people), years)
    lottery = Lottery((table.visit_weights * table.season[month.of_year]).reshape(-1, table.visit_weights.shape[-1]))
    diagnosis = lottery.draw(rng, group[person], len(person))
    age = np.searchsorted([18, 65], years, side="right").astype(np.int8)[person]
    level, branch = table.level[diagnosis].astype(np.int32), table.branch[diagnosis].astype(np.int32)
    institution = choice.visits(rng, person, level, branch, age)
    tier = people.county.tier[institution]
    staying = ~((people.kind[person] == VISITOR) & (tier == OUTSIDE))
    person, day, diagnosis, institution, tier, age, level = (
        array[staying] for array in (person, day, diagnosis, institution, tier, age, level)
    )
    kind = _kind(rng, tier, level, age)
    tcm = _tcm(people, rng, institution, tier, diagnosis)
    total, fund, own = money.visit_money(people, plan, rng, person, institution, diagnosis, month.index)
    bought, bought_day, shop, amounts = _purchases(people, month, rng)
    person, day = np.concatenate((person, bought)), np.concatenate((day, bought_day))
    order = np.argsort((day - month.start).astype(np.uint8), kind="stable")
    size = len(person)

    def joined(values: Ints, more: Ints | int) -> Ints:
        added = np.full(len(bought), more, dtype=values.dtype) if np.isscalar(more) else more
        return np.concatenate((values, added))[order]

    unknown = rng.random(size) < plan.unknown_institution
    tier_ordered = joined(tier, COUNTY)
    return Visits(
        month=month,
        person=person[order],
        institution=np.where(unknown, people.county.unknown, joined(institution, shop)),
        day=day[order],
        kind=joined(kind, KINDS.index("pharmacy")),
        diagnosis=joined(diagnosis, -1),
        tcm=joined(tcm, 0).astype(bool),
        total=joined(total, amounts[0]),
        fund=joined(fund, amounts[1]),
        own=joined(own, amounts[2]),
        referral=np.full(size, -1, dtype=np.int64),
        unknown=unknown,
        no_region=rng.random(size) < plan.no_insured_region,
        late=(tier_ordered == OUTSIDE) & (rng.random(size) < plan.late_share),
    )


def _who(people: People, month: Month, rng: np.random.Generator) -> Ints:
    """People, each as often as they come."""
    band = people.age_band(month.start)
    ill = 1.0 + 0.55 * people.hypertension + 0.60 * people.diabetes
    sex = np.where(people.sex == 2, 1.07, 0.93)
    kind = np.where(people.kind == RESIDENT, 1.0, np.where(people.kind == AWAY, 0.55, 0.9))
    rate = people.ages.visits[band] * ill * sex * kind * (0.25 + 0.75 * people.frailty)
    rate *= LEVEL * VISITING[month.of_year] * month.days / YEAR
    rate[(people.death < month.start) | (people.birth >= month.end)] = 0.0
    return np.repeat(np.arange(len(people), dtype=np.int32), rng.poisson(rate))


def _when(month: Month, rng: np.random.Generator, size: int) -> Ints:
    return month.start + Lottery(month.day_weights()).draw(rng, 0, size).astype(np.int64)


def _kind(rng: np.random.Generator, tier: Ints, level: Ints, age: Ints) -> Ints:
    luck = rng.random(len(tier), dtype=np.float32)
    urgent = np.array([0.115, 0.05, 0.0, 0.07], dtype=np.float32)[tier] * np.where(level >= 2, 1.2, 0.95)
    home = np.array([0.0, 0.006, 0.035, 0.0], dtype=np.float32)[tier] * (age == 2)
    return np.where(luck < urgent, 1, np.where(luck > 1 - home, 2, 0)).astype(np.int8)


def _tcm(people: People, rng: np.random.Generator, institution: Ints, tier: Ints, diagnosis: Ints) -> Mask:
    share: Floats = np.array(TCM_SHARE, dtype=np.float32)[tier] * (0.25 + 1.5 * diagnoses().tcm[diagnosis])
    chinese = institution == people.county.index["NH-H3"]
    share = np.where(chinese, TCM_HOSPITAL_SHARE, share)
    return rng.random(len(tier), dtype=np.float32) < np.minimum(share, 0.9)


def _purchases(
    people: People, month: Month, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, tuple[Ints, Ints, Ints]]:
    """Medicine bought at a pharmacy on the insurance card."""
    years = (month.start - people.birth) / YEAR
    alive = (people.kind == RESIDENT) & (people.death >= month.end) & (people.birth < month.start) & (years > 16)
    rate = np.where(alive, PURCHASES_A_YEAR * month.days / YEAR * (1 + people.hypertension), 0.0)
    person = np.repeat(np.arange(len(people), dtype=np.int32), rng.poisson(rate))
    shop = people.county.pharmacies[rng.integers(0, len(people.county.pharmacies), len(person))]
    day = month.start + rng.integers(0, month.days, len(person))
    return person, day, shop, money.pharmacy_money(rng, len(person))


def visit_table(people: People, visits: Visits, rng: np.random.Generator, numbers: pa.Array) -> pa.Table:
    """The rows of ``visit``. People registered twice come under their second number now and then."""
    table = diagnoses()
    month = visits.month
    second = people.second_number[visits.person]
    number = np.where((second > 0) & (rng.random(len(visits)) < 0.35), second, people.number[visits.person])
    region = np.where(visits.no_region, -1, people.region[visits.person])
    return build(
        "visit",
        {
            "visit_id": sampling.numbered(f"V{month.compact}-", np.arange(1, len(visits) + 1), 7),
            "resident_id": sampling.take(numbers, number),
            "institution_id": sampling.take(people.county.words, visits.institution),
            "date": sampling.dates(visits.day),
            "kind": sampling.take(pa.array(KINDS), visits.kind),
            "is_tcm": pa.array(visits.tcm),
            "diagnosis": sampling.take(table.words, visits.diagnosis),
            "referral_id": sampling.numbered("RF", visits.referral, 12),
            "insured_region": sampling.take(pa.array(REGIONS), region),
            "total_fen": sampling.whole(visits.total),
            "fund_fen": sampling.whole(visits.fund),
            "own_fen": sampling.whole(visits.own),
        },
    )
