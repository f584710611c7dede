"""Registering and changing residents: what is taken, what is asked first, who may, and what is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from residents_of_a_county import (
    CENTRE,
    CLINIC,
    EAST,
    FAR_CENTRE,
    HOSPITAL,
    NOW,
    PEOPLE,
    WEST,
    actor,
    id_of,
    lake,
    make_network,
    number,
    publish,
)

from opencmc.apps.audit.models import AuditLine
from opencmc.apps.residents.api import (
    SavedBefore,
    Unacceptable,
    access_resident,
    create_resident,
    edit_resident,
    reveal,
    search,
)
from opencmc.apps.residents.models import CareRelation, PublishDifference, Resident, ResidentChange, SearchKey
from opencmc.apps.residents.resealing import reseal
from opencmc.apps.residents.writing import values_of
from opencmc.base.errors import Refused
from opencmc.web.keys import add_key

NEW_ID = number("1966-02-03", 31)
PERSON = {"name": "马冬梅", "id_type": "citizen_id", "id_number": NEW_ID, "village": EAST + "201", "township": EAST}


@pytest.fixture
def county(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    make_network()
    publish()


def errors_of(fields, **more):
    with pytest.raises(Unacceptable) as found:
        create_resident(actor(), {**PERSON, **fields}, **more)
    return found.value.errors


def test_a_person_is_registered_with_what_the_id_number_tells(county):
    line = create_resident(actor(), PERSON | {"phone": "138 0000 1111"})
    resident = Resident.objects.get(pk=line.resident_id)
    assert (resident.sex, resident.birth_date.isoformat(), resident.institution_id) == ("1", "1966-02-03", CLINIC)
    assert line.id_masked == "390226********" + NEW_ID[-4:]
    assert search(actor(), "mdm").rows[0].resident_id == line.resident_id
    assert AuditLine.objects.filter(action="residents.create", resident_id=line.resident_id).count() == 1
    stored = b"".join(bytes(v) for v in (resident.id_sealed, resident.phone_sealed))
    assert NEW_ID.encode() not in stored
    assert values_of(resident)["phone"] == "13800001111"


def test_an_old_number_of_fifteen_digits_is_kept_in_its_long_form(county):
    short = NEW_ID[:6] + NEW_ID[8:17]
    line = create_resident(actor(), PERSON | {"id_number": short})
    assert values_of(Resident.objects.get(pk=line.resident_id))["id_number"] == NEW_ID


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id_number": NEW_ID[:-1] + ("0" if NEW_ID[-1] != "0" else "1")}, "id_number"), ({"id_number": "0" * 18}, "id_number"),
        ({"id_number": "12345"}, "id_number"), ({"id_number": ""}, "id_number"), ({"birth_date": "1966-02-04"}, "birth_date"),
        ({"birth_date": "2026-03-02"}, "birth_date"), ({"birth_date": "1880-01-01"}, "birth_date"), ({"birth_date": "昨天"}, "birth_date"),
        ({"birth_date": "2025-02-30"}, "birth_date"), ({"sex": "2"}, "sex"), ({"sex": "x"}, "sex"), ({"phone": "12345"}, "phone"),
        ({"phone": "110" * 9}, "phone"), ({"death_date": "1960-01-01"}, "death_date"), ({"death_date": "2027-01-01"}, "death_date"),
        ({"name": ""}, "name"), ({"name": "马<b>"}, "name"), ({"name": "马1"}, "name"), ({"name": "马" * 51}, "name"),
        ({"village": WEST + "201"}, "village"), ({"id_type": "none"}, "id_number"), ({"id_type": "none", "id_number": ""}, "no_id_reason"),
        ({"card": "!!"}, "card"), ({"mother_id": "123"}, "mother_id"), ({"insurance_type": "9"}, "insurance_type"),
        ({"institution_id": "X"}, "institution_id"), ({"address": "路" * 6_000_000}, "address"), ({"name": "无名氏"}, "name"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_says_how_to_go_on_without_repeating_identifiers(county, fields, field):
    found = errors_of(fields)
    assert field in found
    assert len(found[field]) < 120
    assert NEW_ID not in "".join(found.values())
    assert not Resident.objects.filter(source="entered").exists()


def test_a_person_without_papers_a_newborn_and_a_rare_name_are_registered(county):
    nobody = create_resident(actor(), {"name": "无名氏", "id_type": "none", "no_id_reason": "流浪救助", "birth_date": "1960-01-01",
                                       "birth_is_estimated": "1", "sex": "1"})  # fmt: skip
    assert Resident.objects.get(pk=nobody.resident_id).birth_is_estimated
    child = create_resident(actor(), {"name": "张三之子", "id_type": "none", "no_id_reason": "新生儿未上户口", "birth_date": "2026-02-28",
                                      "sex": "1", "mother_id": id_of("R1")})  # fmt: skip
    assert Resident.objects.get(pk=child.resident_id).mother_id == "R1"
    assert child.age_text == "1天"
    rare = create_resident(
        actor(), {"name": "王\ue000", "id_type": "none", "no_id_reason": "证件遗失待补", "birth_date": "1990-01-01"}
    )
    for text in ("王\ue000", "wx", "w"):
        assert rare.resident_id in {row.resident_id for row in search(actor(), text).rows}


def test_somebody_who_may_be_here_already_is_shown_before_anything_is_made(county):
    with pytest.raises(Unacceptable) as found:
        create_resident(actor(), {"name": "章三", "id_type": "citizen_id", "id_number": id_of("R1")})
    assert found.value.asks == "duplicate"
    (first, *_rest) = found.value.candidates
    assert (first.line.resident_id, first.certain) == ("R1", True)
    with pytest.raises(Unacceptable) as found:
        create_resident(actor(), {"name": "张三", "id_type": "none", "no_id_reason": "证件未带", "birth_date": "1950-05-06", "sex": "1",
                                  "phone": "13812345678"})  # fmt: skip
    assert "R1" in {one.line.resident_id for one in found.value.candidates}
    assert not Resident.objects.filter(source="entered").exists()


def test_a_possible_double_elsewhere_is_shown_masked(county):
    with pytest.raises(Unacceptable) as found:
        create_resident(actor(), {"name": "张三", "id_type": "citizen_id", "id_number": id_of("R9")})
    (one,) = found.value.candidates
    assert (one.line.name, one.line.in_reach) == ("张**", False)


def test_the_same_number_for_two_people_is_a_stated_conflict_and_never_silent(county):
    fields = {"name": "李四", "id_type": "citizen_id", "id_number": id_of("R1"), "confirm_duplicate": "1"}
    assert "duplicate_reason" in errors_of(fields)
    line = create_resident(actor(), PERSON | fields | {"duplicate_reason": "派出所发错号，两人并存"})
    second = Resident.objects.get(pk=line.resident_id)
    assert (second.id_conflict, line.conflict) == ("open", "open")
    with pytest.raises(IntegrityError), transaction.atomic():
        Resident.objects.filter(pk=second.pk).update(id_conflict="")


def test_the_database_holds_what_must_hold_of_a_resident(county):
    for wrong in ({"version": 0}, {"death_date": "1940-01-01"}, {"merged_into": "R1"}, {"id_sealed": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Resident.objects.filter(pk="R1").update(**wrong)


def test_two_people_who_edit_are_told_of_each_other_and_lose_nothing(county):
    edit_resident(actor(), "R1", 1, {"phone": "13900009999", "address": "东街 1 号"})
    with pytest.raises(SavedBefore) as found:
        edit_resident(
            actor("village_doctor", CLINIC), "R1", 1, {"phone": "13900008888", "address": "东街 1 号", "name": "张三"}
        )
    stale = found.value.stale
    assert (stale.version, stale.actor, stale.at) == (2, "township_doctor@T-330226101", NOW) or stale.actor == ""
    assert [(d.field, d.theirs, d.mine) for d in stale.differences] == [("phone", "139****9999", "139****8888")]
    edit_resident(actor(), "R1", stale.version, {"phone": "13900008888"})
    assert values_of(Resident.objects.get(pk="R1"))["phone"] == "13900008888"


def test_an_edit_is_written_down_with_old_and_new_but_never_an_identifier(county):
    edit_resident(actor(), "R1", 1, {"name": "张珊", "phone": "13900009999"})
    line = AuditLine.objects.filter(action="residents.edit", resident_id="R1").latest("pk")
    assert "张三 → 张珊" in line.reason
    assert "13900009999" not in line.reason + line.object
    change = ResidentChange.objects.get(resident="R1", version=2)
    assert change.fields == {"name": ["张三", "张珊"], "phone": None}
    assert {row.resident_id for row in search(actor(), "张珊").rows} == {"R1"}
    assert "R1" not in {row.resident_id for row in search(actor(), "5678").rows}


def test_saving_what_is_there_changes_nothing(county):
    edit_resident(actor(), "R1", 1, {"name": "张三", "phone": "13812345678"})
    assert Resident.objects.get(pk="R1").version == 1


def test_an_odd_value_of_an_old_register_does_not_hinder_mending_another_field(county):
    publish(lake(R2={"phone": "11849622885", "id_number": "390226196107080000"}))
    edit_resident(
        actor(), "R2", Resident.objects.get(pk="R2").version, {"address": "东街 2 号", "phone": "11849622885"}
    )
    assert Resident.objects.get(pk="R2").address == "东街 2 号"


@pytest.mark.parametrize("role", ["centre_reader", "county_specialist"])
def test_who_may_not_edit_is_refused(county, role):
    with pytest.raises(Refused):
        edit_resident(actor(role, HOSPITAL), "R1", 1, {"name": "x"})


@pytest.mark.parametrize("resident_id", ["R9", "R-nobody"])
def test_a_record_out_of_reach_and_one_that_is_not_there_are_refused_alike_and_written_down(county, resident_id):
    said = []
    for asked in (resident_id, "R10"):
        with pytest.raises(Refused) as found:
            access_resident(actor(), asked)
        said.append(str(found.value))
    assert len(set(said)) == 1
    assert AuditLine.objects.filter(action="residents.refused", resident_id=resident_id).count() == 1


def test_a_new_address_moves_the_reach_and_the_keys(county):
    edit_resident(actor(), "R1", 1, {"village": WEST + "201", "township": WEST, "institution_id": FAR_CENTRE})
    with pytest.raises(Refused):
        access_resident(actor(), "R1")
    assert "R1" in {row.resident_id for row in search(actor("township_doctor", FAR_CENTRE), "张三").rows}
    assert set(SearchKey.objects.filter(resident="R1").values_list("institution_id", flat=True)) == {FAR_CENTRE}


def test_who_registers_a_person_of_another_place_keeps_them_in_reach_for_a_year(county):
    line = create_resident(actor("county_specialist", HOSPITAL), PERSON)
    assert access_resident(actor("county_specialist", HOSPITAL), line.resident_id).institution_id == CLINIC
    later = actor("county_specialist", HOSPITAL, at=NOW + timedelta(days=370))
    with pytest.raises(Refused):
        access_resident(later, line.resident_id)


def test_identifiers_are_shown_once_with_a_line_and_only_to_whom_may(county):
    assert reveal(actor(), "R1").id_number == id_of("R1")
    assert AuditLine.objects.filter(action="residents.reveal", resident_id="R1").count() == 1
    with pytest.raises(Refused):
        reveal(actor("township_manager", CENTRE), "R1")


def test_publishing_changes_only_what_the_lake_has_changed(county):
    done = publish(lake(R2={"name": "张三峰", "phone": "13800000002"}))
    assert (done.created, done.updated, done.unchanged) == (0, 1, len(PEOPLE) - 1)
    assert {row.resident_id for row in search(actor(), "三峰").rows} == {"R2"}
    assert not search(actor(), "三丰").rows
    assert publish(lake(R2={"name": "张三峰", "phone": "13800000002"})).updated == 0


def test_daily_work_wins_over_the_lake_and_the_difference_is_listed(county):
    edit_resident(actor(), "R1", 1, {"name": "张叁", "phone": "13900001234"})
    assert publish().differences == 0
    done = publish(lake(R1={"name": "章三", "phone": "13700001111", "insurance_type": "310"}))
    resident = Resident.objects.get(pk="R1")
    assert (resident.name, resident.insurance_type, done.differences) == ("张叁", "310", 2)
    found = {row.field: (row.here, row.lake) for row in PublishDifference.objects.filter(resident="R1")}
    assert found == {"name": ("张叁", "章三"), "phone": ("", "")}
    publish(lake(R1={"name": "张叁", "phone": "13700001111", "insurance_type": "310"}))
    assert not PublishDifference.objects.filter(resident="R1", field="name").exists()


def test_the_same_number_twice_in_the_lake_is_a_conflict_for_people_to_decide(county):
    done = publish(lake({**PEOPLE, "R11": ("张三", "1950-05-06", EAST + "201", "")}, R11={"id_number": id_of("R1")}))
    assert done.conflicts == 1
    assert Resident.objects.get(pk="R11").id_conflict == "open"
    assert Resident.objects.get(pk="R1").id_conflict == ""


def test_relations_follow_the_lake_and_keep_what_daily_work_made(county):
    first = [
        ("R9", HOSPITAL, "visit", "2025-12-01", "2026-12-01"),
        ("R10", HOSPITAL, "stay", "2025-12-01", "2026-12-01"),
    ]
    publish(lake(relations=first))
    CareRelation.objects.create(resident_id="R1", institution_id=HOSPITAL, kind="referral", start="2026-02-01")
    publish(lake(relations=[("R9", HOSPITAL, "visit", "2025-12-01", "2027-01-01")]))
    found = set(CareRelation.objects.filter(institution_id=HOSPITAL).values_list("resident_id", "kind", "end"))
    assert {(pk, kind, str(end)) for pk, kind, end in found} == {
        ("R9", "visit", "2027-01-01"),
        ("R1", "referral", "None"),
    }
    assert CareRelation.objects.filter(kind="responsible").count() == len(PEOPLE)


def test_a_new_key_is_taken_up_and_old_values_are_sealed_anew_without_a_new_version(county, tmp_path):
    before = Resident.objects.get(pk="R1")
    assert add_key(tmp_path, "sealing") == 2
    with_phone = sum(1 for _name, _birth, _village, phone in PEOPLE.values() if phone)
    assert reseal(actor()) == len(PEOPLE) >= with_phone
    after = Resident.objects.get(pk="R1")
    assert bytes(before.id_sealed)[1:2] == b"\x01"
    assert bytes(after.id_sealed)[1:2] == bytes(after.phone_sealed)[1:2] == b"\x02"
    assert (after.version, after.id_index) == (before.version, before.id_index)
    assert values_of(after)["id_number"] == id_of("R1")
    assert reseal(actor()) == 0
