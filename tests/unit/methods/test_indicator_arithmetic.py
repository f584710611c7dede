"""Rounding, life tables, periods and definitions: what indicators are made with."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_county import every_definition

from opencmc.base.errors import PolicyError
from opencmc.methods.indicators.definitions import definitions
from opencmc.methods.indicators.formulas import METHODS, quotient
from opencmc.methods.indicators.measures import MEASURES, Flow, Persons, Stock, Total, parameters_of
from opencmc.methods.indicators.parameters import PARAMETERS, age_range, cause_codes
from opencmc.methods.indicators.premature_mortality import probability
from opencmc.methods.indicators.registers import Registers
from opencmc.methods.indicators.spans import Spans
from opencmc.methods.indicators.where import WHERE
from opencmc.methods.runs import printed
from opencmc.policy.pack import load_pack


def test_premature_mortality_reproduces_the_published_test_vector():
    rates = [Decimal(per_100_000) / 100_000 for per_100_000 in (40, 60, 100, 170, 280, 450, 720, 1150)]
    assert round(probability(rates), 6) == Decimal("0.138018")


@pytest.mark.parametrize(
    "text", ["age_from=30", "age_from=30 age_to=30", "age_from=32 age_to=70", "30-70", "age_from=70 age_to=30"]
)
def test_a_life_table_is_cut_by_whole_five_years(text):
    assert age_range("age_from=30 age_to=70") == (30, 70)
    with pytest.raises(ValueError, match="年龄"):
        age_range(text)


def test_ranges_of_causes_of_death_are_spelled_out():
    assert cause_codes("E10-E12 I64") == {"E10", "E11", "E12", "I64"}
    assert len(cause_codes("I00-I99 C00-C97 J30-J98 E10-E14")) == 100 + 98 + 69 + 5
    with pytest.raises(ValueError, match="I00-J99"):
        cause_codes("I00-J99")


@given(st.integers(0, 10**16), st.integers(1, 10**16), st.integers(1, 10**8), st.integers(1, 1000))
def test_the_one_division_rounds_half_up_exactly_however_large_the_amounts(top, bottom, factor, divisor):
    exact = Fraction(top * factor, bottom * divisor)
    expected = (2 * exact + 1).__floor__() // 2
    if expected < 2**62:
        found = quotient(np.array([top]), np.array([bottom]), factor, divisor)
        assert int(found[0]) == expected


def test_a_negative_balance_is_rounded_like_its_mirror_image():
    assert quotient(np.array([-5, 5]), np.array([2, 2]), 1, 1).tolist() == [-3, 3]


def test_values_are_printed_as_decimals():
    assert [printed(*case) for case in ((6512, 2), (-5, 2), (0, 0), (12, 0), (None, 2))] == [
        "65.12", "-0.05", "0", "12", None,
    ]  # fmt: skip


def test_periods_are_cut_to_what_exists_and_say_so():
    spans = Spans.between(202411, 202502)
    complete = dict(zip(spans.names, spans.complete.tolist(), strict=True))
    assert complete["2024"] is False
    assert complete["2024Q4"] is False
    assert complete["2025Q1"] is False
    assert complete["2025-01..2025-02"] is True
    assert complete["2024-11"] is True
    totals = dict(zip(spans.names, spans.add_up(np.array([[1, 2, 4, 8]]))[0].tolist(), strict=True))
    assert totals["2025-01..2025-02"] == 12
    assert totals["2024-12"] == 2


def test_every_measure_is_declared_once_with_words_and_a_place_in_the_roll_up():
    registers = Registers.__init__.__code__.co_consts
    for name, measure in MEASURES.items():
        assert set(parameters_of(name)) <= set(PARAMETERS)
        assert measure.name == name
        assert measure.label
        assert measure.unit
        match measure:
            case Flow():
                assert measure.rows.__doc__
                assert measure.where in WHERE
            case Persons():
                assert measure.where in WHERE
            case Stock():
                assert measure.where in WHERE
                assert any(measure.register in (const if isinstance(const, tuple) else (const,)) for const in registers)
            case Total():
                assert all(part in MEASURES for part in (*measure.parts, *measure.minus))


def test_all_fourteen_indicators_of_2024_and_all_twenty_six_of_2020_are_defined():
    known = every_definition()
    assert {f"m24_{n:02d}" for n in range(1, 15)} <= set(known)
    assert {f"m20_{n:02d}" for n in range(1, 27)} <= set(known)
    assert len({d.entry.attributes["dimension"] for d in known.values() if d.set == "national-2024"}) == 5


def test_formulas_are_marked_as_unverified_until_a_county_confirms_them():
    for definition in every_definition().values():
        assert all(formula.dated.standing.value == "unverified" for formula in definition.formulas), definition.id
        assert definition.formulas[0].dated.cites


def test_the_definition_in_force_on_the_last_day_counts_and_the_first_one_before_it(tmp_path):
    pack = tmp_path / "county"
    (pack / "indicators").mkdir(parents=True)
    (pack / "pack.yaml").write_text('id: county\nlabel: 某县\nregion: "330226"\nrevision: "1"\n', encoding="utf-8")
    (pack / "documents.yaml").write_text(
        "- {id: d, title: 文, issued_by: 县, clauses: {全文: 全文}}\n", encoding="utf-8"
    )
    text = """
- id: x_share
  kind: indicator
  label: 占比
  set: x-1
  population: provider
  unit: percent
  places: 2
  direction: up
  by: [county]
  periods: [month]
  checked: {on: 2026-01-01}
  values:
    - {from: 2024-01-01, value: {method: share, numerator: NUM, denominator: visits_county, scale: 100, parameters: {primary_tiers: township village}}, standing: unverified, cite: [{document: d, clause: 全文}]}
    - {from: 2025-01-01, value: {method: METHOD, numerator: visits_primary, denominator: visits_county, scale: 100, parameters: {primary_tiers: township village}}, standing: unverified, cite: [{document: d, clause: 全文}]}
"""
    path = pack / "indicators" / "x.yaml"
    path.write_text(text.replace("NUM", "outpatient_primary").replace("METHOD", "share"), encoding="utf-8")
    (found,) = definitions([load_pack(tmp_path, "county")])
    assert [found.on(date(year, 6, 1)).numerator for year in (2023, 2024, 2025)] == [
        "outpatient_primary", "outpatient_primary", "visits_primary",
    ]  # fmt: skip
    path.write_text(text.replace("NUM", "visits_primry").replace("METHOD", "shares"), encoding="utf-8")
    with pytest.raises(PolicyError) as refusal:
        definitions([load_pack(tmp_path, "county")])
    assert [finding.kind for finding in refusal.value.findings] == ["unknown-measure", "unknown-method"]
    assert all(finding.where.startswith("policies/county/indicators/x.yaml:") for finding in refusal.value.findings)


def test_every_method_says_what_it_does():
    assert all(METHODS.values())
