"""What holds for every file: rows are accounted for, splitting a file changes nothing, the past stays."""

import tempfile
from datetime import timedelta
from pathlib import Path

from facts_rows import KNOWN, VISIT, csv_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake

days = st.sampled_from(["2025-01-31", "2025-02-28", "2025-02-30", "", "2025-3-1", "9999-12-31"])
amounts = st.sampled_from(["0", "1", "12340", "-1", "1.5", "", "99999999999999999999"])
identifiers = st.sampled_from(["v1", "v2", "v3", "v4", "", '"v,5"', '"v""6"'])
rows = st.builds(
    lambda visit_id, day, total, kind: (
        VISIT | {"visit_id": visit_id, "date": day, "total_fen": total, "fund_fen": "0", "own_fen": "0", "kind": kind}
    ),
    identifiers,
    days,
    amounts,
    st.sampled_from(["outpatient", "emergency", "x"]),
)
tables = st.lists(rows, min_size=1, max_size=12)
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def load(lake, folder, name, content, step=0):
    path = Path(folder) / name
    path.write_text(content, encoding="utf-8")
    return lake.load("visit", [path], known_at=KNOWN + timedelta(days=step), actor="张三")


def view(lake, step=None):
    with DuckDB(lake, None if step is None else KNOWN + timedelta(days=step), threads=1) as engine:
        return sorted(engine.collect(engine.table("visit")).to_pylist(), key=lambda row: row["visit_id"])


@slow
@given(tables)
def test_accepted_and_refused_add_up_to_what_was_read(table):
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "home")
        report = load(lake, folder, "all.csv", csv_of(*table))
        assert report.read == len(table)
        assert report.accepted + report.refused == report.read
        assert len(view(lake)) == report.accepted
        assert (report.refused > 0) == bool(report.reasons)


@slow
@given(tables, st.data())
def test_a_file_split_in_two_gives_the_same_rows_as_the_whole_where_keys_do_not_repeat(table, data):
    unique = list({row["visit_id"]: row for row in table}.values())
    at = data.draw(st.integers(0, len(unique)))
    with tempfile.TemporaryDirectory() as folder:
        whole, parts = Lake(Path(folder) / "whole"), Lake(Path(folder) / "parts")
        load(whole, folder, "all.csv", csv_of(*unique))
        for number, part in enumerate((unique[:at], unique[at:])):
            if part:
                load(parts, folder, f"{number}.csv", csv_of(*part))
        assert view(parts) == view(whole)


@slow
@given(st.lists(tables, min_size=2, max_size=3))
def test_no_load_changes_what_was_known_before_it(history):
    with tempfile.TemporaryDirectory() as folder:
        lake, seen = Lake(Path(folder) / "home"), []
        for step, table in enumerate(history):
            load(lake, folder, f"{step}.csv", csv_of(*table), step)
            seen.append(view(lake, step))
            assert [view(lake, earlier) for earlier in range(step + 1)] == seen
            keys = [row["visit_id"] for row in view(lake)]
            assert len(keys) == len(set(keys))
