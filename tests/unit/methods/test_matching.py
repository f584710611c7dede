"""Matching of residents: figures on planted duplicates, one record against a register, groups, and bad input."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from opencmc.base.errors import DataError, Refused
from opencmc.base.identifiers import citizen_id_check
from opencmc.methods.matching import (
    Matcher,
    Thresholds,
    as_records,
    find_pairs,
    read_model,
    shipped_model,
    sure_clusters,
    train,
)
from opencmc.methods.matching.blocking import BLOCKS
from opencmc.methods.matching.comparisons import FIELDS, compare
from opencmc.methods.matching.one_record import prepare_one
from opencmc.methods.matching.pairs import compared, levels_of
from opencmc.methods.matching.records import prepare
from opencmc.policy.pack import default_root, load_pack
from opencmc.synthetic.duplicates import make_records

LIMITS = Thresholds(same=990_000, review=500_000)
BORN = date(1980, 3, 5)


def number(order: int, born: date = BORN) -> str:
    """A sound number of the area code 390226, which no place has."""
    first = f"390226{born:%Y%m%d}{order:03d}"
    return first + citizen_id_check(first)


def person(record_id: str, **differs: Any) -> dict[str, Any]:
    return {
        "record_id": record_id, "full_name": "王甲乙", "sex": "2", "birth_date": BORN, "document_number": number(2),
        "phone": "11000000101", "township": "390226101", "village": "390226101201",
    } | differs  # fmt: skip


def groups_of(rows: list[dict[str, Any]]) -> tuple[set[frozenset[str]], list[tuple[str, str]]]:
    records = as_records(rows)
    clusters = sure_clusters(find_pairs(records, thresholds=LIMITS), records)
    by_name = defaultdict(set)
    for row in clusters.members.to_pylist():
        by_name[row["cluster"]].add(row["record_id"])
    held = [(row["left"], row["right"]) for row in clusters.held_back.to_pylist()]
    return {frozenset(group) for group in by_name.values()}, held


@pytest.fixture(scope="module")
def planted():
    return make_records(20_000, 11)


@pytest.fixture(scope="module")
def found(planted):
    return find_pairs(planted.records, thresholds=LIMITS)


@pytest.fixture(scope="module")
def clusters(planted, found):
    return sure_clusters(found, planted.records)


def test_the_shipped_model_finds_98_of_100_planted_duplicates_and_errs_in_at_most_5_of_1000(planted, clusters):
    person_of = dict(zip(*(planted.key[name].to_pylist() for name in ("record_id", "person")), strict=True))
    members, records_of = defaultdict(list), defaultdict(list)
    for row in clusters.members.to_pylist():
        members[row["cluster"]].append(row["record_id"])
    for record_id, who in person_of.items():
        records_of[who].append(record_id)
    pairs = [(a, b) for group in members.values() for i, a in enumerate(group) for b in group[i + 1 :]]
    right = sum(person_of[a] == person_of[b] for a, b in pairs)
    true = sum(len(group) * (len(group) - 1) // 2 for group in records_of.values())
    assert true > 10_000
    assert right >= 0.995 * len(pairs)
    assert right >= 0.98 * true


def test_what_people_have_to_decide_is_about_one_pair_in_a_hundred_records(found, clusters):
    review = clusters.for_review(found)
    assert 50 < len(review) < 400
    together = {row["record_id"]: row["cluster"] for row in clusters.members.to_pylist()}
    in_band = [row for row in review.to_pylist() if row["decision"] == "review"]
    assert all(together.get(row["left"], 1) != together.get(row["right"], 2) for row in in_band)


def test_no_record_is_in_two_groups_and_no_group_holds_two_sound_numbers(planted, clusters):
    ids = clusters.members["record_id"].to_pylist()
    assert len(ids) == len(set(ids))
    numbers = defaultdict(set)
    written = dict(zip(*(planted.records[name].to_pylist() for name in ("record_id", "document_number")), strict=True))
    for row in clusters.members.to_pylist():
        text = (written[row["record_id"]] or "").upper()
        if re.fullmatch(r"390\d{14}[\dX]", text) and citizen_id_check(text[:17]) == text[17]:
            numbers[row["cluster"]].add(text)
    assert sum(len(group) == 1 for group in numbers.values()) > 4_000
    unlike = [group for group in numbers.values() if len(group) > 1]
    # A wrongly typed date may by chance be no date at all, with a right check character; such a number is not sound.
    assert all(sum(_dated(text) for text in group) <= 1 for group in unlike)


def _dated(text: str) -> bool:
    try:
        date.fromisoformat(f"{text[6:10]}-{text[10:12]}-{text[12:14]}")
    except ValueError:
        return False
    return True


def test_single_records_get_splinks_own_probabilities(planted):
    model = shipped_model()
    scored = compared([prepare(planted.records, model.common_names)], model)
    rows = [prepare_one(row, model.common_names) for row in planted.records.sort_by("record_id").to_pylist()]
    assert len(scored) > 10_000
    for left, right, code, probability in zip(*(scored[name].to_pylist() for name in scored.column_names), strict=True):
        levels = compare(rows[left], rows[right])
        assert levels == compare(rows[right], rows[left]) == levels_of(code)
        assert model.probability(levels) == int(probability * 1_000_000 + 0.5)


def test_some_matched_against_all_are_decided_as_all_against_all(planted, found):
    chosen = planted.records.sort_by("record_id").slice(700, 4_000)
    ids = set(chosen["record_id"].to_pylist())
    part = find_pairs(chosen, planted.records, thresholds=LIMITS).to_pylist()
    both = {
        (*sorted((row["left"], row["right"])), row["decision"], row["rule"])
        for row in part
        if row["left"] != row["right"]
    }
    expected = {
        (row["left"], row["right"], row["decision"], row["rule"])
        for row in found.to_pylist()
        if row["left"] in ids or row["right"] in ids
    }
    assert len(expected) > 100
    assert both == expected


def test_a_record_is_prepared_alone_as_it_is_in_a_column(planted):
    common = shipped_model().common_names
    columns = (
        "birth",
        "birth_year",
        "month_day",
        "default_day",
        "document",
        "document_state",
        "phone",
        "sex",
        "common",
    )
    many = prepare(planted.records, common).select(columns).to_pylist()
    rows = planted.records.sort_by("record_id").to_pylist()
    for row, prepared in zip(rows, many, strict=True):
        alone = prepare_one(row, common)
        assert {name: alone[name] for name in columns} == prepared, row


def test_the_matcher_decides_as_the_register_does_and_finds_its_candidates_by_keys(planted, found):
    matcher = Matcher(LIMITS)
    rows = {row["record_id"]: row for row in planted.records.to_pylist()}
    for pair in found.slice(0, 3_000).to_pylist():
        left, right = rows[pair["left"]], rows[pair["right"]]
        (scored,) = matcher.score(left, [right])
        assert (scored.decision, scored.kind, scored.rule) == (pair["decision"], pair["kind"], pair["rule"])
        assert scored.probability == pair["probability"]
        assert {reason.field: reason.level for reason in scored.reasons} == {f.name: pair[f.name] for f in FIELDS}
        assert set(matcher.blocking_keys(left)) & set(matcher.blocking_keys(right))


def test_the_likeliest_candidate_comes_first_and_says_why():
    matcher = Matcher(LIMITS)
    candidates = [
        person("far", full_name="李丁戊", document_number=None, phone=None, birth_date=date(1951, 9, 9)),
        person("twin", full_name="王甲丙", document_number=number(4)),
        person("self", phone=None),
        person("maybe", document_number=number(6)),
    ]
    scored = matcher.score(person("new"), candidates)
    assert [each.candidate for each in scored] == ["self", "maybe", "twin", "far"]
    assert [each.decision for each in scored] == ["same", "review", "different", "different"]
    by_field = {reason.field: reason for reason in scored[0].reasons}
    assert by_field["document"].level_label == "相同（15 位与 18 位视同）"
    assert by_field["document"].weight > 1000
    assert (by_field["phone"].level, by_field["phone"].weight) == ("unknown", 0)


def test_two_registers_are_matched_with_each_other_only():
    ours = as_records([person("r1"), person("r2", full_name="李丁戊", document_number=number(8), phone="11000000555")])
    theirs = as_records([person("r1", phone=None), person("b7", phone=None)])
    pairs = find_pairs(ours, theirs, thresholds=LIMITS)
    assert [(row["left"], row["right"], row["decision"]) for row in pairs.to_pylist()] == [
        ("r1", "b7", "same"),
        ("r1", "r1", "same"),
    ]


def test_twins_stay_apart_though_a_record_without_a_number_lies_between():
    rows = [
        person("a", full_name="王甲乙", document_number=number(2)),
        person("b", full_name="王甲乙", document_number=None),
        person("c", full_name="王甲乙", document_number=number(4), phone="11000000999"),
    ]
    groups, held = groups_of(rows)
    assert groups == {frozenset({"a", "b"})}
    assert held == [("b", "c")]


def test_a_sex_written_wrong_joins_only_by_the_number():
    rows = [person("a"), person("b", sex="1"), person("c", sex="1", document_number=None)]
    groups, _ = groups_of(rows)
    assert frozenset({"a", "b"}) <= next(iter(groups))
    rows = [person("a", document_number=None), person("b", sex=None, document_number=None)]
    groups, held = groups_of([*rows, person("c", sex="1", document_number=None)])
    assert groups == {frozenset({"a", "b"})}
    assert held == [("b", "c")]


@pytest.mark.parametrize(
    "text", [None, "", "无", "0", "000000000000000000", "111111111111111111", "护照12", "39022619800305"]
)
def test_a_number_that_says_nothing_is_no_evidence(text):
    (scored,) = Matcher(LIMITS).score(person("a", document_number=text), [person("b", document_number=text)])
    assert next(each.level for each in scored.reasons if each.field == "document") == "unknown"


def test_a_number_with_a_wrong_check_character_never_speaks_as_two_people():
    wrong = number(4)[:17] + ("0" if number(4)[17] != "0" else "1")
    (scored,) = Matcher(LIMITS).score(person("a"), [person("b", document_number=wrong)])
    assert next(each.level for each in scored.reasons if each.field == "document") == "near"
    assert scored.decision == "same"


def test_a_mistyped_date_in_a_number_is_repaired_by_the_date_of_birth():
    right = number(2)
    wrong = right[:10] + right[11] + right[10] + right[12:]
    prepared = prepare_one(person("a", document_number=wrong), frozenset())
    assert wrong != right
    assert prepared["document"] == int(right[:17])


@pytest.mark.parametrize("name", [None, "", "  ", "不详", "王甲乙之子", "王甲乙之女", "？"])
def test_without_a_name_nobody_is_joined_but_by_the_number(name):
    rows = [person("a", full_name=name, document_number=None), person("b", full_name=name, document_number=None)]
    assert groups_of(rows)[0] == set()
    (pair,) = find_pairs(as_records(rows), thresholds=LIMITS).to_pylist()
    assert (pair["decision"], pair["rule"]) == ("review", "no_name")


def test_one_number_for_two_people_goes_to_people():
    rows = [person("a"), person("b", full_name="李丁戊", sex="1", birth_date=date(1962, 1, 9), phone="11000000777")]
    (pair,) = find_pairs(as_records(rows), thresholds=LIMITS).to_pylist()
    assert (pair["decision"], pair["rule"]) == ("review", "number_only")


def test_a_stopgap_number_with_a_right_check_character_is_no_evidence():
    rows = [
        person(f"p{at:02d}", full_name=chr(ord("甲") + at) + "一", birth_date=BORN + timedelta(317 * at), phone=None)
        for at in range(40)
    ]
    assert len(find_pairs(as_records(rows), thresholds=LIMITS)) == 0
    assert len(find_pairs(as_records(rows[:5]), thresholds=LIMITS)) == 10
    old = number(1, date(1900, 1, 1))
    assert prepare_one(person("a", document_number=old), frozenset())["document"] is None


def test_a_telephone_of_a_whole_register_is_no_evidence():
    rows = [
        person(f"p{at:03d}", birth_date=BORN + timedelta(40 * at), document_number=None, village=None, township=None)
        for at in range(501)
    ]
    prepared = prepare(as_records(rows), frozenset())
    assert prepared["phone"].null_count == 501
    assert prepare(as_records(rows[:500]), frozenset())["phone"].null_count == 0


def test_nothing_known_matches_nobody():
    rows = as_records([{"record_id": name} for name in "abc"])
    assert len(find_pairs(rows, thresholds=LIMITS)) == 0
    assert len(find_pairs(rows.slice(0, 0), thresholds=LIMITS)) == 0
    assert len(find_pairs(rows, rows.slice(0, 0), thresholds=LIMITS)) == 0
    (scored,) = Matcher(LIMITS).score({}, [{"record_id": "a"}])
    assert scored.decision == "different"
    assert Matcher(LIMITS).blocking_keys({}) == []


def test_records_must_have_an_id_of_their_own():
    rows = as_records([person("a"), person("b")])
    with pytest.raises(DataError, match="1 行的 record_id 与别的行相同"):
        find_pairs(pa.concat_tables([rows, rows.slice(1)]), thresholds=LIMITS)
    with pytest.raises(DataError, match="1 行没有 record_id"):
        find_pairs(as_records([person("a"), person(None)]), thresholds=LIMITS)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="缺少列：phone"):
        find_pairs(rows.drop(["phone"]), thresholds=LIMITS)
    with pytest.raises(DataError, match="不在登记表中"):
        sure_clusters(find_pairs(rows, thresholds=LIMITS), rows.slice(1))


@pytest.mark.parametrize(("same", "review"), [(0, 0), (500_000, 600_000), (1_000_001, 1), (990_000, 0)])
def test_thresholds_that_make_no_sense_are_refused(same, review):
    with pytest.raises(ValueError, match="阈值"):
        Thresholds(same=same, review=review)


def test_every_pack_carries_the_thresholds():
    entries = load_pack(default_root(), "ninghai").entries
    same, review = (entries[f"residents.matching_{name}"].values[-1] for name in ("same", "review"))
    assert Thresholds(same=int(same.value), review=int(review.value)) == LIMITS
    assert same.because
    assert review.because


def test_a_higher_threshold_sends_more_to_people(planted, found):
    careful = find_pairs(planted.records, thresholds=replace(LIMITS, same=1_000_000))
    decided = [pairs["decision"].to_pylist().count("same") for pairs in (careful, found)]
    assert decided[0] < decided[1]
    assert len(careful) == len(found)


def test_a_county_trains_its_own_model_and_keeps_it(tmp_path):
    records = make_records(6_000, 5).records
    model = train(records, day=date(2026, 1, 2), source="试训", random_pairs=200_000)
    model.save(tmp_path / "model.json")
    assert read_model(tmp_path / "model.json") == model
    assert model.trained["source"] == "试训"
    assert model.trained["day"] == "2026-01-02"
    for field, level in (("name", "same_rare"), ("birth", "same"), ("document", "same"), ("phone", "same")):
        assert model.weights[field][level] > 5
    assert model.weights["document"]["two_sound"] < -5
    with pytest.raises(Refused, match="至少需要 5000 条"):
        train(records.slice(0, 4_999), day=date(2026, 1, 2), source="试训")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 0}', '{"form": 1, "levels": {}}'])
def test_a_file_that_is_no_model_is_refused(tmp_path, text):
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"model\.json"):
        read_model(path)


def test_a_model_lacking_a_level_or_with_levels_alike_is_refused():
    model = shipped_model()
    with pytest.raises(DataError, match="电话"):
        replace(model, levels={**model.levels, "phone": {"same": (0.5, 0.1)}})
    alike = {**model.levels, "sex": {"same": (0.5, 0.5), "different": (0.1, 0.5)}}
    with pytest.raises(DataError, match="无法分辨"):
        replace(model, levels=alike)
    with pytest.raises(DataError, match="先验"):
        replace(model, prior=0)


def test_blocks_name_columns_that_exist():
    prepared = prepare_one(person("a"), frozenset())
    assert all(set(block.columns) <= set(prepared) for block in BLOCKS)
    assert prepared["birth"] == (BORN - date(1970, 1, 1)) // timedelta(days=1)


def test_training_does_not_depend_on_the_order_of_rows():
    records = make_records(6_000, 5).records
    first, second = (
        train(rows, day=date(2026, 1, 2), source="试训", random_pairs=200_000)
        for rows in (records, records.sort_by("phone"))
    )
    assert first == second
