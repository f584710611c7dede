"""The resident's page, asked as its readers ask: what is seen first, what is withheld, who may open it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from residents_of_a_county import (
    CENTRE,
    CLINIC,
    FAR_CENTRE,
    FAR_CLINIC,
    HOSPITAL,
    NOW,
    TODAY,
    actor,
    make_network,
    publish,
)

from opencmc.apps.access.grants import ACTIONS
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.residents.models import CareRelation, Resident
from opencmc.apps.residents.record import read_record
from opencmc.apps.tasks.models import Task
from opencmc.facts.histories import refresh_histories
from opencmc.facts.lake import Lake

ROLES = {
    "village": ("village_doctor", CLINIC), "doctor": ("township_doctor", CENTRE), "nurse": ("station_nurse", CENTRE),
    "manager": ("township_manager", CENTRE), "specialist": ("county_specialist", HOSPITAL),
    "reader": ("centre_reader", HOSPITAL), "liaison": ("public_health_liaison", CENTRE),
    "commissioner": ("public_health_commissioner", HOSPITAL), "lead": ("lead_manager", HOSPITAL),
    "supervisor": ("supervisor", ""), "far": ("township_doctor", FAR_CENTRE), "far_village": ("village_doctor", FAR_CLINIC),
}  # fmt: skip
VISIT = "visit_id,resident_id,institution_id,date,kind,is_tcm,diagnosis,total_fen,fund_fen,own_fen\n"
FOLLOW_UP = "follow_up_id,programme,resident_id,institution_id,date,systolic,diastolic,glucose_tenth,outcome\n"


def load(home, table, text):
    path = home / f"{table}.csv"
    path.write_text(text, encoding="utf-8")
    report = Lake(home).load(table, [path], known_at=NOW, actor="test")
    assert report.refused == 0


@pytest.fixture
def home(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    make_network()
    publish()
    return tmp_path


@pytest.fixture
def record(home):
    """R1 with visits, a stay, a contract, follow-ups, an HIV card and a mental disorder."""
    small = "".join(f"V{n},R1,{CLINIC},2025-07-{n:02},outpatient,否,J00.x00,2100,1000,1100\n" for n in range(1, 7))
    load(
        home,
        "visit",
        VISIT + small + f"V8,R1,{HOSPITAL},2025-06-01,emergency,否,I10.x00x002,12345,10000,2345\n"
        f"V9,R1,{HOSPITAL},2025-06-02,outpatient,否,F20.900,999,0,999\nV10,R1,{CLINIC},2025-05-02,outpatient,否,Q99.999,100,0,100\n",
    )
    load(
        home,
        "stay",
        "stay_id,resident_id,institution_id,admitted,discharged,diagnoses,discharge_way,total_fen,fund_fen,own_fen\n"
        f"S1,R1,{HOSPITAL},2025-08-01,2025-08-09,I25.103|F20.900,1,738101,423402,314699\n",
    )
    load(
        home,
        "contract",
        "contract_id,resident_id,institution_id,team,package,start,end\n"
        f"K1,R1,{CENTRE},东镇一队,慢病包,2026-01-01,2027-01-01\n",
    )
    load(
        home,
        "service_due",
        "service_id,contract_id,item,due\nP1,K1,血压随访,2026-01-20\nP2,K1,年度健康评估,2026-02-10\n",
    )
    load(home, "service_done", f"service_id,institution_id,date\nP1,{CLINIC},2026-01-22\n")
    load(
        home,
        "enrolment",
        "enrolment_id,programme,resident_id,institution_id,start,end\n"
        f"M1,hypertension,R1,{CENTRE},2024-03-01,\nM2,severe_mental_disorder,R1,{CENTRE},2024-04-01,\n",
    )
    load(
        home,
        "follow_up",
        FOLLOW_UP + f"F1,hypertension,R1,{CLINIC},2025-09-01,150,92,,uncontrolled\n"
        f"F2,hypertension,R1,{CLINIC},2025-12-01,186,112,,referred\nF3,hypertension,R1,{CLINIC},2025-06-01,138,84,,controlled\n",
    )
    load(
        home,
        "infection",
        f"card_id,disease,resident_id,reported_at,institution_id,result\nC1,艾滋病,R1,2025-04-04,{HOSPITAL},confirmed\n",
    )
    load(
        home,
        "order",
        "order_id,centre,kind,from_id,to_id,resident_id,ordered,reported,recognised,fee_fen\n"
        f"O1,imaging,CT 平扫,{CENTRE},{HOSPITAL},R1,2025-03-03,2025-03-04,是,12000\n",
    )
    load(home, "referral", "referral_id,direction,resident_id,from_id,to_id,created,accepted,arrived,closed,state,reason\n"
         f"Z1,up,R1,{CENTRE},{HOSPITAL},2025-02-02,2025-02-03,,,accepted,疑难\n")  # fmt: skip
    refresh_histories(home)
    CareRelation.objects.create(resident_id="R1", institution_id=HOSPITAL, kind="stay", start=date(2025, 8, 1))
    return home


@pytest.fixture
def sign_in(home):
    def go(name):
        role, unit = ROLES[name]
        user, made = User.objects.get_or_create(username=name, defaults={"first_name": name})
        if made:
            Account.objects.get_or_create(user=user)
            Post.objects.create(
                user=user, role=role, unit_kind="institution" if unit else "county", unit_id=unit, start="2020-01-01",
                is_demonstration=True,
            )  # fmt: skip
        client = Client()
        client.force_login(user)
        return client

    return go


def text_of(response):
    return response.content.decode()


def shown(role, unit, resident="R1", **more):
    return read_record(actor(role, unit), Resident.objects.get(pk=resident), **more)


def titles(found):
    return [line.event.title for month in found.timeline.months for line in month.lines]


def test_a_doctor_sees_warnings_problems_and_what_is_not_known_first(record, sign_in):
    page = text_of(sign_in("doctor").get("/residents/R1/"))
    first = page.split('id="timeline"')[0]
    for said in ("未记录", "186/112", "高血压", "在管", "未掌握", "装入的数据里没有处方和发药记录", "东镇一队"):
        assert said in first, said
    assert "person-warning" in first
    assert "<svg" in first


def test_each_event_says_where_and_what_in_words_and_amounts_in_yuan(record):
    found = shown("county_specialist", HOSPITAL)
    events = {line.event.title: line.event for month in found.timeline.months for line in month.lines}
    assert events["高血压"].text == "急诊 · 费用 123.45 元，个人 23.45 元"
    assert "费用 7,381.01 元，个人 3,146.99 元" in next(e for e in events.values() if e.kind == "stay").text
    assert events["Q99.999（未收录名称）"].where == "东一村"
    assert events["CT 平扫"].where == "东镇卫生院 → 县第一医院"
    assert "120.00 元" in events["CT 平扫"].text
    assert events["上转：疑难"].word == "已接收"
    assert events["年度健康评估"].word == "应做未做"
    assert events["血压随访"].word == "已做"
    assert titles(found).count("血压随访") == 1


def test_small_visits_of_a_month_are_one_line_that_opens(record):
    found = shown("county_specialist", HOSPITAL)
    lines = {line.event.title: line for month in found.timeline.months for line in month.lines}
    folded = next(line for title, line in lines.items() if title.startswith("7 月 6 次"))
    assert (folded.count, len(folded.folded)) == (6, 6)
    assert "共 126.00 元" in folded.event.text


def test_a_chip_shows_one_kind_and_every_chip_says_how_many(record, sign_in):
    client = sign_in("specialist")
    page = client.get("/residents/R1/?kind=stay")
    months = page.context["found"].timeline.months
    assert [line.event.kind for month in months for line in month.lines] == ["stay"]
    counts = {chip.label: chip.count for chip in page.context["chips"]}
    assert counts["住院"] == 1
    assert counts["门急诊"] == 9
    assert counts["全部"] == sum(count for label, count in counts.items() if label != "全部")


SEES = {"township_doctor", "county_specialist", "public_health_liaison", "public_health_commissioner"}


@pytest.mark.parametrize(
    "name", [name for name, (role, _unit) in ROLES.items() if role in ACTIONS["residents.view"].at]
)
def test_sensitive_records_are_for_roles_with_need_and_others_learn_only_that_something_is_withheld(
    record, sign_in, name
):
    role, _unit = ROLES[name]
    response = sign_in(name).get("/residents/R1/")
    if name.startswith("far"):
        assert response.status_code == 403
        return
    page = text_of(response)
    assert (role in SEES) == ("艾滋病" in page)
    assert (role in SEES) == ("精神分裂症" in page)
    assert (role not in SEES) == ("有记录因涉及隐私不向您的岗位显示" in page)
    if role not in SEES:
        assert "传染病</a>" not in page
        assert "传染病报告卡" not in page


def test_who_keeps_a_programme_sees_it_and_nobody_else_without_need(record):
    assert "严重精神障碍" in shown("township_manager", CENTRE).programmes
    assert "严重精神障碍" not in shown("centre_reader", HOSPITAL).programmes


#: Role → what the page of R1 (of 东一村, treated in the hospital) answers.
OPEN = {
    "village": 200, "doctor": 200, "nurse": 200, "manager": 200, "specialist": 200, "reader": 200, "liaison": 200,
    "commissioner": 200, "lead": 403, "supervisor": 403, "far": 403, "far_village": 403,
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_the_page_opens_for_whom_the_table_of_rights_and_the_reach_let(record, sign_in, name):
    assert sign_in(name).get("/residents/R1/").status_code == OPEN[name]


def test_every_view_leaves_one_line_with_its_purpose(record, sign_in):
    client = sign_in("doctor")
    before = AuditLine.objects.count()
    client.get("/residents/R1/?kind=visit")
    line = AuditLine.objects.order_by("-at", "-id").filter(action="residents.view").first()
    assert AuditLine.objects.count() == before + 1
    assert (line.resident_id, line.purpose, line.reason) == ("R1", "care", "")


def test_out_of_reach_the_way_is_an_emergency_access_whose_reason_and_clock_stand_on_the_page(record, sign_in):
    client = sign_in("far")
    page = client.get("/residents/R1/")
    assert page.status_code == 403
    assert 'action="/residents/R1/emergency/"' in text_of(page)
    nobody = client.get("/residents/R404/")
    assert nobody.status_code == 403
    assert text_of(nobody).replace("R404", "R1").count("没有这位居民，或不在您的范围内") == text_of(page).count(
        "没有这位居民，或不在您的范围内"
    )
    opened = client.post("/residents/R1/emergency/", {"reason": "患者昏迷送来，需查既往史"}, follow=True)
    assert opened.status_code == 200
    assert "还剩 3 小时 5" in text_of(opened)
    line = AuditLine.objects.filter(action="residents.view", resident_id="R1").order_by("-id").first()
    assert line.reason == "break_glass：患者昏迷送来，需查既往史"


def test_the_report_of_who_looked_is_there_for_those_who_may(record, sign_in):
    sign_in("doctor").get("/residents/R1/")
    manager = sign_in("manager")
    assert "/audit/residents/R1/" in text_of(manager.get("/residents/R1/"))
    report = manager.get("/audit/residents/R1/")
    assert report.status_code == 200
    assert "doctor" in text_of(report)
    assert sign_in("doctor").get("/audit/residents/R1/").status_code == 403


def test_a_resident_without_any_event_has_a_page_that_says_why_it_is_empty(home, sign_in):
    page = text_of(sign_in("doctor").get("/residents/R2/"))
    assert "还没有这位居民的任何记录" in page or "登记" in page
    assert "随访记录里没有血压和血糖" in page


def test_ten_thousand_events_are_paged_and_none_is_lost(home, sign_in):
    days = [date(2025, 12, 31) - timedelta(days=n // 4) for n in range(10_000)]
    load(
        home,
        "visit",
        VISIT + "".join(f"V{n},R1,{CLINIC},{d},emergency,否,I10.x00,{n},0,{n}\n" for n, d in enumerate(days)),
    )
    refresh_histories(home)
    found = shown("township_doctor", CENTRE)
    assert found.timeline.total == 10_000
    assert found.timeline.pages == 250
    last = shown("township_doctor", CENTRE, page=250)
    assert len([line for month in last.timeline.months for line in month.lines]) == 40
    assert shown("township_doctor", CENTRE, page=99_999).timeline.number == 250
    for page in ("0", "-1", "x", "9" * 30):
        assert sign_in("doctor").get("/residents/R1/", {"page": page, "kind": "'; --"}).status_code == 200


def test_histories_that_are_behind_the_lake_say_so(record, sign_in):
    load(record, "follow_up", FOLLOW_UP + f"F9,hypertension,R1,{CLINIC},2026-02-01,120,80,,controlled\n")
    assert "有 1 批新装入的数据还没有整理到这里" in text_of(sign_in("doctor").get("/residents/R1/"))


def test_open_tasks_stand_with_their_button_and_done_ones_in_the_timeline_once(record, sign_in):
    common = {
        "kind": "follow_up", "item": "hypertension", "label": "高血压随访", "resident_id": "R1", "institution_id": CLINIC,
        "since": TODAY, "created_at": NOW, "changed_at": NOW, "changed_by": "x", "source": "enrolment",
    }  # fmt: skip
    late = Task.objects.create(**common, due=TODAY - timedelta(days=9), source_key="a")
    Task.objects.create(
        **common, due=TODAY, source_key="b", state="done", done_on=TODAY, outcome="controlled",
        values={"systolic": 128, "diastolic": 80},
    )  # fmt: skip
    found = shown("village_doctor", CLINIC)
    assert [item.href for item in found.work] == [f"/tasks/?open={late.pk}"]
    assert "高血压随访逾期 9 天" in found.warnings
    done = [line.event for month in found.timeline.months for line in month.lines if line.event.kind == "work"]
    assert [(event.title, event.word, event.text) for event in done] == [
        ("高血压随访", "控制满意", "收缩压 128 mmHg · 舒张压 80 mmHg")
    ]
    assert "逾期 9 天" not in " ".join(shown("county_specialist", HOSPITAL).warnings)
