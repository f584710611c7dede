"""A write that is sent twice is done once."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from api_county import County, make_county
from django.db import connection, connections

from opencmc.apps.audit.api import verify_now
from opencmc.apps.audit.models import AuditLine
from opencmc.apps.tasks.models import Task
from opencmc.web.api import limits, once
from opencmc.web.api.models import KeptAnswer


@pytest.fixture(autouse=True)
def _full_buckets() -> None:
    limits.callers.clear()
    limits.failures.clear()


@pytest.fixture
def county(db: Any) -> County:
    return make_county()


@pytest.fixture
def doctor(county: County) -> str:
    return county.token("township_doctor", "T1")


def new_task(county: County, number: str = "9", **more: Any) -> dict[str, Any]:
    return {"kind": "follow_up", "item": "hypertension", "label": "高血压随访", "resident_id": county.people[0],
            "institution_id": "V1", "due": county.today.isoformat(), "source": "his", "source_key": number, **more}  # fmt: skip


def test_the_same_key_and_request_get_the_same_answer_and_are_done_once(county, doctor):
    first, again = (county.ask(doctor, "POST", "/tasks", new_task(county), Idempotency_Key="k") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert (first["ETag"], first["Location"]) == (again["ETag"], again["Location"])
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert AuditLine.objects.filter(action="tasks.create", object__contains=f"task:{first.json()['id']} ").count() == 1


def test_the_same_key_on_another_request_is_refused(county, doctor):
    county.ask(doctor, "POST", "/tasks", new_task(county), Idempotency_Key="k")
    other = county.ask(doctor, "POST", "/tasks", new_task(county, "10"), Idempotency_Key="k")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert not Task.objects.filter(source="his", source_key="10").exists()


def test_a_key_belongs_to_its_caller(county, doctor):
    county.ask(doctor, "POST", "/tasks", new_task(county), Idempotency_Key="k")
    stranger = county.token("village_doctor", "V1")
    mine = county.ask(stranger, "POST", "/tasks", new_task(county, "11"), Idempotency_Key="k")
    assert mine.status_code == 201
    assert mine.json()["changed_by"].startswith("service:village-doctor")


def test_a_write_without_a_key_is_asked_for_one(county, doctor):
    answer = county.ask(doctor, "POST", "/tasks", new_task(county), Idempotency_Key="")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/key-missing")
    odd = county.ask(doctor, "POST", "/tasks", new_task(county), Idempotency_Key="a b")
    assert (odd.status_code, odd.json()["type"]) == (400, "/problems/malformed")


def test_what_was_refused_may_be_sent_again_with_the_same_key(county, doctor):
    path, done = f"/tasks/{county.tasks[0]}/finish", {"outcome": "lost"}
    stale = county.ask(doctor, "POST", path, done, If_Match='"7"', Idempotency_Key="k")
    assert stale.status_code == 409
    assert not KeptAnswer.objects.exists()
    right = county.ask(doctor, "POST", path, done, If_Match='"1"', Idempotency_Key="k")
    assert right.status_code == 200
    again = county.ask(doctor, "POST", path, done, If_Match='"1"', Idempotency_Key="k")
    assert again.content == right.content
    assert Task.objects.get(pk=county.tasks[0]).version == 2


def test_old_answers_are_forgotten_after_their_days(county, doctor, settings):
    county.ask(doctor, "POST", "/tasks", new_task(county), Idempotency_Key="k")
    KeptAnswer.objects.update(at=county.at - timedelta(days=settings.API_KEPT_DAYS, minutes=1))
    once._forgotten.clear()
    county.ask(doctor, "POST", "/tasks", new_task(county, "12"), Idempotency_Key="l")
    assert KeptAnswer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["create", "finish"])
def test_the_same_request_racing_itself_is_done_once(path: str, settings: Any, tmp_path: Any) -> None:
    settings.OPENCMC_HOME = tmp_path  # its own keys, and seals of no other database
    if connection.vendor == "sqlite":
        pytest.skip("the test database of SQLite lives in memory: the writers of the benchmark race on a file below")
    county = make_county()
    doctor = county.token("township_doctor", "T1")
    start, answers = Barrier(6), []

    def send() -> None:
        start.wait()
        if path == "create":
            answers.append(county.ask(doctor, "POST", "/tasks", new_task(county), Idempotency_Key="race"))
        else:
            finish = f"/tasks/{county.tasks[0]}/finish"
            answers.append(
                county.ask(doctor, "POST", finish, {"outcome": "lost"}, If_Match='"1"', Idempotency_Key="race")
            )
        connections.close_all()

    threads = [Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.content for answer in answers} == {answers[0].content}
    assert {answer.status_code for answer in answers} == ({201} if path == "create" else {200})
    assert Task.objects.filter(source="his").count() == (path == "create")
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 5
    assert verify_now(county.system).whole


WRITERS = """
import json, sys
sys.path[:0] = [{benchmarks!r}, {repository!r}]
from front_door_writers import write_together
seen, rate, wrong = write_together({people}, {seconds}, on_postgresql={on_postgresql}, rows=3000)
print(json.dumps([sum(seen.answers.values()), wrong]))
"""


@pytest.mark.parametrize(("people", "on_postgresql"), [(40, True), (8, False)])
def test_many_people_writing_at_once_lose_nothing_and_break_nothing(
    repository, people: int, on_postgresql: bool
) -> None:
    """A short version of ``benchmarks/bench_front_door.py --writers``, with the real server and its two workers."""
    import json

    code = WRITERS.format(
        benchmarks=str(repository / "benchmarks"), repository=str(repository), people=people, seconds=3,
        on_postgresql=on_postgresql,
    )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    requests, wrong = json.loads(done.stdout.splitlines()[-1])
    assert wrong == []
    assert requests > people
