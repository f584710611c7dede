"""How a county departs from its parent, and what an official reads of it."""

from datetime import date

import pytest

from opencmc.base.errors import PolicyError
from opencmc.policy.cards import card
from opencmc.policy.overlay import difference, same_count


def test_the_difference_to_the_parent_is_what_the_county_wrote(policies):
    county = policies.load()
    found = difference(county, county.parent)
    assert [(each.change, each.id) for each in found] == [("changed", "reserve.share"), ("added", "target.primary")]
    changed = found[0]
    assert changed.old == "2020-01-01 至 2020-12-31：3%；2022-01-01 起：5.5%"
    assert changed.new == "2023-06-01 起：3%"
    assert changed.aspects == ("取值", "期间", "依据")
    assert changed.cites == ("《示例县实施方案》（示例〔2023〕2号） 三（一）（预算）：“年初按总额的3%预留,年底清算”",)
    assert changed.where == "policies/county/rules/all.yaml:1"
    assert same_count(county, county.parent) == 1


def test_a_difference_read_from_the_other_side_is_a_lack(policies):
    county = policies.load()
    assert [each.change for each in difference(county.parent, county)] == ["changed", "removed"]


def test_a_pack_does_not_differ_from_itself(policies):
    assert difference(policies.load(), policies.load()) == []


def test_an_override_that_says_the_same_is_no_difference(policies):
    policies.write(
        "county/rules/all.yaml",
        (policies.root / "country/rules/all.yaml").read_text(encoding="utf-8").partition("- id: m_share")[0],
    )
    county = policies.load()
    assert difference(county, county.parent) == []


def test_the_card_of_an_indicator_says_how_it_is_computed(policies, day):
    made = card(policies.load(), "m_share", day=day, measures={"visits_primary": "基层诊疗人次"})
    assert (made.card, made.label) == ("指标卡", "基层就诊率")
    assert made.text("分子") == "基层诊疗人次"
    assert made.text("分母") == "visits_county"
    assert made.text("计算") == "基层诊疗人次 ÷ visits_county × 100"
    assert made.text("分母来源") == "门急诊登记"
    assert made.text("不计入") == "健康体检；核酸检测"
    assert made.text("人群") == "县内机构提供的服务"
    assert made.text("统计到") == "县、机构"
    assert made.text("目标") == "不低于 65%，2025-12-31 前（《示例县实施方案》（示例〔2023〕2号） 三（二）（首诊））"
    assert made.text("依据") == "《关于推进共同体的意见》（国发〔2020〕1号） 一（一）（总体要求）"
    assert made.text("算例") == "分子 650、分母 1,000：650 ÷ 1,000 × 100 = 65.00%；分母为 0 时没有值"
    assert made.text("上级规定") == "照上级（country）"


def test_the_card_of_a_parameter_shows_the_parent_and_the_changes(policies, day):
    made = card(policies.load(), "reserve.share", day=day)
    assert made.card == "参数卡"
    assert made.text("取值") == "3%"
    assert made.text("上级规定") == "country：5.5%"
    assert made.text("把握") == "有出处"
    assert made.text("最近核对") == "2026-02-01（医保科）"
    assert made.text("变更") == "2023-06-01 起，没有变过"
    above = card(policies.load("country"), "reserve.share", day=day)
    assert above.text("变更") == "2020-01-01 至 2020-12-31：3%\n2022-01-01 起：5.5%"
    assert above.text("上级规定") == ""


def test_the_card_of_a_target_says_what_meets_it(policies, day):
    made = card(policies.load(), "target.primary", day=day)
    assert made.card == "目标卡"
    assert made.text("指标") == "基层就诊率（m_share）"
    assert made.text("目标") == "不低于 65%"
    assert made.text("判定") == "65% 达到，64.99% 未达到（不低于）"
    assert made.text("期限") == "2025-12-31 前"
    assert made.text("把握") == "待核实"
    assert made.text("上级规定") == "上级没有规定"


def test_a_card_for_a_day_without_a_value_says_so(policies):
    made = card(policies.load("country"), "reserve.share", day=date(2021, 6, 1))
    assert made.text("取值") == "2021-06-01 没有取值"
    assert made.text("依据") == ""


def test_a_card_of_nothing_names_the_nearest_entry(policies, day):
    with pytest.raises(PolicyError, match="是不是想写“m_share”"):
        card(policies.load(), "m_shar", day=day)


OTHERS = """\
- id: bearer
  kind: parameter
  label: 超支承担方
  type: choice
  choices: {lead: 牵头医院, shared: 按比例}
  checked: {on: 2026-01-01}
  values: [{from: 2024-01-01, value: lead, standing: proposed, because: 试行}]
- id: reimbursement
  kind: parameter
  label: 报销比例
  type: percent
  keys: {township: 乡镇, county: 县级}
  checked: {on: 2026-01-01}
  values: [{from: 2024-01-01, value: {township: 90, county: 80}, standing: proposed, because: 试行}]
- id: subsidy
  kind: parameter
  label: 补助
  type: fen
  checked: {on: 2026-01-01}
  values: [{from: 2024-01-01, value: 40000000, standing: proposed, because: 试行}]
- id: score
  kind: parameter
  label: 首诊得分
  type: formula
  inputs: {就诊率: 基层就诊率（%）}
  checked: {on: 2026-01-01}
  values: [{from: 2024-01-01, value: "最小(10, 就诊率 / 65 * 10)", standing: proposed, because: 试行}]
- id: case.score
  kind: case
  label: 就诊率为 52%
  checked: {on: 2026-01-01}
  values:
    - {from: 2024-01-01, standing: proposed, because: 试行, value: {method: formula, given: {formula: score, 就诊率: 52}, expect: {result: 8}}}
- id: duty
  kind: duty
  label: 上报
  actor: 县医保局
  recurrence: 每季度
  note: 由办公室催报
  checked: {on: 2026-01-01}
  values: [{from: 2024-01-01, value: 报告基金运行情况, standing: proposed, because: 试行}]
- id: diseases
  kind: list
  label: 病名清单
  label_en: Disease list
  checked: {on: 2026-01-01}
  values: [{from: 2024-01-01, value: [病一, 病二, 病三, 病四, 病五, 病六, 病七, 病八, {id: E11, label: 病九}], standing: proposed, because: 试行}]
- id: prices
  kind: table
  label: 收费
  columns: {item: {type: text, label: 项目}, fen: {type: integer, label: 价格, unit: 分}}
  checked: {on: 2026-01-01}
  values: [{from: 2024-01-01, value: [[心电, 2500], [影像, 8000]], standing: proposed, because: 试行}]
"""


@pytest.mark.parametrize(
    ("entry_id", "kind", "row", "text"),
    [
        ("bearer", "参数卡", "取值", "牵头医院"),
        ("bearer", "参数卡", "理由", "试行"),
        ("reimbursement", "参数卡", "取值", "乡镇 90%；县级 80%"),
        ("subsidy", "参数卡", "取值", "400,000.00 元"),
        ("score", "参数卡", "输入", "就诊率：基层就诊率（%）"),
        ("score", "参数卡", "算例", "就诊率为 52%：方法 formula；已知 formula = score，就诊率 = 52；应得 result = 8"),
        ("case.score", "算例卡", "内容", "方法 formula；已知 formula = score，就诊率 = 52；应得 result = 8"),
        ("duty", "职责卡", "责任单位", "县医保局"),
        ("duty", "职责卡", "职责", "报告基金运行情况"),
        ("duty", "职责卡", "说明", "由办公室催报"),
        ("diseases", "名单卡", "名单", "病一、病二、病三、病四、病五、病六、病七、病八等 9 项"),
        ("diseases", "名单卡", "英文", "Disease list"),
        ("prices", "参数卡", "列", "项目（文字）、价格（整数，分）"),
        ("prices", "参数卡", "取值", "心电，2500；影像，8000"),
    ],
)
def test_every_kind_of_entry_has_a_card_in_plain_words(policies, day, entry_id, kind, row, text):
    policies.write("county/rules/others.yaml", OTHERS)
    made = card(policies.load(), entry_id, day=day)
    assert made.card == kind
    assert made.text(row) == text


def test_a_card_counts_a_long_list_and_holds_it_in_full(policies, day):
    policies.write("county/rules/others.yaml", OTHERS)
    made = card(policies.load(), "diseases", day=day)
    assert made.headings == ("编号", "名称", "说明")
    assert len(made.table) == 9
    assert made.table[-1] == ("E11", "病九", "")
    assert card(policies.load(), "prices", day=day).table == (("心电", "2500"), ("影像", "8000"))
    assert card(policies.load(), "duty", day=day).table == ()


def test_quotations_from_one_clause_stand_together(policies, day):
    policies.change(
        "county/rules/all.yaml",
        "[{document: doc_c, clause: 三（二）}]",
        "[{document: doc_c, clause: 三（二）, quote: 甲}, {document: doc_c, clause: 三（二）, quote: 乙}]",
    )
    cited = card(policies.load(), "target.primary", day=day).text("依据")
    assert cited == "《示例县实施方案》（示例〔2023〕2号） 三（二）（首诊）：“甲”；“乙”"
