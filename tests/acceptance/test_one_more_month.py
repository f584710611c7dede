"""A data steward brings one more month as CSV: the figures move, and the old ones can be printed again."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from opencmc.synthetic import extra_month

MONTH = "2026-01"
BEFORE = "2026-03-12T00:00:00+08:00"
AFTER = "2026-03-15T00:00:00+08:00"


def opencmc(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from opencmc.cli.main import main; main()", *map(str, arguments)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=environment)


def figures(home: Path, *arguments: str) -> dict[str, dict]:
    printed = opencmc("indicators", "--home", home, "--set", "national-2024", "--format", "json", *arguments)
    assert printed.returncode == 0, printed.stderr
    rows = json.loads(printed.stdout)
    return {row["indicator"]: {key: value for key, value in row.items() if key != "run"} for row in rows}


@pytest.fixture(scope="module")
def home(county_home, tmp_path_factory) -> Path:
    """A copy of the county, so that the shared one stays as it is."""
    copy = tmp_path_factory.mktemp("more") / "home"
    shutil.copytree(county_home, copy, ignore=shutil.ignore_patterns("web.sqlite3*"))
    return copy


def test_an_extra_month_moves_the_figures_and_the_old_ones_can_be_printed_again(home):
    year_before = figures(home, "--period", "2025")
    assert year_before["m24_07"]["status"] == "value"

    for table, path in extra_month(home, MONTH).items():
        loaded = opencmc("load", table, path, "--home", home, "--known-at", AFTER, "--format", "json")
        assert loaded.returncode == 0, loaded.stderr
        report = json.loads(loaded.stdout)
        assert report["accepted"] + report["refused"] == report["read"] > 0

    month = figures(home, "--period", MONTH)
    assert month["m24_07"]["status"] == "value"
    assert month["m24_07"]["denominator"] > 0
    # Rows of the last months that came late move the year a little; the year as known before stays as it was printed.
    assert figures(home, "--period", "2025", "--known-at", BEFORE) == year_before
    assert figures(home, "--period", MONTH, "--known-at", BEFORE) == {}


def test_bringing_the_same_file_again_changes_nothing(home):
    before = figures(home, "--period", MONTH)
    again = opencmc(
        "load",
        "visit",
        home / "source" / "visit" / f"{MONTH}.csv",
        "--home",
        home,
        "--known-at",
        AFTER,
        "--format",
        "json",
    )
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["unchanged"] is True
    assert figures(home, "--period", MONTH) == before
