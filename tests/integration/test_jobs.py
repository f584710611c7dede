"""Background jobs: started once, done once though a worker is killed in the middle, seen by whom they concern."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django_ox.testing import run_tasks

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.accounts.api import create_account
from opencmc.apps.audit.api import audited, list_lines
from opencmc.apps.jobs import actions, api, queries
from opencmc.apps.jobs.models import Job, JobStep
from opencmc.apps.notices.api import unread_count
from opencmc.base.errors import Refused

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
ZHOU = Actor(Holder("zhou", "周", "township_manager", "institution", "T1"), NOW)
OTHER = Actor(Holder("li", "李", "township_manager", "institution", "T2"), NOW)
ADMINISTRATOR = Actor(Holder("root", "管理员", "system_administrator", "county", ""), NOW)

moods: list[str] = []


@api.job("test.moody", "试一试")
def moody(run: api.JobRun, *, rows: int) -> str:
    """Does what ``moods`` says: refuses, breaks, or counts its rows."""
    mood = moods.pop(0) if moods else ""
    if mood == "refuse":
        raise Refused("第 3 行的证件号校验位不对", possible_when="改正后重新导入")
    if mood == "break":
        raise RuntimeError("a fault of the program")
    for row in range(rows):
        with run.step(f"row {row}") as fresh:
            assert fresh or mood == "again"
        run.progress(row + 1, rows, "正在数")
    return f"数了 {rows} 行"


#: A process of its own: starts the job, works on it, or says how it stands.
PROCESS = """
import json, sys, threading
from datetime import UTC, datetime
from pathlib import Path
home, what, flag = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
from opencmc.cli.serve import migrate, start_django
start_django(home)
from django.core.management import call_command
from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.jobs import api
from opencmc.apps.jobs.models import Job
from opencmc.apps.notices.api import notify
from opencmc.apps.notices.models import Notice

@api.job("test.parts", "分几步做")
def parts(run):
    for part in range(4):
        with run.step(str(part)) as fresh:
            if fresh:
                notify(run.actor, to_username="zhou", text=f"part {part}")
        if part == 1 and not flag.exists():
            flag.touch()
            print("half", flush=True)
            threading.Event().wait()
    return "做完了"

if what == "start":
    migrate()
    at = datetime(2026, 1, 5, tzinfo=UTC)
    actor = Actor(Holder("zhou", "周", "township_manager", "institution", "T1"), at)
    print(api.start(actor, "test.parts", key="one"), api.start(actor, "test.parts", key="one"))
elif what == "work":
    call_command("ox_worker", lock_timeout=2.0, interval=0.2, max_tasks=1, verbosity=0)
else:
    job = Job.objects.get()
    said = sorted(Notice.objects.filter(text__startswith="part").values_list("text", flat=True))
    print(json.dumps({"state": job.state, "outcome": job.outcome, "attempts": job.attempts, "parts": said}))
"""


@pytest.fixture
def process(transactional_db, tmp_path):
    """``process("work")``: that process, over a database that it shares with the others."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENCMC_", "DJANGO_"))}
    if connection.vendor == "postgresql":
        of = connection.settings_dict
        environment["OPENCMC_DATABASE"] = (
            f"postgresql://{of['USER']}:{quote(of['PASSWORD'])}@{of['HOST']}:{of['PORT']}/{of['NAME']}"
        )
    running = []

    def start(what: str) -> subprocess.Popen:
        command = [sys.executable, "-c", PROCESS, str(tmp_path), what, str(tmp_path / "flag")]
        running.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return running[-1]

    yield start
    for one in running:
        if one.poll() is None:
            one.kill()
        one.communicate()


def said(one: subprocess.Popen) -> str:
    output, errors = one.communicate(timeout=90)
    assert one.returncode == 0, errors[-3000:]
    return output


def test_a_job_whose_worker_is_killed_in_the_middle_runs_again_and_its_work_is_done_once(process):
    first, second = said(process("start")).split()
    assert first == second  # one open job a key
    worker = process("work")
    assert worker.stdout.readline().strip() == "half"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert json.loads(said(process("show")))["parts"] == ["part 0", "part 1"]
    said(process("work"))
    assert json.loads(said(process("show"))) == {
        "state": "done", "outcome": "做完了", "attempts": 2, "parts": ["part 0", "part 1", "part 2", "part 3"],
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _calm():
    moods.clear()


def start(actor: Actor = ZHOU, **more) -> int:
    return api.start(actor, "test.moody", arguments={"rows": 3}, **more)


def test_a_job_is_done_and_its_owner_is_told(db):
    number = start()
    run_tasks()
    (line,) = queries.lines(queries.seen_by(ZHOU))
    assert (line.id, line.state, line.outcome, line.done, line.total) == (number, "done", "数了 3 行", 3, 3)
    assert unread_count(ZHOU) == 1
    assert [found.action for found in list_lines(5)][:2] == ["notify", "jobs.done"]


def test_a_refusal_ends_the_job_with_its_sentence_and_a_retry_goes_on_where_it_stood(db):
    moods.append("refuse")
    number = start()
    run_tasks()
    (line,) = queries.lines(queries.seen_by(ZHOU))
    assert line.state == "failed"
    assert "第 3 行的证件号校验位不对" in line.error
    assert api.work_of(ZHOU)[0].count == 1
    actions.retry(ZHOU, number)
    run_tasks()
    assert Job.objects.get().state == "done"
    assert JobStep.objects.count() == 3
    with pytest.raises(Refused, match="只有失败的任务可以重试"):
        actions.retry(ZHOU, number)


def test_a_fault_is_tried_again_by_itself_and_is_said_in_plain_words(db):
    moods.append("break")
    start()
    run_tasks()
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("waiting", 1)
    assert "稍后自动再试" in job.error
    assert "RuntimeError" not in job.error


def test_a_job_that_the_queue_has_given_up_is_shown_as_failed_and_may_be_started_anew(db):
    from django_ox.models import OxTask

    number = start(key="import 7")
    OxTask.objects.update(status=OxTask.Status.LOST)
    Job.objects.update(state="running")
    (line,) = queries.lines(queries.seen_by(ZHOU))
    assert (line.state, line.error) == ("failed", "每次做到一半都被中断，已停止自动重试。")
    assert start(key="import 7") != number


def test_a_job_stands_or_falls_with_the_block_that_started_it(db):
    def change_of_mind():
        with audited(ZHOU):
            start()
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        change_of_mind()
    assert not Job.objects.exists()
    assert run_tasks() == []


def test_others_neither_see_nor_retry_a_job_but_who_runs_the_system_does(db):
    number = start()
    assert not queries.seen_by(OTHER).exists()
    with pytest.raises(Refused, match="没有这个后台任务，或者它不是您发起的"):
        actions.retry(OTHER, number)
    assert queries.seen_by(ADMINISTRATOR).count() == 1


def test_the_page_shows_progress_and_offers_the_retry(db):
    create_account(
        username="zhou", name="周", role="township_manager", unit_kind="institution", unit_id="T1",
        password="long-enough-and-odd-71", start=date(2020, 1, 1), actor=Actor.system(NOW),
    )  # fmt: skip
    client = Client()
    client.force_login(User.objects.get(username="zhou"))
    assert "没有后台任务" in client.get("/jobs/").content.decode()
    moods.append("refuse")
    number = start()
    assert "data-live" in client.get("/jobs/").content.decode()
    run_tasks()
    page = client.get("/jobs/?state=failed").content.decode()
    assert "第 3 行的证件号校验位不对" in page
    assert f"/jobs/{number}/retry/" in page
    assert client.post(f"/jobs/{number}/retry/").status_code == 302
    assert Job.objects.get().state == "waiting"
