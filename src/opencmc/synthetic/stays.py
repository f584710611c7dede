"""Inpatient stays: admitted in one month, known when they end."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from opencmc.synthetic import money, sampling
from opencmc.synthetic.choice import Choice
from opencmc.synthetic.county import OUTSIDE, TOWNSHIP
from opencmc.synthetic.diagnoses import diagnoses, group_of
from opencmc.synthetic.months import NEVER, Month
from opencmc.synthetic.people import AWAY, REGIONS, RESIDENT, VISITOR, YEAR, People
from opencmc.synthetic.plan import Plan
from opencmc.synthetic.sampling import Ints, Lottery, Mask, stream
from opencmc.synthetic.staging import build
from opencmc.synthetic.visits import illness

OUTFLOWS = ("none", "referred", "emergency", "resident_elsewhere", "unreferred")
WAYS = ("1", "2", "3", "4", "5", "9")
LONGEST = 45
#: Brings the stays of the age table to about 15.5 a year for 100 residents.
LEVEL = 0.80
#: People who die in hospital, and children who stay in hospital after birth.
DIE_IN_HOSPITAL, NEWBORN_STAYS = 0.24, 0.16


@dataclass
class Stays:
    person: Ints
    institution: Ints
    admitted: Ints
    discharged: Ints
    diagnosis: Ints
    way: Ints
    outflow: Ints
    #: Number of the referral that brought the patient, −1 for none.
    referral: Ints

    def __len__(self) -> int:
        return len(self.person)

    def pick(self, chosen: Mask | Ints) -> Stays:
        return Stays(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def __add__(self, other: Stays) -> Stays:
        return Stays(*(np.concatenate((getattr(self, f.name), getattr(other, f.name))) for f in fields(self)))

    @classmethod
    def none(cls) -> Stays:
        return cls(*(np.zeros(0, dtype=np.int64) for _ in fields(cls)))


class Wards:
    """Admissions month by month; remembers who is still in hospital."""

    def __init__(self, people: People, plan: Plan, seed: int) -> None:
        self.people, self.plan, self.seed = people, plan, seed
        self._until = np.full(len(people), -NEVER, dtype=np.int64)
        rng = stream(seed, "terminal")
        dead = np.flatnonzero((people.death < NEVER) & (people.kind == RESIDENT))
        # One draw a person, not a death, so that a longer period keeps the earlier ones.
        luck = rng.random((len(people), 2))
        self._terminal = dead[luck[dead, 0] < DIE_IN_HOSPITAL]
        self._terminal_days = 1 + (luck[self._terminal, 1] * 12).astype(np.int64)
        causes = [row["code"] for row in sampling.read_table("deaths")]
        known = diagnoses().codes
        self._cause_diagnosis = np.array([known.index(c) if c in known else known.index("J18.900") for c in causes])

    def admitted(self, month: Month, choice: Choice) -> Stays:
        """Everybody admitted in ``month``, whenever they go home; nobody lies in two beds."""
        rng = stream(self.seed, "stays", month.index)
        planned = self._deliveries(month, rng, choice) + self._last_stays(month, rng, choice)
        stays = planned + self._ordinary(month, rng, choice)
        stays = self._one_bed_each(stays)
        died = stays.discharged >= self.people.death[stays.person]
        stays.discharged = np.where(died, self.people.death[stays.person], stays.discharged)
        stays.way = np.where(died, WAYS.index("5"), stays.way)
        return stays

    def _ordinary(self, month: Month, rng: np.random.Generator, choice: Choice) -> Stays:
        people, table = self.people, diagnoses()
        band = people.age_band(month.start)
        ill = 1.0 + 0.40 * people.hypertension + 0.50 * people.diabetes
        kind = np.where(people.kind == RESIDENT, 1.0, np.where(people.kind == AWAY, 0.8, 0.7))
        rate = people.ages.stays[band] * ill * kind * people.stay_frailty * LEVEL * month.days / YEAR
        rate[(people.death < month.start) | (people.birth >= month.start)] = 0.0
        person = np.repeat(np.arange(len(people), dtype=np.int32), rng.poisson(rate))
        years = (month.start - people.birth) / YEAR
        group = group_of(people.sex, illness(people), years)
        weights = table.stay_weights * (0.5 + 0.5 * table.season[month.of_year])
        diagnosis = Lottery(weights.reshape(-1, weights.shape[-1])).draw(rng, group[person], len(person))
        age = np.searchsorted([18, 65], years, side="right").astype(np.int8)[person]
        institution = choice.stays(
            rng, person, table.level[diagnosis].astype(np.int32), table.branch[diagnosis].astype(np.int32), age
        )
        admitted = month.start + Lottery(month.day_weights()).draw(rng, 0, len(person)).astype(np.int64)
        alive = (people.death[person] > admitted) & ~(
            (people.kind[person] == VISITOR) & (people.county.tier[institution] == OUTSIDE)
        )
        person, diagnosis, institution, admitted = person[alive], diagnosis[alive], institution[alive], admitted[alive]
        tier = people.county.tier[institution]
        mean = table.days[diagnosis] * np.array([0.97, 0.92, 1.0, 1.08])[tier]
        days = np.clip(np.rint(rng.gamma(4.0, mean / 4.0)), 1, LONGEST).astype(np.int64)
        return Stays(
            person=person,
            institution=institution,
            admitted=admitted,
            discharged=admitted + days,
            diagnosis=diagnosis,
            way=self._ways(rng, tier),
            outflow=self._outflow(rng, person, tier),
            referral=np.full(len(person), -1, dtype=np.int64),
        )

    def _ways(self, rng: np.random.Generator, tier: Ints) -> Ints:
        by_tier = [
            [88.5, 1.2, 7.5, 2.2, 0.0, 0.6],
            [95.5, 2.5, 0.0, 1.6, 0.0, 0.4],
            [1.0] + [0.0] * 5,
            [96.0, 1.0, 0.5, 2.0, 0.0, 0.5],
        ]
        return Lottery(by_tier).draw(rng, tier, len(tier))

    def _outflow(self, rng: np.random.Generator, person: Ints, tier: Ints) -> Ints:
        away = self.people.kind[person] == AWAY
        drawn = Lottery([[0, 36, 12, 2, 50], [0, 5, 10, 78, 7]]).draw(rng, away.astype(np.int32), len(person))
        return np.where(tier == OUTSIDE, drawn, 0)

    def _deliveries(self, month: Month, rng: np.random.Generator, choice: Choice) -> Stays:
        people, table = self.people, diagnoses()
        born = people.birth[people.child]
        now = (born >= month.start) & (born < month.end)
        mother, child, day = people.mother[now], people.child[now], born[now]
        size = len(mother)
        section = rng.random(size) < 0.42
        institution = choice.hospital(rng, mother, np.ones(size, dtype=np.int32))
        gone = rng.random(size) < 0.07
        institution = np.where(
            gone, people.county.outside[rng.integers(0, len(people.county.outside), size)], institution
        )
        before = rng.integers(0, 2, size)
        admitted = np.maximum(day - before, month.start)
        reason = np.where(gone, OUTFLOWS.index("unreferred"), 0)
        mothers = Stays(
            person=mother,
            institution=institution,
            admitted=admitted,
            discharged=day + np.where(section, 5, 3) + rng.integers(0, 2, size),
            diagnosis=np.where(section, table.at("O82.000"), table.at("O80.000")),
            way=np.zeros(size, dtype=np.int64),
            outflow=reason,
            referral=np.full(size, -1, dtype=np.int64),
        )
        ill = rng.random(size) < NEWBORN_STAYS
        at = day + rng.integers(0, 4, size)
        ill &= at < month.end
        children = Stays(
            person=child,
            institution=institution,
            admitted=at,
            discharged=at + rng.integers(3, 8, size),
            diagnosis=np.full(size, table.at("P59.900")),
            way=np.zeros(size, dtype=np.int64),
            outflow=reason,
            referral=np.full(size, -1, dtype=np.int64),
        ).pick(ill)
        return mothers + children

    def _last_stays(self, month: Month, rng: np.random.Generator, choice: Choice) -> Stays:
        people = self.people
        admitted = people.death[self._terminal] - self._terminal_days
        now = (admitted >= month.start) & (admitted < month.end) & (admitted > people.birth[self._terminal])
        person, admitted = self._terminal[now], admitted[now]
        size = len(person)
        branch = np.zeros(size, dtype=np.int32)
        institution = choice.hospital(rng, person, branch)
        return Stays(
            person=person,
            institution=institution,
            admitted=admitted,
            discharged=people.death[person],
            diagnosis=self._cause_diagnosis[people.cause[person]],
            way=np.full(size, WAYS.index("5")),
            outflow=np.zeros(size, dtype=np.int64),
            referral=np.full(size, -1, dtype=np.int64),
        )

    def _one_bed_each(self, stays: Stays) -> Stays:
        """Drop a stay that begins before the person's earlier one has ended."""
        order = np.lexsort((stays.admitted, stays.person))
        stays = stays.pick(order)
        # The latest discharge so far, person by person: a running maximum that starts again with each person.
        far = stays.person.astype(np.int64) * (2 * NEVER) + stays.discharged
        so_far = np.concatenate(([-1], np.maximum.accumulate(far)[:-1])) - stays.person.astype(np.int64) * (2 * NEVER)
        ends = np.where(np.concatenate(([-1], stays.person[:-1])) == stays.person, so_far, -1)
        free = (stays.admitted > ends) & (stays.admitted > self._until[stays.person])
        stays = stays.pick(free)
        np.maximum.at(self._until, stays.person, stays.discharged)
        return stays


def stay_table(
    people: People, plan: Plan, seed: int, month: Month, stays: Stays, numbers: pa.Array
) -> tuple[pa.Table, Mask, tuple[Ints, Ints]]:
    """The rows of ``stay`` discharged in ``month``, which of them are coded up, and their totals and fund amounts."""
    rng = stream(seed, "front pages", month.index)
    table, size = diagnoses(), len(stays)
    years = (stays.admitted - people.birth[stays.person]) // YEAR
    infant = (stays.admitted - people.birth[stays.person]) < 365
    age_days = (stays.admitted - people.birth[stays.person]) % 366
    codes, coded_up = _diagnoses(people, plan, rng, month, stays, years)
    hospital = people.county.tier[stays.institution] != TOWNSHIP
    done = rng.random(size) < table.procedure_share[stays.diagnosis] * np.where(hospital, 1.0, 0.25)
    procedure = np.where(done, table.procedure[stays.diagnosis], -1)
    unreferred = stays.outflow == OUTFLOWS.index("unreferred")
    total, fund, own, unreasonable = money.stay_money(
        people,
        plan,
        rng,
        stays.person,
        stays.institution,
        stays.diagnosis,
        stays.discharged - stays.admitted,
        unreferred,
        month.index,
    )
    newborn = infant & (age_days < 28)
    weight = np.clip(np.rint(rng.normal(3250, 480, size)), 900, 5200)
    second = people.second_number[stays.person]
    number = np.where((second > 0) & (rng.random(size) < 0.35), second, people.number[stays.person])
    rows = build(
        "stay",
        {
            "stay_id": sampling.numbered(f"S{month.compact}-", np.arange(1, size + 1), 6),
            "resident_id": sampling.take(numbers, number),
            "institution_id": sampling.take(people.county.words, stays.institution),
            "admitted": sampling.dates(stays.admitted),
            "discharged": sampling.dates(stays.discharged),
            "sex": sampling.take(pa.array(["0", "1", "2"]), people.sex[stays.person]),
            "age_years": sampling.whole(years),
            "age_days": sampling.whole(age_days, ~infant),
            "birth_weight_g": sampling.whole(weight, ~newborn),
            "diagnoses": sampling.lists(table.words, codes),
            "procedures": sampling.lists(table.procedure_words, procedure[:, None]),
            "discharge_way": sampling.take(pa.array(WAYS), stays.way),
            "insured_region": sampling.take(pa.array(REGIONS), people.region[stays.person]),
            "outflow": sampling.take(pa.array(OUTFLOWS), stays.outflow),
            "referral_id": sampling.numbered("RF", stays.referral, 12),
            "total_fen": sampling.whole(total),
            "fund_fen": sampling.whole(fund),
            "own_fen": sampling.whole(own),
            "unreasonable_fen": sampling.whole(unreasonable),
        },
    )
    return rows, coded_up, (total, fund)


def _diagnoses(
    people: People, plan: Plan, rng: np.random.Generator, month: Month, stays: Stays, years: Ints
) -> tuple[Ints, Mask]:
    """Diagnoses of each stay as positions, −1 for nothing: the principal one, illnesses, others, planted ones."""
    table, size = diagnoses(), len(stays)
    age = np.searchsorted([45, 65], years, side="right")
    chance = np.where(years[:, None] >= 18, table.secondary_chance.T[age], 0.02)
    others = np.where(rng.random(chance.shape) < chance, table.secondary, -1)
    hypertension = np.where(people.hypertension[stays.person] & (rng.random(size) < 0.88), table.hypertension, -1)
    diabetes = np.where(people.diabetes[stays.person] & (rng.random(size) < 0.90), table.diabetes, -1)
    here = stays.institution == people.county.index[plan.upcoding_hospital]
    coded_up = here & (rng.random(size) < plan.upcoded(month.index))
    extra = np.where(
        coded_up[:, None], table.upcoded[rng.permuted(np.tile([0, 1, 2, 3], (size, 1)), axis=1)[:, :2]], -1
    )
    codes = np.column_stack((stays.diagnosis, hypertension, diabetes, extra, others))
    repeated = codes[:, 1:] == codes[:, :1]
    codes[:, 1:][repeated] = -1
    # The same complication must not stand twice in a list.
    for place in range(5, codes.shape[1]):
        codes[(codes[:, [place]] == codes[:, 3:5]).any(axis=1), place] = -1
    return codes, coded_up
