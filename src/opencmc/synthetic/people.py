"""The people: age and sex as the census has them, villages, insurance, illness, births and deaths, identity.

Three kinds of people take part: *residents*, who live in the county; *away*, who are insured here and live elsewhere;
and *visitors*, who are insured in a neighbouring county, are in no register here, and are treated here now and then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa

from opencmc.base.division import apportion
from opencmc.synthetic import sampling
from opencmc.synthetic.census import census
from opencmc.synthetic.county import REGION, County
from opencmc.synthetic.months import NEVER, number
from opencmc.synthetic.sampling import Floats, Ints, Mask, evenly, stream
from opencmc.synthetic.staging import build

YEAR = 365.25
RESIDENT, AWAY, VISITOR = range(3)
INSURANCE = ("310", "390")
#: Where people who are not insured here are insured; position 0 is this county.
REGIONS = (REGION, "330225", "331022", "331023", "341500", "522700", "511700", "420900")
#: Against this county's census share: people away insured here, people passing through, both per resident.
AWAY_SHARE, VISITOR_SHARE = 0.018, 0.020
#: Fewer births than the census's children under one would say, as in 2024 and 2025.
BIRTHS_PER_1000 = 5.6
HYPERTENSION = ((18, 0.142), (45, 0.424), (65, 0.660))
DIABETES = ((18, 0.025), (45, 0.125), (65, 0.205))


@dataclass(frozen=True)
class Ages:
    """The age table: bands ``[low, high)`` with the census's shares, deaths and use of care."""

    low: Ints
    high: Ints
    share: Ints
    male: Floats
    deaths: Floats
    male_death_ratio: Floats
    visits: Floats
    stays: Floats

    @classmethod
    def read(cls) -> Ages:
        rows = sampling.read_table("ages")
        shares = census().share_per_10000

        def column(name: str) -> Floats:
            return np.array([float(row[name]) for row in rows])

        return cls(
            column("age_from").astype(np.int64),
            column("age_to").astype(np.int64),
            np.array([shares[int(row["age_from"])] for row in rows], np.int64),
            column("male_share"),
            column("deaths_per_100000") / 100_000,
            column("male_death_ratio"),
            column("visits"),
            column("stays_per_1000") / 1000,
        )

    def band(self, age_days: Ints) -> Ints:
        years = np.maximum(age_days, 0) / YEAR
        return (np.searchsorted(self.low, years, side="right") - 1).astype(np.int8)


@dataclass
class People:
    """One position a person; dates are days since 1970-01-01, ``NEVER`` where there is none."""

    county: County
    ages: Ages
    kind: Ints
    sex: Ints
    birth: Ints
    death: Ints
    cause: Ints
    township: Ints
    clinic: Ints
    insurance: Ints
    region: Ints
    hypertension: Mask
    diabetes: Mask
    frailty: Floats
    stay_frailty: Floats
    habit: Ints
    #: Births in the period: the child, its mother.
    mother: Ints
    child: Ints
    #: Resident numbers (position in the register, from 1), 0 for visitors; a second number for people registered twice.
    number: Ints
    second_number: Ints

    def __len__(self) -> int:
        return len(self.sex)

    def age_band(self, day: int) -> Ints:
        return self.ages.band(day - self.birth)

    @cached_property
    def words(self) -> pa.Array:
        """Resident ids by number; number 0 is null."""
        size = int(max(self.number.max(), self.second_number.max())) + 1
        numbers = np.arange(size)
        numbers[0] = -1
        return sampling.numbered("R", numbers, 7)


def make_people(county: County, seed: int, more: int = 0) -> People:
    """Everybody who will be there on any day of the period, and of ``more`` months after it."""
    ages = Ages.read()
    rng = stream(seed, "people")
    kind, band, sex = _structure(county.residents, ages, rng)
    start = number(county.calendar.start)
    size = len(kind)
    within = rng.random(size)
    age = ages.low[band] + within * (np.minimum(ages.high[band], 95 + (band == len(ages.low) - 1) * 5) - ages.low[band])
    very_old = band == len(ages.low) - 1
    age[very_old] = 85 + np.minimum(rng.exponential(3.6, int(very_old.sum())), 18)
    birth = (start - 1 - np.floor(age * YEAR)).astype(np.int64)
    township = _townships(county, age, rng)
    people = _assemble(county, ages, kind, sex, birth, township, rng)
    _vital_events(people, seed, more)
    _numbers(people, seed)
    return people


def _structure(residents: int, ages: Ages, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Kind, age band and sex of everybody alive on the first day, residents in order of age."""
    counts = apportion(residents, ages.share.tolist())
    band = np.repeat(np.arange(len(counts)), counts)
    sex = np.concatenate(
        [np.where(np.arange(n) < round(n * share), 1, 2) for n, share in zip(counts, ages.male, strict=True)]
    )
    away, visitors = round(residents * AWAY_SHARE), round(residents * VISITOR_SHARE)
    grown = np.flatnonzero((ages.low >= 15) & (ages.low < 60))
    others = rng.choice(grown, away + visitors, p=ages.share[grown] / ages.share[grown].sum())
    kind = np.concatenate((np.full(residents, RESIDENT), np.full(away, AWAY), np.full(visitors, VISITOR)))
    sexes = np.concatenate((sex, rng.integers(1, 3, away + visitors)))
    return kind.astype(np.int8), np.concatenate((band, others)), sexes.astype(np.int8)


def _townships(county: County, age: Floats, rng: np.random.Generator) -> Ints:
    """A township each: the old live in the country more often."""
    old = np.array([township.old_share for township in county.townships])
    tilt = np.stack([county.shares * old**exponent for exponent in (-0.35, -0.6, -0.1, 1.0)])
    group = np.searchsorted([18, 45, 65], age, side="right")
    return sampling.Lottery(tilt).draw(rng, group, len(age)).astype(np.int8)


def _assemble(
    county: County, ages: Ages, kind: Ints, sex: Ints, birth: Ints, township: Ints, rng: np.random.Generator
) -> People:
    size = len(kind)
    start = number(county.calendar.start)
    years = (start - birth) / YEAR
    clinic = np.zeros(size, dtype=np.int32)
    for position, clinics in enumerate(county.clinics):
        here = np.flatnonzero(township == position)
        clinic[here] = clinics[rng.integers(0, len(clinics), len(here))]
    urban = np.array([t.name.endswith("街道") for t in county.townships])[township]
    employed = np.where(
        (years >= 20) & (years < 60), 0.34 + 0.20 * urban, np.where(years >= 60, 0.22 + 0.14 * urban, 0.0)
    )
    insurance = np.where(rng.random(size) < employed, 0, 1).astype(np.int8)
    elsewhere = (kind == RESIDENT) & (years >= 18) & (years < 50) & (rng.random(size) < 0.075)
    region = np.where(elsewhere, rng.integers(1, len(REGIONS), size), 0).astype(np.int8)
    region[kind == VISITOR] = rng.integers(1, 4, int((kind == VISITOR).sum()))
    hypertension = evenly(rng, _prevalence(years, HYPERTENSION))
    diabetes = evenly(rng, _prevalence(years, DIABETES) * np.where(hypertension, 1.55, 0.75))
    return People(
        county=county,
        ages=ages,
        kind=kind,
        sex=sex,
        birth=birth,
        death=np.full(size, NEVER, dtype=np.int64),
        cause=np.full(size, -1, dtype=np.int16),
        township=township,
        clinic=clinic,
        insurance=insurance,
        region=region,
        hypertension=hypertension,
        diabetes=diabetes,
        frailty=rng.gamma(1.6, 1 / 1.6, size),
        stay_frailty=rng.gamma(0.7, 1 / 0.7, size),
        habit=rng.integers(0, sampling.STEPS, size, dtype=np.int32),
        mother=np.zeros(0, dtype=np.int64),
        child=np.zeros(0, dtype=np.int64),
        number=np.zeros(size, dtype=np.int64),
        second_number=np.zeros(size, dtype=np.int64),
    )


def _prevalence(years: Floats, steps: tuple[tuple[int, float], ...]) -> Floats:
    """The chance at each age. Inside a band it rises with age, and its mean is the band's own figure."""
    found = np.zeros(len(years))
    for position, (low, share) in enumerate(steps):
        high = steps[position + 1][0] if position + 1 < len(steps) else 200
        inside = (years >= low) & (years < high)
        if inside.any():
            age = np.minimum(years[inside], 90)
            slope = 0.9 if position == 0 else 0.35
            found[inside] = share * (1 + slope * (age - age.mean()) / (min(high, 90) - low))
    return found


def _vital_events(people: People, seed: int, more: int) -> None:
    """Deaths and births, month by month, each month from its own stream."""
    calendar = people.county.calendar
    by_cause = np.array([[float(row[name]) for name in ("share_0", "share_15", "share_30", "share_70")]
                         for row in sampling.read_table("deaths")]).T  # fmt: skip
    causes = sampling.Lottery(by_cause)
    births: list[tuple[Ints, Ints]] = []
    for index in range(calendar.months + more):
        month = calendar.month(index)
        rng = stream(seed, "vital", month.index)
        band = people.age_band(month.start)
        alive = (people.death == NEVER) & (people.kind != VISITOR)
        male = people.ages.male_death_ratio[band]
        by_sex = np.where(people.sex == 1, 2 * male / (1 + male), 2 / (1 + male))
        season = 1.0 + 0.16 * np.cos((month.of_year - 0.5) / 12 * 2 * np.pi)
        yearly = 0.92 * people.ages.deaths[band] * by_sex * np.where(people.hypertension | people.diabetes, 1.12, 0.90)
        yearly = yearly * np.where(people.kind == AWAY, 0.5, 1.0)
        died = np.flatnonzero(evenly(rng, np.where(alive, yearly * season * month.days / YEAR, 0.0)))
        people.death[died] = month.start + rng.integers(0, month.days, len(died))
        years = (people.death[died] - people.birth[died]) / YEAR
        people.cause[died] = causes.draw(rng, np.searchsorted([15, 30, 70], years, side="right"), len(died))
        fertile = (people.kind == RESIDENT) & (people.sex == 2) & (people.death == NEVER)
        at = (month.start - people.birth) / YEAR
        weight = np.where(fertile & (at > 20) & (at < 42), np.exp(-(((at - 29) / 5.5) ** 2)), 0.0)
        expected = people.county.residents * BIRTHS_PER_1000 / 1000 * month.days / YEAR
        mothers = np.flatnonzero(evenly(rng, weight * expected / max(weight.sum(), 1e-9)))
        births.append((mothers, month.start + rng.integers(0, month.days, len(mothers))))
    _add_births(people, births, stream(seed, "births"))


def _add_births(people: People, births: list[tuple[Ints, Ints]], rng: np.random.Generator) -> None:
    """The children of the period, at the end; a woman gives birth at most once in it."""
    mothers = np.concatenate([mother for mother, _ in births])
    days = np.concatenate([day for _, day in births])
    _, first = np.unique(mothers, return_index=True)
    first.sort()
    mothers, days = mothers[first], days[first]
    order = np.argsort(days, kind="stable")
    mothers, days = mothers[order], days[order]
    old, new = len(people), len(mothers)
    # One draw a child, in order of birth: a longer period adds children and changes none.
    drawn = rng.random((new, 3))

    def extend(name: str, values: Ints) -> None:
        before = getattr(people, name)
        setattr(people, name, np.concatenate((before, values.astype(before.dtype))))

    extend("kind", np.full(new, RESIDENT))
    extend("sex", np.where(drawn[:, 0] < 0.525, 1, 2))
    extend("birth", days)
    extend("death", np.full(new, NEVER))
    extend("cause", np.full(new, -1))
    for name in ("township", "clinic", "region"):
        extend(name, getattr(people, name)[mothers])
    extend("insurance", np.ones(new))
    for name in ("hypertension", "diabetes"):
        extend(name, np.zeros(new, dtype=bool))
    extend("frailty", 0.3 - np.log1p(-drawn[:, 1]) * 0.7)
    extend("stay_frailty", -np.log1p(-drawn[:, 1]))
    extend("habit", drawn[:, 2] * sampling.STEPS)
    extend("number", np.zeros(new))
    extend("second_number", np.zeros(new))
    people.mother, people.child = mothers, np.arange(old, old + new)


def _numbers(people: People, seed: int) -> None:
    """Resident numbers: the register's first entries in a mixed order, then children in order of birth."""
    rng = stream(seed, "numbers")
    start = number(people.county.calendar.start)
    first = np.flatnonzero((people.kind != VISITOR) & (people.birth < start))
    residents = first[people.kind[first] == RESIDENT]
    twice = np.sort(rng.choice(residents, max(1, round(len(residents) * DUPLICATE_SHARE)), replace=False))
    mixed = rng.permutation(len(first) + len(twice)) + 1
    people.number[first] = mixed[: len(first)]
    people.second_number[twice] = mixed[len(first) :]
    people.number[people.child] = np.arange(len(people.child)) + len(mixed) + 1


#: Residents entered twice in the register (planted).
DUPLICATE_SHARE = 0.004


def register_rows(people: People, chosen: Ints, *, until: int) -> dict[str, object]:
    """Columns of ``resident`` for ``chosen`` people as known before day ``until``."""
    county = people.county
    dead = people.death[chosen] < until
    here = people.kind[chosen] == RESIDENT
    codes = pa.array([township.code for township in county.townships])
    causes = pa.array([row["code"] for row in sampling.read_table("deaths")])
    birth = people.birth[chosen]
    return {
        "resident_id": sampling.take(people.words, people.number[chosen]),
        "sex": sampling.take(pa.array(["0", "1", "2"]), people.sex[chosen]),
        "birth_date": sampling.dates(birth),
        "death_date": sampling.dates(people.death[chosen], ~dead),
        "cause_of_death": sampling.take(causes, np.where(dead, people.cause[chosen], -1)),
        "township": sampling.take(codes, np.where(here, people.township[chosen], -1)),
        "village": sampling.take(pa.array(county.village_codes), np.where(here, people.clinic[chosen], -1)),
        "insurance_type": sampling.take(pa.array(INSURANCE), people.insurance[chosen]),
        "insured_region": sampling.take(pa.array(REGIONS), people.region[chosen]),
        "insured_start": sampling.dates(np.maximum(birth, number(date(2004, 1, 1)))),
        "insured_end": sampling.dates(people.death[chosen], ~dead),
    }


def resident_table(people: People, chosen: Ints, *, until: int) -> pa.Table:
    return build("resident", register_rows(people, chosen, until=until))
