"""What the answer key says is really in the rows."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc


def test_registered_twice_means_two_entries_that_differ_as_stated(rows, truth) -> None:
    people = {row["resident_id"]: row for row in rows("resident").to_pylist() if row["file"] == "register"}
    names = {row["resident_id"]: row for row in rows("identity").to_pylist()}
    pairs = truth["duplicates"]["pairs"]
    assert len(pairs) == truth["duplicates"]["count"] == 80
    for pair in pairs:
        one, other = pair["resident_ids"]
        assert (people[one]["birth_date"] != people[other]["birth_date"]) == ("birth_date" in pair["differs"])
        assert (names[one]["full_name"] != names[other]["full_name"]) == ("name" in pair["differs"])
        documents = {names[one]["document_number"], names[other]["document_number"]}
        assert (None in documents) == ("document_missing" in pair["differs"])
        assert pair["differs"]
        assert people[one]["sex"] == people[other]["sex"]
        assert people[one]["village"] == people[other]["village"]


def test_the_outbreak_is_a_cluster_in_one_township_for_three_weeks(rows, truth) -> None:
    plan = truth["outbreak"]
    cards = {row["card_id"]: row for row in rows("infection").to_pylist()}
    chosen = [cards[card] for card in plan["card_ids"]]
    assert len(chosen) == plan["count"] >= 15
    assert {row["township"] for row in chosen} == {plan["township"]}
    assert {row["disease"] for row in chosen} == {plan["disease"]}
    days = [row["reported_at"] for row in chosen]
    assert (max(days) - min(days)).days < plan["days"]
    usual = Counter(
        row["file"]
        for row in cards.values()
        if row["township"] == plan["township"] and row["disease"] == plan["disease"]
    )
    others = [count for month, count in usual.items() if month != plan["month"]]
    assert usual[plan["month"]] > 2 * max(others, default=0)


def test_a_hospital_codes_up_from_its_month_on_and_only_there(rows, truth) -> None:
    plan = truth["upcoding"]
    stays = {row["stay_id"]: row for row in rows("stay").to_pylist()}
    chosen = [stays[id_] for id_ in plan["stay_ids"]]
    assert chosen
    assert {row["institution_id"] for row in chosen} == {plan["institution_id"]}
    assert min(row["discharged"] for row in chosen) >= date.fromisoformat(plan["from"] + "-01")

    def mean_length(after: bool) -> float:
        lists = [
            len(row["diagnoses"])
            for row in stays.values()
            if row["institution_id"] == plan["institution_id"] and (row["file"] >= plan["from"]) == after
        ]
        return sum(lists) / len(lists)

    assert mean_length(True) > mean_length(False) + 0.5


def test_the_lead_hospital_draws_patients_from_two_townships_only(rows, truth) -> None:
    plan = truth["upward_pull"]
    home = {row["resident_id"]: row["township"] for row in rows("resident").to_pylist()}

    def share(months: tuple[str, ...], townships: set[str]) -> float:
        visits = rows("visit")
        visits = visits.filter(pc.is_in(visits["file"], value_set=pa.array(months)))
        ids = visits["resident_id"].to_pylist()
        there = [
            place
            for place, id_ in zip(visits["institution_id"].to_pylist(), ids, strict=True)
            if home.get(id_) in townships
        ]
        return sum(place == plan["institution_id"] for place in there) / len(there)

    pulled = set(plan["townships"])
    others = set(home.values()) - pulled - {None}
    before, after = ("2024-01", "2024-02", "2024-03"), ("2025-10", "2025-11", "2025-12")
    assert share(after, pulled) > share(before, pulled) + 0.12
    assert abs(share(after, others) - share(before, others)) < 0.02


def test_one_community_overspends_in_the_second_year_and_the_other_does_not(rows, truth) -> None:
    plan = truth["overrun"]
    by_year = plan["by_year"]
    assert by_year["2024"]["NH-G2"]["result_fen"] > 0
    assert by_year["2025"]["NH-G2"]["result_fen"] < 0
    assert by_year["2025"]["NH-G1"]["result_fen"] > 0
    booked = {
        (row["institution_id"], row["month"].year): row["amount_fen"]
        for row in rows("ledger").to_pylist()
        if row["account"] == "fund_budget"
    }
    assert booked[("NH-G2", 2025)] == by_year["2025"]["NH-G2"]["budget_fen"]


def test_what_the_community_charged_can_be_added_up_from_the_rows(rows, truth) -> None:
    membership = rows("membership").to_pylist()
    members = {row["institution_id"] for row in membership if row["community_id"] == "NH-G2"}
    charged = 0
    for table, day in (("visit", "date"), ("stay", "discharged")):
        for row in rows(table).to_pylist():
            if row["institution_id"] in members and row["insured_region"] == "330226" and row[day].year == 2025:
                charged += row["fund_fen"]
    assert charged == truth["overrun"]["by_year"]["2025"]["NH-G2"]["charged_fen"]


def test_unplaceable_rows_are_counted_in_the_key(rows, truth) -> None:
    visits = rows("visit")
    known = pc.is_in(visits["institution_id"], value_set=rows("institution")["institution_id"].combine_chunks())
    total = truth["unplaced"]["total"]
    assert pc.sum(pc.invert(known)).as_py() == total["unknown_institution"]
    assert visits["insured_region"].null_count == total["no_insured_region"]
    assert 0.0003 < total["unknown_institution"] / visits.num_rows < 0.0008
    assert 0.0007 < total["no_insured_region"] / visits.num_rows < 0.0013


def test_late_rows_are_visits_outside_and_come_in_their_own_file(rows, truth) -> None:
    visits = rows("visit")
    late = visits.filter(pc.ends_with(visits["file"], "-late"))
    assert late.num_rows == truth["late"]["total"] > 0
    outside = {row["institution_id"] for row in rows("institution").to_pylist() if row["tier"] == "outside"}
    assert set(late["institution_id"].to_pylist()) <= outside | {"NH-X999"}
