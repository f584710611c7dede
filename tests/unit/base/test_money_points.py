import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencmc.base.money import format_wan, format_yuan, parse_yuan
from opencmc.base.points import format_points, multiply, parse_points


@pytest.mark.parametrize(("text", "fen"), [("0", 0), ("12", 1200), ("12.3", 1230), ("12.34", 1234), ("-0.05", -5)])
def test_yuan_are_read_to_the_fen(text, fen):
    assert parse_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "1.234", "1,234.00", "一百", "1e3", "NaN", "--1", "9" * 20])
def test_what_is_not_an_amount_is_refused_and_not_guessed(text):
    with pytest.raises(ValueError):
        parse_yuan(text)


@given(st.integers(-(10**12), 10**12))
def test_a_printed_amount_reads_back(fen):
    assert parse_yuan(format_yuan(fen).replace(",", "")) == fen


@pytest.mark.parametrize(
    ("fen", "wan"), [(123_456_789, "123.46"), (5_000, "0.01"), (4_999, "0.00"), (-4_999, "0.00"), (-5_000, "-0.01")]
)
def test_headlines_in_wan_are_rounded_half_up(fen, wan):
    assert format_wan(fen) == wan


@pytest.mark.parametrize(("text", "points"), [("1.05", 10_500), ("0.4", 4_000), ("-2", -20_000), ("60.0001", 600_001)])
def test_points_have_four_decimals(text, points):
    assert parse_points(text) == points
    assert parse_points(format_points(points)) == points


def test_a_base_of_60_points_with_coefficient_1_05_gives_63():
    assert format_points(multiply(parse_points("60"), parse_points("1.05"))) == "63"


def test_five_decimals_are_refused():
    with pytest.raises(ValueError, match="four decimals"):
        parse_points("1.00001")
