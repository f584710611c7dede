"""Asking a pack: what held on a day, what is inherited, what is overridden."""

from datetime import date
from decimal import Decimal

import pytest

from opencmc.base.citations import Citation, Standing
from opencmc.base.errors import PolicyError
from opencmc.policy.pack import default_root, list_packs, load_pack


def write_entry(policies, body, *, name="county/rules/extra.yaml"):
    policies.write(name, "checked: {on: 2026-01-01}\n" + body)


def test_a_sound_pack_has_no_findings(policies):
    assert policies.check("country", quotes=True) == []
    assert policies.check("county", quotes=True) == []


def test_a_value_holds_from_its_day_until_the_day_before_its_end(policies):
    country = policies.load("country")
    assert country.value("reserve.share", date(2020, 1, 1)) == Decimal("3")
    assert country.value("reserve.share", date(2020, 12, 31)) == Decimal("3")
    assert country.value("reserve.share", date(2022, 1, 1)) == Decimal("5.5")


def test_a_value_without_an_end_holds_until_the_next_one_starts(policies):
    policies.change("country/rules/all.yaml", "      until: 2021-01-01\n", "")
    first, second = policies.load("country").entry("reserve.share").values
    assert first.until == second.start == date(2022, 1, 1)
    assert policies.load("country").value("reserve.share", date(2021, 12, 31)) == Decimal("3")


def test_values_may_be_written_newest_first(policies):
    policies.write(
        "county/rules/extra.yaml",
        """\
        id: visits.limit
        kind: parameter
        label: 上限
        type: integer
        unit: 次
        checked: {on: 2026-01-01}
        values:
          - {from: 2024-01-01, value: 20, standing: proposed, because: 试行}
          - {from: 2023-01-01, value: 10, standing: proposed, because: 试行}
        """,
    )
    pack = policies.load()
    assert [pack.value("visits.limit", date(year, 6, 1)) for year in (2023, 2024)] == [10, 20]


@pytest.mark.parametrize("day", [date(2019, 12, 31), date(2021, 1, 1), date(2021, 12, 31)])
def test_a_day_without_a_value_is_refused_and_not_guessed(policies, day):
    country = policies.load("country")
    assert country.entry("reserve.share").on(day) is None
    with pytest.raises(PolicyError) as refusal:
        country.value("reserve.share", day)
    (finding,) = refusal.value.findings
    assert finding.kind == "no-value"
    assert finding.where == "policies/country/rules/all.yaml:1"
    assert str(day) in finding.finding
    assert "2022-01-01 起" in finding.correction


def test_asking_for_an_unknown_entry_names_the_nearest_one(policies):
    with pytest.raises(PolicyError) as refusal:
        policies.load().value("reserve.shares", date(2024, 1, 1))
    assert "是不是想写“reserve.share”" in refusal.value.findings[0].correction


def test_a_county_inherits_what_it_does_not_write(policies):
    county = policies.load()
    assert county.lineage == ["county", "country"]
    assert county.entries["m_share"] is county.parent.entries["m_share"]
    assert county.entries["m_share"].pack == "country"
    assert set(county.own) == {"reserve.share", "target.primary"}
    assert set(county.documents) == {"doc_n", "doc_c"}
    assert set(county.own_documents) == {"doc_c"}


def test_a_listed_override_replaces_the_whole_entry(policies):
    county = policies.load()
    assert county.value("reserve.share", date(2024, 1, 1)) == Decimal("3")
    assert county.entry("reserve.share").on(date(2022, 6, 1)) is None
    assert county.inherited("reserve.share").on(date(2022, 6, 1)).value == Decimal("5.5")


def test_a_child_may_cite_a_document_of_its_parent(policies):
    policies.change("county/rules/all.yaml", "document: doc_c, clause: 三（二）", "document: doc_n, clause: 一（一）")
    assert policies.check() == []


def test_an_entry_carries_its_place_its_standing_and_its_citation(policies):
    entry = policies.load().entry("reserve.share")
    value = entry.on(date(2024, 1, 1))
    assert (entry.where, value.line) == ("policies/county/rules/all.yaml:1", 7)
    assert (entry.checked_on, entry.checked_by) == (date(2026, 2, 1), "医保科")
    assert value.standing is Standing.SOURCED
    assert value.cites == (Citation("doc_c", "三（一）", "年初按总额的3%预留,年底清算"),)


@pytest.mark.parametrize(
    ("attributes", "written", "read"),
    [
        ("type: integer\nunit: 天", "-30", -30),
        ("type: decimal\nunit: 倍", "1.10", Decimal("1.10")),
        ("type: percent", '"65"', Decimal("65")),
        ("type: fen", "1250", 1250),
        ("type: text", "no", "no"),
        ("type: text", "007", "007"),
        ("type: boolean", "true", True),
        ("type: date", "2024-02-29", date(2024, 2, 29)),
        ("type: choice\nchoices: {lead: 牵头医院, shared: 按比例}", "lead", "lead"),
        ("type: percent\nkeys: {township: 乡镇, county: 县级}", "{township: 90, county: 80}", {"township": Decimal(90), "county": Decimal(80)}),
        ("type: formula\ninputs: {就诊率: 县域就诊率}", "若(就诊率 >= 90, 10, 就诊率 / 90 * 10)", "若(就诊率 >= 90, 10, 就诊率 / 90 * 10)"),
    ],
)  # fmt: skip
def test_a_parameter_is_typed_by_the_schema_and_never_by_yaml(policies, attributes, written, read):
    write_entry(
        policies,
        f"id: p\nkind: parameter\nlabel: 参数\n{attributes}\n"
        f"values:\n  - {{from: 2024-01-01, value: {written if written[0] == '{' else repr(written.strip(chr(34)))}, "
        "standing: proposed, because: 试}\n",
    )
    value = policies.load().value("p", date(2024, 1, 1))
    assert value == read
    assert type(value) is type(read)


def test_lists_hold_words_or_labelled_items(policies):
    write_entry(
        policies,
        "id: l\nkind: list\nlabel: 清单\nvalues:\n  - from: 2024-01-01\n    standing: proposed\n    because: 试\n"
        "    value: [高血压, {id: E11, label: 2型糖尿病, note: 稳定期}]\n",
    )
    value = policies.load().value("l", date(2024, 1, 1))
    assert value == ("高血压", {"id": "E11", "label": "2型糖尿病", "note": "稳定期"})


def test_tables_are_typed_column_by_column(policies):
    write_entry(
        policies,
        "id: t\nkind: table\nlabel: 表\ncolumns:\n  tier: {type: text, label: 层级}\n  share: {type: decimal, label: 比例}\n"
        "  since: {type: date, label: 起}\nvalues:\n  - from: 2024-01-01\n    standing: proposed\n    because: 试\n"
        "    value:\n      - [乡镇, 0.9, 2024-01-01]\n      - [县级, 0.8, 2024-07-01]\n",
    )
    value = policies.load().value("t", date(2024, 1, 1))
    assert value == (("乡镇", Decimal("0.9"), date(2024, 1, 1)), ("县级", Decimal("0.8"), date(2024, 7, 1)))


def test_networks_duties_and_cases_keep_their_parts(policies):
    policies.write(
        "county/rules/extra.yaml",
        """\
        - id: network.all
          kind: network
          label: 网络
          checked: {on: 2026-01-01}
          values:
            - from: 2024-01-01
              standing: proposed
              because: 试
              value:
                communities:
                  - {id: C-1, name: 第一医共体, kind: general, lead: H-1, members: [{institution: T-1, role: member}]}
                institutions:
                  - {id: H-1, name: 县医院, tier: county, kind: general_hospital}
                  - {id: T-1, name: 某乡卫生院, tier: township, kind: township_health_centre, township: "330226101"}
        - id: duty.report
          kind: duty
          label: 上报
          actor: 县医保局
          due: 2025-12-31
          recurrence: 每年一次
          checked: {on: 2026-01-01}
          values: [{from: 2024-01-01, value: 报告执行情况, standing: proposed, because: 试}]
        - id: case.split
          kind: case
          label: 均分
          checked: {on: 2026-01-01}
          values:
            - from: 2024-01-01
              standing: proposed
              because: 试
              value: {method: apportion, given: {total_fen: 10000, points: [1, 1, 1]}, expect: {paid_fen: [3334, 3333, 3333]}}
        """,
    )
    pack, day = policies.load(), date(2024, 1, 1)
    network = pack.value("network.all", day)
    assert network["communities"][0]["members"] == ({"institution": "T-1", "role": "member"},)
    assert network["institutions"][1]["township"] == "330226101"
    assert pack.entry("duty.report").attributes == {
        "actor": "县医保局",
        "due": date(2025, 12, 31),
        "recurrence": "每年一次",
    }
    assert pack.value("case.split", day)["expect"] == {"paid_fen": ("3334", "3333", "3333")}
    assert [entry.id for entry in pack.all("duty")] == ["duty.report"]


def test_an_indicator_keeps_its_definition(policies):
    entry = policies.load().entry("m_share")
    assert entry.attributes["places"] == 2
    assert entry.attributes["by"] == ("county", "institution")
    assert entry.values[0].value == {
        "method": "share",
        "numerator": "visits_primary",
        "denominator": "visits_county",
        "scale": 100,
    }


def test_the_fingerprint_follows_the_content_of_the_pack_and_its_ancestors(policies):
    first = policies.load()
    assert policies.load().fingerprint == first.fingerprint
    assert first.identity == f"2026.1+{first.fingerprint[:12]}"
    policies.change("country/rules/all.yaml", "value: 5.5", "value: 5.6")
    second = policies.load()
    assert second.fingerprint != first.fingerprint
    policies.change("county/pack.yaml", "示例县", "示例区")
    assert policies.load().fingerprint not in (first.fingerprint, second.fingerprint)
    assert policies.load("country").fingerprint != second.fingerprint


def test_loading_a_broken_pack_gives_every_finding_at_once(policies):
    policies.change("county/rules/all.yaml", "value: 3\n", "value: 三\n")
    policies.change("county/rules/all.yaml", "comparator:", "comparer:")
    with pytest.raises(PolicyError) as refusal:
        policies.load()
    assert {finding.kind for finding in refusal.value.findings} == {"wrong-type", "unknown-key", "missing-key"}
    assert refusal.value.exit_code == 4


def test_packs_are_listed_by_their_heads(policies):
    (policies.root / "notes").mkdir()
    assert list_packs(policies.root) == ["country", "county"]


def test_the_folder_of_the_packs_can_be_named(policies, monkeypatch):
    monkeypatch.setenv("OPENCMC_POLICIES", str(policies.root))
    assert load_pack(default_root(), "county").label == "示例县"


def test_a_pack_that_does_not_exist_is_refused_with_those_that_do(policies):
    (finding,) = policies.check("countie")
    assert finding.kind == "unknown-pack"
    assert "county" in finding.correction
