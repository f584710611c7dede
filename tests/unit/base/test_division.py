from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencmc.base.division import apportion, round_half_up


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 2, 3), (7, 2, 4), (1, 3, 0), (2, 3, 1), (0, 9, 0), (10**30 + 1, 2, (10**30 + 2) // 2)],
)
def test_a_half_is_rounded_up(numerator, denominator, rounded):
    assert round_half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(("numerator", "denominator"), [(1, 0), (1, -2), (-1, 2)])
def test_what_has_no_agreed_half_is_refused(numerator, denominator):
    with pytest.raises(ValueError, match="must"):
        round_half_up(numerator, denominator)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10_000, [1, 1, 1], [3_334, 3_333, 3_333]),
        # 0.6 × 92.5, 0.3 × 88, 0.1 × 95: a surplus split by level and score
        (85_000_000, [Fraction("55.5"), Fraction("26.4"), Fraction("9.5")], [51_613_786, 24_551_422, 8_834_792]),
        (-10_000, [1, 1, 1], [-3_334, -3_333, -3_333]),
        (0, [0, 0], [0, 0]),
        (1, [0, 5], [0, 1]),
        (0, [], []),
    ],
)
def test_known_splits(total, weights, parts):
    assert apportion(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, [0, 0]), (1, []), (5, [1, -1])])
def test_a_split_that_cannot_be_fair_is_refused(total, weights):
    with pytest.raises(ValueError, match="weights"):
        apportion(total, weights)


weights_of_any_size = st.lists(st.integers(0, 10**40), min_size=1).filter(any)


@given(st.integers(-(10**30), 10**30), weights_of_any_size)
def test_the_parts_add_up_and_each_is_within_one_of_its_exact_share(total, weights):
    parts = apportion(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part - Fraction(total * weight, sum(weights))) < 1 for part, weight in zip(parts, weights, strict=True)
    )


@given(st.integers(0, 10**12), weights_of_any_size)
def test_a_greater_weight_never_gets_less(total, weights):
    by_weight = sorted(zip(weights, apportion(total, weights), strict=True), key=lambda pair: pair[0])
    for (lighter, less), (heavier, more) in pairwise(by_weight):
        assert less <= more or lighter == heavier
