"""Worklists: filled from the lake once, done in a few presses, seen only by those within reach, handed on to the lake."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.accounts.api import create_account
from opencmc.apps.audit.api import list_lines
from opencmc.apps.audit.labels import is_named
from opencmc.apps.network.api import publish_network
from opencmc.apps.notices.models import Notice
from opencmc.apps.tasks import api
from opencmc.apps.tasks.kinds import MEASURES
from opencmc.apps.tasks.measuring import read_value
from opencmc.apps.tasks.models import FinishedTask, Task
from opencmc.base.errors import Refused
from opencmc.facts.lake import Lake

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
TODAY = date(2026, 1, 5)  # a Monday
INTERVALS = [api.Interval("hypertension", 90, 14, "proposed"), api.Interval("elderly", 365, 90, "proposed")]

LAKE = {
    "institution": """institution_id,name,tier,kind,region,township,attached_to
T1,长街卫生院,township,township_health_centre,330226,330226101,
V1,前溪村卫生室,village,village_clinic,330226,330226101,T1
T2,一市卫生院,township,township_health_centre,330226,330226104,""",
    "resident": """resident_id,sex,birth_date,township,village,death_date
R1,1,1950-03-02,330226101,330226101200,
R2,2,1948-07-09,330226101,330226101200,
R3,2,1940-01-01,330226104,330226104200,2025-06-01
R4,1,1955-05-05,330226104,330226104200,""",
    "contract": """contract_id,resident_id,institution_id,package,start,end
K1,R1,T1,慢病包,2025-01-01,2026-06-01
K2,R2,T1,老年包,2025-01-01,2025-12-01
K3,R3,T2,基础包,2025-01-01,2026-06-01
K4,R4,T2,基础包,2025-01-01,2026-06-01""",
    "service_due": """service_id,contract_id,item,due
P1,K1,血压随访,2025-12-20
P2,K1,年度健康评估,2025-11-01
P3,K2,老年人健康体检,2025-11-01
P4,K3,年度健康评估,2025-11-01
P5,K4,年度健康评估,2026-01-04
P6,K4,年度健康评估,2026-09-01""",
    "service_done": "service_id,institution_id,date\nP2,T1,2025-11-03",
    "enrolment": """enrolment_id,programme,resident_id,institution_id,start,end
M1,hypertension,R1,T1,2024-01-01,
M2,hypertension,R2,T1,2024-01-01,2025-06-01
M3,elderly,R4,T2,2025-11-20,
M4,tuberculosis,R4,T2,2025-11-20,""",
    "follow_up": """follow_up_id,programme,resident_id,institution_id,date,systolic,diastolic,outcome
F1,hypertension,R1,T1,2025-07-01,130,80,controlled
F2,hypertension,R1,V1,2025-10-05,150,92,uncontrolled""",
}  # fmt: skip


def load(home, table: str, text: str, at: datetime) -> None:
    path = home / f"{table}.csv"
    path.write_text(text, encoding="utf-8")
    assert Lake(home).load(table, [path], known_at=at, actor="test").refused == 0


@pytest.fixture
def lake(tmp_path):
    for table, text in LAKE.items():
        load(tmp_path, table, text, NOW)
    return tmp_path


@pytest.fixture
def network(db, lake):
    townships = {"330226101": "长街镇", "330226104": "一市镇"}
    publish_network(lake, known_at=NOW, region="330226", townships=townships, actor=Actor.system(NOW))


def fill(home, run_id="run-1", as_of=TODAY, at=NOW):
    return api.fill_tasks(home, run_id=run_id, known_at=at, as_of=as_of, intervals=INTERVALS, actor=Actor.system(at))


def at_work(role: str, unit: str, username: str = "zhou") -> Actor:
    return Actor(Holder(username, username, role, "institution", unit), NOW)


VILLAGE, TOWNSHIP, OTHER = (
    at_work("village_doctor", "V1"), at_work("township_doctor", "T1", "wu"), at_work("township_doctor", "T2", "li"),
)  # fmt: skip


@pytest.fixture
def follow_up(network):
    """An open follow-up of the village clinic V1."""
    api_task = api.create_task(
        TOWNSHIP, kind="follow_up", item="hypertension", resident_id="R1", institution_id="V1",
        due=TODAY - timedelta(days=2), source="enrolment", source_key="hypertension:R1:2025-10-05",
    )  # fmt: skip
    from opencmc.apps.tasks.models import FollowUpInterval

    FollowUpInterval.objects.create(programme="hypertension", days=90, recheck_days=14, standing="proposed")
    return api_task


def test_the_lake_fills_the_worklist_with_what_is_due_and_not_done(lake, network):
    done = fill(lake)
    found = {(t.source_key, t.institution_id, t.due) for t in Task.objects.all()}
    assert found == {
        ("P1", "V1", date(2025, 12, 20)),  # the clinic that saw the resident last owns it
        ("P5", "T2", date(2026, 1, 4)),
        ("hypertension:R1:2025-10-05", "V1", date(2026, 1, 3)),
    }
    assert (done.made, done.closed, done.without_interval) == (3, 0, 1)


def test_somebody_who_was_never_followed_up_is_due_after_the_data_begin_not_years_ago(lake, network):
    load(
        lake,
        "enrolment",
        "enrolment_id,programme,resident_id,institution_id,start,end\nM9,hypertension,R4,T2,2019-01-01,",
        NOW,
    )
    fill(lake)
    task = Task.objects.get(source_key="hypertension:R4:2019-01-01")
    assert task.due == date(2025, 7, 1) + timedelta(days=90)
    assert "数据里没有随访" in task.why


def test_filling_again_makes_nothing_twice_and_closes_what_others_have_done(lake, network):
    fill(lake)
    assert fill(lake) is None
    later = NOW + timedelta(days=1)
    load(lake, "service_done", "service_id,institution_id,date\nP1,V1,2026-01-05", later)
    load(
        lake,
        "follow_up",
        "follow_up_id,programme,resident_id,institution_id,date,outcome\nF3,hypertension,R1,V1,2026-01-05,lost",
        later,
    )
    done = fill(lake, "run-2", TODAY + timedelta(days=30), later)
    states = {t.source_key: (t.state, t.outcome) for t in Task.objects.all()}
    assert states["P1"] == ("done", "elsewhere")
    assert states["hypertension:R1:2025-10-05"] == ("done", "elsewhere")
    assert states["hypertension:R1:2026-01-05"] == ("open", "")
    assert states["P5"] == ("open", "")
    assert done.closed == 2
    assert not FinishedTask.objects.exists()  # what others brought to the lake is not brought there again


def test_a_finished_follow_up_plans_the_next_one_and_hands_its_row_to_the_lake(follow_up):
    done = api.finish_task(VILLAGE, follow_up.id, 1, "uncontrolled", values={"systolic": 158, "diastolic": 96})
    assert (done.state, done.done_on, done.next_due) == ("done", TODAY, TODAY + timedelta(days=14))
    following = Task.objects.get(source_key="hypertension:R1:2026-01-05")
    assert (following.institution_id, following.due) == ("V1", TODAY + timedelta(days=14))
    (row,) = api.finished_since(0)
    assert (row.serial, row.table) == (1, "follow_up")
    assert row.row == {
        "follow_up_id": f"W-{follow_up.id}", "programme": "hypertension", "resident_id": "R1", "institution_id": "V1",
        "date": "2026-01-05", "outcome": "uncontrolled", "systolic": 158, "diastolic": 96,
    }  # fmt: skip
    assert api.finished_since(1) == []
    assert api.finished_since(0) == [row]


def test_what_daily_work_finished_comes_back_from_the_lake_as_the_same_task(lake, network):
    fill(lake)
    task = Task.objects.get(source_key="hypertension:R1:2025-10-05")
    api.finish_task(VILLAGE, task.pk, 1, "controlled", values={"systolic": 130, "diastolic": 80})
    count = Task.objects.count()
    later = NOW + timedelta(days=1)
    load(lake, "follow_up", "follow_up_id,programme,resident_id,institution_id,date,systolic,diastolic,outcome\n"
         f"W-{task.pk},hypertension,R1,V1,2026-01-05,130,80,controlled", later)  # fmt: skip
    fill(lake, "run-2", TODAY, later)
    assert Task.objects.count() == count


@pytest.mark.parametrize(
    "values", [{}, {"systolic": 130}, {"systolic": 1200, "diastolic": 80}, {"systolic": 80, "diastolic": 120}]
)
def test_an_empty_or_impossible_follow_up_does_not_clear_the_overdue_mark(follow_up, values):
    with pytest.raises(Refused):
        api.finish_task(VILLAGE, follow_up.id, 1, "controlled", values=values)
    assert Task.objects.get(pk=follow_up.id).state == "open"
    assert not FinishedTask.objects.exists()


@pytest.mark.parametrize("text", ["abc", "1200", "-5", "12.5", "1e9999", "NaN", "１２８"])
def test_a_value_that_cannot_be_is_answered_with_what_was_read_and_what_is_expected(text):
    if text == "１２８":  # full-width digits are digits
        assert read_value(MEASURES["hypertension"][0], text) == 128
        return
    with pytest.raises(ValueError, match=re.escape(text)):
        read_value(MEASURES["hypertension"][0], text)


def test_blood_sugar_is_typed_with_one_decimal_and_kept_whole():
    assert read_value(MEASURES["diabetes"][0], "6.1") == 61
    with pytest.raises(ValueError, match="最小刻度"):
        read_value(MEASURES["diabetes"][0], "6.15")


def test_another_unit_neither_sees_nor_changes_the_task_and_is_not_told_that_it_is_there(follow_up):
    assert api.find_task(OTHER, follow_up.id) is None
    for refused in (
        lambda: api.finish_task(OTHER, follow_up.id, 1, "lost"),
        lambda: api.postpone_task(OTHER, follow_up.id, 1, TODAY + timedelta(days=3), "外出"),
        lambda: api.cancel_task(OTHER, follow_up.id, 1, "外出"),
        lambda: api.finish_task(OTHER, 99_999, 1, "lost"),
    ):
        with pytest.raises(Refused, match="没有这项待办，或者它不在您的范围内"):
            refused()


def test_a_manager_may_look_and_hand_over_but_not_finish(follow_up):
    manager = at_work("township_manager", "T1", "manager")
    assert api.find_task(manager, follow_up.id) is not None
    with pytest.raises(Refused, match="乡镇卫生院院长不能办理待办"):
        api.finish_task(manager, follow_up.id, 1, "lost")
    api.hand_over_task(manager, follow_up.id, 1, "T1", "村医休假", to_role="township_doctor")
    assert Task.objects.get(pk=follow_up.id).institution_id == "T1"
    assert Notice.objects.filter(to_role="township_doctor", unit_id="T1").exists()
    assert api.find_task(VILLAGE, follow_up.id) is None  # it left the clinic


def test_two_people_on_the_same_task_the_second_is_told_who_was_first(follow_up):
    api.postpone_task(VILLAGE, follow_up.id, 1, TODAY + timedelta(days=3), "外出务工")
    with pytest.raises(Refused, match="zhou 在 2026-01-05"):
        api.finish_task(TOWNSHIP, follow_up.id, 1, "lost")


def test_a_cancelled_task_needs_a_reason_and_can_be_taken_back(follow_up):
    with pytest.raises(Refused, match="请写明理由"):
        api.cancel_task(VILLAGE, follow_up.id, 1, "  ")
    api.cancel_task(VILLAGE, follow_up.id, 1, "已迁出")
    with pytest.raises(Refused, match="已取消"):
        api.finish_task(VILLAGE, follow_up.id, 2, "lost")
    assert api.reopen_task(VILLAGE, follow_up.id, 2).state == "open"


def test_the_same_source_never_makes_two(follow_up):
    again = api.create_task(
        TOWNSHIP, kind="follow_up", item="hypertension", resident_id="R1", institution_id="V1", due=TODAY,
        source="enrolment", source_key="hypertension:R1:2025-10-05",
    )  # fmt: skip
    assert again.id == follow_up.id
    assert Task.objects.count() == 1


def test_every_change_leaves_a_line_with_resident_and_reason(follow_up):
    api.postpone_task(VILLAGE, follow_up.id, 1, TODAY + timedelta(days=3), "外出务工")
    line = list_lines(1)[0]
    assert (line.action, line.actor, line.resident_id) == ("tasks.postpone", "zhou", "R1")
    assert "外出务工" in line.reason


def test_a_day_that_cannot_be_is_refused(follow_up):
    for day in (TODAY, TODAY - timedelta(days=1), date(2062, 1, 1)):
        with pytest.raises(Refused):
            api.postpone_task(VILLAGE, follow_up.id, 1, day, "外出")
    with pytest.raises(Refused, match="还没有到"):
        api.finish_task(VILLAGE, follow_up.id, 1, "lost", done_on=TODAY + timedelta(days=1))


def test_open_work_is_counted_by_clock(follow_up):
    (group,) = api.work_of(VILLAGE)
    assert (group.count, group.overdue, group.due_today) == (1, 1, 0)
    assert group.items[0].due == TODAY - timedelta(days=2)
    assert api.work_of(at_work("county_director", "")) == []


@pytest.fixture
def doctor(follow_up):
    create_account(
        username="zhou", name="周", role="village_doctor", unit_kind="institution", unit_id="V1",
        password="long-enough-and-odd-71", start=date(2020, 1, 1), actor=Actor.system(NOW),
    )  # fmt: skip
    client = Client()
    client.force_login(User.objects.get(username="zhou"))
    return client


def test_on_the_page_three_presses_finish_a_task_and_the_mistake_stands_at_its_field(doctor, follow_up):
    page = doctor.get(f"/tasks/?open={follow_up.id}").content.decode()
    assert "收缩压" in page
    assert 'name="version" value="1"' in page
    wrong = doctor.post(
        f"/tasks/{follow_up.id}/finish/",
        {
            "version": "1",
            "systolic": "1200",
            "diastolic": "80",
            "done_on": "2026-01-05",
            "outcome": "controlled",
            "note": "在家",
        },
    )
    text = wrong.content.decode()
    assert wrong.status_code == 422
    assert "读到“1200”" in text
    assert 'value="1200"' in text  # nothing typed is lost
    assert 'value="在家"' in text
    right = doctor.post(
        f"/tasks/{follow_up.id}/finish/",
        {"version": "1", "systolic": "128", "diastolic": "80", "done_on": "2026-01-05", "outcome": "controlled"},
    )
    assert right.status_code == 302
    assert Task.objects.get(pk=follow_up.id).values == {"systolic": 128, "diastolic": 80}


def test_opening_a_case_leaves_a_line_and_strange_addresses_do_no_harm(doctor, follow_up):
    doctor.get(f"/tasks/?open={follow_up.id}")
    assert list_lines(1)[0].action == "tasks.view"
    for query in ("open=99999999999999999999", "open=x", "when=never", "page=9999", "village=x&label=y", "mine=1"):
        assert doctor.get(f"/tasks/?{query}").status_code == 200, query


def test_every_action_on_a_task_has_a_name_for_the_auditor():
    for what in ("view", "do", "create", "fill", "finish", "postpone", "hand_over", "take", "cancel", "reopen"):
        assert is_named(f"tasks.{what}"), what
