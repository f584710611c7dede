"""Runs: repeatable byte for byte, found again, read by filter, explained, compared with targets and older definitions."""

import json
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_county import DEFAULTS, NETWORK, REGION, parse_table

from opencmc.base.errors import DataError, Refused
from opencmc.facts.lake import Lake
from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES
from opencmc.methods.explain import explain, rows_behind
from opencmc.methods.indicators import compute
from opencmc.methods.indicators.definition_change import definition_change
from opencmc.methods.indicators.targets import check_targets
from opencmc.methods.runs import figures_of, open_run
from opencmc.policy.pack import Pack, default_root, load_pack

FIRST, SECOND = datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 8, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(default_root(), "ninghai")


def bring(home: Path, table: str, rows: list[dict], known_at: datetime = FIRST) -> None:
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{table}-{known_at:%m}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[table])), path)
    Lake(home).load(table, [path], known_at=known_at, actor="试")


def visit(number: int, institution: str, day: date) -> dict:
    return {**DEFAULTS["visit"], "visit_id": f"v{number}", "institution_id": institution, "date": day}


def small_county(home: Path) -> Path:
    for table, text in NETWORK.items():
        bring(home, table, parse_table(table, text))
    bring(home, "visit", [visit(n, "T1" if n % 3 else "H1", date(2025, 1 + n % 6, 5)) for n in range(60)])
    return home


def share(home: Path, pack: Pack, period: str = "2025-01", **arguments) -> dict:
    run = compute(Lake(home), pack, **arguments)
    (row,) = figures_of(run, indicator="m24_07", unit_kind="county", period=period).to_pylist()
    return row


def test_two_homes_with_the_same_facts_give_the_same_bytes(tmp_path, pack):
    folders = [compute(Lake(small_county(tmp_path / name)), pack).folder for name in ("one", "two")]
    names = sorted(path.name for path in folders[0].iterdir())
    assert names == ["definitions.json", "figures.parquet", "manifest.json", "units.json", "unplaced.parquet"]
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_a_run_is_found_again_and_what_it_was_made_from_is_written_down(tmp_path, pack):
    home = small_county(tmp_path)
    first, again = compute(Lake(home), pack), compute(Lake(home), pack, as_of=date(2026, 12, 31))
    assert first.id == again.id == open_run(home).id
    manifest = first.manifest
    assert manifest["as_of"] == "2025-06-30"
    assert manifest["known_at"] == FIRST.isoformat()
    assert manifest["packs"][0]["lineage"] == ["ninghai", "zhejiang", "national"]
    assert [load["rows"] for load in manifest["inputs"]["visit"]] == [60]
    assert str(tmp_path) not in json.dumps(manifest)


def test_without_its_cache_a_county_gives_the_same_figures(tmp_path, pack):
    home = small_county(tmp_path)
    before = (compute(Lake(home), pack).folder / "figures.parquet").read_bytes()
    for keep_cache in (True, False):
        shutil.rmtree(home / "runs")
        if not keep_cache:
            shutil.rmtree(home / "cache")
        assert (compute(Lake(home), pack).folder / "figures.parquet").read_bytes() == before


def test_what_was_known_then_can_be_printed_again_after_a_correction(tmp_path, pack):
    home = small_county(tmp_path)
    then = share(home, pack)
    bring(home, "visit", [visit(n, "H1", date(2025, 1, 5)) for n in range(0, 60, 6)], SECOND)
    now = share(home, pack)
    assert (then["numerator"], now["numerator"], then["denominator"], now["denominator"]) == (0, 0, 10, 10)
    bring(home, "visit", [visit(n, "T1", date(2025, 2, 5)) for n in range(0, 18, 6)], SECOND.replace(month=9))
    moved, there = share(home, pack), share(home, pack, "2025-02")
    assert (moved["denominator"], there["denominator"]) == (7, 13)
    assert share(home, pack, known_at=FIRST) == then
    assert share(home, pack, known_at=SECOND) == now


def test_residents_who_arrive_or_move_later_are_placed_as_they_were_known_then(tmp_path, pack):
    home = tmp_path / "county"
    for table in ("institution", "membership"):
        bring(home, table, parse_table(table, NETWORK[table]))
    people = "居民编号 | 性别 | 出生日期 | 现住乡镇\n{} | 男 | 1960-05-01 | {}"
    bring(home, "resident", parse_table("resident", people.format("甲", "330226101")))
    rows = [{**visit(n, "T1", date(2025, 1 + n, 5)), "resident_id": "乙" if n == 2 else "甲"} for n in range(4)]
    bring(home, "visit", rows)

    def counts(at: datetime | None, cached: bool = True) -> list[list[tuple[int, int]]]:
        if not cached:
            shutil.rmtree(home / "cache")
        shutil.rmtree(home / "runs", ignore_errors=True)
        run = compute(Lake(home), pack, known_at=at)
        found = figures_of(run, indicator="m20_24_visit", unit_kind="township", period_kind="month").to_pylist()
        townships = ("330226101", "330226104")
        return [[(r["denominator"], r["unplaced"]) for r in found if r["unit_id"] == t] for t in townships]

    at_first = counts(FIRST)
    assert at_first[0] == [(1, 0), (1, 0), (0, 1), (1, 0)]
    bring(home, "resident", parse_table("resident", people.format("乙", "330226104")), SECOND)
    arrived = counts(SECOND)
    assert arrived[0] == [(1, 0), (1, 0), (0, 0), (1, 0)]
    assert arrived[1] == [(0, 0), (0, 0), (1, 0), (0, 0)]
    third = SECOND.replace(month=9)
    bring(home, "resident", parse_table("resident", people.format("甲", "330226104")), third)
    moved = counts(third)
    assert moved[1] == [(1, 0)] * 4
    for at, expected in ((FIRST, at_first), (third, moved), (SECOND, arrived), (None, moved), (FIRST, at_first)):
        assert counts(at) == expected
    assert [counts(at, cached=False) for at in (FIRST, SECOND, third)] == [at_first, arrived, moved]


def test_months_that_had_not_ended_on_the_day_looked_at_are_left_out(tmp_path, pack):
    home = small_county(tmp_path)
    run = compute(Lake(home), pack, as_of=date(2025, 3, 30))
    assert run.manifest["as_of"] == "2025-02-28"
    assert figures_of(run, indicator="m24_07", unit_kind="county", period="2025-03").num_rows == 0
    (year,) = figures_of(run, indicator="m24_07", unit_kind="county", period="2025").to_pylist()
    assert year["status"] == "unknown"
    assert "2025-03" in year["because"]


def test_sets_can_be_chosen_and_a_pack_without_a_county_is_refused(tmp_path, pack):
    home = small_county(tmp_path)
    run = compute(Lake(home), pack, sets=["ninghai-2017"])
    assert set(figures_of(run)["indicator"].to_pylist()) == {"nh_primary_share", "nh_in_county_share"}
    with pytest.raises(Refused, match="region"):
        compute(Lake(home), load_pack(default_root(), "national"))
    with pytest.raises(DataError):
        compute(Lake(tmp_path / "nowhere"), pack)


def test_a_run_that_was_never_made_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(Refused, match="opencmc indicators"):
        open_run(tmp_path)


def test_figures_come_in_order_and_by_filter(county_home):
    run = open_run(county_home)
    table = figures_of(run)
    keys = [table[name].to_pylist() for name in ("indicator", "unit_kind", "unit_id", "period_kind", "period")]
    rows = list(zip(*keys, strict=True))
    assert rows == sorted(rows)
    assert len(rows) == len(set(rows)) == run.manifest["figures"]
    few = figures_of(run, indicator=["m24_07"], unit_kind="township", period_kind="month")
    assert set(few["unit_kind"].to_pylist()) == {"township"}
    assert few.num_rows == 24 * len(run.units()["township"])


def test_a_figure_is_explained_down_to_its_rows(county_home):
    run = open_run(county_home)
    found = explain(run, "m24_07/county/330226/2025")
    assert list(found)[:8] == ["figure", "value", "steps", "rule", "clause", "rows", "as_of", "known_at"]
    by_name = {step["name"]: step for step in found["steps"]}
    top, bottom = by_name["分子"]["value"], by_name["分母"]["value"]
    assert Decimal(found["value"]) == ((Decimal(top) * 10000 / bottom).quantize(Decimal(1)) / 100)
    months = [step for step in found["steps"] if step["name"].startswith("2025-")]
    assert len(months) == 12
    assert sum(step["inputs"]["numerator"] for step in months) == top
    assert found["rows"]["table"] == "visit"
    assert found["rows"]["count"] == top
    assert len(found["rows"]["sample_ids"]) == 20
    assert {"document", "clause", "title"} <= set(found["clause"][0])
    assert found["rule"]["standing_label"] == "待核实"


@pytest.mark.parametrize(
    "figure",
    ["m24_11/township/330226101/2025", "m24_11/community/NH-G1/2025Q2", "m20_03/community/NH-G2/2025-03",
     "cq_discharges/institution/NH-H1/2025", "m24_11/county/330226/2025-01..2025-04"],
)  # fmt: skip
def test_the_rows_behind_a_figure_are_as_many_as_its_numerator_says(county_home, figure):
    run = open_run(county_home)
    indicator, kind, unit, period = figure.split("/")
    rows = figures_of(run, indicator=indicator, unit_kind=kind, unit_id=unit, period=period).to_pylist()
    if not rows:
        pytest.skip("this run does not hold the indicator")
    assert rows_behind(run, figure)["count"] == rows[0]["numerator"]


def test_registers_and_unknown_figures_are_explained_too(county_home):
    run = open_run(county_home)
    assert explain(run, "m24_13/county/330226/2025")["rows"]["table"] == "stay"
    found = explain(run, "m20_26/county/330226/2025")
    assert found["value"] is None
    assert "满意度调查" in found["steps"][0]["value"]
    growth = explain(run, "m24_10_growth/county/330226/2025")
    assert [step["name"] for step in growth["steps"][:3]] == ["分子", "分母", "计算"]


@pytest.mark.parametrize(
    "figure", ["m24_07", "m24_07/county/330226/2025-13", "m99/county/330226/2025", "m24_07/county/1/2025"]
)
def test_a_figure_that_is_not_there_is_refused(county_home, figure):
    with pytest.raises(Refused):
        explain(open_run(county_home), figure)


def test_targets_are_met_not_met_or_unknown_with_their_distance(county_home, pack):
    run = open_run(county_home)
    results = {result.target: result for result in check_targets(run, pack, "2025")}
    primary = results["target.primary_share"]
    assert primary.target_value == 65
    assert primary.distance == primary.value - 65
    assert primary.met == ("yes" if primary.value >= 65 else "no")
    assert primary.as_json()["target_value"] == "65"
    assert primary.cite[0]["clause"] == "一（三）"
    early = {result.target: result for result in check_targets(run, pack, "2024-01")}
    assert all(r.met == "unknown" and r.because for r in early.values() if r.comparator in ("rising", "falling"))


def test_the_part_of_a_change_that_is_only_words_is_told_apart(county_home):
    run = open_run(county_home)
    change = definition_change(run, "m24_07", "2025", earlier="2024")
    assert change.succeeds == "m20_03"
    assert change.real + change.of_definition == change.total
    assert change.new_later - change.old_later == change.of_definition != 0
    same = definition_change(run, "m24_11", "2025")
    assert same.of_definition == 0
    assert same.real == 0
    with pytest.raises(Refused, match="succeeds"):
        definition_change(run, "m24_12", "2025")


def test_region_of_the_run_is_the_packs(county_home):
    assert open_run(county_home).region == REGION


def test_a_look_back_is_printed_and_does_not_become_what_the_pages_show(tmp_path, county_home):
    home = tmp_path / "home"
    shutil.copytree(county_home, home)
    pack = load_pack(default_root(), "ninghai")
    shown = open_run(home).id
    lake = Lake(home)
    before = sorted({load.known_at for load in lake.loads()})[-2]
    assert compute(lake, pack, known_at=before).id != shown
    assert compute(lake, pack, as_of=date(2025, 6, 30)).id != shown
    assert compute(lake, pack, sets=["ninghai-2017"]).id != shown
    assert open_run(home).id == shown
    present = compute(lake, pack)
    assert open_run(home).id == present.id
