"""The residents' pages, asked as their readers ask."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from residents_of_a_county import CENTRE, CLINIC, HOSPITAL, id_of, make_network, number, publish

from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.residents.models import Resident


@pytest.fixture
def county(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    make_network()
    publish()
    for name, role, unit in (
        ("doctor", "township_doctor", CENTRE), ("village", "village_doctor", CLINIC), ("manager", "township_manager", CENTRE),
        ("specialist", "county_specialist", HOSPITAL),
    ):  # fmt: skip
        user = User.objects.create(username=name, first_name=name)
        Account.objects.get_or_create(user=user)
        Post.objects.create(user=user, role=role, unit_kind="institution", unit_id=unit, start="2020-01-01")


@pytest.fixture
def sign_in(county):
    def go(name):
        client = Client()
        client.force_login(User.objects.get(username=name))
        return client

    return go


def text_of(response):
    return response.content.decode()


def test_a_search_answers_at_an_address_that_does_not_tell_what_was_typed(sign_in):
    client = sign_in("doctor")
    response = client.post("/residents/", {"q": id_of("R1")})
    assert response.status_code == 302
    assert id_of("R1") not in response["Location"]
    page = text_of(client.get(response["Location"]))
    assert "张三" in page
    assert "390226********" + id_of("R1")[-4:] in page
    assert f'value="{id_of("R1")}"' in page
    other = text_of(sign_in("village").get(response["Location"]))
    assert id_of("R1") not in other


def test_a_person_out_of_reach_is_masked_and_the_way_is_an_emergency_access(sign_in):
    client = sign_in("specialist")
    found = text_of(client.post("/residents/", {"q": id_of("R9")}, follow=True))
    assert "张**" in found
    assert "/residents/R9/emergency/" in found
    assert client.get("/residents/R9/").status_code == 403
    short = client.post("/residents/R9/emergency/", {"reason": "看"})
    assert short.status_code == 422
    opened = client.post("/residents/R9/emergency/", {"reason": "患者昏迷送来，需查用药与过敏史"}, follow=True)
    assert opened.status_code == 200
    assert "张三" in text_of(opened)
    assert AuditLine.objects.filter(action="break_glass.open", resident_id="R9").count() == 1


@pytest.mark.parametrize(
    "address", ["/residents/R%00/", "/residents/R%00/edit/", "/residents/%00/", f"/residents/{'R' * 300}/"]
)
def test_an_address_that_names_nobody_is_refused_and_no_fault(sign_in, address):
    assert sign_in("doctor").get(address).status_code == 403


def test_type_ahead_answers_in_json_and_is_not_kept(sign_in):
    response = sign_in("doctor").get("/residents/suggest/", {"q": "zs"})
    assert [row["name"] for row in response.json()["rows"]] == ["张三", "张三丰"]
    assert response["Cache-Control"] == "no-store"
    assert sign_in("doctor").post("/residents/suggest/", {"q": ""}).json()["rows"] == []


def test_my_residents_are_filtered_by_village_age_and_programme(sign_in):
    client = sign_in("doctor")
    assert "共" in text_of(client.get("/residents/mine/")) or "全部" in text_of(client.get("/residents/mine/"))
    old = text_of(client.get("/residents/mine/?band=65-79&programme=elderly&order=oldest"))
    assert "张三" in old
    assert "仇英" not in old
    assert "诸葛小明" not in text_of(client.get("/residents/mine/"))
    assert client.get("/residents/mine/?band=x&programme=<script>&village=%00&order=y&page=zz").status_code == 200


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong_at_the_field(sign_in):
    client = sign_in("doctor")
    assert client.get("/residents/new/").status_code == 200
    response = client.post(
        "/residents/new/", {"name": "马冬梅", "id_type": "citizen_id", "id_number": "123", "phone": "1"}
    )
    page = text_of(response)
    assert response.status_code == 422
    assert 'value="马冬梅"' in page
    assert "公民身份号码应为 18 位" in page
    assert page.count("field-error") >= 2


def test_a_possible_double_is_shown_and_then_registered_on_confirmation(sign_in):
    client = sign_in("doctor")
    typed = {"name": "李四", "id_type": "citizen_id", "id_number": id_of("R1"), "place": "330226101201"}
    first = client.post("/residents/new/", typed)
    assert first.status_code == 422
    assert "证件号码或健康卡号相同" in text_of(first)
    assert "confirm_duplicate" in text_of(first)
    response = client.post("/residents/new/", {**typed, "confirm_duplicate": "on", "duplicate_reason": "发错号"})
    assert response.status_code == 302
    assert Resident.objects.get(source="entered").id_conflict == "open"


def test_the_form_of_a_change_never_holds_an_identifier_and_empty_means_as_it_is(sign_in):
    client = sign_in("doctor")
    page = text_of(client.get("/residents/R1/edit/"))
    assert id_of("R1") not in page
    assert "13812345678" not in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    typed = {"name": "张三", "id_type": "citizen_id", "sex": "1", "birth_date": "1950-05-06", "place": "330226101201",
             "insurance_type": "390", "institution_id": CLINIC, "address": "新街", "version": version}  # fmt: skip
    assert client.post("/residents/R1/edit/", typed).status_code == 302
    resident = Resident.objects.get(pk="R1")
    assert (resident.address, resident.version) == ("新街", int(version) + 1)
    assert resident.phone_sealed is not None
    late = client.post("/residents/R1/edit/", {**typed, "address": "老街"})
    assert late.status_code == 409
    assert "新街" in text_of(late)
    assert 'value="老街"' in text_of(late)


def test_full_identifiers_are_shown_on_request_only(sign_in):
    client = sign_in("doctor")
    assert id_of("R1") not in text_of(client.get("/residents/R1/"))
    assert client.get("/residents/R1/reveal/").status_code == 405
    shown = client.post("/residents/R1/reveal/")
    assert id_of("R1") in text_of(shown)
    assert shown["Cache-Control"] == "no-store"
    assert sign_in("manager").post("/residents/R1/reveal/").status_code == 403


def test_a_file_is_imported_and_its_refused_rows_come_back(sign_in):
    client = sign_in("manager")
    content = f"姓名,身份证号,村\n丁一,{number('1971-02-03', 1)},东一村\n丁二,1,东一村\n".encode()
    sent = {"file": SimpleUploadedFile("a.csv", content), "mode": "good_rows", "on_match": "skip"}
    page = client.post("/residents/import/", sent, follow=True)
    assert "1 行没有收" in text_of(page)
    run = re.search(r"/residents/import/(\d+)/refused.csv", text_of(page))[0]
    assert "丁二" in client.get(run).content.decode("utf-8-sig")
    assert client.post("/residents/import/", {"mode": "good_rows", "on_match": "skip"}).status_code == 422
    assert sign_in("doctor").get(run).status_code == 403
    assert "姓名" in client.get("/residents/import/template.csv").content.decode("utf-8-sig")


def test_a_huge_paste_into_the_box_gets_a_sentence(sign_in):
    page = text_of(sign_in("doctor").post("/residents/", {"q": "张三\n" * 200_000}, follow=True))
    assert "看不懂输入的内容" in page
    assert len(page) < 60_000
