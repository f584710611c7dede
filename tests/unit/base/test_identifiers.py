from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencmc.base.identifiers import (
    CitizenId,
    citizen_id_check,
    credit_code_check,
    division_level,
    parse_credit_code,
    parse_division_code,
    parse_organisation_code,
)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "11010519491231002x"])
def test_citizen_ids_of_the_standard_pass(number):
    assert CitizenId.parse(number).number == number.upper()


def test_an_old_number_of_15_digits_becomes_18():
    number = CitizenId.parse("110105491231002")
    assert number.number == "11010519491231002X"
    assert (number.birth_date, number.sex, number.division) == (date(1949, 12, 31), "2", "110105")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("110105194912310021", "校验码"),
        ("000000000000000000", "日期"),
        ("110105194902300028", "日期"),
        ("12345", "18 位"),
        ("", "18 位"),
        ("１１０１０５１９４９１２３１００２X", "18 位"),
    ],
)
def test_a_wrong_citizen_id_names_its_fault_and_not_the_number(text, fault):
    with pytest.raises(ValueError, match=fault) as refusal:
        CitizenId.parse(text)
    assert not text or text not in str(refusal.value)


@given(st.integers(0, 10**17 - 1), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(body, position, step):
    digits = f"{body:017d}"
    wrong = digits[:position] + str((int(digits[position]) + step) % 10) + digits[position + 1 :]
    assert citizen_id_check(wrong) != citizen_id_check(digits)


def test_the_unified_social_credit_code_of_the_standard_passes():
    assert parse_credit_code("91350100M000100Y43") == "91350100M000100Y43"
    assert credit_code_check("91350100M000100Y4") == "3"


@pytest.mark.parametrize("code", ["91350100M000100Y44", "91350100M000100Y4", "9135010OM000100Y43"])
def test_a_wrong_credit_code_is_refused(code):
    with pytest.raises(ValueError, match="统一社会信用代码"):
        parse_credit_code(code)


@pytest.mark.parametrize("code", ["D2143569-X", "M000100Y-4", "d2143569x"])
def test_organisation_codes_pass_with_and_without_hyphen(code):
    assert len(parse_organisation_code(code)) == 9


@pytest.mark.parametrize("code", ["D2143569-1", "D214356", ""])
def test_a_wrong_organisation_code_is_refused(code):
    with pytest.raises(ValueError, match="组织机构代码"):
        parse_organisation_code(code)


@pytest.mark.parametrize(
    ("code", "level", "short"),
    [
        ("33", "province", "33"),
        ("3302", "city", "3302"),
        ("330226", "county", "330226"),
        ("330226000000", "county", "330226"),
        ("330226101", "township", "330226101"),
        ("330226101201", "village", "330226101201"),
    ],
)
def test_division_codes_know_their_level(code, level, short):
    assert parse_division_code(code) == short
    assert division_level(code) == level


@pytest.mark.parametrize("code", ["3", "33022", "3302261", "99", "33022610", "abc", "3302261012"])
def test_a_division_code_of_no_level_is_refused(code):
    with pytest.raises(ValueError, match="行政区划"):
        parse_division_code(code)
