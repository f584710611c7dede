"""The demonstration's denominator is Ninghai's 2020 census, to the person."""

from opencmc.policy.pack import default_root, load_pack
from opencmc.synthetic.census import CENSUS_DAY, census
from opencmc.synthetic.populations import census_table
from opencmc.synthetic.world import World


def counted(residents: int) -> dict[str, int]:
    table = census_table(World.make(residents, 1, "2024-01", 1).people)
    by_sex = dict.fromkeys(("1", "2"), 0)
    for row in table.to_pylist():
        by_sex[row["sex"]] += row["count"]
    return by_sex


def test_the_full_county_has_the_men_and_women_that_the_census_counted():
    assert census().total == 695_958
    assert counted(695_958) == {"1": 361_292, "2": 334_666}


def test_a_smaller_county_keeps_the_proportion_and_adds_up():
    smaller = counted(70_000)
    assert sum(smaller.values()) == 70_000
    assert abs(smaller["1"] * census().total - 70_000 * census().men) < census().total


def test_the_shares_by_age_are_those_of_the_pack():
    ages = load_pack(default_root(), "ninghai").value("population.census2020_ages", CENSUS_DAY)
    assert census().share_per_10000 == {low: share * 10_000 for _, low, _, share in ages}
    assert sum(census().share_per_10000.values()) == 10_000
