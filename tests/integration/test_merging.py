"""Merging, taking it back, and the list of pairs that may be one person: what is refused, asked, found and decided."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client
from residents_of_a_county import (
    CENTRE,
    CLINIC,
    EAST,
    FAR_CENTRE,
    HOSPITAL,
    NOW,
    SYSTEM,
    actor,
    id_of,
    lake,
    make_network,
    number,
    publish,
)

from opencmc.apps.access.api import Actor
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.residents.api import PersonLine, create_resident, search, work_of
from opencmc.apps.residents.comparison import pieces
from opencmc.apps.residents.lines import in_reach
from opencmc.apps.residents.merging import merge, plan_merge
from opencmc.apps.residents.models import CareRelation, MergeRecord, Resident, ReviewPair
from opencmc.apps.residents.review import decide
from opencmc.apps.residents.review_finding import find_duplicates
from opencmc.apps.residents.unmerging import unmerge
from opencmc.apps.residents.writing import apply_fields, insert_resident
from opencmc.base.errors import Refused
from opencmc.facts.histories import refresh_histories
from opencmc.facts.lake import Lake

WHY = "本人到场核对证件"
MANAGER = actor("township_manager", CENTRE)
VISIT = "visit_id,resident_id,institution_id,date,kind,is_tcm,diagnosis,total_fen,fund_fen,own_fen\n"


@pytest.fixture
def county(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    make_network()
    publish()
    refresh_histories(tmp_path)
    return tmp_path


def twin(pk, of="R1", **changed):
    """Another entry of the same person, as a desk might have written it."""
    row = Resident.objects.get(pk=of)
    fields = {
        "name": row.name, "sex": row.sex, "birth_date": row.birth_date.isoformat(), "township": row.township,
        "village": row.village, "institution_id": row.institution_id, "id_type": "none", "phone": "13812345678",
    }  # fmt: skip
    insert_resident(Resident(resident_id=pk), fields | changed, SYSTEM, conflict_is_allowed=True)


def versions(*ids):
    return tuple(Resident.objects.get(pk=pk).version for pk in ids)


def join(kept="R1", merged="X1", who=MANAGER, why=WHY, **more):
    return merge(who, kept, merged, versions=versions(kept, merged), reason=why, **more)


def test_a_merged_entry_is_found_and_opened_where_it_went(county):
    twin("X1", name="章三", phone="13611112222")
    join()
    assert [row.resident_id for row in search(MANAGER, "章三").rows] == ["R1"]
    assert [row.resident_id for row in search(MANAGER, "13611112222").rows] == ["R1"]


@pytest.mark.parametrize(
    ("kept", "merged", "said"),
    [
        ("R1", "R1", "并入它自己"),
        ("R1", "R404", "没有这位居民"),
        ("R404", "R1", "没有这位居民"),
        ("R1", "R9", "没有这位居民"),
    ],
)
def test_a_merge_with_itself_with_nobody_or_beyond_ones_reach_is_refused(county, kept, merged, said):
    with pytest.raises(Refused, match=said) as refused:
        merge(MANAGER, kept, merged, versions=(1, 1), reason=WHY)
    if kept != merged:
        assert "公共卫生专员" in refused.value.possible_when
    assert not MergeRecord.objects.exists()


def test_who_has_no_right_merges_nobody(county):
    twin("X1")
    with pytest.raises(Refused, match="不能合并与拆分"):
        join(who=actor("township_doctor", CENTRE))


@pytest.mark.parametrize("why", ["", "  ", "。。。。。。", "同人"])
def test_a_merge_without_a_reason_is_refused(county, why):
    twin("X1")
    with pytest.raises(Refused, match="请写明理由"):
        join(why=why)


def test_two_valid_numbers_are_two_people_unless_somebody_states_otherwise(county):
    twin("X1", id_type="citizen_id", id_number=number("1950-05-06", 913))
    assert [each.code for each in plan_merge(MANAGER, "R1", "X1").cautions] == ["two_ids"]
    with pytest.raises(Refused, match="有效而不同的证件号码"):
        join()
    assert join(confirmed=["two_ids"]).cautions == ["two_ids"]


def test_two_valid_numbers_of_different_sex_are_never_one_person(county):
    twin("X1", sex="2", id_type="citizen_id", id_number=number("1950-05-06", 914))
    with pytest.raises(Refused, match="不是同一个人"):
        join(confirmed=["two_ids", "two_sexes", "same_day"])


def test_a_person_treated_on_one_day_in_two_places_is_asked_about(county):
    twin("X1")
    path = county / "visit.csv"
    rows = f"V1,R1,{CLINIC},2026-01-05,outpatient,否,I10,1,0,1\nV2,X1,{HOSPITAL},2026-01-05,outpatient,否,I10,1,0,1\n"
    path.write_text(VISIT + rows, encoding="utf-8")
    Lake(county).load("visit", [path], known_at=NOW, actor="test")
    refresh_histories(county)
    (caution,) = plan_merge(MANAGER, "R1", "X1").cautions
    assert (caution.code, caution.details) == ("same_day", ("2026-01-05：东一村 与 县第一医院",))
    with pytest.raises(Refused, match="同一天在两家机构"):
        join()
    assert join(confirmed=["same_day"]).cautions == ["same_day"]


def test_somebody_who_died_before_the_other_was_treated_is_asked_about(county):
    twin("X1", death_date="2026-01-01")
    path = county / "visit.csv"
    path.write_text(VISIT + f"V1,R1,{CLINIC},2026-01-05,outpatient,否,I10,1,0,1\n", encoding="utf-8")
    Lake(county).load("visit", [path], known_at=NOW, actor="test")
    refresh_histories(county)
    assert [each.code for each in plan_merge(MANAGER, "R1", "X1").cautions] == ["after_death"]


def test_an_entry_that_was_merged_is_merged_no_further(county):
    twin("X1")
    twin("X2")
    join()
    with pytest.raises(Refused, match="已经并入另一份"):
        join("X2", "X1")
    with pytest.raises(Refused, match="已经并入另一份"):
        join("X1", "R1")


def test_an_entry_changed_meanwhile_is_looked_at_again(county):
    twin("X1")
    seen = versions("R1", "X1")
    apply_fields(Resident.objects.get(pk="X1"), {"address": "后街"}, SYSTEM, kept=True)
    with pytest.raises(Refused, match="刚刚被修改过"):
        merge(MANAGER, "R1", "X1", versions=seen, reason=WHY)


def test_who_could_open_the_merged_entry_can_open_the_kept_one_until_it_is_taken_back(county):
    twin("X1")
    CareRelation.objects.create(resident_id="X1", institution_id=FAR_CENTRE, kind="visit", start=date(2025, 1, 1))
    far = actor("township_doctor", FAR_CENTRE)
    assert not in_reach(far, ["R1"], "residents.view")
    row = join()
    assert in_reach(far, ["R1"], "residents.view")
    publish(lake(R2={"phone": "13999999999"}))
    assert in_reach(far, ["R1"], "residents.view")
    unmerge(MANAGER, row.pk, "看错了，是两个人")
    assert not in_reach(far, ["R1"], "residents.view")


def test_both_people_have_a_line_for_the_merge_and_for_taking_it_back(county):
    twin("X1")
    row = join()
    unmerge(MANAGER, row.pk, "看错了，是两个人")
    for action in ("residents.merge", "residents.unmerge"):
        assert set(AuditLine.objects.filter(action=action).values_list("resident_id", flat=True)) == {"R1", "X1"}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_the_same_entry_at_once_one_wins(settings, tmp_path):
    if connection.vendor == "sqlite":
        pytest.skip("the test database of SQLite lives in memory, where two connections lock each other out")
    settings.OPENCMC_HOME = tmp_path
    make_network()
    publish()
    refresh_histories(tmp_path)
    twin("X1")
    seen = {pk: versions(pk)[0] for pk in ("R1", "R3", "X1")}

    def go(kept):
        try:
            merge(
                SYSTEM, kept, "X1", versions=(seen[kept], seen["X1"]), reason=WHY,
                confirmed=["two_ids", "same_day", "after_death", "two_sexes"],
            )  # fmt: skip
            return "merged"
        except Refused:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as people:
        answers = sorted(people.map(go, ("R1", "R3")))
    assert answers == ["merged", "refused"]
    assert MergeRecord.objects.count() == 1


def test_twins_entered_twice_are_found_and_a_decided_pair_stays_away_until_one_changes(county):
    twin("X1")
    done = find_duplicates(SYSTEM)
    assert (done.new, ReviewPair.objects.values_list("left_id", "right_id").get()) == (1, ("R1", "X1"))
    assert find_duplicates(SYSTEM).changed == 0
    (group,) = work_of(MANAGER)
    assert (group.count, group.items[0].href) == (1, "/residents/compare/R1/X1/")
    assert work_of(actor("township_manager", FAR_CENTRE)) == []
    assert work_of(actor("township_doctor", CENTRE)) == []
    decide(MANAGER, "R1", "X1", state="different", why="双胞胎，两人都到场")
    apply_fields(Resident.objects.get(pk="R5"), {"address": "后街"}, SYSTEM, kept=True)
    find_duplicates(SYSTEM)
    assert ReviewPair.objects.get().state == "different"
    assert work_of(MANAGER) == []
    apply_fields(Resident.objects.get(pk="X1"), {"phone": "13812345670"}, SYSTEM, kept=True)
    assert find_duplicates(SYSTEM).reopened == 1
    assert ReviewPair.objects.get().state == "open"


def test_a_pair_that_matches_no_longer_goes_and_one_decided_twice_is_refused(county):
    twin("X1")
    find_duplicates(SYSTEM)
    seen = ReviewPair.objects.get().version
    decide(MANAGER, "R1", "X1", state="later", why="", version=seen)
    with pytest.raises(Refused, match="刚刚由别人核对过"):
        decide(MANAGER, "R1", "X1", state="different", why="双胞胎，两人都到场", version=seen)
    ReviewPair.objects.update(state="open")
    apply_fields(
        Resident.objects.get(pk="X1"),
        {"name": "周芷若", "phone": "", "birth_date": "1999-01-01", "sex": "2"},
        SYSTEM,
        kept=True,
    )
    assert find_duplicates(SYSTEM).gone == 1
    assert not ReviewPair.objects.exists()


def test_whom_the_desk_calls_another_person_is_looked_at_once_more(county):
    fields = {
        "name": "张三", "id_type": "citizen_id", "id_number": id_of("R1"), "village": EAST + "201", "township": EAST,
        "confirm_duplicate": "1", "duplicate_reason": "同号的是另一个人",
    }  # fmt: skip
    line: PersonLine = create_resident(actor(), fields)
    assert ReviewPair.objects.filter(
        left_id__in=("R1", line.resident_id), right_id__in=("R1", line.resident_id)
    ).exists()
    decide(MANAGER, "R1", line.resident_id, state="different", why="派出所证明重号")
    assert Resident.objects.get(pk=line.resident_id).id_conflict == "accepted"


@pytest.mark.django_db
def test_the_matching_finds_the_planted_duplicates_and_hardly_anybody_else(county_home, settings):
    from opencmc.apps.residents.publishing import publish_residents

    settings.OPENCMC_HOME = county_home
    publish_residents(county_home, NOW, Actor.system(NOW), months=12)
    find_duplicates(SYSTEM)
    truth = json.loads((county_home / "truth.json").read_text(encoding="utf-8"))["duplicates"]["pairs"]
    planted = {tuple(sorted(pair["resident_ids"])) for pair in truth}
    found = set(ReviewPair.objects.values_list("left_id", "right_id"))
    assert len(planted) >= 10
    assert len(planted & found) >= 0.95 * len(planted)
    assert len(planted & found) >= 0.95 * len(found)


@pytest.fixture
def manager(county):
    user = User.objects.create(username="manager", first_name="manager")
    Account.objects.get_or_create(user=user)
    Post.objects.create(user=user, role="township_manager", unit_kind="institution", unit_id=CENTRE, start="2020-01-01")
    client = Client()
    client.force_login(user)
    return client


def test_a_pair_is_compared_merged_followed_and_taken_apart_on_pages(manager):
    twin("X1", name="张山", birth_date="1950-05-08")
    find_duplicates(SYSTEM)
    assert "张三 / 张山" in manager.get("/residents/review/").content.decode()
    page = manager.get("/residents/compare/X1/R1/").content.decode()
    assert "<mark>山</mark>" in page
    assert "<mark>6</mark>" in page
    given = {
        "what": "merge",
        "keep": "R1",
        "left_version": versions("R1")[0],
        "right_version": versions("X1")[0],
        "reason": WHY,
    }
    wrong = manager.post("/residents/compare/R1/X1/", given | {"reason": ""})
    assert wrong.status_code == 422
    assert "请写明理由" in wrong.content.decode()
    done = manager.post("/residents/compare/R1/X1/", given)
    assert (done.status_code, done["Location"]) == (302, "/residents/R1/")
    led = manager.get("/residents/X1/", follow=True)
    assert "登记 X1 已并入这一份" in led.content.decode()
    assert "并入登记 X1" in led.content.decode()
    row = MergeRecord.objects.get()
    assert "拆分这次合并" in manager.get("/residents/R1/merges/").content.decode()
    apart = manager.post(f"/residents/separate/{row.pk}/", {"reason": "看错了，是两个人"}, follow=True)
    assert "已拆分，两份登记恢复原样" in apart.content.decode()
    assert manager.get("/residents/X1/").status_code == 200


def test_a_pair_beyond_reach_or_an_unknown_one_is_refused_alike(manager):
    for one, other in (("R1", "R9"), ("R1", "R404"), ("R404", "R405")):
        answer = manager.get(f"/residents/compare/{one}/{other}/")
        assert answer.status_code == 403
        assert "没有这一对登记，或不在您的范围内" in answer.content.decode()
    assert manager.post("/residents/separate/999/", {"reason": WHY}).status_code == 403


@pytest.mark.parametrize(
    ("one", "other", "marked"),
    [
        ("张三", "张山", ("三", "山")),
        ("1950-05-06", "1950-06-05", ("05-06", "06-05")),
        ("", "张三", ("", "")),
        ("同", "同", ("", "")),
    ],
)
def test_only_characters_that_differ_are_marked(one, other, marked):
    left, right = pieces(one, other)
    assert "".join(text for text, _ in left) == one
    assert "".join(text for text, _ in right) == other
    for side, wanted in zip((left, right), marked, strict=True):
        assert bool("".join(text for text, differs in side if differs)) == bool(wanted)
