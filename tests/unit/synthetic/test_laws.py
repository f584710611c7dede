"""What must hold in every made county, whatever its figures."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from opencmc.base.identifiers import CitizenId
from opencmc.base.periods import Period
from opencmc.facts.tables import TABLES
from opencmc.synthetic.world import World

EVENTS = (
    "visit",
    "stay",
    "referral",
    "order",
    "contract",
    "service_due",
    "service_done",
    "follow_up",
    "infection",
    "assessment",
    "ledger",
)


def lives(rows) -> tuple[dict[str, date], dict[str, date]]:
    birth, death = {}, {}
    for row in rows("resident").to_pylist():
        birth[row["resident_id"]] = row["birth_date"]
        if row["death_date"]:
            death[row["resident_id"]] = row["death_date"]
    return birth, death


@pytest.mark.parametrize(
    ("table", "first", "last"),
    [("visit", "date", "date"), ("stay", "admitted", "discharged"), ("follow_up", "date", "date"),
     ("infection", "onset", "reported_at"), ("referral", "created", "created")],
)  # fmt: skip
def test_nothing_happens_to_people_before_their_birth_or_after_their_death(
    rows, truth, table: str, first: str, last: str
) -> None:
    birth, death = lives(rows)
    # A second entry in the register carries a wrong date of birth and no death: that is what is planted.
    twice = {id_ for pair in truth["duplicates"]["pairs"] for id_ in pair["resident_ids"]}
    checked = 0
    for row in rows(table).to_pylist():
        person = row["resident_id"]
        if person is None or person in twice:
            continue
        assert row[first] >= birth[person]
        assert person not in death or row[last] <= death[person]
        checked += 1
    assert checked > 100


@pytest.mark.parametrize("table", EVENTS)
def test_every_event_lies_in_the_month_of_its_file(rows, table: str) -> None:
    found = rows(table)
    event = TABLES[table].event_date
    months = pc.strftime(found[event].cast(pa.timestamp("s")), format="%Y-%m").to_pylist()
    named = [name[:7] for name in found["file"].to_pylist()]
    if table == "contract":
        named, months = zip(*[(n, m) for n, m in zip(named, months, strict=True) if n != "registe"], strict=True)
    assert list(named) == list(months)


@pytest.mark.parametrize("table", ["visit", "stay"])
def test_the_fund_and_the_patient_pay_no_more_than_the_total(rows, table: str) -> None:
    found = rows(table)
    paid = found["fund_fen"].to_numpy() + found["own_fen"].to_numpy()
    assert (paid <= found["total_fen"].to_numpy()).all()
    assert (found["fund_fen"].to_numpy() >= 0).all()
    assert (found["own_fen"].to_numpy() >= 0).all()


def test_only_hospitals_and_centres_have_inpatients(rows) -> None:
    kinds = {row["institution_id"]: row["kind"] for row in rows("institution").to_pylist()}
    used = {kinds[id_] for id_ in pc.unique(rows("stay")["institution_id"]).to_pylist()}
    assert not used & {"village_clinic", "community_station", "pharmacy", "disease_control_centre"}


def test_village_clinics_see_no_emergencies(rows) -> None:
    tiers = {row["institution_id"]: row["tier"] for row in rows("institution").to_pylist()}
    urgent = rows("visit").filter(pc.equal(rows("visit")["kind"], "emergency"))
    assert "village" not in {tiers.get(id_) for id_ in pc.unique(urgent["institution_id"]).to_pylist()}


def test_nobody_lies_in_two_beds(rows, staged_county: tuple[Path, World]) -> None:
    stays = sorted(
        (row["resident_id"], row["admitted"], row["discharged"])
        for row in rows("stay").to_pylist()
        if row["resident_id"]
    )
    for (person, _, left), (other, came, _) in pairwise(stays):
        assert person != other or came >= left


def test_men_have_no_womens_diagnoses(rows) -> None:
    stays = rows("stay")
    principal = pc.list_element(stays["diagnoses"], 0).to_pylist()
    for sex, code in zip(stays["sex"].to_pylist(), principal, strict=True):
        assert not (sex == "1" and code[:3] in {"O80", "O82", "D25", "N76", "N92", "Z34"})
        assert not (sex == "2" and code[:3] in {"N40", "K40"})


def test_referrals_that_brought_a_patient_are_on_the_visit_or_stay(rows) -> None:
    known = {row["referral_id"]: row for row in rows("referral").to_pylist()}
    for table in ("visit", "stay"):
        for row in rows(table).filter(pc.is_valid(rows(table)["referral_id"])).to_pylist():
            # A stay that began before the period has a referral from before the first file.
            if (row.get("admitted") or row.get("date")) >= date(2024, 1, 1) and row["institution_id"] != "NH-X999":
                assert known[row["referral_id"]]["to_id"] in (row["institution_id"], "NH-X999")


def test_documents_are_checked_and_belong_to_no_place(rows) -> None:
    identity = rows("identity")
    numbers = [number for number in identity["document_number"].to_pylist() if number]
    parsed = [CitizenId.parse(number) for number in numbers]
    assert {citizen.division for citizen in parsed} == {"390226"}
    assert len(numbers) > 0.95 * identity.num_rows


def test_documents_name_one_person_unless_the_person_is_registered_twice(rows, truth) -> None:
    seen: dict[str, str] = {}
    pairs = {tuple(pair["resident_ids"]) for pair in truth["duplicates"]["pairs"]}
    for row in rows("identity").to_pylist():
        number = row["document_number"]
        if number and number in seen:
            assert tuple(sorted((seen[number], row["resident_id"]))) in pairs
        elif number:
            seen[number] = row["resident_id"]


def test_nobody_works_full_time_in_two_places(rows) -> None:
    posts: dict[str, list[tuple[date, date, int]]] = {}
    for row in rows("posting").to_pylist():
        posts.setdefault(row["staff_id"], []).append(
            (row["start"], row["end"] or date(2099, 1, 1), row["share_percent"])
        )
    for held in posts.values():
        for day in {start for start, _, _ in held}:
            assert sum(share for start, end, share in held if start <= day < end) <= 100


def test_some_stationings_are_shorter_than_six_months_and_most_are_not(rows) -> None:
    days = [(row["end"] - row["start"]) for row in rows("posting").to_pylist() if row["kind"] == "stationed"]
    long = sum(length >= timedelta(days=183) for length in days)
    assert 0 < len(days) - long < long


def test_a_family_doctor_contract_is_held_once_at_a_time(rows) -> None:
    held: dict[str, date] = {}
    contracts = sorted(rows("contract").to_pylist(), key=lambda row: (row["resident_id"], row["start"]))
    for row in contracts:
        assert row["start"] >= held.get(row["resident_id"], date(2000, 1, 1))
        held[row["resident_id"]] = row["end"]


def test_population_rows_add_up_to_the_people_of_the_county(rows) -> None:
    table = rows("population").to_pylist()
    census = sum(row["count"] for row in table if row["date"] == date(2020, 11, 1))
    now = [row for row in table if row["date"] == date(2024, 1, 1) and row["kind"] == "resident"]
    first = sum(row["count"] for row in now if row["region"] == "330226")
    townships = sum(row["count"] for row in now if len(row["region"]) == 9)
    assert census == first == townships == 20_000


def test_the_ledger_books_what_visits_and_stays_charged(rows) -> None:
    month = Period.parse("2024-05")
    charged = 0
    for table in ("visit", "stay"):
        found = rows(table)
        chosen = pc.and_(pc.equal(found["institution_id"], "NH-H2"), pc.equal(found["file"], month.name))
        charged += pc.sum(found.filter(chosen)["total_fen"]).as_py()
    booked = [
        row["amount_fen"]
        for row in rows("ledger").to_pylist()
        if row["institution_id"] == "NH-H2" and row["account"] == "medical_income" and row["month"] == month.start
    ]
    assert booked == [charged]
