"""What is entered in the pages becomes facts of the lake: once, whole, and again after a kill."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.exports import actions
from opencmc.apps.exports.api import Exported, export_daily_work
from opencmc.apps.network.api import publish_network
from opencmc.apps.residents.api import create_resident, edit_resident, publish_residents
from opencmc.apps.residents.models import Resident
from opencmc.apps.tasks.api import fill_tasks, finish_task
from opencmc.apps.tasks.models import Task
from opencmc.base.identifiers import citizen_id_check
from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
DOCTOR = Actor(Holder("zhou", "zhou", "township_doctor", "institution", "T1"), NOW)
NUMBER = "33022619500302001"

LAKE = {
    "institution": """institution_id,name,tier,kind,region,township
T1,长街卫生院,township,township_health_centre,330226,330226101""",
    "resident": """resident_id,sex,birth_date,township,village,cause_of_death,insured_start
R1,1,1950-03-02,330226101,330226101200,,2004-01-01
R2,2,1948-07-09,330226101,330226101200,,2004-01-01""",
    "identity": f"""resident_id,full_name,document_type,document_number,phone
R1,王水根,citizen_id,{NUMBER}{citizen_id_check(NUMBER)},13800001111
R2,李阿凤,,,""",
    "contract": """contract_id,resident_id,institution_id,package,start,end
K1,R1,T1,慢病包,2025-01-01,2026-06-01""",
    "service_due": "service_id,contract_id,item,due\nP1,K1,血压随访,2025-12-20",
}


@pytest.fixture
def home(db, tmp_path, settings):
    settings.OPENCMC_HOME = tmp_path
    for table, text in LAKE.items():
        path = tmp_path / f"{table}.csv"
        path.write_text(text, encoding="utf-8")
        assert Lake(tmp_path).load(table, [path], known_at=NOW, actor="test").refused == 0
    system = Actor.system(NOW)
    publish_network(tmp_path, known_at=NOW, region="330226", townships={"330226101": "长街镇"}, actor=system)
    publish_residents(tmp_path, NOW, system)
    fill_tasks(tmp_path, run_id="r", known_at=NOW, as_of=date(2026, 1, 5), intervals=[], actor=system)
    return tmp_path


def rows(home, table: str) -> dict[str, dict]:
    with DuckDB(Lake(home)) as engine:
        return {next(iter(row.values())): row for row in engine.collect(engine.table(table)).to_pylist()}


def export(home, at=LATER) -> Exported:
    return export_daily_work(home, Actor.system(at))


def edit(resident_id: str, **fields: str) -> None:
    edit_resident(DOCTOR, resident_id, Resident.objects.get(pk=resident_id).version, fields)


def test_a_finished_task_is_a_service_done_in_the_lake(home):
    task = Task.objects.get(source_key="P1")
    finish_task(DOCTOR, task.pk, task.version, "done")
    assert export(home).tasks == 1
    assert rows(home, "service_done")["P1"]["institution_id"] == "T1"
    assert rows(home, "service_done")["P1"]["date"] == date(2026, 1, 5)


def test_an_edited_resident_changes_in_the_lake_and_keeps_what_the_pages_do_not_know(home):
    edit("R1", village="330226101201")
    assert export(home).residents == 1
    found = rows(home, "resident")["R1"]
    assert found["village"] == "330226101201"
    assert found["insured_start"] == date(2004, 1, 1)
    assert rows(home, "identity")["R1"]["full_name"] == "王水根"


def test_what_was_known_before_the_export_can_still_be_asked(home):
    edit("R1", village="330226101201")
    export(home)
    with DuckDB(Lake(home), known_at=NOW) as engine:
        before = {row["resident_id"]: row for row in engine.collect(engine.table("resident")).to_pylist()}
    assert before["R1"]["village"] == "330226101200"


def test_a_new_resident_is_a_resident_of_the_lake_with_name_and_number(home):
    number = "33022619600101002"
    fields = {"name": "沈桂香", "sex": "2", "birth_date": "1960-01-01", "township": "330226101", "institution_id": "T1",
              "id_type": "citizen_id", "id_number": number + citizen_id_check(number)}  # fmt: skip
    made = create_resident(DOCTOR, fields)
    assert export(home).residents == 1
    assert rows(home, "resident")[made.resident_id]["birth_date"] == date(1960, 1, 1)
    found = rows(home, "identity")[made.resident_id]
    assert (found["full_name"], found["document_number"]) == ("沈桂香", fields["id_number"])


def test_exporting_again_brings_nothing_and_the_next_edit_only_itself(home):
    edit("R1", village="330226101201")
    export(home)
    loads = len(Lake(home).loads())
    assert export(home) == Exported(0, 0, 0)
    assert len(Lake(home).loads()) == loads
    edit("R2", village="330226101202")
    assert export(home) == Exported(0, 1, 0)
    villages = {key: row["village"] for key, row in rows(home, "resident").items()}
    assert villages == {"R1": "330226101201", "R2": "330226101202"}


@pytest.mark.parametrize("source", ["residents", "tasks"])
def test_a_kill_between_the_lake_and_the_mark_loses_and_doubles_nothing(home, monkeypatch, source):
    task = Task.objects.get(source_key="P1")
    finish_task(DOCTOR, task.pk, task.version, "done")
    edit("R1", village="330226101201")
    whole = actions._mark

    class Killed(BaseException):
        pass

    def cut_off(name, *rest):
        if name == source:
            raise Killed
        whole(name, *rest)

    monkeypatch.setattr(actions, "_mark", cut_off)
    with pytest.raises(Killed):
        export(home)
    monkeypatch.setattr(actions, "_mark", whole)
    edit("R2", village="330226101202")
    export(home)
    assert len(rows(home, "resident")) == 2
    assert rows(home, "resident")["R2"]["village"] == "330226101202"
    assert list(rows(home, "service_done")) == ["P1"]


def test_publishing_after_the_export_finds_nothing_to_ask_about(home):
    edit("R1", village="330226101201")
    export(home)
    publish_residents(home, LATER, Actor.system(LATER))
    found = Resident.objects.get(pk="R1")
    assert found.village == "330226101201"
    assert not found.differences.exists()


def test_the_file_that_carries_names_is_gone_after_the_load(home, monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("passing")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    edit("R1", phone="13900002222")
    export(home)
    assert rows(home, "identity")["R1"]["phone"] == "13900002222"
    assert not [path for path in folder.rglob("*") if path.is_file()]
