"""Report cards of notifiable diseases with their seasons, and one planted outbreak."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from opencmc.synthetic import sampling
from opencmc.synthetic.months import Month
from opencmc.synthetic.people import RESIDENT, YEAR, People
from opencmc.synthetic.plan import Plan
from opencmc.synthetic.sampling import Ints, stream
from opencmc.synthetic.staging import build

RESULTS = ("suspected", "clinical", "confirmed")
#: The smallest outbreak, so that a tiny county has one too.
SMALLEST_OUTBREAK = 15


def infection_table(people: People, plan: Plan, seed: int, month: Month) -> tuple[pa.Table, list[str]]:
    """The cards reported in ``month``, and the numbers of those that belong to the planted outbreak."""
    rng = stream(seed, "infections", month.index)
    diseases = sampling.read_table("infections")
    year = np.exp(0.18 * stream(seed, "infection year", month.first.year).standard_normal(len(diseases)))
    here = np.flatnonzero((people.kind == RESIDENT) & (people.birth < month.start) & (people.death >= month.end))
    years = (month.start - people.birth[here]) / YEAR
    who, disease = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for at, row in enumerate(diseases):
        inside = here[(years >= int(row["age_from"])) & (years < int(row["age_to"]))]
        expected = float(row[f"m{month.first.month:02d}"]) * people.county.residents / 100_000 * year[at]
        size = min(int(rng.poisson(expected)), len(inside))
        who.append(rng.choice(inside, size, replace=False))
        disease.append(np.full(size, at))
    person, kind = np.concatenate(who), np.concatenate(disease)
    reported = month.start + rng.integers(0, month.days, len(person))
    outbreak = np.zeros(len(person), dtype=bool)
    if month.index == plan.outbreak_month:
        sick, days = _outbreak(people, plan, month, here, rng)
        at = next(position for position, row in enumerate(diseases) if row["disease"] == plan.outbreak_disease)
        person, kind = np.concatenate((person, sick)), np.concatenate((kind, np.full(len(sick), at)))
        reported, outbreak = (
            np.concatenate((reported, days)),
            np.concatenate((outbreak, np.ones(len(sick), dtype=bool))),
        )
    order = np.argsort(reported, kind="stable")
    person, kind, reported, outbreak = person[order], kind[order], reported[order], outbreak[order]
    size = len(person)
    diagnosed = reported - (rng.random(size) < 0.12)
    onset = np.maximum(diagnosed - rng.integers(0, 5, size), people.birth[person])
    ids = sampling.numbered(f"C{month.compact}-", np.arange(1, size + 1), 5)
    codes = pa.array([township.code for township in people.county.townships])
    table = build(
        "infection",
        {
            "card_id": ids,
            "disease": sampling.take(pa.array([row["disease"] for row in diseases]), kind),
            "resident_id": sampling.take(people.words, people.number[person]),
            "onset": sampling.dates(onset),
            "diagnosed_at": sampling.dates(np.maximum(diagnosed, onset)),
            "reported_at": sampling.dates(reported),
            "township": sampling.take(codes, people.township[person]),
            "institution_id": sampling.take(people.county.words, _reporter(people, person, rng)),
            "result": sampling.take(pa.array(RESULTS), rng.choice(3, size, p=[0.08, 0.62, 0.30])),
        },
    )
    return table, ids.filter(pa.array(outbreak)).to_pylist()


def _outbreak(people: People, plan: Plan, month: Month, here: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Who falls ill in the outbreak township, and the days of the cards: three weeks with a peak in the second."""
    at = [township.code for township in people.county.townships].index(plan.outbreak_township)
    inside = here[people.township[here] == at]
    size = min(max(SMALLEST_OUTBREAK, round(len(inside) * plan.outbreak_share)), len(inside))
    day = np.clip(np.rint(rng.normal(9, 4.2, size)), 0, plan.outbreak_days - 1).astype(np.int64)
    return rng.choice(inside, size, replace=False), month.start + 5 + day


def _reporter(people: People, person: Ints, rng: np.random.Generator) -> Ints:
    """Centres and county hospitals report; a village clinic's patients are reported by its centre."""
    county = people.county
    centre = county.centre[people.township[person]]
    hospital = county.hospitals[rng.choice(4, len(person), p=[0.5, 0.22, 0.13, 0.15])]
    return np.where(rng.random(len(person)) < 0.55, centre, hospital)
