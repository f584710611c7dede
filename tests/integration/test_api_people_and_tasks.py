"""People, tasks and the rest of the interface as another system uses them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from api_county import County, citizen, make_county
from django.test import Client

from opencmc.apps.audit.models import AuditLine
from opencmc.apps.residents.models import Resident
from opencmc.apps.tasks.models import Task
from opencmc.web.api import limits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _full_buckets() -> None:
    limits.callers.clear()
    limits.failures.clear()


@pytest.fixture
def county() -> County:
    return make_county()


@pytest.fixture
def doctor(county: County) -> str:
    return county.token("township_doctor", "T1")


def pages(county: County, token: str, path: str, limit: int = 1) -> list[dict]:
    """All rows of a list, page by page."""
    rows, after = [], ""
    while True:
        found = county.ask(token, "GET", f"{path}limit={limit}&after={after}").json()
        assert len(found["items"]) <= limit
        rows += found["items"]
        after = found["next"]
        if not after:
            return rows


def test_a_list_holds_the_people_of_ones_own_institutions_and_of_nobody_else(county, doctor):
    rows = pages(county, doctor, "/people?")
    assert [row["resident_id"] for row in rows] == sorted(
        county.people[:3], key=lambda pk: Resident.objects.get(pk=pk).name
    )
    assert rows[0].keys().isdisjoint({"id_number", "phone", "id_sealed"})


def test_looking_at_a_list_of_people_leaves_a_line(county, doctor):
    county.ask(doctor, "GET", "/people")
    line = AuditLine.objects.order_by("-at", "-id").first()
    assert (line.action, line.object, line.reason) == ("residents.view", "list", "3")
    assert line.actor.startswith("service:township-doctor-t1")


def test_one_person_is_read_masked_with_a_version_and_a_line(county, doctor):
    answer = county.ask(doctor, "GET", f"/people/{county.people[0]}")
    assert answer.status_code == 200
    assert answer["ETag"] == '"1"'
    person = answer.json()
    assert person["name"] == "甲子"
    assert "*" in person["id_masked"]
    assert AuditLine.objects.filter(action="residents.view", resident_id=county.people[0], object="api").count() == 1


def test_a_person_out_of_reach_and_no_person_at_all_are_answered_alike(county, doctor):
    out, none = (county.ask(doctor, "GET", f"/people/{pk}") for pk in (county.people[4], "nobody"))
    assert out.status_code == none.status_code == 403
    assert out.json() == none.json()
    assert out.json()["type"] == "/problems/refused"
    assert out.json()["rule"]


def test_the_search_box_finds_within_reach_and_says_as_what_it_read(county, doctor):
    found = county.ask(doctor, "POST", "/people/search", {"text": "甲子"}).json()
    assert [row["resident_id"] for row in found["items"]] == [county.people[0]]
    assert found["read_as"] == "name"
    assert county.ask(doctor, "POST", "/people/search", {"text": "戊辰"}).json()["items"] == []


def test_a_person_is_registered_once_with_a_version_and_an_address(county, doctor):
    given = {"name": "己巳", "id_type": "citizen_id", "id_number": citizen(31, county.at.date().replace(year=1961)),
             "institution_id": "V1"}  # fmt: skip
    answer = county.ask(doctor, "POST", "/people", given, Idempotency_Key="one")
    assert answer.status_code == 201, answer.content.decode()
    assert answer["Location"] == f"/api/v1/people/{answer.json()['resident_id']}"
    again = county.ask(doctor, "POST", "/people", given, Idempotency_Key="one")
    assert again.json() == answer.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Resident.objects.filter(name="己巳").count() == 1


def test_wrong_fields_are_told_each_at_its_place(county, doctor):
    answer = county.ask(
        doctor, "POST", "/people", {"name": "己巳", "id_type": "citizen_id", "id_number": "000000000000000000"}
    )
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid"
    assert "/id_number" in [error["pointer"] for error in answer.json()["errors"]]


def test_who_may_be_the_same_person_is_named_before_a_second_entry(county, doctor):
    given = {"name": "甲子", "id_type": "citizen_id", "id_number": citizen(1, county_birth()), "institution_id": "V1"}
    answer = county.ask(doctor, "POST", "/people", given)
    assert answer.status_code == 422
    assert answer.json()["asks"] == "duplicate"
    assert answer.json()["candidates"][0]["resident_id"] == county.people[0]


def county_birth():
    from datetime import date

    return date(1950, 5, 1)


def test_two_who_edit_the_same_person_the_second_is_told_who_and_what(county, doctor):
    path = f"/people/{county.people[0]}"
    first = county.ask(doctor, "PATCH", path, {"address": "东岙 1 号"}, If_Match='"1"')
    assert first.status_code == 200, first.content.decode()
    assert first["ETag"] == '"2"'
    second = county.ask(doctor, "PATCH", path, {"address": "西岙 2 号"}, If_Match='"1"')
    assert second.status_code == 409
    said = second.json()
    assert said["type"] == "/problems/conflict"
    assert said["version"] == 2
    assert said["saved_by"].startswith("service:")
    assert said["saved_at"]
    assert said["differences"][0]["theirs"] == "东岙 1 号"


def test_an_edit_without_a_version_is_asked_for_one(county, doctor):
    answer = county.ask(doctor, "PATCH", f"/people/{county.people[0]}", {"address": "东岙"})
    assert (answer.status_code, answer.json()["type"]) == (428, "/problems/version-missing")


def test_why_institutions_may_open_a_record_is_told(county, doctor):
    rows = county.ask(doctor, "GET", f"/people/{county.people[0]}/care-relations").json()["items"]
    assert [(row["institution_id"], row["kind"], row["open"]) for row in rows] == [("V1", "responsible", True)]


def test_a_supervisor_is_told_who_looked_at_a_record(county, doctor):
    county.ask(doctor, "GET", f"/people/{county.people[0]}")
    supervisor = county.token("supervisor")
    rows = pages(county, supervisor, f"/people/{county.people[0]}/audit-lines?", limit=2)
    assert "residents.view" in [row["action"] for row in rows]
    assert {row["resident_id"] for row in rows} == {county.people[0]}


def test_tasks_come_first_due_first_page_by_page(county, doctor):
    rows = pages(county, doctor, "/tasks?")
    assert [row["id"] for row in rows] == county.tasks[:3]
    today = county.today.isoformat()
    assert [row["id"] for row in pages(county, doctor, f"/tasks?due_until={today}&")] == county.tasks[:2]
    assert pages(county, doctor, "/tasks?institution_id=V2&") == []


def test_a_task_out_of_reach_is_not_found(county, doctor):
    assert county.ask(doctor, "GET", f"/tasks/{county.tasks[0]}").status_code == 200
    assert county.ask(doctor, "GET", f"/tasks/{county.tasks[4]}").status_code == 404


def test_a_task_is_finished_with_its_values_and_the_next_one_is_planned(county, doctor):
    path = f"/tasks/{county.tasks[0]}/finish"
    done = {"outcome": "controlled", "values": {"systolic": 128, "diastolic": 78}}
    empty = county.ask(doctor, "POST", path, {"outcome": "controlled"}, If_Match='"1"')
    assert empty.status_code == 403
    answer = county.ask(doctor, "POST", path, done, If_Match='"1"')
    assert answer.status_code == 200, answer.content.decode()
    assert (answer.json()["state"], answer.json()["version"]) == ("done", 2)
    again = county.ask(doctor, "POST", path, done, If_Match='"1"')
    assert again.status_code == 409
    assert again.json()["version"] == 2


def test_a_task_is_postponed_with_a_reason(county, doctor):
    due = (county.today + timedelta(days=9)).isoformat()
    answer = county.ask(
        doctor, "POST", f"/tasks/{county.tasks[1]}/postpone", {"due": due, "reason": "外出"}, If_Match='"1"'
    )
    assert answer.json()["due"] == due
    assert (
        county.ask(doctor, "POST", "/tasks/999999/postpone", {"due": due, "reason": "外出"}, If_Match='"1"').status_code
        == 404
    )


def new_task(county: County, number: str = "9", **more) -> dict:
    return {"kind": "follow_up", "item": "hypertension", "label": "高血压随访", "resident_id": county.people[0],
            "institution_id": "V1", "due": county.today.isoformat(), "source": "his", "source_key": number, **more}  # fmt: skip


def test_a_task_is_made_once_for_a_source_and_key(county, doctor):
    first = county.ask(doctor, "POST", "/tasks", new_task(county))
    assert first.status_code == 201, first.content.decode()
    second = county.ask(doctor, "POST", "/tasks", new_task(county))
    assert second.json()["id"] == first.json()["id"]
    assert Task.objects.filter(source="his").count() == 1


def test_the_fast_way_and_the_door_make_the_same_task_lines_and_refusals(county, doctor, monkeypatch):
    from opencmc.web.api import tasks

    fast = county.ask(doctor, "POST", "/tasks", new_task(county, "a"))
    there = county.ask(doctor, "POST", "/tasks", new_task(county, "a"))
    out = county.ask(doctor, "POST", "/tasks", new_task(county, "x", institution_id="V2"))
    monkeypatch.setattr(tasks, "create_hot", lambda request, given: None)
    door = county.ask(doctor, "POST", "/tasks", new_task(county, "b"))
    there_too = county.ask(doctor, "POST", "/tasks", new_task(county, "b"))
    out_too = county.ask(doctor, "POST", "/tasks", new_task(county, "x", institution_id="V2"))

    def same(answer) -> dict:
        return {**answer.json(), "id": 0, "changed_at": ""}

    assert same(fast) == same(door)
    assert fast["ETag"] == door["ETag"]
    assert there.json()["id"] == fast.json()["id"]
    assert same(there) == same(there_too)
    assert out.status_code == out_too.status_code == 403
    assert out.json() == out_too.json()
    one, other = Task.objects.get(pk=fast.json()["id"]), Task.objects.get(pk=door.json()["id"])
    told = [f.attname for f in Task._meta.fields if f.attname not in {"id", "source_key", "created_at", "changed_at"}]
    assert [getattr(one, name) for name in told] == [getattr(other, name) for name in told]
    lines = [
        AuditLine.objects.filter(action="tasks.create", object__startswith=f"task:{task.pk} ") for task in (one, other)
    ]
    seen = [
        [(i.actor, i.role, i.unit, i.resident_id, i.purpose, i.reason) for i in found.order_by("at")] for found in lines
    ]
    assert seen[0] == seen[1]
    assert len(seen[0]) == 2


def test_the_network_of_a_day_is_read(county, doctor):
    units = pages(county, doctor, "/network/institutions?", limit=2)
    assert [unit["institution_id"] for unit in units] == ["H1", "T1", "T2", "V1", "V2"]
    assert county.ask(doctor, "GET", "/network/institutions/T1").json()["name"] == "长街卫生院"
    assert county.ask(doctor, "GET", "/network/institutions/none").status_code == 404
    members = pages(county, doctor, "/network/memberships?", limit=2)
    assert [row["institution_id"] for row in members] == ["H1", "T1", "T2"]
    assert county.ask(doctor, "GET", "/network/memberships?on=2019-12-31").json()["items"] == []
    assert county.ask(doctor, "GET", "/network/communities").json()["items"][0] | {"name": ""} == {
        "community_id": "G1", "name": "", "kind": "general", "kind_label": "综合医共体", "lead": "H1", "members": 2,
    }  # fmt: skip
    assert county.ask(doctor, "GET", "/network/reorganisations/1").status_code == 404


def test_who_one_is_and_how_fast_one_may_ask_is_told(county, doctor):
    me = county.ask(doctor, "GET", "/me").json()
    assert (me["role"], me["unit_id"], me["is_service"]) == ("township_doctor", "T1", True)
    assert {"action": "tasks.do", "label": "办理待办", "reach": "own"} in me["rights"]
    assert me["limits"]["requests_a_second"] > 0
    assert county.ask(doctor, "GET", "/me/posts").json()["items"][0]["current"] is True


def test_a_person_uses_the_interface_with_the_session_of_the_browser(county):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(county.person("anna", "township_doctor", "T1"))
    assert browser.get("/api/v1/me").json()["username"] == "anna"
    assert len(browser.get("/api/v1/me/posts").json()["items"]) == 1
    assert len(browser.get("/api/v1/people").json()["items"]) == 3
    refused = browser.post(
        "/api/v1/notices/read", {}, content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert (refused.status_code, refused.json()["rule"]) == (403, "CSRF")
    browser.cookies["csrftoken"] = "a" * 32
    passed = browser.post(
        "/api/v1/notices/read", {}, content_type="application/json",
        headers={"Idempotency-Key": "k", "X-CSRFToken": "a" * 32},
    )  # fmt: skip
    assert passed.json() == {"marked": 0}


def test_a_manager_opens_an_account_and_a_repeated_request_gets_the_same_code(county):
    browser = Client()
    browser.force_login(county.person("head", "township_manager", "T1"))
    given = {"username": "v9", "name": "村医", "role": "village_doctor", "unit_kind": "institution", "unit_id": "V1"}
    headers = {"Idempotency-Key": "account-1"}
    made = browser.post("/api/v1/accounts", given, content_type="application/json", headers=headers)
    assert made.status_code == 201, made.content.decode()
    again = browser.post("/api/v1/accounts", given, content_type="application/json", headers=headers)
    assert again.json() == made.json()
    from opencmc.web.api.models import KeptAnswer

    assert made.json()["code"] not in KeptAnswer.objects.get().body
    listed = browser.get("/api/v1/accounts").json()
    assert [row["username"] for row in listed["items"]] == ["head", "v9"]
    beyond = browser.post(
        "/api/v1/accounts", {**given, "username": "d", "role": "county_director", "unit_kind": "county", "unit_id": ""},
        content_type="application/json", headers={"Idempotency-Key": "account-2"},
    )  # fmt: skip
    assert beyond.status_code == 403


def test_audit_lines_are_paged_without_loss_or_repetition(county, doctor):
    for person in county.people[:3]:
        county.ask(doctor, "GET", f"/people/{person}")
    supervisor = county.token("supervisor")
    rows = pages(county, supervisor, "/audit-lines?action=residents.view&", limit=2)
    assert [row["resident_id"] for row in rows] == county.people[2::-1]
    naive = county.ask(supervisor, "GET", "/audit-lines?since=2026-03-01T00:00:00")
    assert naive.status_code == 422


def test_jobs_are_listed_and_an_unknown_one_is_not_tried_again(county, doctor):
    assert county.ask(doctor, "GET", "/jobs").json() == {"items": [], "next": ""}
    assert county.ask(doctor, "POST", "/jobs/5/retry").status_code == 403


def test_notices_are_listed_and_marked(county, doctor):
    assert county.ask(doctor, "GET", "/notices").json() == {"items": [], "new": 0, "next": ""}
    assert county.ask(doctor, "POST", "/notices/read", {"ids": None}).json() == {"marked": 0}


def test_a_list_read_together_with_who_asks_is_the_one_that_is_read_alone(county, doctor, monkeypatch):
    from opencmc.web.api import sql

    if not sql.is_postgresql():
        pytest.skip("elsewhere a list is always read alone")
    together: list[str] = []
    both = sql.caller_and_list
    monkeypatch.setattr(sql, "caller_and_list", lambda digest, *given: together.append(digest) or both(digest, *given))
    for path in ("/tasks", "/people"):
        alone = county.ask(doctor, "GET", f"{path}?limit=20")
        county.ask(doctor, "GET", path)
        seen = len(together)
        ahead = county.ask(doctor, "GET", path)
        assert len(together) == seen + 1
        assert ahead.content == alone.content
        assert len(ahead.json()["items"]) == 3
    lines = AuditLine.objects.filter(object="list").order_by("-at", "-id")[:6]
    assert [line.reason for line in lines] == ["3"] * 6


def test_a_plain_new_task_goes_the_fast_way_under_postgresql(county, doctor, monkeypatch):
    from opencmc.apps.tasks import api as door
    from opencmc.web.api import sql

    if not sql.is_postgresql():
        pytest.skip("elsewhere every task goes through the door")
    monkeypatch.setattr(door, "create_task", lambda *given, **more: pytest.fail("through the door"))
    answer = county.ask(doctor, "POST", "/tasks", new_task(county, "fast"), Idempotency_Key="f")
    assert answer.status_code == 201
    assert county.ask(doctor, "POST", "/tasks", new_task(county, "fast"), Idempotency_Key="f").content == answer.content
