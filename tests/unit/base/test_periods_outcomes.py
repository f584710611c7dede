from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencmc.base.errors import DataError, DataReason, Finding, PolicyError, Refused
from opencmc.base.outcomes import NotApplicable, Unknown, Value, combine
from opencmc.base.periods import Period

months = st.builds(Period.month, st.integers(1900, 2100), st.integers(1, 12))
to_dates = st.builds(Period.year_to_date, st.integers(1900, 2100), st.integers(1, 12))
quarters = st.builds(Period.quarter, st.integers(1900, 2100), st.integers(1, 4))
years = st.builds(Period.year, st.integers(1900, 2100))


@given(st.one_of(months, quarters, years, to_dates))
def test_a_period_reads_back_from_its_name(period):
    assert Period.parse(period.name) == period


def test_a_period_does_not_contain_its_end():
    quarter = Period.parse("2025Q1")
    assert date(2025, 3, 31) in quarter
    assert date(2025, 4, 1) not in quarter
    assert quarter.months() == ["2025-01", "2025-02", "2025-03"]
    assert Period.parse("2025-01..2025-03").previous_year().name == "2024-01..2024-03"


@pytest.mark.parametrize("text", ["2025-13", "2025Q5", "25", "2025-02..2025-03", "2025-01-01", ""])
def test_an_unknown_period_says_which_forms_exist(text):
    with pytest.raises(ValueError, match="2025Q1"):
        Period.parse(text)


def test_unknown_is_not_zero_and_names_all_that_is_missing():
    total = combine(lambda a, b: a + b, Value(Decimal(1)), Value(Decimal("0.5")))
    assert total == Value(Decimal("1.5"))
    assert combine(max, Unknown(("死因",)), Unknown(("人口", "死因"))) == Unknown(("死因", "人口"))
    assert combine(max, NotApplicable("县外机构"), Value(Decimal(1))) == NotApplicable("县外机构")
    assert combine(max, NotApplicable("县外机构"), Unknown(("人口",))) == Unknown(("人口",))


def test_each_family_of_refusal_has_its_exit_code_and_says_how_to_go_on():
    refused = Refused("不能接收自己发出的转诊", rule="双向转诊", possible_when="请由转入机构接收")
    policy = PolicyError([Finding("uncited", "policies/x.yaml:6", "没有依据", "请写明文件和条款")])
    data = DataError("有不合规的行", table="visit", reasons=(DataReason("日期不存在", 2, (3, 9)),))
    assert [refused.exit_code, policy.exit_code, data.exit_code] == [3, 4, 5]
    assert "请由转入机构接收" in str(refused)
    assert "policies/x.yaml:6" in str(policy)
    assert "第 3、9 行" in str(data)
