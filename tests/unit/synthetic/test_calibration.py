"""A county of 20,000 looks like the counties that the figures come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from opencmc.synthetic.people import RESIDENT, YEAR
from opencmc.synthetic.world import World

#: Figure, lowest, highest. What each is measured against stands in docs/synthetic-county.md.
RANGES = [
    ("largest_age_group_error", 0.0, 1.0),
    ("visits_per_head", 6.7, 7.3),
    ("stays_per_100", 14.0, 17.0),
    ("stays_in_county", 83.5, 88.5),
    ("visits_in_county", 92.0, 96.0),
    ("primary_share_first_quarter", 58.0, 64.0),
    ("fund_in_county", 68.0, 76.5),
    ("fund_to_primary", 15.0, 22.0),
    ("tcm_share", 17.0, 20.0),
    ("days_county", 7.0, 8.0),
    ("visit_yuan_county", 200.0, 290.0),
    ("stay_yuan_county", 6_000.0, 7_200.0),
    ("stay_yuan_township", 2_200.0, 3_000.0),
    ("stay_yuan_outside", 14_500.0, 19_000.0),
    ("deaths_per_1000", 7.3, 9.2),
    ("premature_mortality", 11.5, 17.0),
]


@pytest.mark.parametrize(("figure", "lowest", "highest"), RANGES)
def test_the_county_is_calibrated(figures: dict[str, float], figure: str, lowest: float, highest: float) -> None:
    assert lowest <= figures[figure] <= highest


def test_the_upward_pull_lowers_the_primary_share_slowly(figures: dict[str, float]) -> None:
    fall = figures["primary_share_first_quarter"] - figures["primary_share_last_quarter"]
    assert 1.5 < fall < 7.0


@pytest.mark.parametrize(("low", "high", "share"), [(18, 45, 0.142), (45, 65, 0.424), (65, 120, 0.660)])
def test_hypertension_is_as_common_as_the_survey_found(
    staged_county: tuple[Path, World], low: int, high: int, share: float
) -> None:
    people = staged_county[1].people
    years = (staged_county[1].calendar.month(0).start - people.birth) / YEAR
    group = (people.kind == RESIDENT) & (years >= low) & (years < high)
    assert abs(people.hypertension[group].mean() - share) < 0.02


def test_about_a_tenth_of_adults_have_diabetes(staged_county: tuple[Path, World]) -> None:
    people = staged_county[1].people
    years = (staged_county[1].calendar.month(0).start - people.birth) / YEAR
    adults = (people.kind == RESIDENT) & (years >= 18)
    assert 0.085 < people.diabetes[adults].mean() < 0.125


def test_some_townships_reach_the_primary_share_target_and_some_do_not(rows, staged_county: tuple[Path, World]) -> None:
    visits = rows("visit")
    early = np.isin(visits["file"].to_numpy(zero_copy_only=False), ["2024-01", "2024-02", "2024-03"])
    institutions = {row["institution_id"]: row["tier"] for row in rows("institution").to_pylist()}
    home = {row["resident_id"]: row["township"] for row in rows("resident").to_pylist()}
    counted: dict[str, list[int]] = {}
    for row in visits.filter(early).to_pylist():
        tier = institutions.get(row["institution_id"])
        place = home.get(row["resident_id"])
        if place and tier in ("county", "township", "village") and row["kind"] != "pharmacy":
            count = counted.setdefault(place, [0, 0])
            count[0] += tier != "county"
            count[1] += 1
    shares = {place: primary / whole for place, (primary, whole) in counted.items()}
    assert any(share >= 0.65 for share in shares.values())
    assert any(share < 0.65 for share in shares.values())


def test_village_ecg_coverage_rises_from_about_45_to_about_65_percent(rows, staged_county: tuple[Path, World]) -> None:
    world = staged_county[1]
    clinics = [row["institution_id"] for row in rows("institution").to_pylist() if row["tier"] == "village"]
    ecg = [row for row in rows("equipment").to_pylist() if row["institution_id"] in set(clinics)]
    first = sum(row["start"] <= world.calendar.start for row in ecg) / len(clinics)
    last = sum(row["start"] < world.calendar.end for row in ecg) / len(clinics)
    assert 0.40 <= first <= 0.50
    assert 0.60 <= last <= 0.70
