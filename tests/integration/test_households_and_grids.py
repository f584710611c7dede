"""Households, grid areas and changes of address: who moves, who answers afterwards, and what goes along."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from residents_of_a_county import (
    CENTRE,
    CLINIC,
    EAST,
    FAR_CENTRE,
    FAR_CLINIC,
    NOW,
    OTHER_CLINIC,
    TODAY,
    WEST,
    actor,
    lake,
    make_network,
    publish,
)

from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.residents import grids, households
from opencmc.apps.residents.lines import in_reach
from opencmc.apps.residents.models import GridArea, Household, Resident
from opencmc.apps.residents.moving import move_resident, preview_move
from opencmc.apps.tasks.models import Task
from opencmc.base.errors import Refused
from opencmc.facts.histories import refresh_histories
from opencmc.facts.lake import Lake

DOCTOR, MANAGER, COUNTY = actor(), actor("township_manager", CENTRE), actor("county_director", "", "county")
ONE, TWO, FAR = EAST + "201", EAST + "202", WEST + "201"


@pytest.fixture
def county(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    make_network()
    publish()
    refresh_histories(tmp_path)
    return tmp_path


def task(pk, institution, state="open"):
    return Task.objects.create(
        kind="follow_up", item="elderly", label="随访", resident_id=pk, institution_id=institution, since=TODAY,
        due=TODAY, source="test", source_key=f"{pk}:{institution}:{state}", created_at=NOW, changed_at=NOW,
        changed_by="x", state=state, assigned_to="somebody",
    )  # fmt: skip


def version(pk):
    return Resident.objects.get(pk=pk).version


def home_of(*people):
    """A household of these people, the first its head."""
    home = households.found_household(DOCTOR, people[0])
    for pk in people[1:]:
        households.add_member(DOCTOR, home.pk, Household.objects.get(pk=home.pk).version, pk)
    return Household.objects.get(pk=home.pk)


def members(home):
    return [row.pk for row in households.people_of(Household.objects.get(pk=home.pk))]


def test_a_household_has_a_head_and_takes_people_in_from_another(county):
    home, other = home_of("R1", "R3"), home_of("R4", "R5")
    assert (home.head_id, members(home)) == ("R1", ["R1", "R3"])
    households.add_member(DOCTOR, home.pk, home.version, "R4")
    assert members(home) == ["R1", "R3", "R4"]
    assert Household.objects.get(pk=other.pk).head_id == "R5"
    assert AuditLine.objects.filter(action="residents.household", resident_id="R4").count() == 2


def test_a_household_is_split_and_the_eldest_of_those_who_leave_is_head(county):
    home = home_of("R1", "R3", "R5")
    new = households.split(DOCTOR, home.pk, home.version, ["R5", "R3"])
    assert (members(home), members(new)) == (["R1"], ["R3", "R5"])
    assert Household.objects.get(pk=new.pk).head_id == "R3"


@pytest.mark.parametrize("chosen", [[], ["R1", "R3"], ["R9"], ["R404"]])
def test_nobody_or_everybody_leaving_is_no_split(county, chosen):
    home = home_of("R1", "R3")
    with pytest.raises(Refused, match="请选择分出去的成员"):
        households.split(DOCTOR, home.pk, home.version, chosen)


def test_two_who_change_a_household_at_once_are_told(county):
    home = home_of("R1", "R3")
    households.set_head(DOCTOR, home.pk, home.version, "R3")
    with pytest.raises(Refused, match="有人刚刚改过这一户"):
        households.add_member(DOCTOR, home.pk, home.version, "R4")


def test_a_household_out_of_reach_is_refused_as_one_that_is_not_there(county):
    home = home_of("R1")
    far = actor("township_doctor", FAR_CENTRE)
    for household_id in (home.pk, "H404"):
        with pytest.raises(Refused, match="没有这一户，或不在您的范围内"):
            households.read_household(far, household_id)
    with pytest.raises(Refused):
        households.add_member(far, home.pk, home.version, "R9")
    with pytest.raises(Refused, match="没有这位居民，或不在您的范围内"):
        households.add_member(DOCTOR, home.pk, home.version, "R9")


def test_one_change_of_address_moves_institution_grid_and_open_follow_ups(county):
    grids.save_grid(
        COUNTY, None, 0, name="西片", township=WEST, institution_id=FAR_CENTRE, team="西镇二队", villages=[FAR]
    )
    open_, done = task("R1", CLINIC), task("R1", CLINIC, "done")
    path = county / "contract.csv"
    path.write_text(
        f"contract_id,resident_id,institution_id,start,end\nK1,R1,{CENTRE},2026-01-01,2027-01-01\n", encoding="utf-8"
    )
    Lake(county).load("contract", [path], known_at=NOW, actor="test")
    refresh_histories(county)
    seen = preview_move(DOCTOR, Resident.objects.get(pk="R1"), WEST, FAR)
    assert Resident.objects.get(pk="R1").institution_id == CLINIC
    moved = move_resident(DOCTOR, "R1", version("R1"), township=WEST, village=FAR, address="新街 1 号")
    assert moved == seen
    assert (moved.before, moved.after, moved.grid, moved.team) == ("东一村", "西镇卫生院", "西片", "西镇二队")
    assert moved.moves == ("1 项随访与签约服务待办",)
    assert "签约仍在东镇卫生院（到 2027-01-01 前）" in moved.hints[0]
    row = Resident.objects.get(pk="R1")
    assert (row.institution_id, row.team, row.address, row.grid.name) == (FAR_CENTRE, "西镇二队", "新街 1 号", "西片")
    assert Task.objects.get(pk=open_.pk).institution_id == FAR_CENTRE
    assert Task.objects.get(pk=open_.pk).assigned_to == ""
    assert Task.objects.get(pk=done.pk).institution_id == CLINIC
    assert in_reach(actor("township_doctor", FAR_CENTRE), ["R1"], "residents.view")
    publish(lake(R1={"phone": "13888888888"}), at=NOW + timedelta(days=1))
    assert Resident.objects.get(pk="R1").institution_id == FAR_CENTRE


def test_a_whole_household_moves_together_or_not_at_all(county):
    home = home_of("R1", "R3")
    households.move_household(DOCTOR, home.pk, home.version, township=EAST, village=TWO, address="")
    rows = Resident.objects.filter(pk__in=["R1", "R3"])
    assert {(row.village, row.institution_id) for row in rows} == {(TWO, OTHER_CLINIC)}
    Resident.objects.filter(pk="R9").update(household=home.pk)
    home.refresh_from_db()
    with pytest.raises(Refused, match="不能整户迁居"):
        households.move_household(DOCTOR, home.pk, home.version, township=EAST, village=ONE, address="")


@pytest.mark.parametrize(
    ("township", "village", "said"),
    [
        ("999999999", "", "请选择乡镇"),
        ("", "", "请选择乡镇"),
        (EAST, FAR, "不属于"),
        (EAST, EAST + "999", "没有这个村"),
    ],
)
def test_a_place_that_does_not_exist_is_refused(county, township, village, said):
    with pytest.raises(Refused, match=said):
        move_resident(DOCTOR, "R1", version("R1"), township=township, village=village)


def test_a_move_of_an_entry_changed_meanwhile_or_out_of_reach_is_refused(county):
    with pytest.raises(Refused, match="已保存过这位居民的信息"):
        move_resident(DOCTOR, "R1", 0, township=EAST, village=TWO)
    with pytest.raises(Refused, match="不在您的范围内"):
        move_resident(DOCTOR, "R9", version("R9"), township=EAST, village=TWO)


def east(**more):
    given = {"name": "东片", "township": EAST, "institution_id": CENTRE, "team": "东镇一队", "villages": [ONE, TWO]}
    return given | more


def test_a_grid_area_gives_its_people_and_their_work_to_one_institution(county):
    waiting = task("R1", CLINIC)
    seen = grids.preview_grid(MANAGER, CENTRE, [ONE, TWO])
    row, done = grids.save_grid(MANAGER, None, 0, **east())
    assert done == seen
    assert (done.people, dict(done.from_units)) == (8, {"东一村": 7, "东二村": 1})
    people = Resident.objects.filter(village__in=[ONE, TWO])
    assert {(p.institution_id, p.team, p.grid_id) for p in people} == {(CENTRE, "东镇一队", row.pk)}
    assert Task.objects.get(pk=waiting.pk).institution_id == CENTRE
    again, nothing = grids.save_grid(MANAGER, row.pk, row.version, **east())
    assert nothing.people == 0
    smaller, _done = grids.save_grid(MANAGER, row.pk, again.version, **east(villages=[TWO]))
    assert list(smaller.villages.values_list("village", flat=True)) == [TWO]
    assert Resident.objects.filter(grid=row).count() == 1


def test_who_comes_from_the_lake_to_a_village_of_a_grid_area_gets_its_institution(county):
    grids.save_grid(MANAGER, None, 0, **east())
    publish(lake(R9={"village": ONE, "township": EAST, "institution_id": CLINIC}))
    assert Resident.objects.get(pk="R9").institution_id == CENTRE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": " "}, "请填片区名称"), ({"township": WEST}, "范围内的乡镇"), ({"institution_id": FAR_CLINIC}, "责任机构"),
        ({"institution_id": "NOBODY"}, "责任机构"), ({"villages": [FAR]}, "不属于这个乡镇"),
    ],
)  # fmt: skip
def test_a_grid_area_that_cannot_be_is_refused_with_what_is_wrong(county, change, said):
    with pytest.raises(Refused, match=said):
        grids.save_grid(MANAGER, None, 0, **east(**change))
    assert not GridArea.objects.exists()


def test_a_village_lies_in_one_grid_area_and_names_are_unique_in_a_township(county):
    row, _done = grids.save_grid(MANAGER, None, 0, **east(villages=[ONE]))
    with pytest.raises(Refused, match="东一村已在片区“东片”里"):
        grids.save_grid(MANAGER, None, 0, **east(name="南片"))
    with pytest.raises(Refused, match="已有同名的片区"):
        grids.save_grid(MANAGER, None, 0, **east(villages=[TWO]))
    with pytest.raises(Refused, match="有人刚刚改过"):
        grids.save_grid(MANAGER, row.pk, 0, **east(villages=[ONE]))
    grids.close_grid(MANAGER, row.pk, row.version)
    assert Resident.objects.get(pk="R1").grid_id is None
    grids.save_grid(MANAGER, None, 0, **east())


def test_only_who_holds_the_right_arranges_grid_areas_and_only_the_own(county):
    with pytest.raises(Refused, match="不能划分网格片区"):
        grids.save_grid(DOCTOR, None, 0, **east())
    row, _done = grids.save_grid(MANAGER, None, 0, **east())
    with pytest.raises(Refused, match="没有这个网格片区"):
        grids.find_grid(actor("township_manager", FAR_CENTRE), row.pk)


@pytest.fixture
def sign_in(county):
    def go(role, unit):
        user = User.objects.create(username=role, first_name=role)
        Account.objects.get_or_create(user=user)
        Post.objects.create(
            user=user, role=role, unit_kind="institution", unit_id=unit, start="2020-01-01", is_demonstration=True
        )
        client = Client()
        client.force_login(user)
        return client

    return go


def test_a_grid_area_is_made_on_its_page_after_a_look_at_what_changes(sign_in):
    client = sign_in("township_manager", CENTRE)
    assert "2 个村（社区），2 个还没有归到片区" in client.get("/residents/grids/").content.decode()
    given = {
        "township": EAST,
        "name": "东片",
        "institution": CENTRE,
        "team": "一队",
        "villages": [ONE, TWO],
        "version": "0",
    }
    look = client.post("/residents/grids/new/", given).content.decode()
    assert "8 人" in look
    assert not GridArea.objects.exists()
    assert client.post("/residents/grids/new/", given | {"confirm": "1"}).status_code == 302
    row = GridArea.objects.get()
    wrong = client.post(f"/residents/grids/{row.pk}/", given | {"confirm": "1", "name": "", "version": "1"})
    assert wrong.status_code == 422
    assert "请填片区名称" in wrong.content.decode()


def test_a_household_is_kept_on_its_page(sign_in):
    client = sign_in("township_doctor", CENTRE)
    made = client.post("/residents/households/new/", {"resident": "R1"})
    page = client.get(made["Location"]).content.decode()
    assert "张三" in page
    found = client.post(made["Location"], {"what": "find", "q": "单雄信"}, follow=True).content.decode()
    assert "加入这一户" in found
    home = Household.objects.get()
    client.post(made["Location"], {"what": "add", "resident": "R3", "version": home.version})
    assert members(home) == ["R1", "R3"]
    assert client.post(made["Location"], {"what": "nonsense"}).status_code == 422
    look = client.post("/residents/R1/move/", {"place": TWO, "version": version("R1")}).content.decode()
    assert "东一村 → <b>东二村</b>" in look
    done = client.post("/residents/R1/move/", {"place": TWO, "version": version("R1"), "confirm": "1"})
    assert done.status_code == 302
    assert Resident.objects.get(pk="R1").institution_id == OTHER_CLINIC
