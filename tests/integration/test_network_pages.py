"""The pages of the network as a director, a lead hospital, a township and a village meet them; workbooks in and out."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client
from network_rows import BEGAN, small_network

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.accounts.models import Post
from opencmc.apps.audit.api import audited
from opencmc.apps.network import governing, reorganising
from opencmc.apps.network.api import apply_import, compare_import, export_pending, network_workbook, read_import
from opencmc.apps.network.models import (
    Decision,
    ImportDraft,
    Institution,
    InstitutionName,
    InstitutionService,
    Membership,
    PendingLoad,
    PublicHealthPost,
    Reorganisation,
    StandardAnswer,
)
from opencmc.apps.network.packs import list_standards
from opencmc.apps.network.rows import Rows
from opencmc.apps.network.sheets import SHEETS
from opencmc.apps.network.workbook_in import MOST_ROWS, read_workbook
from opencmc.apps.network.writing import lock_network, read_rows, write_network
from opencmc.base.errors import Refused

NOW = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)
ACTOR = Actor(Holder("director", "", "county_director", "county", ""), NOW)
PEOPLE = {
    "director": ("county_director", "county", ""),
    "lead1": ("lead_manager", "institution", "H1"),
    "town1": ("township_manager", "institution", "T1"),
    "town3": ("township_manager", "institution", "T3"),
    "village1": ("village_doctor", "institution", "V1"),
    "liaison1": ("public_health_liaison", "institution", "T1"),
}


@pytest.fixture
def home(db, tmp_path, settings):
    settings.OPENCMC_HOME = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with audited(ACTOR) as trail:
        lock_network()
        write_network(Rows().moved_to(small_network()), ACTOR)
        trail.add("network.import", object_="test")
    export_pending(tmp_path, actor=ACTOR)
    for name, (role, kind, unit) in PEOPLE.items():
        user = User.objects.create_user(name, password="x")
        Post.objects.create(
            user=user, role=role, unit_kind=kind, unit_id=unit, start=date(2020, 1, 1), is_demonstration=True
        )
    return tmp_path


@pytest.fixture
def sign_in(home, settings, monkeypatch):
    """A browser of the person at :data:`NOW`; demonstration posts need no second factor."""
    settings.DEMO = True
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    def enter(name: str) -> Client:
        client = Client()
        client.post("/sign-in/demonstration/", {"username": name})
        return client

    return enter


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


# looking --------------------------------------------------------------------------------------------------------------


def test_everybody_may_look_at_the_network_and_only_some_may_change_it(sign_in):
    page = text_of(sign_in("village1").get("/network/?on=2025-06-01"))
    assert "第一综合医共体" in page
    assert "调整医共体" not in page
    assert "调整医共体" in text_of(sign_in("director").get("/network/?on=2025-06-01"))


def test_the_page_of_an_institution_says_where_it_belongs_on_any_day(sign_in):
    client = sign_in("town3")
    page = text_of(client.get("/network/institutions/T3/?on=2025-06-01"))
    for words in ("一市卫生院", "第二综合医共体", "丙村卫生室", "开放床位", "历年所属"):
        assert words in page
    assert "不属于任何共同体" in text_of(client.get("/network/institutions/T3/?on=2010-01-01"))
    assert "不是日期" in text_of(client.get("/network/institutions/T3/?on=2025-02-30"))
    assert client.get("/network/institutions/NO/").status_code == 404


def test_a_clinic_without_a_role_says_that_it_follows_its_centre(sign_in):
    assert "随所附属的机构" in text_of(sign_in("town3").get("/network/institutions/V3/?on=2025-06-01"))


def test_institutions_are_found_by_name_level_and_township(sign_in):
    client = sign_in("director")
    page = text_of(client.get("/network/institutions/?q=一市"))
    assert "一市卫生院" in page
    assert "长街中心卫生院" not in page
    assert "没有符合的机构" in text_of(client.get("/network/institutions/?q=无此院"))
    assert "县第一医院" not in text_of(client.get("/network/institutions/?tier=village"))


# editing --------------------------------------------------------------------------------------------------------------

FIELDS = {"name": "长街镇卫生院", "short_name": "长街", "tier": "township", "kind": "township_health_centre",
          "township": "330226101", "open_beds": "45", "opened": "", "version": "1"}  # fmt: skip


def test_a_township_corrects_its_own_institution_and_the_lake_has_it(sign_in, home):
    response = sign_in("town1").post("/network/institutions/T1/edit/", FIELDS)
    assert response.status_code == 302
    assert Institution.objects.get(pk="T1").open_beds == 45
    assert not PendingLoad.objects.filter(load__isnull=True).exists()


@pytest.mark.parametrize(("name", "institution"), [("town3", "T1"), ("village1", "V1"), ("lead1", "T3")])
def test_nobody_edits_beyond_their_reach(sign_in, name, institution):
    client = sign_in(name)
    assert client.get(f"/network/institutions/{institution}/edit/").status_code == 403
    assert client.post(f"/network/institutions/{institution}/edit/", FIELDS).status_code == 403
    assert Institution.objects.get(pk=institution).version == 1


def test_a_lead_hospital_edits_within_its_community(sign_in):
    assert (
        sign_in("lead1")
        .post("/network/institutions/T2/edit/", {**FIELDS, "name": "茶院分院", "township": "330226201"})
        .status_code
        == 302
    )


def test_the_second_of_two_keeps_what_was_typed_and_is_told(sign_in):
    client = sign_in("town1")
    client.post("/network/institutions/T1/edit/", FIELDS)
    response = client.post("/network/institutions/T1/edit/", {**FIELDS, "name": "另一个名"})
    assert response.status_code == 409
    page = text_of(response)
    assert "已被别人修改" in page
    assert 'value="另一个名"' in page


def test_a_wrong_date_stands_at_its_field_with_what_was_read(sign_in):
    response = sign_in("town1").post("/network/institutions/T1/edit/", {**FIELDS, "opened": "2025-02-30"})
    assert response.status_code == 422
    assert "读到“2025-02-30”，应为日历上有的日期" in text_of(response)


def test_the_first_name_stays_and_a_plate_is_added(sign_in):
    client = sign_in("town1")
    client.post("/network/institutions/T1/names/", {"kind": "plate", "text": "第一医院长街分院", "start": "2018-03-01"})
    page = text_of(client.get("/network/institutions/T1/?on=2025-06-01"))
    assert "加挂牌子：第一医院长街分院" in page
    assert "<h1>长街中心卫生院</h1>" in page
    assert "加挂牌子：第一医院长街分院" not in text_of(client.get("/network/institutions/T1/?on=2018-02-28"))
    plate = InstitutionName.objects.get()
    wrong = client.post(f"/network/institutions/T1/names/{plate.pk}/end/", {"end": "2018-03-01"})
    assert wrong.status_code == 409
    assert "不晚于起日" in text_of(wrong)


# standards ------------------------------------------------------------------------------------------------------------


def test_an_institution_sees_which_rule_it_fails_and_the_single_change_that_mends_it(sign_in):
    director, town = sign_in("director"), sign_in("town1")
    (standard,) = [s for s in list_standards(date(2025, 11, 3)) if s.entry_id == "standard.primary_layout"]
    assert "还没有采用" in text_of(director.get("/network/standards/"))
    director.post("/network/standards/", {"standard": f"{standard.pack}:{standard.entry_id}"})
    assert "达到 0 条，未达到 0 条，未知 6 条" in text_of(town.get("/network/institutions/T1/"))
    for item in standard.items[:4]:
        town.post("/network/institutions/T1/services/",
                  {"kind": "area", "code": item.area, "label": item.label, "start": "2025-01-01"})  # fmt: skip
    answer = {"pack": standard.pack, "entry_id": standard.entry_id, "since": "2025-06-01", "evidence": "照片"}
    town.post("/network/institutions/T1/answers/", {**answer, "item": "health_station", "result": "met"})
    town.post("/network/institutions/T1/answers/", {**answer, "item": "team", "result": "not_met"})
    page = text_of(town.get("/network/institutions/T1/"))
    assert "达到 5 条，未达到 1 条，未知 0 条" in page
    assert f"只差一项改动：{standard.items[5].remedy}" in page
    assert (
        sign_in("town3")
        .post("/network/institutions/T1/answers/", {**answer, "item": "team", "result": "met"})
        .status_code
        == 409
    )
    assert StandardAnswer.objects.filter(result="not_met").count() == 1


def test_a_township_cannot_adopt_a_standard_for_the_county(sign_in):
    assert (
        sign_in("town1").post("/network/standards/", {"standard": "chongqing:standard.primary_layout"}).status_code
        == 403
    )


# reorganising -----------------------------------------------------------------------------------------------------------


def decide(**more) -> Decision:
    body = governing.add_body(ACTOR, name="医管会", kind="committee", community_id="", start=BEGAN)
    given = {
        "decided_on": date(2025, 10, 1),
        "title": "同意长街转入",
        "text": "同意。",
        "document_number": "医管〔2025〕1号",
    }
    return governing.record_decision(ACTOR, body_id=body.pk, **given | more)


def begin(client: Client, decision: Decision | None = None, effective: str = "2026-01-01") -> str:
    given = {"title": "长街转入第二", "effective": effective, "note": "", "decision": decision.pk if decision else ""}
    response = client.post("/network/reorganisations/", given)
    assert response.status_code == 302
    return response["Location"]


def add(client: Client, address: str, kind: str, **given: str):
    number = address.rstrip("/").rsplit("/", 1)[1]
    version = Reorganisation.objects.get(pk=number).version
    return client.post(f"{address}changes/", {"kind_of_change": kind, "version": version, **given})


MOVE = {
    "institution": "长街中心卫生院（T1）",
    "community": "G1",
    "to_community": "G2",
    "role": "member",
    "attached": "follow",
}


def test_a_director_moves_a_centre_with_a_preview_applies_it_and_takes_it_back(sign_in, home):
    client = sign_in("director")
    address = begin(client, decide())
    assert add(client, address, "move", **MOVE).status_code == 302
    page = text_of(client.get(address))
    for words in ("长街中心卫生院：第一综合医共体 → 第二综合医共体", "登记之前：会动到什么", "茶院卫生院", "加入 2 家",
                  "还不知道：这部分尚未接入预览", "2026-01 起", "在 2026-01-01 之前可以撤销"):  # fmt: skip
        assert words in page, words
    assert Membership.objects.filter(institution_id="T1", community_id="G2").count() == 0
    response = client.post(f"{address}apply/", {"version": Reorganisation.objects.get().version})
    assert response.status_code == 302
    assert "已登记；2026-01-01 起按新的网络" in said(response)
    assert not PendingLoad.objects.filter(load__isnull=True).exists()
    assert "2026-01-01 生效" in text_of(client.get("/network/"))
    assert "第二综合医共体" in text_of(client.get("/network/institutions/T1/?on=2026-01-01"))
    client.post(f"{address}undo/")
    assert small_network().moved_to(read_rows()) == []


def test_a_draft_that_makes_two_communities_says_so_and_cannot_be_applied(sign_in):
    client = sign_in("director")
    address = begin(client, decide())
    add(client, address, "join", institution="T3", community="G1", role="member")
    page = text_of(client.get(address))
    assert "一市卫生院同一天属于两个综合医共体" in page
    assert "apply/" not in page
    response = client.post(f"{address}apply/", {"version": Reorganisation.objects.get().version})
    assert response.status_code == 409
    assert "一市卫生院同一天属于两个综合医共体" in text_of(response)


def test_an_unknown_institution_is_refused_at_its_field_and_nothing_typed_is_lost(sign_in):
    client = sign_in("director")
    address = begin(client, decide())
    response = add(client, address, "move", **{**MOVE, "institution": "长阶卫生院"})
    assert response.status_code == 422
    page = text_of(response)
    assert "没有叫“长阶卫生院”的机构" in page
    assert 'value="长阶卫生院"' in page


def test_the_second_editor_of_a_draft_keeps_what_was_typed(sign_in):
    client = sign_in("director")
    address = begin(client, decide())
    stale = Reorganisation.objects.get().version
    add(client, address, "move", **MOVE)
    response = client.post(f"{address}changes/", {"kind_of_change": "leave", "version": stale, "institution": "T4",
                                                  "community": "G1", "attached": "follow"})  # fmt: skip
    assert response.status_code == 409
    page = text_of(response)
    assert "已由director于" in page
    assert "西店卫生院" in page


def test_a_draft_without_decision_shows_what_is_missing(sign_in):
    client = sign_in("director")
    address = begin(client)
    add(client, address, "move", **MOVE)
    assert "没有写明依据哪一项治理决定" in text_of(client.get(address))


def test_a_day_in_the_past_warns_and_asks_once_more(sign_in):
    client = sign_in("director")
    address = begin(client, decide(), effective="2025-10-01")
    add(client, address, "move", **MOVE)
    page = text_of(client.get(address))
    assert "已经算出、已经印出的报告不变" in page
    assert 'name="accept_past"' in page
    version = Reorganisation.objects.get().version
    assert client.post(f"{address}apply/", {"version": version}).status_code == 409
    assert client.post(f"{address}apply/", {"version": version, "accept_past": "yes"}).status_code == 302


@pytest.mark.parametrize("name", ["lead1", "town1", "village1"])
def test_only_the_county_reorganises(sign_in, name):
    client = sign_in(name)
    assert client.post("/network/reorganisations/", {"title": "x", "effective": "2026-01-01"}).status_code == 403
    made = reorganising.create_draft(ACTOR, title="调整", effective=date(2026, 1, 1))
    for step in ("edit", "changes", "changes/1/remove", "apply", "undo", "discard"):
        assert client.post(f"/network/reorganisations/{made.pk}/{step}/", {"version": 1}).status_code == 403, step
    assert client.get(f"/network/reorganisations/{made.pk}/").status_code == 200


# governance and public health ---------------------------------------------------------------------------------------------


def test_a_lead_hospital_records_for_its_own_community_and_not_for_the_county(sign_in):
    client = sign_in("lead1")
    body = {"what": "body", "name": "第一医共体理事会", "kind": "council", "community": "G1", "start": "2018-01-01"}
    assert client.post("/network/decisions/", body).status_code == 302
    assert client.post("/network/decisions/", {**body, "name": "县医管会", "community": ""}).status_code in {
        403,
        409,
        422,
    }
    assert client.post("/network/decisions/", {**body, "name": "第二", "community": "G2"}).status_code == 422
    assert text_of(client.get("/network/communities/G1/")).count("第一医共体理事会") == 1


def test_a_commissioner_s_suggestion_is_followed_to_its_outcome(sign_in):
    director = sign_in("director")
    response = director.post("/network/public-health/", {
        "kind": "liaison", "institution": "T1", "person": "县里给出的姓名", "start": "2025-03-01"})  # fmt: skip
    post = PublicHealthPost.objects.get()
    assert response["Location"] == f"/network/public-health/{post.pk}/"
    liaison = sign_in("liaison1")
    liaison.post(f"/network/public-health/{post.pk}/", {
        "kind": "suggestion", "on": "2025-06-01", "text": "预检分诊移到门厅", "outcome": "open"})  # fmt: skip
    record = post.records.get()
    liaison.post(f"/network/public-health/records/{record.pk}/outcome/", {"outcome": "adopted", "outcome_text": "已移"})
    page = text_of(director.get("/network/public-health/"))
    assert re.search(r"县里给出的姓名.*?0</td><td[^>]*>1</td><td[^>]*>1</td><td[^>]*>0</td>", page)
    early = liaison.post(f"/network/public-health/{post.pk}/", {
        "kind": "meeting", "on": "2025-01-01", "text": "列席", "outcome": "none"})  # fmt: skip
    assert early.status_code == 409
    assert "不在派驻期内" in text_of(early)
    assert sign_in("town3").post(f"/network/public-health/{post.pk}/", {
        "kind": "meeting", "on": "2025-06-01", "text": "x", "outcome": "none"}).status_code == 403  # fmt: skip


# workbooks ----------------------------------------------------------------------------------------------------------------


def changed(edit) -> bytes:
    """The exported workbook after ``edit(book)``."""
    book = openpyxl.load_workbook(io.BytesIO(network_workbook(on=date(2025, 11, 3), county="宁海县")))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_an_exported_workbook_comes_back_as_no_change(home):
    draft = read_import(ACTOR, name="n.xlsx", data=changed(lambda book: None))
    compared, faults = compare_import(draft)
    assert (faults, compared.fresh, compared.changed) == ([], (), ())
    assert compared.same == 10 + 10 + 4
    with pytest.raises(Refused, match="没有可以导入的改动"):
        apply_import(ACTOR, str(draft.pk), only_whole=True)


def test_the_workbook_has_chinese_headings_and_a_sheet_of_notes(home):
    book = openpyxl.load_workbook(io.BytesIO(network_workbook(on=date(2025, 11, 3), county="宁海县")))
    assert book.sheetnames == ["说明", *(sheet.label for sheet in SHEETS.values())]
    for sheet in SHEETS.values():
        assert [cell.value for cell in book[sheet.label][1]] == [column.label for column in sheet.columns]
    assert book["机构"]["D2"].value == "县级"


def three_wrong(book) -> None:
    page = book["机构"]
    page.append(["T8", "东门卫生院", "", "乡镇级", "乡镇卫生院", "330226", "33022610", 12, None, None])
    page.append(["T9", "西门卫生院", "", "乡镇级", "卫生院", "330226", "", 12, None, None])
    page.append(["T7", "南门卫生院", "", "乡镇级", "乡镇卫生院", "330226", "330226101", 12, None, None])
    book["成员关系"].append(["G2", "第二综合医共体", "综合医共体", "T7", "成员", "2025-02-30", None])
    book["成员关系"].append(["G2", "第二综合医共体", "综合医共体", "T7", "成员", date(2026, 1, 1), None])


def test_wrong_rows_are_listed_with_sheet_row_column_and_what_is_expected(home):
    draft = read_import(ACTOR, name="n.xlsx", data=changed(three_wrong))
    compared, faults = compare_import(draft)
    listed = {(f.sheet, f.row, f.column.split("（")[0]): (f.read, f.expected) for f in faults}
    assert listed["机构", 12, "G"] == ("33022610", "9 位数字的区划代码")
    assert listed["机构", 13, "E"][0] == "卫生院"
    assert "乡镇卫生院" in listed["机构", 13, "E"][1]
    assert listed["成员关系", 12, "F"] == ("2025-02-30", "日历上有的日期")
    assert [line.values["institution_id"] for line in compared.fresh] == ["T7", "T7"]


def test_all_good_rows_go_in_or_nothing_as_chosen(home):
    draft = read_import(ACTOR, name="n.xlsx", data=changed(three_wrong))
    with pytest.raises(Refused, match="有 3 处不合，没有导入任何一行"):
        apply_import(ACTOR, str(draft.pk), only_whole=True)
    assert not Institution.objects.filter(pk="T7").exists()
    apply_import(ACTOR, str(draft.pk), only_whole=False)
    assert Membership.objects.get(institution_id="T7").start == date(2026, 1, 1)
    assert export_pending(home, actor=ACTOR) == 2
    with pytest.raises(Refused, match="已经完成"):
        apply_import(ACTOR, str(draft.pk), only_whole=False)


def test_rows_that_contradict_the_network_are_faults_and_the_others_stay(home):
    def edit(book):
        book["成员关系"].append(["G1", "第一综合医共体", "综合医共体", "T3", "成员", date(2026, 1, 1), None])
        book["附属"].append(["T1", "T2", "分院", date(2026, 1, 1), None])
        book["附属"].append(["T4", "XX", "分院", date(2026, 1, 1), None])
        book["科室与服务"].append(["T4", "科室与功能区", "mch", "妇幼健康部", date(2026, 1, 1), None])

    compared, faults = compare_import(read_import(ACTOR, name="n.xlsx", data=changed(edit)))
    assert [(f.sheet, f.row) for f in faults] == [("成员关系", 12), ("附属", 6), ("附属", 7)]
    assert "两个综合医共体" in faults[0].expected
    assert "圈" in faults[1].expected
    assert [line.sheet for line in compared.fresh] == ["service"]


def test_a_workbook_carries_names_services_posts_bodies_and_decisions(home):
    def edit(book):
        book["名称"].append(["T1", "加挂牌子", "第一医院长街分院", date(2018, 3, 1), None])
        book["科室与服务"].append(["T1", "服务清单（能诊治的病种）", "I10", "高血压", date(2025, 1, 1), None])
        book["公共卫生派驻"].append(
            ["公共卫生联络员", "T1", "县里给出的姓名", "", "县疾控中心", date(2025, 1, 1), None]
        )
        book["治理机构"].append(["县医管会", "管理委员会（医管会）", "", date(2018, 1, 1), None])
        book["治理决定"].append(["县医管会", date(2025, 1, 1), "同意", "内容", "医管〔2025〕1号"])

    draft = read_import(ACTOR, name="n.xlsx", data=changed(edit))
    apply_import(ACTOR, str(draft.pk), only_whole=True)
    assert InstitutionName.objects.get().text == "第一医院长街分院"
    assert InstitutionService.objects.get().code == "I10"
    assert PublicHealthPost.objects.get().from_unit == "县疾控中心"
    assert Decision.objects.get().body.name == "县医管会"
    assert compare_import(read_import(ACTOR, name="n.xlsx", data=changed(lambda book: None)))[0].fresh == ()


def test_a_million_rows_are_refused_with_a_sentence(home, monkeypatch):
    monkeypatch.setattr("opencmc.apps.network.workbook_in.MOST_ROWS", 50)

    def edit(book):
        for number in range(60):
            book["机构"].append([f"X{number}", "某院", "", "乡镇级", "乡镇卫生院", "330226", "", 1, None, None])

    with pytest.raises(Refused, match="“机构”超过 50 行，没有读入任何一行"):
        read_workbook(changed(edit))
    assert MOST_ROWS == 50_000


@pytest.mark.parametrize("data", [b"", b"not a workbook", b"PK\x03\x04" + b"\x00" * 200])
def test_what_is_no_workbook_is_refused_with_how_to_go_on(home, data):
    with pytest.raises(Refused, match="不是能打开的 Excel 工作簿"):
        read_workbook(data)


def test_sheets_and_columns_that_nobody_knows_are_named(home):
    def edit(book):
        book["机构"]["B1"] = "单位名称"
        book.create_sheet("随便")

    _, faults = read_workbook(changed(edit))
    assert {(f.sheet, f.row, f.read) for f in faults} >= {("机构", 1, "单位名称"), ("随便", 0, "随便")}
    assert any("机构名称（第一名称）" in f.expected for f in faults)


def test_an_import_is_previewed_on_a_page_and_then_taken(sign_in, home):
    client = sign_in("director")
    file = io.BytesIO(changed(three_wrong))
    file.name = "网络.xlsx"
    response = client.post("/network/import/", {"file": file})
    page = text_of(client.get(response["Location"]))
    assert "可导入 2 行，相同 24 行，3 处不合" in page
    assert "9 位数字的区划代码" in page
    assert client.post(f"{response['Location']}apply/", {"mode": "whole"}).status_code == 409
    assert client.post(f"{response['Location']}apply/", {"mode": "good"}).status_code == 302
    assert Institution.objects.filter(pk="T7").exists()
    assert ImportDraft.objects.get().applied_at is not None


def test_only_those_who_may_import_take_the_workbook_away(sign_in):
    assert sign_in("director").get("/network/export.xlsx")["Content-Type"].endswith("sheet")
    for name in ("lead1", "town1", "village1"):
        assert sign_in(name).get("/network/export.xlsx").status_code == 403
        assert sign_in(name).get("/network/import/").status_code == 403


def test_no_page_of_the_network_carries_an_inline_script_or_style(sign_in):
    client = sign_in("director")
    decision = decide()
    address = begin(client, decision)
    add(client, address, "move", **MOVE)
    for page in ("/network/", "/network/institutions/", "/network/institutions/T1/", "/network/institutions/T1/edit/",
                 "/network/communities/G1/", "/network/reorganisations/", address, f"{address}?kind=open",
                 "/network/decisions/", f"/network/decisions/{decision.pk}/", "/network/public-health/",
                 "/network/standards/", "/network/import/"):  # fmt: skip
        response = client.get(page)
        assert response.status_code == 200, page
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", response.content.decode()), page
