"""An indicator refers to a rule of the pack: ``parameters: {items: entry:…}``."""

import pytest

from opencmc.policy.cards import card
from opencmc.policy.references import parameter_text, references_in

FILE = "country/rules/referring.yaml"
RULES = """\
- id: m_items
  kind: indicator
  label: 统一管理
  set: national-2024
  population: register
  unit: percent
  places: 2
  direction: up
  by: [county]
  periods: [year]
  checked: {on: 2026-01-01}
  values:
    - from: 2020-01-01
      value:
        method: share
        numerator: items_met
        denominator: items_due
        scale: 100
        parameters:
          items: entry:rule.fields
          missing: 无
      standing: sourced
      cite: [{document: doc_n, clause: 一（一）}]
- id: rule.fields
  kind: list
  label: 统一的各项
  checked: {on: 2026-01-01}
  values:
    - from: 2020-01-01
      value:
        - {id: unified.hr, label: 人事}
        - {id: unified.finance, label: 财务}
      standing: proposed
      because: 文件没有列全。
    - from: 2024-01-01
      value:
        - {id: unified.hr, label: 人事}
        - {id: unified.finance, label: 财务}
        - {id: unified.drugs, label: 药品}
      standing: sourced
      cite: [{document: doc_n, clause: 二（三）}]
"""
COUNTY_FIELDS = """\
- id: rule.fields
  kind: list
  label: 本县统一的各项
  checked: {on: 2026-01-01}
  values:
    - from: 2023-06-01
      value:
        - {id: unified.hr, label: 人事}
      standing: unverified
      cite: [{document: doc_c, clause: 三（一）}]
"""


@pytest.fixture
def referring(policies):
    policies.write(FILE, RULES)
    assert policies.check() == []
    return policies


def test_a_reference_to_a_missing_entry_is_found_with_its_line(referring):
    referring.change(FILE, "entry:rule.fields", "entry:rule.field")
    (found,) = referring.check("country")
    assert (found.kind, found.where) == ("unknown-reference", f"policies/{FILE}:20")
    assert "rule.field" in found.finding
    assert "是不是想写“rule.fields”" in found.correction


@pytest.mark.parametrize("target", ["m_share", "m_items"])
def test_only_parameters_and_lists_can_be_referred_to(referring, target):
    referring.change(FILE, "entry:rule.fields", f"entry:{target}")
    (found,) = referring.check("country")
    assert (found.kind, found.where) == ("unknown-reference", f"policies/{FILE}:20")
    assert "只能指向参数（算式除外）或清单" in found.correction


def test_a_rule_that_lapses_cannot_be_referred_to(referring):
    referring.change(FILE, "entry:rule.fields", "entry:reserve.share")
    (found,) = referring.check("country")
    assert (found.kind, found.where) == ("no-value", f"policies/{FILE}:20")
    assert "2021-01-01" in found.finding


def test_a_county_that_lets_a_rule_lapse_is_told_in_its_own_file(referring):
    referring.write("county/rules/fields.yaml", COUNTY_FIELDS.replace("06-01\n", "06-01\n      until: 2024-01-01\n"))
    referring.change("county/pack.yaml", "[reserve.share]", "[reserve.share, rule.fields]")
    (found,) = referring.check()
    assert (found.kind, found.where) == ("no-value", "policies/county/rules/fields.yaml:1")
    assert "m_items" in found.finding
    assert "2024-01-01" in found.correction


def test_the_card_of_an_indicator_shows_its_rule_with_value_standing_and_clause(referring, day):
    made = card(referring.load(), "m_items", day=day)
    assert made.text("计算") == "items_met ÷ items_due × 100，missing = 无"
    assert made.text("参数").splitlines() == [
        "统一的各项：人事、财务、药品（有出处，2024-01-01 起，见 rule.fields）",
        "编号：unified.hr unified.finance unified.drugs",
        "《关于推进共同体的意见》（国发〔2020〕1号） 二（三）（支付方式）",
    ]
    earlier = card(referring.load(), "m_items", day=day.replace(year=2021))
    assert earlier.text("参数").splitlines() == [
        "统一的各项：人事、财务（拟定，2020-01-01 至 2023-12-31，见 rule.fields）",
        "编号：unified.hr unified.finance",
        "理由：文件没有列全。",
    ]


def test_the_card_in_a_county_shows_the_countys_rule(referring, day):
    referring.write("county/rules/fields.yaml", COUNTY_FIELDS)
    referring.change("county/pack.yaml", "[reserve.share]", "[reserve.share, rule.fields]")
    made = card(referring.load(), "m_items", day=day)
    assert made.text("参数").splitlines() == [
        "本县统一的各项：人事（待核实，2023-06-01 起，见 rule.fields）",
        "编号：unified.hr",
        "《示例县实施方案》（示例〔2023〕2号） 三（一）（预算）",
    ]


def test_a_value_is_handed_over_as_text(referring, day):
    pack = referring.load("country")
    assert list(references_in({"items": "entry:rule.fields", "missing": "无"})) == [("items", "rule.fields")]
    assert parameter_text(pack.entry("rule.fields"), pack.value("rule.fields", day)) == (
        "unified.hr unified.finance unified.drugs"
    )
    assert parameter_text(pack.entry("reserve.share"), pack.value("reserve.share", day)) == "5.5"
