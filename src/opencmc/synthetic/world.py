"""One synthetic county in memory, and its files month by month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from opencmc.synthetic import accounts, assessments, populations, programmes, staging, workforce
from opencmc.synthetic.accounts import Takings
from opencmc.synthetic.choice import Choice
from opencmc.synthetic.county import County
from opencmc.synthetic.identity import Twice, identity_table, registered_twice, twice_table
from opencmc.synthetic.infections import infection_table
from opencmc.synthetic.months import Calendar, Month, number
from opencmc.synthetic.network import planned_network
from opencmc.synthetic.orders import order_table
from opencmc.synthetic.people import VISITOR, People, make_people, resident_table
from opencmc.synthetic.plan import Plan
from opencmc.synthetic.referrals import refer
from opencmc.synthetic.sampling import Ints, stream
from opencmc.synthetic.stays import Stays, Wards, stay_table
from opencmc.synthetic.truth import Truth, write_truth
from opencmc.synthetic.visits import Visits, visit_table, visits_of

#: Tables that arrive month by month, and every half year; everything else arrives at the end of a quarter.
MONTHLY = ("resident", "visit", "stay", "infection")
HALF_YEARLY = ("assessment", "contract", "enrolment", "identity", "service_due", "service_done")


@dataclass(frozen=True, slots=True)
class Staged:
    """A file of one table, and when it became known."""

    table: str
    known_at: datetime
    path: Path


@dataclass
class World:
    residents: int
    seed: int
    calendar: Calendar
    plan: Plan
    county: County
    people: People
    truth: Truth = field(default_factory=Truth)

    @classmethod
    def make(cls, residents: int, seed: int, start: str, months: int, more: int = 0) -> World:
        """``more``: months after the period for which people are needed too (they change nothing in it)."""
        calendar = Calendar.of(start, months)
        county = County(residents, calendar, planned_network())
        return cls(residents, seed, calendar, Plan.of(calendar), county, make_people(county, seed, more))

    @cached_property
    def twice(self) -> Twice:
        return registered_twice(self.people, self.seed)

    @cached_property
    def ecg_from(self) -> Ints:
        return self.county.ecg_from(stream(self.seed, "ecg"))

    @cached_property
    def takings(self) -> Takings:
        return Takings(self.county)

    @cached_property
    def workforce(self) -> workforce.Workforce:
        return workforce.make_workforce(self.county, self.seed)

    @cached_property
    def enrolments(self) -> programmes.Enrolments:
        return programmes.enrolments_of(self.people, self.calendar, self.seed)

    @property
    def arguments(self) -> dict[str, object]:
        start = f"{self.calendar.start:%Y-%m}"
        return {"residents": self.residents, "seed": self.seed, "start": start, "months": self.calendar.months}

    def known_at(self, table: str, month: Month) -> datetime:
        """When the rows of a month become known: after the month, its quarter or its half year."""
        if table in MONTHLY:
            return month.known_at()
        every = 6 if table in HALF_YEARLY else 3
        last = min(month.index + every - 1 - month.of_year % every, self.calendar.months - 1)
        return self.calendar.month(max(last, month.index)).known_at()


@dataclass
class Made:
    """What happened in one month, as rows by table; late rows apart."""

    rows: dict[str, pa.Table]
    late: pa.Table
    visits: Visits
    carried: Stays


def stage(world: World, home: Path) -> Iterator[tuple[str, float, list[Staged]]]:
    """Write every file; yields what was done, the share of the work, and the files."""
    source = home / "source"
    known = world.calendar.register_known_at

    def written(table: str, name: str, rows: pa.Table, at: datetime) -> list[Staged]:
        path = staging.write(source, table, name, rows)
        return [Staged(table, at, path)] if path else []

    for table, rows in registers(world).items():
        yield "生成登记数据", 0.02, written(table, "register", rows, known)
    yearly = Years(world)
    wards = Wards(world.people, world.plan, world.seed)
    carried = before(world, wards, world.calendar.month(0))
    for month in world.calendar:
        made = happened(world, month, wards, carried)
        carried = made.carried
        made.rows.update(yearly.rows(month))
        files = [
            file
            for table, rows in made.rows.items()
            for file in written(table, month.name, rows, world.known_at(table, month))
        ]
        files += written("visit", f"{month.name}-late", made.late, month.known_at(world.plan.late_months))
        yield f"生成 {month.name}", 0.02 + 0.96 * (month.index + 1) / world.calendar.months, files
    budgets = accounts.budgets(world.takings, world.calendar, world.plan.overrun_community)
    files = []
    for month in world.calendar:
        rows = ledger(world, month, budgets)
        files += written("ledger", month.name, rows, world.known_at("ledger", month))
    write_truth(
        home, world.truth, arguments=world.arguments, people=world.people, twice=world.twice, plan=world.plan,
        calendar=world.calendar, takings=world.takings, budgets=budgets,
    )  # fmt: skip
    yield "生成账目", 1.0, files


def registers(world: World) -> dict[str, pa.Table]:
    """What is known before the first month."""
    county, people, start = world.county, world.people, number(world.calendar.start)
    first = np.flatnonzero((people.kind != VISITOR) & (people.birth < start))
    first = first[np.argsort(people.number[first], kind="stable")]
    residents = pa.concat_tables([resident_table(people, first, until=start), twice_table(people, world.twice)])
    before = world.enrolments.start < start
    last_year = programmes.contracts_of(people, world.seed, world.calendar.start.year - 1)
    tables = {
        "institution": county.institution(),
        "membership": county.membership(),
        "equipment": county.equipment(world.ecg_from),
        "resident": residents.sort_by("resident_id"),
        "identity": identity_table(people, first, world.twice, world.seed),
        "population": populations.census_table(people),
        "staff": workforce.staff_table(world.workforce),
        "posting": workforce.posting_table(world.workforce, county),
        "enrolment": programmes.enrolment_table(people, world.enrolments, before),
        "contract": programmes.contract_table(people, last_year),
    }
    if world.calendar.start.month == 1:
        population = [tables["population"], populations.year_table(people, world.calendar.start.year)]
        tables["population"] = pa.concat_tables(population)
    return tables


class Years:
    """Contracts and what they promise, made once a calendar year and handed out month by month."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.promises: dict[int, programmes.Promises] = {}

    def rows(self, month: Month) -> dict[str, pa.Table]:
        world, people, year = self.world, self.world.people, month.first.year
        if year not in self.promises:
            contracts = programmes.contracts_of(people, world.seed, year)
            self.promises = {y: p for y, p in self.promises.items() if y == year - 1}
            self.promises[year] = programmes.promises_of(people, world.seed, contracts)
        promises = self.promises[year]
        contracts = promises.contracts
        signed = programmes.contract_table(people, contracts)
        begun = (contracts.start >= month.start) & (contracts.start < month.end)
        tables = {
            "contract": signed.filter(pa.array(begun)),
            "service_due": programmes.due_table(promises, month.start, month.end),
            "service_done": programmes.done_table(people, promises, month.start, month.end),
        }
        if month.first.month == 12:
            tables["population"] = populations.year_table(people, year + 1)
        return tables


def before(world: World, wards: Wards, month: Month) -> Stays:
    """Who lies in hospital when ``month`` begins."""
    earlier = world.calendar.month(month.index - 1)
    stays = wards.admitted(earlier, Choice(world.people, world.plan, earlier.index))
    return stays.pick(stays.discharged >= month.start)


def happened(world: World, month: Month, wards: Wards, carried: Stays) -> Made:
    """The events of a month. ``carried`` are the stays that began before it."""
    people, plan, seed, words = world.people, world.plan, world.seed, world.people.words
    choice = Choice(people, plan, month.index)
    admitted = wards.admitted(month, choice)
    visits = visits_of(people, plan, seed, month, choice)
    ended_before = carried.discharged < month.end
    ended_now = admitted.discharged < month.end
    referrals = refer(people, seed, month, admitted, carried.pick(ended_before) + admitted.pick(ended_now), visits)
    stays = carried.pick(ended_before) + admitted.pick(ended_now)
    stays = stays.pick(np.argsort(stays.discharged, kind="stable"))
    stay_rows, coded_up, (total, fund) = stay_table(people, plan, seed, month, stays, words)
    visit_rows = visit_table(people, visits, stream(seed, "visit rows", month.index), words)
    infections, outbreak = infection_table(people, plan, seed, month)
    _book(world, month, visits, stays, total, fund)
    truth = world.truth
    truth.month(month.name, stay_rows, pa.array(coded_up), plan.upcoding_hospital)
    truth.outbreak_cards += outbreak
    truth.pulled[month.name] = plan.pulled(month.index)
    counted = {"unknown_institution": visits.unknown, "no_insured_region": visits.no_region}
    truth.unplaced[month.name] = {name: int(mask.sum()) for name, mask in counted.items()}
    truth.late[month.name] = int(visits.late.sum())
    born = np.flatnonzero((people.birth >= month.start) & (people.birth < month.end))
    died = np.flatnonzero((people.death >= month.start) & (people.death < month.end) & (people.kind != VISITOR))
    rows = {
        "resident": resident_table(people, np.union1d(born, died), until=month.end),
        "identity": identity_table(people, born, None, seed),
        "enrolment": _enrolled(world, month),
        "follow_up": programmes.follow_up_table(people, world.enrolments, seed, month),
        "referral": referrals,
        "visit": visit_rows.filter(pa.array(~visits.late)),
        "stay": stay_rows,
        "order": order_table(people, seed, month, visits, world.ecg_from),
        "infection": infections,
        "assessment": assessments.assessment_table(world.county, seed, month),
    }
    return Made(
        rows, visit_rows.filter(pa.array(visits.late)), visits, carried.pick(~ended_before) + admitted.pick(~ended_now)
    )


def _enrolled(world: World, month: Month) -> pa.Table:
    """New entries of the month. People who die keep an open entry: their death stands in the register."""
    start = world.enrolments.start
    chosen = (start >= month.start) & (start < month.end)
    return programmes.enrolment_table(world.people, world.enrolments, chosen)


def _book(world: World, month: Month, visits: Visits, stays: Stays, total: Ints, fund: Ints) -> None:
    """Add a month's visits and stays to what the institutions took; the fund's part only for this county's insured."""
    here = world.people.region[visits.person] == 0
    world.takings.add(month.index, visits.institution, visits.total, visits.fund * (here & ~visits.no_region))
    world.takings.add(month.index, stays.institution, total, fund * (world.people.region[stays.person] == 0))


def ledger(world: World, month: Month, budgets: dict[int, dict[str, int]]) -> pa.Table:
    """The booked amounts of a month; without a budget for its year nothing is booked of the fund."""
    heads = workforce.headcount(world.workforce, world.county)
    first = month.index == 0 or month.first.month == 1
    budget = budgets.get(month.first.year, {})
    return accounts.ledger_table(world.takings, heads, month, world.seed, budget, first_of_year=first)
