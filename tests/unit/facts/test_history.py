"""Loads only append: what was known on a day stays readable as it was known on that day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from facts_rows import KNOWN, VISIT, csv_of

from opencmc.base.errors import Refused
from opencmc.facts.engines import DuckDB
from opencmc.facts.overview import overview
from opencmc.facts.tables import TABLES

DAY = timedelta(days=1)


def test_a_correction_supersedes_and_the_past_stays_as_it_was(bring, current, lake):
    bring(csv_of(VISIT, VISIT | {"visit_id": "v2"}))
    report = bring(csv_of(VISIT | {"date": "2025-04-02", "total_fen": "20000"}), known_at=KNOWN + DAY)
    assert report.superseded == 1
    assert any("以新行为准" in note for note in report.notes)
    assert [(row["visit_id"], row["total_fen"]) for row in current()] == [("v1", 20000), ("v2", 12340)]
    assert [(row["visit_id"], row["total_fen"]) for row in current(known_at=KNOWN)] == [("v1", 12340), ("v2", 12340)]
    manifest = lake.loads()[-1]
    assert manifest.superseded_loads == {1: 1}
    assert manifest.months == ("2025-03", "2025-04"), "a moved row touches the month that it left, too"


def test_a_row_corrected_twice_shows_its_last_form(bring, current, lake):
    for step in range(3):
        bring(csv_of(VISIT | {"total_fen": str(20000 + step)}), known_at=KNOWN + step * DAY)
    assert [row["total_fen"] for row in current()] == [20002]
    assert [row["total_fen"] for row in current(known_at=KNOWN + DAY)] == [20001]
    assert [load.superseded_loads for load in lake.loads()] == [{}, {1: 1}, {2: 1}]


def test_the_same_file_twice_changes_nothing(bring, lake):
    content = csv_of(VISIT)
    first = bring(content)
    again = bring(content, known_at=KNOWN + DAY)
    assert (first.load, first.unchanged) == (1, False)
    assert (again.load, again.unchanged, again.read) == (None, True, 0)
    assert len(lake.loads()) == 1


def test_of_several_files_only_the_new_ones_are_loaded(lake, tmp_path):
    for number in (1, 2, 3):
        (tmp_path / f"{number}.csv").write_text(csv_of(VISIT | {"visit_id": f"v{number}"}), encoding="utf-8")
    lake.load("visit", [tmp_path / "1.csv"], known_at=KNOWN, actor="张三")
    report = lake.load("visit", [tmp_path / f"{number}.csv" for number in (1, 2, 3)], known_at=KNOWN, actor="张三")
    assert (report.read, report.accepted, report.superseded) == (2, 2, 0)
    assert any("不再装入" in note for note in report.notes)


def test_the_past_cannot_be_changed_by_a_load_that_says_it_was_known_before(bring):
    bring(csv_of(VISIT))
    with pytest.raises(Refused, match="已经算出的历史会因此改变"):
        bring(csv_of(VISIT | {"visit_id": "v2"}), known_at=KNOWN - DAY)


def test_a_moment_without_zone_is_a_fault_of_the_caller(bring):
    with pytest.raises(ValueError, match="time zone"):
        bring(csv_of(VISIT), known_at=datetime(2026, 1, 5))  # noqa: DTZ001


def test_moments_in_other_zones_are_the_same_moments(bring, current):
    bring(csv_of(VISIT))
    beijing = datetime.fromisoformat("2026-01-05T16:00:00+08:00")
    assert len(current(known_at=beijing)) == 1
    assert len(current(known_at=beijing - timedelta(seconds=1))) == 0
    assert KNOWN.tzinfo is UTC


@pytest.mark.parametrize("table_name", sorted(TABLES))
def test_a_table_of_which_nothing_was_loaded_is_empty_and_typed(lake, table_name):
    with DuckDB(lake) as engine:
        table = engine.table(table_name)
        assert list(table.columns) == list(TABLES[table_name].columns)
        assert engine.collect(table.count()).to_pylist() == [{table.count().get_name(): 0}]


def test_the_overview_counts_current_rows_loads_and_refusals(bring, lake):
    bring(csv_of(VISIT, VISIT | {"visit_id": "v2"}, VISIT | {"visit_id": "v3", "date": "x"}))
    bring(csv_of(VISIT | {"total_fen": "99999", "date": "2025-06-01"}), known_at=KNOWN + DAY)
    line = next(line for line in overview(lake) if line.table == "visit")
    assert (line.rows, line.loads, line.refused, line.unplaced) == (2, 2, 1, 3)
    assert (line.first_date, line.last_date, line.known_at) == (date(2025, 3, 1), date(2025, 6, 1), KNOWN + DAY)


def test_the_accepted_rows_are_the_same_bytes_however_often_they_are_loaded(lake, tmp_path):
    from opencmc.facts.lake import Lake

    rows = [VISIT | {"visit_id": f"v{number}"} for number in range(300)]
    (tmp_path / "v.csv").write_text(csv_of(*rows), encoding="utf-8")
    contents = set()
    for name in ("a", "b"):
        other = Lake(tmp_path / name)
        other.load("visit", [tmp_path / "v.csv"], known_at=KNOWN, actor="张三")
        contents.add((other.loads()[0].content, other.loads()[0].to_text()))
    assert len(contents) == 1
