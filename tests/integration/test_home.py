"""The home of a role: what is to be done, by clock; the way to the pages by rights; one search; which day it is."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from opencmc.apps.access.api import ROLES, Actor, Holder
from opencmc.apps.accounts.api import create_account, create_demonstration_accounts
from opencmc.apps.audit.api import verify_now
from opencmc.apps.home.finding import find
from opencmc.apps.home.gathering import by_clock, groups_of
from opencmc.apps.jobs.models import Job
from opencmc.apps.monitoring.models import Run
from opencmc.apps.network.api import publish_network
from opencmc.apps.tasks.api import create_task
from opencmc.apps.work import WorkGroup, WorkItem
from opencmc.facts.lake import Lake
from opencmc.web.help import PAGES
from opencmc.web.navigation import PHONE, WIDE, bar, links

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
TODAY = date(2026, 1, 5)
INSTITUTIONS = """institution_id,name,tier,kind,region,township,attached_to
T1,长街中心卫生院,township,township_health_centre,330226,330226101,
V1,前溪村卫生室,village,village_clinic,330226,330226101,T1"""


@pytest.fixture
def network(db, tmp_path):
    path = tmp_path / "institution.csv"
    path.write_text(INSTITUTIONS, encoding="utf-8")
    Lake(tmp_path).load("institution", [path], known_at=NOW, actor="test")
    publish_network(tmp_path, known_at=NOW, region="330226", townships={"330226101": "长街镇"}, actor=Actor.system(NOW))


def holder(role: str, unit: str = "T1") -> Holder:
    kind = ROLES[role].held_at[0]
    return Holder(role, role, role, kind, unit if kind == "institution" else "")


def signed_in(role: str, unit: str = "V1") -> Client:
    kind = ROLES[role].held_at[0]
    create_account(
        username=role, name=role, role=role, unit_kind=kind, unit_id=unit if kind == "institution" else "",
        password="long-enough-and-odd-71", start=date(2020, 1, 1), actor=Actor.system(NOW),
    )  # fmt: skip
    client = Client()
    client.force_login(User.objects.get(username=role))
    return client


def item(due: date | None, title: str = "随访") -> WorkItem:
    return WorkItem(title, "某人", "上次随访", TODAY - timedelta(days=90), due, "办理", "/tasks/")


def test_work_of_all_slices_is_put_in_order_of_its_clock():
    days = [TODAY + timedelta(days=3), TODAY - timedelta(days=9), TODAY, TODAY - timedelta(days=2)]
    dated = WorkGroup("tasks", "随访", 30, 20, 4, "/tasks/", [item(day) for day in days])
    reviews = WorkGroup("reviews", "紧急查看待复核", 2, 0, 0, "/accounts/", [item(None, "复核"), item(None, "复核")])
    clocks = by_clock([dated, reviews], TODAY)
    assert [(c.id, c.count, len(c.items)) for c in clocks] == [
        ("overdue", 20, 2), ("today", 4, 1), ("week", 6, 1), ("open", 2, 2),
    ]  # fmt: skip
    assert [i.due for i in clocks[0].items] == [TODAY - timedelta(days=9), TODAY - timedelta(days=2)]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_more_entries_than_one_can_take_in(db, role):
    found = links(holder(role), "/")
    wide, phone = bar(found, WIDE), bar(found, PHONE)
    assert len(wide.shown) + bool(wide.more) <= 7
    assert len(phone.shown) + bool(phone.more) <= 5
    assert [link.id for link in (*wide.shown, *wide.more)] == [link.id for link in found]
    assert found[0].id == "home"


def test_the_way_is_decided_by_rights(db):
    village, director = ({link.id for link in links(holder(r), "/")} for r in ("village_doctor", "county_director"))
    assert {"residents", "tasks"} <= village
    assert not village & {"data", "accounts", "audit", "jobs"}
    assert {"cockpit", "indicators", "network", "rules", "data", "audit"} <= director
    assert not director & {"residents", "tasks"}


def test_the_entry_of_the_page_is_marked_and_no_other(db):
    found = links(holder("county_director"), "/indicators/m24_07/")
    assert [link.id for link in found if link.current] == ["indicators"]
    assert [link.id for link in links(holder("county_director"), "/") if link.current] == ["home"]


def test_a_village_doctor_finds_the_work_of_the_clinic_and_goes_straight_to_it(network):
    doctor = Actor(holder("township_doctor"), NOW)
    for n in range(40):
        create_task(
            doctor, kind="follow_up", item="hypertension", resident_id=f"R{n}", institution_id="V1",
            due=TODAY - timedelta(days=1), source="enrolment", source_key=f"hypertension:R{n}:2025-10-05",
        )  # fmt: skip
    client = signed_in("village_doctor")
    page = client.get("/").content.decode()
    assert "逾期 40 件" in page
    assert "高血压随访" in page
    assert "/tasks/?when=overdue&amp;open=" in page
    assert page.count("work-do") == 8  # the rest is one press away
    assert f'href="{reverse("tasks:worklist")}"' in page


def test_the_home_costs_few_reads_however_much_work_there_is(network, django_assert_max_num_queries):
    doctor = Actor(holder("township_doctor"), NOW)
    for n in range(40):
        create_task(
            doctor, kind="service", item="血压随访", resident_id=f"R{n}", institution_id="V1",
            due=TODAY + timedelta(days=n - 20), source="service_due", source_key=f"P{n}",
        )  # fmt: skip
    client = signed_in("village_doctor")
    client.get("/")
    with django_assert_max_num_queries(32):
        client.get("/")


def test_an_empty_home_says_why_it_is_empty_and_what_would_fill_it(network):
    page = signed_in("village_doctor").get("/").content.decode()
    assert "清单是空的" in page
    assert "到期的随访会按数据自动出现在这里" in page
    assert "还没有发布任何结果" in page


def test_a_failed_job_is_work_for_who_runs_the_system_and_for_nobody_else(network):
    Job.objects.create(
        kind="test.import", label="导入居民", state="failed", error="第 3 行的证件号不对", username="wu", holder_name="吴",
        unit_kind="county", asked_at=NOW,
    )  # fmt: skip
    groups = {g.id: g for g in groups_of(Actor(holder("system_administrator"), NOW))}
    assert groups["jobs"].items[0].why == "第 3 行的证件号不对"
    assert "jobs" not in {g.id for g in groups_of(Actor(holder("village_doctor", "V1"), NOW))}


def test_who_may_verify_the_audit_sees_when_it_was_verified_and_nobody_else_does(network):
    assert "审计核验" not in signed_in("village_doctor").get("/").content.decode()
    client = Client()
    create_demonstration_accounts(units={}, actor=Actor.system(NOW))
    client.force_login(User.objects.get(username="supervisor"))
    assert "还没有核验过" in client.get("/").content.decode()
    verify_now(Actor.system(NOW))
    assert "上次核验" in client.get("/").content.decode()


def test_without_a_post_the_page_says_who_can_give_one(db):
    client = Client()
    client.force_login(User.objects.create_user("nobody"))
    answer = client.get("/")
    assert answer.status_code == 403
    assert "没有岗位" in answer.content.decode()


def test_one_box_finds_institutions_and_offers_only_what_the_reader_may_see(network):
    sections = {s.id: s for s in find(Actor(holder("county_director"), NOW), "长街", limit=5)}
    assert [hit.text for hit in sections["institutions"].hits] == ["长街中心卫生院"]
    assert "residents" not in sections


def test_suggestions_are_plain_json_and_the_page_works_without_a_script(network):
    client = signed_in("lead_manager")
    found = json.loads(client.get("/search/suggest/", {"q": "前溪"}).content)
    assert found["sections"][0]["hits"][0]["text"] == "前溪村卫生室"
    assert "前溪村卫生室" in client.get("/search/", {"q": "前溪"}).content.decode()
    assert "没有找到" in client.get("/search/", {"q": "\x00'\"><script>"}).content.decode()
    long = client.get("/search/", {"q": "张" * 5000})
    assert long.status_code == 200
    assert "太长" in long.content.decode()


def run(as_of: date) -> None:
    Run.objects.create(
        run_id="r1", pack="ninghai", pack_revision="1", region="330226", region_label="宁海县", as_of=as_of, known_at=NOW,
        published_at=NOW, engine="duckdb", series_count=0, definitions={}, periods={}, layout_version=1,
    )  # fmt: skip


def test_in_a_demonstration_the_last_day_of_the_data_is_today_and_the_shell_says_so(network, settings):
    run(date(2025, 12, 31))
    client = signed_in("village_doctor")
    before = client.get("/").wsgi_request
    assert before.actor.day is None
    assert before.today == before.actor.today
    settings.DEMO = True
    answer = client.get("/")
    assert answer.wsgi_request.today == answer.wsgi_request.actor.today == date(2025, 12, 31)
    assert answer.wsgi_request.actor.at == answer.wsgi_request.at  # moments stay the real ones
    assert "把 2025-12-31 当作今天" in answer.content.decode()


def test_every_slice_with_pages_has_its_help():
    from opencmc.web.urls import urlpatterns

    slices = {p.app_name for p in urlpatterns if getattr(p, "app_name", "")} - {"api"}
    assert slices <= {name.partition(":")[0] for name in PAGES}
