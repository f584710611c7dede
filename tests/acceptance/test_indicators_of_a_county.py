"""The figures of a made-up county, through the commands: plausible, complete, printed as scripts expect them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from opencmc.cli.indicators import explain, indicators
from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake

KEYS = [
    "indicator", "label", "set", "unit_kind", "unit_id", "period", "numerator", "denominator", "value", "status",
    "because", "unplaced", "run",
]  # fmt: skip
#: What real counties have reported lies within these bounds (the made-up one is meant to look like one of them).
PLAUSIBLE = {
    "m20_01": (71, 95), "m20_02": (79, 99.8), "m20_03": (34, 75), "m20_22": (40, 96), "m20_23": (4, 45),
    "m24_01": (30, 100), "m24_02": (30, 100), "m24_03": (30, 100), "m24_05": (20, 100), "m24_06": (0.3, 1.2),
    "m24_07": (34, 75), "m24_08": (40, 96), "m24_09": (4, 45), "m24_10": (3000, 20000), "m24_10_growth": (-25, 25),
    "m24_11": (71, 95), "m24_12": (5, 45), "m24_13": (5, 45), "m24_14": (2, 30),
    "nh_primary_share": (34, 75), "nh_in_county_share": (79, 99.8),
}  # fmt: skip


def printed(home: Path, *arguments: str) -> list[dict]:
    result = CliRunner().invoke(indicators, ["--home", str(home), "--format", "json", *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def year(county_home: Path) -> dict[str, dict]:
    return {row["indicator"]: row for row in printed(county_home, "--period", "2025")}


@pytest.mark.parametrize("indicator", sorted(PLAUSIBLE))
def test_a_years_figure_is_plausible(year, indicator):
    low, high = PLAUSIBLE[indicator]
    assert year[indicator]["status"] == "value"
    assert low <= float(year[indicator]["value"]) <= high


def test_rows_have_exactly_the_agreed_keys_and_whole_numbers(year):
    for row in year.values():
        assert list(row) == KEYS
        assert row["unit_kind"] == "county"
        assert all(row[key] is None or isinstance(row[key], int) for key in ("numerator", "denominator"))
        assert (row["value"] is None) == (row["status"] != "value")
        assert bool(row["because"]) == (row["status"] != "value")


def test_every_unknown_figure_says_what_is_missing_and_none_is_zero(year):
    unknown = {name: row["because"] for name, row in year.items() if row["status"] == "unknown"}
    assert {"m20_08", "m20_09", "m20_10", "m20_12", "m20_26"} == set(unknown)
    assert all(text.startswith("未报送：") for text in unknown.values())


def test_the_countys_figure_agrees_with_a_count_by_hand(county_home, year):
    with DuckDB(Lake(county_home)) as engine:
        for name in ("visit", "stay", "institution"):
            engine.table(name)
        ((primary, every),) = engine.rows(
            "SELECT count(*) FILTER (i.tier IN ('township', 'village')), count(*) FROM visit v JOIN institution i "
            "USING (institution_id) WHERE i.region = '330226' AND i.tier <> 'outside' AND v.kind <> 'pharmacy' "
            "AND year(v.date) = 2025"
        )
        ((inside, stays, people, cost),) = engine.rows(
            "SELECT count(*) FILTER (i.tier <> 'outside'), count(*), "
            "count(DISTINCT s.resident_id) FILTER (i.tier <> 'outside'), sum(s.total_fen) FILTER (i.tier <> 'outside') "
            "FROM stay s JOIN institution i USING (institution_id) "
            "WHERE s.insured_region = '330226' AND year(s.discharged) = 2025"
        )
    assert (year["m24_07"]["numerator"], year["m24_07"]["denominator"]) == (primary, every)
    assert (year["m24_11"]["numerator"], year["m24_11"]["denominator"]) == (inside, stays)
    assert (year["m24_10"]["numerator"], year["m24_10"]["denominator"]) == (cost, people)


def test_by_institution_and_month_the_parts_make_the_whole(county_home, year):
    rows = printed(county_home, "--period", "2025", "--set", "chongqing-2020", "--by", "institution,month")
    discharges = [row["numerator"] for row in rows if row["indicator"] == "cq_discharges"]
    (whole,) = [
        row["numerator"]
        for row in printed(county_home, "--period", "2025", "--set", "chongqing-2020")
        if row["indicator"] == "cq_discharges"
    ]
    assert sum(discharges) == whole > 0
    assert {row["unit_kind"] for row in rows} == {"institution"}
    assert len({row["period"] for row in rows}) == 12


def test_a_wrong_set_period_or_kind_is_refused_with_what_exists(county_home):
    runner = CliRunner()
    for arguments, said in (
        (["--period", "2025", "--by", "village"], "institution"),
        (["--period", "2025/01"], "2025-03"),
        (["--period", "2025", "--as-of", "31.12.2025"], "2025-12-31"),
    ):
        result = runner.invoke(indicators, ["--home", str(county_home), *arguments])
        assert result.exit_code == 2
        assert said in result.output
    result = runner.invoke(indicators, ["--home", str(county_home), "--period", "2025", "--set", "national-2023"])
    assert "national-2024" in str(result.exception)


def test_a_figure_is_explained_in_words(county_home):
    result = CliRunner().invoke(explain, ["latest", "m24_07/county/330226/2025", "--home", str(county_home)])
    assert result.exit_code == 0, result.output
    for words in (
        "县域内基层医疗卫生机构诊疗人次",
        "国卫办基层发〔2024〕22号",
        "待核实",
        "购药不计诊疗人次",
        "visit 表",
    ):
        assert words in result.stdout
