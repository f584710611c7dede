"""One box: what is typed, as what it is read, and who is found by whom."""

from __future__ import annotations

import pytest
from residents_of_a_county import (
    CENTRE,
    CLINIC,
    COMMUNITY,
    FAR_CENTRE,
    FAR_CLINIC,
    HOSPITAL,
    PEOPLE,
    SYSTEM,
    actor,
    id_of,
    lake,
    make_network,
    publish,
)

from opencmc.apps.access.api import ACTIONS, ROLES
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.residents import key_scan, searching
from opencmc.apps.residents.api import lines_of, search
from opencmc.apps.residents.models import CareRelation
from opencmc.apps.residents.readings import initials
from opencmc.apps.residents.typed import recognise
from opencmc.base.errors import Refused


@pytest.fixture
def county(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    make_network()
    publish(
        lake(
            relations=[
                ("R9", HOSPITAL, "visit", "2025-12-01", "2026-12-01"),
                ("R10", HOSPITAL, "visit", "2024-01-01", "2025-01-01"),
            ]
        )
    )


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("张三", "name", "张三"), (" 张 三 ", "name", "张三"), ("李𬭎", "name", "李𬭎"), ("阿依古丽・买买提", "name", "阿依古丽·买买提"),
        ("zs", "initials", "zs"), ("ZSF", "initials", "zsf"), ("11010519491231002x", "id", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "id", "11010519491231002X"), ("110105491231002", "id", "11010519491231002X"),
        ("110105 19491231 002X", "id", "11010519491231002X"), ("110105194912310020", "id", "110105194912310020"),
        ("002X", "tail", "002X"), ("1234", "tail", "1234"), ("123456", "tail", "123456"),
        ("13812345678", "phone", "13812345678"), ("+86 138-1234-5678", "phone", "13812345678"), ("138 1234 5678", "phone", "13812345678"),
        ("张三 13812345678", "phone_name", "13812345678"), ("13812345678，张三", "phone_name", "13812345678"),
        ("R0000001", "number", "R0000001"), ("", "empty", ""), ("   ", "empty", ""), ("王" * 81, "unclear", ""),
        ("a\x00b", "unclear", ""), ("12", "unclear", ""),
    ],
)  # fmt: skip
def test_the_box_tells_what_was_typed(text, kind, value):
    found = recognise(text)
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("单雄信", {"sxx", "dxx"}), ("解晓东", {"xxd", "jxd"}), ("曾国强", {"zgq", "cgq", "zgj", "cgj"}), ("仇英", {"qy", "cy"}),
        ("查良镛", {"zly", "cly"}), ("翟志刚", {"zzg", "dzg"}), ("欧阳锋", {"oyf"}), ("尉迟恭", {"ycg", "wcg"}), ("张三", {"zs"}),
        ("李𬭎", {"lh"}), ("李\ue000", {"l*"}), ("阿依古丽·买买提", {"ayglmmt"}), ("Anna Li", {"annali"}), ("", set()),
    ],
)  # fmt: skip
def test_initials_know_how_surnames_are_read(name, found):
    assert found <= set(initials(name)) if found else not initials(name)


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("张三", ["R1", "R2"]), ("张", ["R1", "R2"]), ("三丰", ["R2"]), ("国强", ["R5"]), ("锋", ["R8"]), ("zs", ["R1", "R2"]),
        ("zsf", ["R2"]), ("sxx", ["R3"]), ("dxx", ["R3"]), ("xxd", ["R4"]), ("jxd", ["R4"]), ("zgq", ["R5"]), ("qy", ["R6"]),
        ("cy", ["R6"]), ("oyf", ["R8"]), ("𬭎", ["R7"]), ("李𬭎", ["R7"]), ("lh", ["R7"]), ("13812345678", ["R1"]), ("5679", ["R2"]),
        ("45679", ["R2"]), ("12345679", ["R2"]), ("R3", ["R3"]), ("没有这人", []),
    ],
)  # fmt: skip
def test_who_is_found_in_reach(county, text, who):
    found = search(actor(), text)
    assert [row.resident_id for row in found.rows] == who or ({row.resident_id for row in found.rows} == set(who))
    assert found.total == len(who)
    assert bool(found.problem) == (not who)


@pytest.mark.parametrize("length", [4, 5, 6])
def test_the_end_of_an_id_number_finds_its_holder(county, length):
    found = search(actor(), id_of("R7")[-length:].lower())
    assert "R7" in {row.resident_id for row in found.rows}
    assert all(id_of(row.resident_id).endswith(id_of("R7")[-length:]) for row in found.rows)


def test_the_way_through_many_and_through_few_finds_the_same(county, monkeypatch):
    texts = ["张", "zs", "5679", "李𬭎", "国强"]
    few = [[row.resident_id for row in search(actor(), text).rows] for text in texts]
    monkeypatch.setattr(key_scan, "NEAR", 0)
    monkeypatch.setattr(key_scan, "_FIRST_STEP", 1)
    assert [[row.resident_id for row in search(actor(), text).rows] for text in texts] == few


def test_more_than_the_cap_is_said_so_and_pages_go_on(county, monkeypatch):
    monkeypatch.setattr(searching, "CAP", 1)
    found = search(actor(), "张")
    assert (found.total, found.total_is_exact) == (1, False)
    monkeypatch.undo()
    pages = [search(actor(), "张", page=page, size=1).rows[0].resident_id for page in (1, 2)]
    assert pages == ["R1", "R2"]


@pytest.mark.parametrize("text", ["张三", "zs", "13700000009", "0009", "R9", id_of("R9")[-6:]])
def test_nobody_out_of_reach_is_found_by_less_than_a_whole_identifier(county, text):
    assert "R9" not in {row.resident_id for row in search(actor(), text).rows}


@pytest.mark.parametrize("text", [id_of("R9"), id_of("R9").lower(), "张三 13700000009", "13700000009 张三"])
def test_a_whole_identifier_finds_out_of_reach_but_masked(county, text):
    (row,) = search(actor(), text).rows
    assert row.resident_id == "R9"
    assert not row.in_reach
    assert (row.name, row.village_name, row.programmes, row.team) == ("张**", "", (), "")
    assert row.id_masked == "390226************"
    assert row.phone_masked == "137********"
    assert row.birth_date.isoformat() == "1955-01-01"


def test_a_phone_with_another_name_finds_nobody_out_of_reach(county):
    assert not search(actor(), "李四 13700000009").rows


def test_a_search_leaves_a_line_that_does_not_say_what_was_typed(county):
    search(actor(), id_of("R1"))
    line = AuditLine.objects.filter(action="residents.search").latest("pk")
    assert (line.object, line.actor) == ("id", "township_doctor@T-330226101")
    whole = " ".join(str(value) for value in vars(line).values())
    assert id_of("R1") not in whole
    assert id_of("R1")[-6:] not in whole


#: Who is reached by the post: residents of the clinic, of the township, of the community; R9 was a patient of the hospital.
REACH = {
    ("institution", CLINIC): {"R1", "R3", "R4", "R5", "R6", "R7", "R8"},
    ("institution", CENTRE): set(PEOPLE) - {"R9", "R10"},
    ("institution", FAR_CENTRE): {"R9", "R10"},
    ("institution", FAR_CLINIC): {"R9", "R10"},
    ("institution", HOSPITAL): {"R9"},
    ("community", COMMUNITY): (set(PEOPLE) - {"R10"}),
}


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("unit", sorted(REACH))
def test_every_role_finds_exactly_those_in_its_reach(county, role, unit):
    kind, unit_id = unit
    asks = actor(role, unit_id, kind)
    level = ACTIONS["residents.search"].at.get(role)
    if level is None:
        with pytest.raises(Refused):
            search(asks, "张三")
        return
    wanted = REACH[unit]
    if level == "community" and unit_id in {CENTRE, CLINIC, HOSPITAL}:
        wanted = REACH["community", COMMUNITY]
    if level == "own" and kind == "community":
        wanted = REACH["community", COMMUNITY]
    for resident_id, (name, *_rest) in PEOPLE.items():
        found = {row.resident_id for row in search(asks, name).rows}
        assert (resident_id in found) == (resident_id in wanted), (role, unit, resident_id)
        (row,) = search(asks, id_of(resident_id)).rows
        assert row.in_reach == (resident_id in wanted)
        assert (row.name == name) == (resident_id in wanted)
        line = lines_of(asks, [resident_id])[resident_id]
        assert line.in_reach == (resident_id in wanted)


def test_reach_ends_with_the_care_relation(county):
    hospital = actor("county_specialist", HOSPITAL)
    assert {row.resident_id for row in search(hospital, "zs").rows} == {"R9"}
    CareRelation.objects.filter(resident="R9", institution_id=HOSPITAL).update(end="2026-03-01")
    assert not search(hospital, "zs").rows


def test_identifiers_show_their_tail_only_to_roles_that_may_see_them_whole(county):
    for role in ("township_doctor", "township_manager"):
        (row,) = search(actor(role), "张三丰").rows
        tail = id_of("R2")[-4:] if "residents.reveal" in ACTIONS and role in ACTIONS["residents.reveal"].at else "****"
        assert row.id_masked == "390226********" + tail


def test_the_program_itself_finds_everybody(county):
    assert {row.resident_id for row in search(SYSTEM, "张三").rows} == {"R1", "R2", "R9"}
