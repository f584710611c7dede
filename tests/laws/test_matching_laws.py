"""What holds of matching whatever the records are."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from opencmc.base.identifiers import citizen_id_check
from opencmc.methods.matching import Matcher, Thresholds, as_records, find_pairs, shipped_model, sure_clusters
from opencmc.methods.matching.blocking import BLOCKS, keys_of
from opencmc.methods.matching.comparisons import FIELDS, compare
from opencmc.methods.matching.one_record import prepare_one
from opencmc.methods.matching.records import numbers_and_sexes, prepare

LIMITS = Thresholds(same=990_000, review=500_000)
COMMON = shipped_model().common_names


@st.composite
def numbers(draw: st.DrawFn) -> str | None:
    first = f"390226{draw(births):%Y%m%d}00{draw(st.integers(1, 4))}"
    sound = first + citizen_id_check(first)
    turned = first[:9] + first[10] + first[9] + first[11:] + sound[17]
    return draw(st.sampled_from([None, sound, sound.lower(), first + "0", "0" * 18, first[:6] + first[8:], turned]))


names = st.sampled_from(
    [None, "", "王甲乙", "汪家一", "王乙甲", "王甲丙", "王甲", "李丁", "王甲乙之子", "𬭎甲", "欧阳甲乙", "A B"]
)
births = st.sampled_from([date(1980, 3, 5), date(1980, 5, 3), date(1980, 1, 1), date(1981, 3, 5), date(2010, 12, 31)])
records = st.fixed_dictionaries(
    {
        "full_name": names,
        "sex": st.sampled_from([None, "0", "1", "2"]),
        "birth_date": st.one_of(st.none(), births),
        "document_number": numbers(),
        "phone": st.sampled_from([None, "11000000101", "+86 110-0000-0101", "11000000110", "11000000202", "0"]),
        "township": st.sampled_from([None, "390226101", "390226102"]),
        "village": st.sampled_from([None, "", "390226101201", "390226101202"]),
    }
)
registers = st.lists(records, min_size=2, max_size=12).map(
    lambda rows: [row | {"record_id": f"r{at:02d}"} for at, row in enumerate(rows)]
)


@settings(deadline=None, max_examples=25)
@given(registers, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[dict[str, Any]], chance: random.Random) -> None:
    turned = list(rows)
    chance.shuffle(turned)
    first, second = as_records(rows), as_records(turned)
    pairs = find_pairs(first, thresholds=LIMITS)
    assert pairs.to_pylist() == find_pairs(second, thresholds=LIMITS).to_pylist()
    assert sure_clusters(pairs, first) == sure_clusters(pairs, second)
    assert all(row["left"] < row["right"] for row in pairs.to_pylist())


@settings(deadline=None, max_examples=25)
@given(registers)
def test_no_group_holds_two_people(rows: list[dict[str, Any]]) -> None:
    register = as_records(rows)
    pairs = find_pairs(register, thresholds=LIMITS)
    clusters = sure_clusters(pairs, register)
    members = clusters.members.to_pylist()
    assert max(Counter(row["record_id"] for row in members).values(), default=1) == 1
    assert min(Counter(row["cluster"] for row in members).values(), default=2) >= 2
    number = {row["record_id"]: row["number"] for row in numbers_and_sexes(register).to_pylist()}
    for group in {row["cluster"] for row in members}:
        held = {number[row["record_id"]] for row in members if row["cluster"] == group} - {None}
        assert len(held) <= 1
    joined = {row["record_id"]: row["cluster"] for row in members}
    held_back = {(row["left"], row["right"]) for row in clusters.held_back.to_pylist()}
    for pair in pairs.to_pylist():
        ends = pair["left"], pair["right"]
        if pair["decision"] == "same":
            assert (joined.get(ends[0], 1) == joined.get(ends[1], 2)) != (ends in held_back)


@settings(deadline=None, max_examples=300)
@given(records, records)
def test_two_records_are_compared_alike_from_either_side(left: dict[str, Any], right: dict[str, Any]) -> None:
    one, two = prepare_one(left, COMMON), prepare_one(right, COMMON)
    assert compare(one, two) == compare(two, one)
    matcher = Matcher(LIMITS)
    (there,) = matcher.score(left, [right | {"record_id": "b"}])
    (back,) = matcher.score(right, [left | {"record_id": "b"}])
    assert there == back


@settings(deadline=None, max_examples=25)
@given(registers)
def test_one_by_one_is_the_same_as_all_at_once(rows: list[dict[str, Any]]) -> None:
    """Every pair that shares a key gets from the matcher what the register gets."""
    matcher = Matcher(LIMITS)
    found = {(row["left"], row["right"]): row for row in find_pairs(as_records(rows), thresholds=LIMITS).to_pylist()}
    for at, left in enumerate(rows):
        for right in rows[at + 1 :]:
            shared = set(matcher.blocking_keys(left)) & set(matcher.blocking_keys(right))
            (scored,) = matcher.score(left, [right])
            pair = found.get((left["record_id"], right["record_id"]))
            if pair is None:
                assert not shared or scored.decision == "different"
            else:
                assert shared
                assert (pair["decision"], pair["probability"]) == (scored.decision, scored.probability)
                assert [pair[field.name] for field in FIELDS] == [reason.level for reason in scored.reasons]


@settings(deadline=None, max_examples=25)
@given(registers)
def test_a_record_lies_in_the_same_blocks_alone_and_in_a_register(rows: list[dict[str, Any]]) -> None:
    columns = prepare(as_records(rows), COMMON)
    alone = [prepare_one(row, COMMON) for row in rows]
    for block in BLOCKS:
        many = list(zip(*(columns[column].to_pylist() for column in block.columns), strict=True))
        for at, values in enumerate(many):
            key = block.key(alone[at])
            assert (key is None) == (None in values)
            assert key is None or key in keys_of(alone[at])
            for other in range(at):
                if key is not None and None not in many[other]:
                    assert (values == many[other]) == (key == block.key(alone[other]))


@given(births, st.integers(-40, 40))
def test_a_date_near_is_near_from_both_sides(day: date, step: int) -> None:
    one, two = (prepare_one({"birth_date": each}, COMMON) for each in (day, day + timedelta(days=step)))
    birth = next(field for field in FIELDS if field.name == "birth")
    assert birth.level(one, two).name == birth.level(two, one).name
