"""Family-doctor contracts with what they promise and what was done; programmes and their follow-ups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from opencmc.synthetic import sampling
from opencmc.synthetic.months import NEVER, Calendar, Month, number
from opencmc.synthetic.people import RESIDENT, YEAR, People
from opencmc.synthetic.sampling import Floats, Ints, Mask, stream
from opencmc.synthetic.staging import build

PROGRAMMES = ("hypertension", "diabetes", "elderly", "severe_mental_disorder", "tuberculosis", "child", "maternal")
ITEMS = ("年度健康评估", "血压随访", "血糖随访", "老年人健康体检")
PACKAGES = ("基础包", "慢病包", "老年包")
OUTCOMES = ("controlled", "uncontrolled", "referred", "lost")
#: Contracted: key groups, everybody else, and people with employees' insurance against the others.
KEY_GROUPS, OTHERS, EMPLOYEES = 0.74, 0.33, 0.75
#: Months between contacts of each programme.
_EVERY = (3, 3, 12, 3, 1, 6, 2)


def quality(people: People, seed: int) -> Floats:
    """How much of what it promised each township does."""
    return stream(seed, "quality").uniform(0.62, 0.94, len(people.county.townships))


@dataclass
class Contracts:
    """The contracts of one calendar year."""

    year: int
    person: Ints
    start: Ints
    package: Ints

    @property
    def ids(self) -> pa.Array:
        return sampling.numbered(f"K{self.year}-", np.arange(1, len(self.person) + 1), 7)


def contracts_of(people: People, seed: int, year: int) -> Contracts:
    """Who is contracted in ``year``: much the same people each year. Agreements run to the end of the year."""
    rng = stream(seed, "contracts", year)
    first = number(date(year, 1, 1))
    years = (first - people.birth) / YEAR
    key = (years >= 65) | (years < 7) | people.hypertension | people.diabetes
    chance = np.where(key, KEY_GROUPS, OTHERS) * np.where(people.insurance == 0, EMPLOYEES, 1.0)
    chance = chance * (1 + 0.02 * (year - people.county.calendar.start.year))
    inclined = stream(seed, "inclination").random(len(people))
    luck = 0.9 * inclined + 0.1 * rng.random(len(people))
    # 0.9·U + 0.1·U is not uniform near its ends; the difference is below one point for these chances.
    signed = (people.kind == RESIDENT) & (people.birth < first) & (people.death >= first) & (luck < chance)
    person = np.flatnonzero(signed)
    late = rng.random(len(person)) < 0.14
    start = first + np.where(late, rng.integers(31, 170, len(person)), rng.integers(0, 31, len(person)))
    alive = people.death[person] > start
    person, start = person[alive], start[alive]
    order = np.argsort(start, kind="stable")
    person, start = person[order], start[order]
    ill = people.hypertension[person] | people.diabetes[person]
    package = np.where(ill, 1, np.where(years[person] >= 65, 2, 0))
    return Contracts(year, person, start, package)


def contract_table(people: People, contracts: Contracts) -> pa.Table:
    county = people.county
    township = people.township[contracts.person]
    clinics = people.clinic[contracts.person]
    teams = pa.array([f"{t.short}第{n}签约团队" for t in county.townships for n in (1, 2, 3)])
    end = np.minimum(number(date(contracts.year + 1, 1, 1)), NEVER)
    return build(
        "contract",
        {
            "contract_id": contracts.ids,
            "resident_id": sampling.take(people.words, people.number[contracts.person]),
            "institution_id": sampling.take(county.words, county.centre[township]),
            "team": sampling.take(teams, township.astype(np.int64) * 3 + clinics % 3),
            "package": sampling.take(pa.array(PACKAGES), contracts.package),
            "start": sampling.dates(contracts.start),
            "end": sampling.dates(np.full(len(contracts.person), end)),
        },
    )


@dataclass
class Promises:
    """What the contracts of one year promise: sorted by the day on which it is due."""

    contracts: Contracts
    contract: Ints
    item: Ints
    due: Ints
    done: Ints

    @property
    def ids(self) -> pa.Array:
        return sampling.numbered(f"P{self.contracts.year}-", np.arange(1, len(self.due) + 1), 8)


def promises_of(people: People, seed: int, contracts: Contracts) -> Promises:
    rng = stream(seed, "promises", contracts.year)
    person, last = contracts.person, number(date(contracts.year, 12, 25))
    years = (contracts.start - people.birth[person]) / YEAR
    everybody = np.arange(len(person))
    parts: list[tuple[Ints, int, Ints]] = []

    def promise(who: Mask, item: int, times: int) -> None:
        chosen = everybody[who]
        step = (last - contracts.start[chosen]) // times
        for turn in range(times):
            day = contracts.start[chosen] + step * turn + rng.integers(20, 80, len(chosen)) % np.maximum(step, 1)
            parts.append((chosen, item, np.minimum(day, last)))

    promise(np.ones(len(person), dtype=bool), 0, 1)
    promise(people.hypertension[person], 1, 4)
    promise(people.diabetes[person], 2, 4)
    promise(years >= 65, 3, 1)
    contract = np.concatenate([who for who, _, _ in parts])
    item = np.concatenate([np.full(len(who), item) for who, item, _ in parts])
    due = np.concatenate([day for _, _, day in parts])
    alive = people.death[person[contract]] > due
    contract, item, due = contract[alive], item[alive], due[alive]
    order = np.lexsort((contract, due))
    contract, item, due = contract[order], item[order], due[order]
    kept = rng.random(len(due)) < quality(people, seed)[people.township[person[contract]]]
    day = np.minimum(due + rng.integers(0, 18, len(due)), last + 5)
    day = np.maximum(day, contracts.start[contract])
    done = np.where(kept & (people.death[person[contract]] > day), day, NEVER)
    return Promises(contracts, contract, item, due, done)


def due_table(promises: Promises, start: int, end: int) -> pa.Table:
    """The rows of ``service_due`` that fall due in ``[start, end)``."""
    chosen = (promises.due >= start) & (promises.due < end)
    return build(
        "service_due",
        {
            "service_id": promises.ids.filter(pa.array(chosen)),
            "contract_id": sampling.take(promises.contracts.ids, promises.contract[chosen]),
            "item": sampling.take(pa.array(ITEMS), promises.item[chosen]),
            "due": sampling.dates(promises.due[chosen]),
        },
    )


def done_table(people: People, promises: Promises, start: int, end: int) -> pa.Table:
    """The rows of ``service_done`` in ``[start, end)``: mostly by the village clinic, examinations by the centre."""
    chosen = (promises.done >= start) & (promises.done < end)
    person = promises.contracts.person[promises.contract[chosen]]
    centre = people.county.centre[people.township[person]]
    where = np.where(np.isin(promises.item[chosen], (1, 2)) & (person % 3 > 0), people.clinic[person], centre)
    return build(
        "service_done",
        {
            "service_id": promises.ids.filter(pa.array(chosen)),
            "institution_id": sampling.take(people.county.words, where),
            "date": sampling.dates(promises.done[chosen]),
        },
    )


@dataclass
class Enrolments:
    """People in programmes: sorted by the day on which they came in."""

    programme: Ints
    person: Ints
    start: Ints
    end: Ints
    controlled: Mask

    @property
    def ids(self) -> pa.Array:
        return sampling.numbered("M", np.arange(1, len(self.person) + 1), 7)


def enrolments_of(people: People, calendar: Calendar, seed: int) -> Enrolments:
    rng = stream(seed, "enrolments")
    start, size = number(calendar.start), len(people)
    years = (start - people.birth) / YEAR
    here = (people.kind == RESIDENT) & (people.birth < start)
    u = rng.random((size, 3))
    shares: tuple[tuple[int, Mask, float], ...] = (
        (0, here & people.hypertension & (years >= 35), 0.52),
        (1, here & people.diabetes & (years >= 35), 0.50),
        (2, here & (years >= 65), 0.72),
        (3, here & (years >= 18), 0.0052),
        (4, here & (years >= 15), 0.0006),
        (5, (people.kind == RESIDENT) & (years < 7), 0.93),
        (6, here & (people.sex == 2) & (years > 21) & (years < 40), 0.035),
    )
    parts = []
    for at, who, share in shares:
        luck = (u[:, 0] + 0.137 * at) % 1.0
        person = np.flatnonzero(who & (luck < share))
        new = u[person, 1] < 0.10
        into = start + (u[person, 2] * (number(calendar.end) - start)).astype(np.int64)
        before = start - 30 - (u[person, 2] * 1500).astype(np.int64)
        day = np.where(new, into, np.maximum(before, people.birth[person] + 3))
        day = np.where(people.birth[person] >= start, people.birth[person] + 14, day)
        alive = people.death[person] > day
        parts.append((np.full(int(alive.sum()), at), person[alive], day[alive]))
    programme, person, day = (np.concatenate([part[place] for part in parts]) for place in range(3))
    order = np.lexsort((programme, person, day))
    programme, person, day = programme[order], person[order], day[order]
    controlled = stream(seed, "control").random(len(person)) < 0.64
    return Enrolments(programme, person, day, people.death[person], controlled)


def enrolment_table(people: People, enrolments: Enrolments, chosen: Mask) -> pa.Table:
    """The rows of ``enrolment`` that are ``chosen``. Ends are not known when somebody comes in."""
    person = enrolments.person[chosen]
    return build(
        "enrolment",
        {
            "enrolment_id": enrolments.ids.filter(pa.array(chosen)),
            "programme": sampling.take(pa.array(PROGRAMMES), enrolments.programme[chosen]),
            "resident_id": sampling.take(people.words, people.number[person]),
            "institution_id": sampling.take(people.county.words, people.county.centre[people.township[person]]),
            "start": sampling.dates(enrolments.start[chosen]),
        },
    )


def follow_up_table(people: People, enrolments: Enrolments, seed: int, month: Month) -> pa.Table:
    rng = stream(seed, "follow up", month.index)
    every = np.array(_EVERY)[enrolments.programme]
    turn = (month.index + 1200 + enrolments.person) % every == 0
    now = turn & (enrolments.start < month.start) & (enrolments.end >= month.end)
    chance = quality(people, seed)[people.township[enrolments.person]]
    chosen = np.flatnonzero(now & (rng.random(len(enrolments.person)) < chance))
    size = len(chosen)
    person, programme = enrolments.person[chosen], enrolments.programme[chosen]
    day = month.start + np.sort(rng.integers(0, month.days, size))
    chosen_order = rng.permutation(size)
    person, programme, good = person[chosen_order], programme[chosen_order], enrolments.controlled[chosen][chosen_order]
    # Control improves a little from month to month.
    good = good | (rng.random(size) < 0.004 * month.index)
    lost = rng.random(size) < 0.012
    pressure = np.isin(programme, (0, 2)) & ~lost
    sugar = (programme == 1) & ~lost
    systolic = np.where(good, rng.normal(130, 6, size).clip(100, 139), rng.normal(152, 9, size).clip(140, 210)).astype(
        np.int64
    )
    diastolic = np.where(good, rng.normal(79, 5, size).clip(55, 89), rng.normal(91, 7, size).clip(70, 120)).astype(
        np.int64
    )
    glucose = np.where(good, rng.normal(62, 5, size).clip(42, 69), rng.normal(88, 14, size).clip(70, 220)).astype(
        np.int64
    )
    measured = pressure | sugar
    outcome = np.where(lost, 3, np.where(measured, np.where(good, 0, np.where(rng.random(size) < 0.06, 2, 1)), -1))
    where = np.where(person % 3 > 0, people.clinic[person], people.county.centre[people.township[person]])
    return build(
        "follow_up",
        {
            "follow_up_id": sampling.numbered(f"F{month.compact}-", np.arange(1, size + 1), 6),
            "programme": sampling.take(pa.array(PROGRAMMES), programme),
            "resident_id": sampling.take(people.words, people.number[person]),
            "institution_id": sampling.take(people.county.words, where),
            "date": sampling.dates(day),
            "systolic": sampling.whole(systolic, ~pressure),
            "diastolic": sampling.whole(diastolic, ~pressure),
            "glucose_tenth": sampling.whole(glucose, ~sugar),
            "outcome": sampling.take(pa.array(OUTCOMES), outcome),
        },
    )
