"""Made-up registers with planted duplicates: the same bytes, the shares that are stated, and the traps that are meant."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import pytest

from opencmc.base.identifiers import CitizenId
from opencmc.synthetic.duplicates import make_records
from opencmc.synthetic.slips import RARE, SHARES

#: Slips that befall any record; the others befall part of the records, as their labels say.
ANY_RECORD = (
    "name_sound", "name_other", "document_missing", "document_zeros", "document_transposed", "document_digit",
    "birth_lunar", "birth_day", "birth_year", "phone_missing", "phone_digit", "phone_empty", "village_missing",
)  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    planted = make_records(30_000, 4)
    answers = planted.key.to_pylist()
    return [
        row | answer | {"planted": set(answer["planted"].split())}
        for row, answer in zip(planted.records.to_pylist(), answers, strict=True)
    ]


def test_the_same_size_and_seed_make_the_same_records() -> None:
    assert make_records(3_000, 4) == make_records(3_000, 4)
    assert make_records(3_000, 4) != make_records(3_000, 5)


@pytest.mark.parametrize("size", [100, 101, 2_345])
def test_there_are_as_many_records_as_were_asked_for(size: int) -> None:
    planted = make_records(size, 1)
    assert len(planted.records) == len(planted.key) == size
    assert planted.records["record_id"].to_pylist() == planted.key["record_id"].to_pylist()


def test_too_few_records_are_refused() -> None:
    with pytest.raises(ValueError, match="100"):
        make_records(99, 1)


def test_people_stand_in_the_register_as_often_as_stated(rows: list[dict[str, Any]]) -> None:
    times = Counter(Counter(row["person"] for row in rows).values())
    people = sum(times.values())
    assert len(rows) / people == pytest.approx(1.62, abs=0.02)
    assert sum(times[n] * n * (n - 1) // 2 for n in times) / people == pytest.approx(0.87, abs=0.03)


@pytest.mark.parametrize("slip", ANY_RECORD)
def test_slips_are_as_frequent_as_stated(rows: list[dict[str, Any]], slip: str) -> None:
    found = sum(slip in row["planted"] for row in rows) / len(rows)
    assert found == pytest.approx(SHARES[slip][1], rel=0.25)


@pytest.mark.parametrize("slip", sorted(SHARES))
def test_every_slip_happens(rows: list[dict[str, Any]], slip: str) -> None:
    assert any(slip in row["planted"] for row in rows)


def test_a_record_without_slips_has_a_sound_number_that_fits_it(rows: list[dict[str, Any]]) -> None:
    clean = [row for row in rows if not row["planted"]]
    assert len(clean) > 8_000
    for row in clean:
        number = CitizenId.parse(row["document_number"])
        assert (number.birth_date, number.sex) == (row["birth_date"], row["sex"])
        assert number.division.startswith("3902")
        assert re.fullmatch(r"(\+86 )?11\d{9}", row["phone"])


def test_no_two_people_have_one_sound_number_but_those_who_use_the_mothers(rows: list[dict[str, Any]]) -> None:
    owners = defaultdict(set)
    for row in rows:
        if not row["planted"] & {"document_of_mother", "document_digit", "document_transposed", "document_zeros"}:
            owners[(row["document_number"] or row["record_id"]).upper()].add(row["person"])
    assert all(len(people) == 1 for people in owners.values())


def test_twins_have_adjacent_numbers_one_telephone_and_a_character_in_common(rows: list[dict[str, Any]]) -> None:
    people = {row["person"]: row for row in rows if not row["planted"]}
    homes = defaultdict(list)
    for row in people.values():
        homes[row["village"], row["birth_date"], row["full_name"][:2]].append(row)
    twins = [pair for pair in homes.values() if len(pair) == 2]
    assert len(twins) > 20
    same_sex = [pair for pair in twins if pair[0]["sex"] == pair[1]["sex"]]
    steps = [abs(int(a["document_number"][:17]) - int(b["document_number"][:17])) for a, b in same_sex]
    assert sum(step == 2 for step in steps) > len(steps) / 2
    assert all(a["full_name"] != b["full_name"] for a, b in twins)


def test_newborns_are_named_after_their_mothers_and_rare_characters_are_met(rows: list[dict[str, Any]]) -> None:
    newborn = [row for row in rows if "newborn" in row["planted"]]
    assert newborn
    assert all(row["full_name"][-2:] in {"之子", "之女"} and row["document_number"] is None for row in newborn)
    assert any(set(row["full_name"]) & set(RARE) for row in rows)
