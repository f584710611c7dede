"""The rules that an indicator refers to: taken from the computing county's pack, of the day, and shown with the figure."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tiny_county import NETWORK, REGION, evaluated, parse_table, strangers

from opencmc.base.errors import PolicyError
from opencmc.methods.explain import explain
from opencmc.methods.indicators.cards import definition_record
from opencmc.methods.indicators.definitions import definitions
from opencmc.methods.indicators.evaluation import STATUSES
from opencmc.methods.indicators.spans import Spans
from opencmc.methods.runs import open_run
from opencmc.policy.pack import Pack, default_root, load_pack
from opencmc.synthetic.assessments import COORDINATION, UNIFIED, VOTES

Override = Callable[..., Pack]

HEAD = """\
id: child
label: 试点县
region: "{region}"
parent: ninghai
revision: "1"
overrides: [{overrides}]
"""


@pytest.fixture
def child(tmp_path: Path) -> Override:
    """``child("indicator.x", "kind: list …", {day: value text})``: a county below Ninghai that decides one thing otherwise."""

    def write(entry_id: str, about: str, values: dict[str, str]) -> Pack:
        root = tmp_path / "policies"
        shutil.copytree(default_root(), root)
        (root / "child" / "parameters").mkdir(parents=True)
        (root / "child" / "pack.yaml").write_text(HEAD.format(region=REGION, overrides=entry_id), encoding="utf-8")
        (root / "child" / "documents.yaml").write_text("[]\n", encoding="utf-8")
        dated = "".join(
            f"    - {{from: {day}, value: {value}, standing: proposed, because: 试行}}\n"
            for day, value in values.items()
        )
        text = f"- id: {entry_id}\n  label: 本县的规定\n  {about}\n  checked: {{on: 2026-01-01}}\n  values:\n{dated}"
        (root / "child" / "parameters" / "own.yaml").write_text(text, encoding="utf-8")
        return load_pack(root, "child")

    return write


def figures(folder: Path, pack: Pack, indicator: str, kind: str, unit: str, *periods: str, **tables: str) -> list[Any]:
    """``numerator / denominator`` or the status of each period."""
    rows = {name: parse_table(name, text) for name, text in {**NETWORK, **tables}.items()}
    for name, more in strangers([f"2025-{n:02d}" for n in range(1, 13)]).items():
        rows[name] = [*rows.get(name, []), *more]
    known = {definition.id: definition for definition in definitions([pack])}
    folder.mkdir()
    with evaluated(folder, rows, Spans.between(202501, 202512), known) as evaluation:
        result = evaluation.of(indicator, kind)
        places, spans = evaluation.roll_up.places, evaluation.roll_up.spans
        found = []
        for period in periods:
            at = places.units[kind].index(unit), spans.names.index(period)
            both = f"{result.numerator[at]} / {result.denominator[at]}"
            found.append(both if result.has_denominator[at] else STATUSES[result.status[at]])
    return found


JUDGED = "单位 | 项目编号 | 评判日期 | 结果\n" + "\n".join(
    f"G1 | unified.{item} | 2025-01-10 | 已落实" for item in UNIFIED
)


def test_a_county_that_lists_other_items_has_another_denominator(tmp_path, child):
    pack = child("indicator.unified_fields", "kind: list", {"2017-01-01": "[{id: unified.hr, label: 人事}]"})
    arguments = ("m24_01", "community", "G1", "2025-01")
    own = figures(tmp_path / "own", pack, *arguments, assessment=JUDGED)
    ninghai = figures(tmp_path / "ninghai", load_pack(default_root(), "ninghai"), *arguments, assessment=JUDGED)
    assert (own, ninghai) == (["1 / 1"], ["7 / 7"])


def test_every_period_is_computed_by_the_rule_of_its_last_day(tmp_path, child):
    hr, finance = "{id: unified.hr, label: 人事}", "{id: unified.finance, label: 财务}"
    fields = {"2025-02-01": f"[{hr}]", "2025-06-30": f"[{hr}, {finance}]"}
    pack = child("indicator.unified_fields", "kind: list", fields)
    periods = ("2025-01", "2025-05", "2025-06", "2025Q2", "2025")
    found = figures(tmp_path / "x", pack, "m24_01", "community", "G1", *periods, assessment=JUDGED)
    assert found == ["1 / 1", "1 / 1", "2 / 2", "2 / 2", "2 / 2"]  # before the first rule the first one
    formulas = {d.id: d for d in definitions([pack])}["m24_01"].formulas
    assert [(f.start, len(f.parameters["items"].split())) for f in formulas] == [
        (date(2024, 10, 30), 1), (date(2025, 6, 30), 2),
    ]  # fmt: skip


def test_what_counts_as_primary_is_the_packs_to_say(tmp_path, child):
    pack = child("indicator.primary_tiers", "kind: list", {"2017-01-01": "[{id: village, label: 村级}]"})
    visits = "机构 | 就诊日期\n" + "\n".join(f"{place} | 2025-01-05" for place in ("H1", "T1", "T1", "V1"))
    arguments = ("m24_07", "county", REGION, "2025-01")
    assert figures(tmp_path / "own", pack, *arguments, visit=visits) == ["1 / 4"]
    ninghai = load_pack(default_root(), "ninghai")
    assert figures(tmp_path / "ninghai", ninghai, *arguments, visit=visits) == ["3 / 4"]


def test_which_programmes_are_chronic_is_the_packs_to_say(tmp_path, child):
    pack = child("indicator.managed_programmes", "kind: list", {"2017-01-01": "[{id: diabetes, label: 糖尿病}]"})
    enrolment = """
        居民 | 项目 | 管理机构 | 开始日期
        甲 | 高血压 | T1 | 2024-01-01
        乙 | 高血压 | T1 | 2024-01-01
        乙 | 2型糖尿病 | T1 | 2024-01-01
    """
    arguments = ("m24_13", "county", REGION, "2025-01")
    assert figures(tmp_path / "own", pack, *arguments, enrolment=enrolment) == ["0 / 1"]
    ninghai = load_pack(default_root(), "ninghai")
    assert figures(tmp_path / "ninghai", ninghai, *arguments, enrolment=enrolment) == ["0 / 2"]


POSTINGS = """
    人员编号 | 工作机构 | 派出机构 | 类别 | 开始日期 | 结束日期
    s1 | T1 | H1 | 派驻 | 2025-01-01 | 2025-05-11
    s2 | T1 | H1 | 派驻 | 2025-01-01 | 2025-12-01
"""
STAFF = """
    人员编号 | 类别 | 职称
    s1 | 执业 | 中级
    s2 | 执业 | 副高
"""


@pytest.mark.parametrize(
    ("entry_id", "about", "value", "expected"),
    [
        ("indicator.stationed_minimum_days", "kind: parameter\n  type: integer\n  unit: 天", "130", "2"),
        ("indicator.stationed_minimum_days", "kind: parameter\n  type: integer\n  unit: 天", "131", "1"),
        ("indicator.stationed_titles", "kind: list", "[{id: intermediate, label: 中级}]", "0"),
        ("indicator.stationed_senders", "kind: list", "[{id: township, label: 乡镇级}]", "0"),
    ],
)
def test_who_counts_as_stationed_is_the_packs_to_say(tmp_path, child, entry_id, about, value, expected):
    people = "地区 | 统计日期 | 年龄下限 | 年龄上限 | 人数\n330226 | 2024-12-31 | 0 | 120 | 10000"
    tables = {"posting": POSTINGS, "staff": STAFF, "population": people}
    pack = child(entry_id, about, {"2017-01-01": value})
    found = figures(tmp_path / "x", pack, "m24_04", "county", REGION, "2025", **tables)
    assert found == [f"{expected} / 10000"]


def test_causes_and_ages_of_premature_death_are_the_packs_to_say(tmp_path, child):
    dead = "居民 | 性别 | 出生日期 | 死亡日期 | 根本死因 | 现住乡镇\n" + "\n".join(
        f"死{n} | 男 | {born}-01-01 | 2025-06-30 | {cause} | 330226101"
        for n, (born, cause) in enumerate([(1980, "I21.9"), (1980, "J30.1"), (1950, "I64"), (1960, "c34.1")])
    )
    ages = "地区 | 统计日期 | 年龄下限 | 年龄上限 | 人数\n" + "\n".join(
        f"330226 | 2024-12-31 | {age} | {age + 5} | 1000" for age in range(30, 80, 5)
    )
    tables = {"resident": dead, "population": ages}
    arguments = ("m24_14", "county", REGION, "2025")
    ninghai = load_pack(default_root(), "ninghai")
    assert figures(tmp_path / "ninghai", ninghai, *arguments, **tables) == ["3 / 8000"]
    pack = child("indicator.premature_mortality_causes", "kind: list", {"2017-01-01": "[{id: I00-I99, label: 心脑}]"})
    assert figures(tmp_path / "causes", pack, *arguments, **tables) == ["1 / 8000"]
    shutil.rmtree(tmp_path / "policies")
    about = "kind: parameter\n  type: integer\n  unit: 岁\n  keys: {age_from: 下限, age_to: 上限}"
    pack = child("indicator.premature_mortality_ages", about, {"2017-01-01": "{age_from: 30, age_to: 80}"})
    assert figures(tmp_path / "ages", pack, *arguments, **tables) == ["4 / 10000"]


@pytest.mark.parametrize(
    ("entry_id", "about", "value", "said"),
    [
        ("indicator.tcm_includes_stays", "kind: parameter\n  type: boolean", "true", "没有中医类标记"),
        ("indicator.fund_excludes_pharmacies", "kind: parameter\n  type: boolean", "false", "购药记录"),
        ("indicator.managed_programmes", "kind: list", "[{id: copd, label: 慢阻肺病}]", "hypertension、diabetes"),
        ("indicator.primary_tiers", "kind: list", "[乡镇级]", "township、village"),
        ("indicator.stationed_minimum_days", "kind: parameter\n  type: text", "半年", "大于 0 的整数"),
    ],
)
def test_a_rule_that_cannot_be_carried_out_is_refused_not_passed_over(child, entry_id, about, value, said):
    pack = child(entry_id, about, {"2017-01-01": value})
    with pytest.raises(PolicyError) as refused:
        definitions([pack])
    assert all(finding.kind == "wrong-parameter" for finding in refused.value.findings)
    assert said in str(refused.value)
    assert "policies/child/parameters/own.yaml:1" in str(refused.value)


def test_a_definition_without_a_needed_rule_names_it(tmp_path):
    root = tmp_path / "policies"
    shutil.copytree(default_root(), root)
    path = root / "national" / "indicators" / "2024.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("min_days: entry:", "min_dayz: entry:", 1), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        definitions([load_pack(root, "ninghai")])
    assert [finding.kind for finding in refused.value.findings] == ["missing-parameter", "unknown-parameter"]
    assert "min_days" in str(refused.value)


def test_an_explanation_shows_each_rule_with_value_standing_and_clause(county_home):
    found = explain(open_run(county_home), "m24_04/county/330226/2025", samples=0)
    rules = {step["inputs"]["entry"]: step for step in found["steps"] if step["name"] == "参数"}
    assert list(rules) == [
        "indicator.stationed_minimum_days", "indicator.primary_tiers", "indicator.stationed_senders",
        "indicator.stationed_titles",
    ]  # fmt: skip
    least = rules["indicator.stationed_minimum_days"]
    assert (least["formula"], least["value"]) == ("派驻医师的最短派驻时间", "180 天")
    assert least["inputs"]["standing_label"] == "待核实"
    assert least["cite"][0]["clause"] == "三（三）"
    assert "6个月" in least["cite"][0]["quote"]
    titles = rules["indicator.stationed_titles"]
    assert titles["value"] == "正高级、副高级、中级"
    assert (titles["inputs"]["standing"], titles["inputs"]["from"]) == ("sourced", "2024-10-30")
    assert found["rule"]["parameters"]["min_days"] == "180"
    assert found["rule"]["from"] == "2024-10-30"


def test_an_earlier_figure_is_explained_by_the_rule_of_its_day(county_home):
    found = explain(open_run(county_home), "m24_01/county/330226/2024-01", samples=0)
    (rule,) = [step for step in found["steps"] if step["name"] == "参数"]
    assert rule["inputs"]["standing_label"] == "拟定"
    assert rule["inputs"]["because"]
    assert rule["value"] == "人事、财务、资产、业务、药品耗材、信息、后勤"


def test_an_indicator_of_another_county_is_computed_by_the_rules_of_this_one(child):
    pack = child("indicator.managed_programmes", "kind: list", {"2017-01-01": "[{id: diabetes, label: 糖尿病}]"})
    other = load_pack(default_root(), "chongqing")
    found = {d.id: d for d in definitions([pack, other])}
    assert found["cq_standard_management_rate"].formulas[0].parameters["programmes"] == "diabetes"
    record = definition_record(found["cq_standard_management_rate"], [pack, other], population_source="")
    (rule,) = record["formulas"][0]["references"]
    assert rule["label"] == "本县的规定"
    assert rule["defined_at"] == "policies/child/parameters/own.yaml:1"


def test_the_items_of_the_packs_are_those_that_the_facts_judge():
    pack = load_pack(default_root(), "ninghai")
    day = date(2025, 12, 31)

    def ids(entry_id: str) -> list[str]:
        return [item["id"] for item in pack.value(entry_id, day)]

    assert ids("indicator.unified_fields") == [f"unified.{item}" for item in UNIFIED]
    assert ids("indicator.coordination_items") == [f"coordination.{item}" for item in COORDINATION]
    assert ids("indicator.democracy_items") == [VOTES]


def test_every_national_indicator_rule_is_read_or_says_that_it_is_only_for_people():
    pack = load_pack(default_root(), "ninghai")
    read = {r.entry.id for d in definitions([pack]) for f in d.formulas for r in f.references}
    rules = {name: entry for name, entry in pack.entries.items() if name.startswith("indicator.")}
    assert read <= set(rules)
    unread = {name for name, entry in rules.items() if name not in read}
    assert unread == {name for name, entry in rules.items() if "说明性" in entry.note}
