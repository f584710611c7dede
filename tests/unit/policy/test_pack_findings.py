"""One broken pack a mistake: what is found, on which line, and whether the correction tells how to mend it."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opencmc.policy.lint import check_all, main

RULES = "county/rules/all.yaml"
HEAD = "county/pack.yaml"
DOCUMENTS = "county/documents.yaml"
EXTRA = "county/rules/extra.yaml"

#: mistake, file, written, written instead, kind, line, words of the correction
SLIPS = [
    ("unknown key", RULES, "  label: 预留比例", "  lable: 预留比例", "unknown-key", 3, "是不是想写“label”"),
    ("key of another kind", RULES, "  type: percent", "  type: percent\n  comparator: '>='", "unknown-key", 5, "只用于目标"),
    ("unknown key in a value", RULES, "      value: 3", "      valeu: 3", "unknown-key", 8, "是不是想写“value”"),
    ("unknown key in a citation", RULES, "clause: 三（一）", "section: 三（一）", "unknown-key", 10, "可用的键：document、clause、quote"),
    ("unknown key in the head", HEAD, "revision:", "version: 1\nrevision:", "unknown-key", 5, "可用的键"),
    ("key given twice", RULES, "  type: percent", "  type: percent\n  type: integer", "duplicate-key", 5, "只留一个"),
    ("key missing", RULES, "  label: 预留比例\n", "", "missing-key", 1, "请补上 label"),
    ("kind missing", RULES, "  kind: parameter\n", "", "missing-key", 1, "kind: parameter"),
    ("kind unknown", RULES, "kind: parameter", "kind: paramter", "unknown-choice", 2, "是不是想写“parameter”"),
    ("checked missing", RULES, "  checked: {on: 2026-02-01, by: 医保科}\n", "", "missing-key", 1, "checked: {on: 2026-11-21}"),
    ("no date", RULES, "    - from: 2023-06-01\n      value: 3", "    - value: 3", "undated", 7, "from: 2025-01-01"),
    ("no citation", RULES, ", cite: [{document: doc_c, clause: 三（二）}]", "", "uncited", 20, "cite: [{document: "),
    ("an empty citation", RULES, "[{document: doc_c, clause: 三（二）}]", "[]", "uncited", 20, "cite: [{document: "),
    ("proposed without a reason", RULES, "standing: unverified", "standing: proposed", "uncited", 20, "because"),
    ("no standing", RULES, " standing: unverified,", "", "missing-key", 20, "standing: sourced"),
    ("standing in Chinese", RULES, "standing: unverified", "standing: 待核实", "unknown-choice", 20, "写作 unverified"),
    ("a percent sign", RULES, "value: 65,", "value: 65%,", "wrong-type", 20, "请写作 65（"),
    ("a number in words", RULES, "value: 65,", "value: 六十五,", "wrong-type", 20, "阿拉伯数字"),
    ("full-width digits", RULES, "value: 65,", "value: ６５,", "wrong-type", 20, "请写作 65"),
    ("a number too long", RULES, "value: 65,", f"value: {'6' * 40},", "wrong-type", 20, "请"),
    ("a list for a number", RULES, "value: 65,", "value: [65],", "wrong-type", 20, "请写成一行文字"),
    ("nothing for a number", RULES, "value: 65,", "value: ,", "empty", 20, "请填写内容"),
    ("a day that is not", RULES, "- from: 2023-06-01", "- from: 2025-02-30", "bad-date", 7, "2025 年 2 月只有 28 天"),
    ("a month that is not", RULES, "- from: 2023-06-01", "- from: 2025-13-01", "bad-date", 7, "01 到 12"),
    ("a day written otherwise", RULES, "- from: 2023-06-01", "- from: 2023年6月1日", "bad-date", 7, "例如 2023-06-01"),
    ("a day with slashes", RULES, "on: 2026-02-01, by", "on: 2026/2/1, by", "bad-date", 5, "例如 2026-02-01"),
    ("clause not in the document", RULES, "clause: 三（二）", "clause: 四（二）", "unknown-clause", 20, "三（一）、三（二）"),
    ("half-width parentheses", RULES, "clause: 三（二）", "clause: 三(二)", "unknown-clause", 20, "请写作“三（二）”"),
    ("document not registered", RULES, "document: doc_c, clause: 三（二）", "document: doc_x, clause: 三（二）", "unknown-document", 20, "documents.yaml"),
    ("unlisted override", HEAD, "overrides: [reserve.share]\n", "", "unlisted-override", 1, "overrides 里列出 reserve.share"),
    ("override of nothing", HEAD, "[reserve.share]", "[reserve.share, reserve.shar]", "unknown-override", 6, "是不是想写“reserve.share”"),
    ("override not written", HEAD, "[reserve.share]", "[reserve.share, m_share]", "unknown-override", 6, "请补上条目，或从 overrides 删去"),
    ("override listed twice", HEAD, "[reserve.share]", "[reserve.share, reserve.share]", "duplicate-id", 6, "只留一个"),
    ("unknown parent", HEAD, "parent: country", "parent: contry", "unknown-parent", 4, "是不是想写“country”"),
    ("parent of itself", HEAD, "parent: country", "parent: county", "parent-cycle", 4, "请改正其中一个的 parent"),
    ("pack called otherwise", HEAD, "id: county", "id: county2", "wrong-id", 1, "请改其中一个"),
    ("two entries of one id", RULES, "id: target.primary", "id: reserve.share", "duplicate-id", 11, "写在同一条目的 values 里"),
    ("id in capitals", RULES, "id: target.primary", "id: Target.Primary", "bad-id", 11, "小写英文"),
    ("two documents of one id", DOCUMENTS, "- id: doc_c\n", "- {id: doc_c, title: 甲, clauses: {全文: 全文}}\n- id: doc_c\n", "duplicate-id", 2, "只留一个"),
    ("document of the parent again", DOCUMENTS, "- id: doc_c", "- {id: doc_n, title: 甲, clauses: {全文: 全文}}\n- id: doc_c", "duplicate-id", 1, "可以直接引用上级"),
    ("document without clauses", DOCUMENTS, "  clauses: {三（一）: 预算, 三（二）: 首诊}\n", "", "missing-key", 1, "{全文: 全文}"),
    ("indicator unknown", RULES, "indicator: m_share", "indicator: m_shares", "unknown-reference", 14, "是不是想写“m_share”"),
    ("indicator that is none", RULES, "indicator: m_share", "indicator: reserve.share", "unknown-reference", 14, "请改正编号"),
    ("target in another unit", RULES, "  unit: percent\n  due", "  unit: 人次\n  due", "unit-mismatch", 16, "65% 写作 65"),
    ("comparator unknown", RULES, 'comparator: ">="', 'comparator: "≥"', "unknown-choice", 15, ">=（不低于）"),
    ("target without a unit", RULES, "  unit: percent\n", "", "missing-key", 11, "unit: percent"),
    ("choices on a number", RULES, "  type: percent", "  type: percent\n  choices: {a: 甲}", "unknown-key", 5, "把 type 改为 choice"),
    ("number without a unit", RULES, "  type: percent", "  type: integer", "missing-key", 1, "unit: 天"),
    ("formula that cannot be read", RULES, "type: percent", "type: formula\n  inputs: {x: 甲}", "bad-formula", 9, "少一个运算符"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "kind", "line", "correction"), [slip[1:] for slip in SLIPS], ids=[slip[0] for slip in SLIPS]
)
def test_a_slip_is_found_where_it_stands_with_its_correction(policies, file, old, new, kind, line, correction):
    if kind == "bad-formula":
        policies.change(file, "      value: 3\n", "      value: x x\n")
    policies.change(file, old, new)
    findings = policies.check()
    found = [finding for finding in findings if finding.kind == kind]
    assert found, findings
    place = RULES if kind == "unlisted-override" else file
    assert found[0].where == f"policies/{place}:{line}"
    assert correction in found[0].correction or correction in found[0].finding


BROKEN_FILES = [
    ("a tab", b"id: x\nkind: parameter\nvalues:\n\t- from: 2024-01-01\n", "yaml-syntax", 4, "制表符"),
    ("a quote left open", 'id: x\nlabel: "未完\nkind: parameter\n', "yaml-syntax", 2, "引号"),
    ("a brace left open", "id: x\nchecked: {on: 2026-01-01\nkind: parameter\n", "yaml-syntax", 3, "括号从第 2 行开始"),
    ("a list behind its key", "id: x\nvalues: - from: 2024-01-01\n", "yaml-syntax", 2, "另起一行"),
    ("a colon in the text", "id: x\nlabel: 甲: 乙\n", "yaml-syntax", 2, "加引号"),
    ("crooked indentation", "id: x\n  kind: parameter\nlabel: 甲\n", "yaml-syntax", 2, "左对齐"),
    ("nothing", "", "empty-file", 1, "删除这个文件"),
    ("only a remark", "# 以后再写\n", "empty-file", 1, "删除这个文件"),
    ("an anchor", "- &a {id: x}\n- *a\n", "yaml-feature", 1, "照写一遍"),
    ("a tag", "id: !!int 3\n", "yaml-feature", 1, "去掉“!”"),
    ("two documents", "id: x\n---\nid: y\n", "yaml-syntax", 2, "---"),
    ("another encoding", "id: x\nlabel: 甲\n".encode("gbk"), "encoding", 2, "UTF-8"),
    ("full-width colons", "id：x\n", "wrong-type", 1, "半角"),
    ("words alone", "- 甲\n", "wrong-type", 1, "id: 编号"),
    ("a control sign", b"id: x\nlabel: \x07\n", "yaml-syntax", 2, "请检查"),
    ("a flood of brackets", "[" * 3000, "yaml-syntax", 1, "括号"),
    ("a deep nest", "[" * 5000 + "]" * 5000, "yaml-syntax", 1, "括号"),
]


@pytest.mark.parametrize(
    ("content", "kind", "line", "correction"),
    [each[1:] for each in BROKEN_FILES],
    ids=[each[0] for each in BROKEN_FILES],
)
def test_a_file_that_is_not_sound_yaml_is_explained(policies, content, kind, line, correction):
    policies.write(EXTRA, content)
    findings = [finding for finding in policies.check() if finding.where.startswith(f"policies/{EXTRA}")]
    found = [finding for finding in findings if finding.kind == kind]
    assert found, findings
    assert found[0].where == f"policies/{EXTRA}:{line}"
    assert correction in found[0].correction


def entry(body, values):
    return f"id: x\nlabel: 甲\nchecked: {{on: 2026-01-01}}\n{body}\nvalues:\n{values}"


def value(text, start="2024-01-01", rest=""):
    return f"  - {{from: {start}, value: {text}, standing: proposed, because: 试{rest}}}\n"


ENTRIES = [
    ("overlap by an end", entry("kind: duty\nactor: 局", value("甲", rest=", until: 2025-06-01") + value("乙", "2025-01-01")),
     "overlap", 7, "请把 until 改为 2025-01-01"),
    ("two values of one day", entry("kind: duty\nactor: 局", value("甲") + value("乙")), "overlap", 8, "请改正其中一个的 from"),
    ("an end before the start", entry("kind: duty\nactor: 局", value("甲", rest=", until: 2024-01-01")), "overlap", 7, "晚于 from"),
    ("a value without its list", "id: x\nkind: duty\nactor: 局\nlabel: 甲\nchecked: {on: 2026-01-01}\nvalue: 3\n",
     "missing-key", 1, "值要放在 values 下"),
    ("yuan for fen", entry("kind: parameter\ntype: fen", value("12.50")), "wrong-type", 7, "12.50 元写作 1250"),
    ("thousands marked", entry("kind: parameter\ntype: integer\nunit: 人", value('"1,000"')), "wrong-type", 8, "请写作 1000"),
    ("a truth in Chinese", entry("kind: parameter\ntype: boolean", value("是")), "wrong-type", 7, "写作 true"),
    ("a choice not offered", entry("kind: parameter\ntype: choice\nchoices: {lead: 牵头医院}", value("牵头医院")),
     "unknown-choice", 8, "写作 lead"),
    ("a key left out", entry("kind: parameter\ntype: percent\nkeys: {a: 甲, b: 乙}", value("{a: 1}")), "missing-key", 8, "请补上 b"),
    ("a key too many", entry("kind: parameter\ntype: percent\nkeys: {a: 甲}", value("{a: 1, c: 2}")), "unknown-key", 8, "可用的键：a"),
    ("a formula's unknown name", entry("kind: parameter\ntype: formula\ninputs: {就诊率: 甲}", value("就诊量 * 2")),
     "bad-formula", 8, "请在 inputs 里补上"),
    ("a short row", entry("kind: table\ncolumns: {a: {type: text, label: 甲}, b: {type: integer, label: 乙}}", value("[[甲]]")),
     "wrong-type", 7, "按 columns 的顺序"),
    ("a wrong cell", entry("kind: table\ncolumns: {a: {type: text, label: 甲}, b: {type: integer, label: 乙}}", value("[[甲, 乙]]")),
     "wrong-type", 7, "阿拉伯数字"),
    ("an item twice", entry("kind: list", value("[甲, 乙, 甲]")), "duplicate-id", 6, "只留一个"),
    ("a scale of nothing", entry(
        "kind: indicator\nset: s\npopulation: provider\nunit: percent\nplaces: 2\ndirection: up\nby: [county]\nperiods: [year]",
        value("{method: share, scale: 0}")), "wrong-type", 13, "百分比写 100"),
    ("a trend that is a number", entry("kind: target\nindicator: m_share\ncomparator: rising", value("5")),
     "unknown-choice", 8, "上升"),
    ("a duty due on no day", entry("kind: duty\nactor: 局\ndue: 2025-06-31", value("甲")), "bad-date", 6, "6 月只有 30 天"),
    ("a comma in a quotation", entry("kind: duty\nactor: 局",
        "  - {from: 2024-01-01, value: 甲, standing: sourced, cite: [{document: doc_c, clause: 三（一）, quote: 年初,年底清算}]}\n"),
     "unknown-key", 7, "请给整段文字加引号"),
    ("an example that does not come out", entry("kind: case",
        value("{method: formula, given: {formula: x * 2, x: 3}, expect: {result: 7}}")), "wrong-example", 6, "核对文件里的算例"),
    ("an example about nothing", entry("kind: case\nabout: m_shar",
        value("{method: formula, given: {formula: x * 2, x: 3}, expect: {result: 6}}")), "unknown-reference", 5, "m_share"),
    ("an example without its input", entry("kind: case",
        value("{method: formula, given: {formula: x * 2}, expect: {result: 7}}")), "bad-example", 6, "核对算式"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "kind", "line", "correction"), [each[1:] for each in ENTRIES], ids=[each[0] for each in ENTRIES]
)
def test_an_entry_that_means_nothing_is_explained(policies, content, kind, line, correction):
    policies.write(EXTRA, content)
    findings = policies.check()
    found = [finding for finding in findings if finding.kind == kind]
    assert found, findings
    assert found[0].where == f"policies/{EXTRA}:{line}"
    assert correction in found[0].correction


NETWORK = """\
id: network
kind: network
label: 网络
checked: {on: 2026-01-01}
values:
  - from: 2024-01-01
    standing: proposed
    because: 试
    value:
      communities:
        - id: C-1
          name: 第一医共体
          kind: general
          lead: H-1
          members:
            - {institution: T-1, role: member}
        - id: C-2
          name: 第二医共体
          kind: general
          lead: H-1
          members:
            - {institution: T-2, role: member}
      institutions:
        - {id: H-1, name: 县医院, tier: county, kind: general_hospital}
        - {id: T-1, name: 甲乡卫生院, tier: township, kind: township_health_centre}
        - {id: T-2, name: 乙乡卫生院, tier: township, kind: township_health_centre}
"""


@pytest.mark.parametrize(
    ("old", "new", "kind", "line", "correction"),
    [
        ("lead: H-1", "lead: H-9", "unknown-reference", 14, "写进 institutions"),
        ("institution: T-2", "institution: T-1", "conflict", 22, "role 写作 linked"),
        ("institution: T-1", "institution: H-1", "duplicate-id", 16, "只有一个角色"),
        ("id: C-2", "id: C-1", "duplicate-id", 17, "只用一次"),
        ("tier: county", "tier: 县级", "unknown-choice", 24, "写作 county"),
        ("id: T-2, name", "id: T-2, attached_to: T-7, name", "unknown-reference", 26, "写进 institutions"),
        ("role: member", "role: lead", "unknown-choice", 16, "member（成员单位）"),
    ],
)
def test_a_network_names_only_its_own_institutions_and_each_in_one_place(policies, old, new, kind, line, correction):
    policies.write(EXTRA, NETWORK)
    assert policies.check() == []
    policies.change(EXTRA, old, new)
    found = [finding for finding in policies.check() if finding.kind == kind]
    assert found[0].where == f"policies/{EXTRA}:{line}"
    assert correction in found[0].correction


def test_linked_institutions_may_belong_to_several_communities(policies):
    policies.write(EXTRA, NETWORK)
    policies.change(EXTRA, "{institution: T-2, role: member}", "{institution: T-1, role: linked}")
    assert policies.check() == []


def test_a_circle_of_parents_is_named(policies):
    policies.change("country/pack.yaml", "label: 全国", "label: 全国\nparent: county")
    cycles = [finding for finding in policies.check() if finding.kind == "parent-cycle"]
    assert cycles[0].where == "policies/country/pack.yaml:3"
    assert "county → country → county" in cycles[0].finding


def test_an_override_may_not_change_the_kind(policies):
    policies.change(RULES, "id: target.primary", "id: m_share")
    policies.change(HEAD, "[reserve.share]", "[reserve.share, m_share]")
    found = [finding for finding in policies.check() if finding.kind == "kind-changed"]
    assert found[0].where == f"policies/{RULES}:11"


def test_a_file_that_nobody_would_read_is_pointed_out(policies):
    policies.write("county/rules/more.yml", "id: x\n")
    policies.write("county/targets.yaml", "id: x\n")
    found = {finding.where: finding.correction for finding in policies.check() if finding.kind == "unknown-file"}
    assert ".yaml" in found["policies/county/rules/more.yml:1"]
    assert "子文件夹" in found["policies/county/targets.yaml:1"]


def test_one_mistake_does_not_call_forth_others(policies):
    policies.change(RULES, "type: percent", "type: percnt")
    assert [finding.kind for finding in policies.check()] == ["unknown-choice"]


@pytest.mark.parametrize(
    ("file", "content", "kind"),
    [
        ("country/documents.yaml", "- id: doc_n\n title: 甲\n", "yaml-syntax"),
        ("country/rules/all.yaml", "- id: x\n\tkind: list\n", "yaml-syntax"),
        ("country/pack.yaml", "", "empty-file"),
        ("country/pack.yaml", "- id: country\n", "wrong-type"),
        ("county/documents.yaml", "- id: {\n", "yaml-syntax"),
    ],
)
def test_a_file_that_cannot_be_read_is_the_only_finding(policies, file, content, kind):
    policies.write(file, content)
    (finding,) = policies.check(quotes=True)
    assert (finding.kind, finding.where.partition(":")[0]) == (kind, f"policies/{file}")


def test_a_missing_parent_is_the_only_finding(policies):
    policies.change(HEAD, "parent: country", "parent: elsewhere")
    assert [finding.kind for finding in policies.check()] == ["unknown-parent"]


def test_documents_are_a_list(policies):
    policies.write(DOCUMENTS, "id: doc_c\ntitle: 甲\n")
    found = [finding for finding in policies.check() if finding.where == f"policies/{DOCUMENTS}:1"]
    assert "以“- id: …”开头" in found[0].correction


def test_a_broken_parent_is_found_from_the_child(policies):
    policies.change("country/rules/all.yaml", "places: 2", "places: zwei")
    (finding,) = policies.check()
    assert finding.where == "policies/country/rules/all.yaml:22"


def test_quotations_are_looked_up_when_the_texts_are_at_hand(policies):
    policies.change(RULES, "年初按总额的3%预留", "年初按总额的4%预留")
    assert policies.check() == []
    (finding,) = policies.check(quotes=True)
    assert (finding.kind, finding.where) == ("quote-not-found", f"policies/{RULES}:10")
    assert "原文相近处为“年初按总额的3%预留" in finding.correction


def test_a_text_that_is_not_in_the_folder_is_pointed_out(policies):
    policies.change(DOCUMENTS, "text: doc_c.txt", "text: doc_d.txt")
    (finding,) = policies.check(quotes=True)
    assert (finding.kind, finding.where) == ("missing-text", f"policies/{DOCUMENTS}:1")


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("实现 基层就诊率\n达到65%以上、县域就诊率", "基层就诊率达到６５％以上、县域就诊率"),
        ("实行“结余全部留用,超支合理分担”", "实行“结余全部留用，超支合理分担”"),
        (
            "經(jīng)省政府同意,省衛(wèi)生健康委(以下簡(jiǎn)稱省衛(wèi)健委)",
            "經省政府同意，省衛生健康委（以下簡稱省衛健委）",
        ),
        ("经（jīng）省政府", "经省政府"),
    ],
)
def test_setting_and_pinyin_glosses_do_not_count_in_a_quotation(policies, text, quote):
    policies.write_text("doc_c.txt", f"年初按总额的3%预留,年底清算。{text}")
    policies.change(RULES, "clause: 三（二）}", f"clause: 三（二）, quote: '{quote}'}}")
    assert policies.check(quotes=True) == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_happens_to_a_file_there_are_findings_and_never_a_fault(policies, data):
    """Lines lost, doubled, shifted or overwritten: the reader answers with findings or with a sound pack."""
    name = data.draw(st.sampled_from([RULES, HEAD, DOCUMENTS, EXTRA]))
    original = (policies.root / name).read_text(encoding="utf-8") if name != EXTRA else NETWORK
    lines = original.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["lose", "double", "indent", "outdent", "cut", "insert"]))
        line = lines[at]
        spot = data.draw(st.integers(0, len(line)))
        noise = data.draw(
            st.sampled_from(
                [
                    ":",
                    ": ",
                    "：",
                    "- ",
                    "[",
                    "}",
                    '"',
                    "'",
                    "#",
                    "&a",
                    "*a",
                    "!x ",
                    "\t",
                    "|",
                    ">",
                    ",",
                    "０",
                    "\x00",
                    "甲",
                ]
            )
        )
        lines[at] = {
            "lose": "",
            "double": f"{line}\n{line}",
            "indent": "  " + line,
            "outdent": line.lstrip(),
            "cut": line[:spot],
            "insert": line[:spot] + noise + line[spot:],
        }[change]
    policies.write(name, "\n".join(lines).encode())
    try:
        for finding in policies.check(quotes=True):
            assert re.fullmatch(r"policies/(county|country)(/[\w./]+:[0-9]+)?", finding.where)
            assert finding.finding
            assert finding.correction
    finally:
        policies.write(name, original.encode())


def test_findings_come_in_the_order_of_files_and_lines_each_once(policies):
    policies.change(RULES, "value: 65,", "value: 65%,")
    policies.change(RULES, "      value: 3\n", "      value: 三\n")
    findings = policies.check()
    assert [int(finding.where.rpartition(":")[2]) for finding in findings] == [8, 20]
    assert check_all(policies.root) == findings


def test_the_module_prints_findings_and_answers_with_four(policies, capsys):
    assert main(["county", "--root", str(policies.root), "--sources", str(policies.sources)]) == 0
    policies.change(RULES, "value: 65,", "value: 65%,")
    assert main(["--root", str(policies.root)]) == 4
    shown = capsys.readouterr()
    assert "policies/county/rules/all.yaml:20 [wrong-type]" in shown.out
    assert "1 个问题" in shown.err
