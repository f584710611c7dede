"""``opencmc load`` and ``opencmc facts`` as a person uses them."""

import json

import pytest
from click.testing import CliRunner

from opencmc.base.errors import DataError, Refused
from opencmc.cli.facts import facts, load
from opencmc.facts.lake import Lake
from opencmc.facts.reference import tables_reference
from opencmc.facts.tables import TABLES

VISITS = (
    "visit_id,institution_id,date,kind,is_tcm,total_fen,fund_fen,own_fen\n"
    "v1,I1,2025-03-01,outpatient,否,100,50,50\n"
    "v2,I1,2025-02-30,outpatient,否,100,50,50\n"
)


@pytest.fixture
def run(tmp_path):
    (tmp_path / "v.csv").write_text(VISITS, encoding="utf-8")

    def invoke(command, *arguments):
        result = CliRunner().invoke(command, [*arguments, "--home", str(tmp_path / "home")], catch_exceptions=False)
        return result.exit_code, result.stdout

    return invoke


def test_load_prints_the_report_as_json_on_standard_output_alone(run, tmp_path):
    code, out = run(load, "visit", str(tmp_path / "v.csv"), "--known-at", "2026-01-05", "--format", "json")
    report = json.loads(out)
    assert code == 0
    assert (report["table"], report["read"], report["accepted"], report["refused"]) == ("visit", 2, 1, 1)
    assert report["reasons"] == [
        {"reason": "就诊日期（date）不是日期：应写作 2025-03-01，且确有其日", "count": 1, "lines": [3]}
    ]


def test_load_prints_a_table_for_people(run, tmp_path):
    _, out = run(load, "visit", str(tmp_path / "v.csv"))
    assert "拒绝的行：" in out
    assert "1 行（第 3 行）" in out
    _, again = run(load, "visit", str(tmp_path / "v.csv"))
    assert "没有改变：这些文件都已装入过。" in again


def test_load_writes_counts_and_reasons_as_csv(run, tmp_path):
    _, out = run(load, "visit", str(tmp_path / "v.csv"), "--format", "csv")
    lines = out.splitlines()
    assert lines[:4] == ["kind,reason,count,lines", "read,,2,", "accepted,,1,", "refused,,1,"]
    assert lines[4].startswith("refused,就诊日期（date）不是日期")


def test_reject_and_wrong_names_raise_the_refusals_that_become_exit_codes(run, tmp_path):
    with pytest.raises(DataError):
        run(load, "visit", str(tmp_path / "v.csv"), "--on-refusal", "reject")
    with pytest.raises(Refused, match=r"没有名为 vist 的表或来源。"):
        run(load, "vist", str(tmp_path / "v.csv"))
    assert Lake(tmp_path / "home").loads() == []


def test_a_source_knows_its_table_and_takes_its_settings(run, tmp_path):
    (tmp_path / "m.csv").write_text("月份,麻疹\n2025-01,5\n", encoding="utf-8")
    code, out = run(load, "infectious_monthly", str(tmp_path / "m.csv"), "--set", "region=宁海县", "--format", "json")
    assert (code, json.loads(out)["table"]) == (0, "disease_count")
    assert Lake(tmp_path / "home").loads()[0].settings == {"region": "宁海县"}


@pytest.mark.parametrize(
    "arguments", [("--set", "region"), ("--known-at", "昨天"), ("--table", "stay"), ("--on-refusal", "maybe")]
)
def test_wrong_usage_is_answered_with_two(run, tmp_path, arguments):
    code, _ = run(load, "visit", str(tmp_path / "v.csv"), *arguments)
    assert code == 2


def test_facts_lists_every_table_with_what_it_holds(run, tmp_path):
    run(load, "visit", str(tmp_path / "v.csv"))
    _, out = run(facts, "--format", "json")
    lines = {line["table"]: line for line in json.loads(out)}
    assert list(lines) == list(TABLES)
    assert (lines["visit"]["rows"], lines["visit"]["refused"], lines["visit"]["first_date"]) == (1, 1, "2025-03-01")
    assert (lines["stay"]["rows"], lines["stay"]["known_at"]) == (0, None)


def test_the_reference_names_every_table_and_column(run, repository):
    _, out = run(facts, "--tables")
    assert out == tables_reference()
    for name, table in TABLES.items():
        assert f"`{name}`" in out
        assert all(f"| `{column}` | {declared.label} |" in out for column, declared in table.columns.items())
    assert (repository / "docs" / "reference" / "tables.md").read_text("utf-8") == out
