"""A made county lies in the lake: nothing is refused, late rows come late, one more month can be brought as CSV."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from opencmc.base.errors import Refused
from opencmc.facts.lake import Lake
from opencmc.facts.tables import TABLES
from opencmc.synthetic import CountyReport, extra_month, make_county

BEIJING = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> CountyReport:
    return make_county(tmp_path_factory.mktemp("made"), residents=1_200, seed=4, months=5)


def test_every_table_is_filled_but_the_published_counts(county: CountyReport) -> None:
    # What an institution is attached to stands in its own row; dated attachments come from daily work.
    assert set(county.counts) == set(TABLES) - {"disease_count", "attachment"}
    assert all(county.counts.values())


def test_nothing_is_refused_and_what_cannot_be_placed_is_in_the_answer_key(county: CountyReport) -> None:
    manifests = Lake(county.home).loads()
    assert sum(manifest.refused for manifest in manifests) == 0
    truth = json.loads(county.truth.read_text(encoding="utf-8"))
    unplaced = sum(reason.count for manifest in manifests if manifest.table == "visit" for reason in manifest.unplaced)
    assert unplaced == truth["unplaced"]["total"]["unknown_institution"]


def test_rows_are_known_on_the_tenth_of_the_next_month(county: CountyReport) -> None:
    visits = [manifest for manifest in Lake(county.home).loads() if manifest.table == "visit"]
    assert visits[0].known_at == datetime(2024, 2, 10, tzinfo=BEIJING)
    assert all(manifest.known_at.day == 10 for manifest in visits)


def test_late_rows_show_as_a_difference_between_two_moments(county: CountyReport) -> None:
    lake = Lake(county.home)
    truth = json.loads(county.truth.read_text(encoding="utf-8"))

    def rows(known_at: datetime) -> int:
        return sum(pq.read_metadata(path).num_rows for _, path in lake.table_files("visit", known_at).rows)

    end = datetime(2024, 6, 11, tzinfo=BEIJING)
    later = datetime(2024, 9, 1, tzinfo=BEIJING)
    assert rows(later) - rows(end) == sum(truth["late"]["by_month"][month] for month in ("2024-04", "2024-05"))


def test_one_more_month_comes_as_csv_and_loads_without_refusals(county: CountyReport) -> None:
    files = extra_month(county.home, "2024-06")
    assert {path.suffix for path in files.values()} == {".csv"}
    assert {"visit", "stay", "referral", "order"} <= set(files)
    lake = Lake(county.home)
    for table, path in files.items():
        report = lake.load(table, [path], known_at=datetime(2024, 9, 10, tzinfo=BEIJING), actor="test")
        assert (report.refused, report.accepted) == (0, report.read)


def test_a_month_inside_the_period_is_no_extra_month(county: CountyReport, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        extra_month(county.home, "2024-03")
    with pytest.raises(Refused):
        extra_month(tmp_path, "2024-06")


def test_fewer_than_two_hundred_residents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="200"):
        make_county(tmp_path, residents=10, seed=1)


def test_communities_and_members_are_those_of_the_pack(county: CountyReport) -> None:
    from opencmc.policy.pack import default_root, load_pack
    from opencmc.synthetic.network import FOUNDED

    network = load_pack(default_root(), "ninghai").value("network.communities", FOUNDED)
    rows = pq.read_table(county.home / "source" / "membership" / "register.parquet").to_pylist()
    for community in network["communities"]:
        held = {
            row["institution_id"]: row["role"]
            for row in rows
            if row["community_id"] == community["id"] and not row["institution_id"].startswith("NH-V")
        }
        planned = {member["institution"]: member["role"] for member in community["members"]}
        assert held == {community["lead"]: "lead", **planned}
