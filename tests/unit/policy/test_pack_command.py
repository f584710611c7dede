"""``opencmc pack …`` as a person or a script meets it."""

import json

import pytest
from click.testing import CliRunner

from opencmc.base.errors import PolicyError
from opencmc.cli.pack import pack


@pytest.fixture
def run(policies, monkeypatch):
    monkeypatch.setenv("OPENCMC_POLICIES", str(policies.root))
    monkeypatch.delenv("OPENCMC_SEEDS", raising=False)

    def invoke(*arguments, code=0):
        result = CliRunner().invoke(pack, arguments)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return invoke


def test_packs_are_listed_with_what_is_not_certain_in_them(run):
    rows = json.loads(run("list", "--format", "json").stdout)
    assert [(row["pack"], row["parent"], row["own"], row["entries"], row["unverified"]) for row in rows] == [
        ("country", None, 2, 2, 0),
        ("county", "country", 2, 3, 1),
    ]
    assert [row["oldest_check"] for row in rows] == ["2026-01-01", "2026-02-01"]


def test_a_broken_pack_is_listed_with_the_number_of_its_findings(run, policies):
    policies.change("county/rules/all.yaml", "value: 65,", "value: 65%,")
    rows = json.loads(run("list", "--format", "json").stdout)
    assert [(row["pack"], row["findings"]) for row in rows] == [("country", 0), ("county", 1)]


def test_a_sound_pack_is_said_to_be_sound(run):
    result = run("check")
    assert result.stdout == ""
    assert "没有发现问题" in result.stderr
    assert json.loads(run("check", "county", "--format", "json").stdout) == []


def test_findings_answer_with_four_and_can_be_read_by_scripts(run, policies):
    policies.change("county/rules/all.yaml", "value: 65,", "value: 65%,")
    (finding,) = json.loads(run("check", "county", "--format", "json", code=4).stdout)
    assert finding == {
        "kind": "wrong-type",
        "where": "policies/county/rules/all.yaml:20",
        "finding": "读到“65%”，应为百分数的数字部分",
        "correction": "请写作 65（单位已是百分比，不再写 %）",
    }
    lines = run("check", "--format", "csv", code=4).stdout.splitlines()
    assert lines[0] == "kind,where,finding,correction"
    assert len(lines) == 2
    assert "怎样改正" in run("check", code=4).stdout
    assert run("check", "country").exit_code == 0


def test_quotations_are_checked_when_the_texts_are_named(run, policies, monkeypatch):
    policies.change("county/rules/all.yaml", "年初按总额", "年末按总额")
    assert "引文没有核对" in run("check").stderr
    assert "quote-not-found" in run("check", "--sources", str(policies.sources), "--format", "csv", code=4).stdout
    monkeypatch.setenv("OPENCMC_SEEDS", str(policies.sources))
    assert "quote-not-found" in run("check", "--format", "csv", code=4).stdout
    monkeypatch.setenv("OPENCMC_SEEDS", str(policies.sources / "elsewhere"))
    assert "OPENCMC_SEEDS" in run("check", code=2).stderr


def test_a_pack_shows_its_entries_and_where_they_come_from(run):
    rows = json.loads(run("show", "county", "--on", "2025-06-30", "--format", "json").stdout)
    assert [(row["id"], row["kind"], row["value"], row["from_pack"]) for row in rows] == [
        ("reserve.share", "parameter", "3%", "county"),
        ("target.primary", "target", "不低于 65%", "county"),
        ("m_share", "indicator", "visits_primary ÷ visits_county × 100", "country"),
    ]
    only = json.loads(run("show", "county", "--kind", "target", "--format", "json").stdout)
    assert [row["id"] for row in only] == ["target.primary"]


def test_an_entry_shows_its_values_over_time(run):
    rows = json.loads(run("show", "country:reserve.share", "--format", "json").stdout)
    assert [(row["from"], row["until"], row["value"]) for row in rows] == [
        ("2020-01-01", "2021-01-01", "3%"),
        ("2022-01-01", None, "5.5%"),
    ]
    assert [row["data"] for row in rows] == ["3", "5.5"]
    assert "预留比例" in run("show", "country:reserve.share").stdout


def test_a_county_is_compared_with_its_parent_or_with_another(run):
    rows = json.loads(run("diff", "county", "--format", "json").stdout)
    assert [(row["change"], row["id"]) for row in rows] == [("changed", "reserve.share"), ("added", "target.primary")]
    assert "新增 1、改写 1、没有 0、相同 1" in run("diff", "county").stderr
    assert json.loads(run("diff", "county", "--against", "county", "--format", "json").stdout) == []
    assert "没有上级" in run("diff", "country", code=2).stderr


def test_a_card_is_printed(run):
    shown = run("card", "county:target.primary", "--on", "2025-06-30").stdout
    assert "目标卡  基层就诊率目标" in shown
    assert "不低于 65%" in shown
    rows = json.loads(run("card", "county:target.primary", "--format", "json").stdout)
    assert {"label": "目标", "text": "不低于 65%"} in rows
    assert "ninghai:budget.overrun_bearer" in run("card", "county", code=2).stderr


def test_the_card_of_an_indicator_names_its_measures(run):
    rows = {row["label"]: row["text"] for row in json.loads(run("card", "county:m_share", "--format", "json").stdout)}
    assert rows["计算"] == f"{rows['分子']} ÷ {rows['分母']} × 100"
    assert "visits" not in rows["计算"]


def test_what_does_not_exist_is_refused_as_a_policy_error(run):
    for arguments in (("show", "nowhere"), ("card", "county:nothing"), ("diff", "county", "--against", "nowhere")):
        assert isinstance(run(*arguments, code=1).exception, PolicyError)
