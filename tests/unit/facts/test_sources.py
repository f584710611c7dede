"""Front pages, grouping cases and published series become logical rows, checked like all others."""

import datetime as dt

import pytest
from facts_rows import csv_of

from opencmc.base.errors import DataError, Refused

PAGE = {
    "A01": "12330226X",
    "A48": "0001",
    "A49": "1",
    "B12": "2025-03-01 08:00:00",
    "B15": "2025-03-05 10:30:00",
    "A12C": "1",
    "A14": "60",
    "A16": "-",
    "A18x01": "-",
    "C03C": "I10.x00",
    "C06x01C": "E11.900",
    "C06x02C": "-",
    "C14x01C": "45.1600",
    "C35x01C": "-",
    "B34C": "1",
    "D01": "1234.5",
    "D09": "234.56",
    "D11": "1000.00",
    "D19x01": "900.00",
    "D23": "234.50",
    "A11": "张三丰",
    "A20": "330226196501011234",
}


def test_a_front_page_becomes_a_stay(bring, current):
    report = bring(csv_of(PAGE), "stay", source="front_page")
    assert (report.read, report.accepted) == (1, 1), report.reasons
    (stay,) = current("stay")
    assert {name: value for name, value in stay.items() if value is not None} == {
        "stay_id": "12330226X:0001:1",
        "institution_id": "12330226X",
        "admitted": dt.date(2025, 3, 1),
        "discharged": dt.date(2025, 3, 5),
        "sex": "1",
        "age_years": 60,
        "diagnoses": ["I10.x00", "E11.900"],
        "procedures": ["45.1600"],
        "discharge_way": "1",
        "total_fen": 123450,
        "own_fen": 23456,
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"B15": "2025-02-28 10:00:00"}, "出院早于入院：出院时间（B15）不应早于入院时间（B12）"),
        ({"B15": "2025-03-01 07:00:00"}, "出院时间（B15）早于入院时间（B12）"),
        ({"B12": "2025-02-30 08:00:00"}, "入院时间（B12）不是时间：应写作 2025-03-01 08:00:00"),
        ({"D01": "0", "D11": "", "D23": "", "D09": "0"}, "住院总费用（D01）为 0：应大于 0"),
        ({"D01": ""}, "住院总费用（D01）没有填写"),
        ({"D01": "1234.505"}, "住院总费用（D01）不是金额：应写作元，至多两位小数"),
        ({"D01": "-5"}, "住院总费用（D01）"),
        ({"D01": "1234.49"}, "住院总费用（D01）小于分项费用（D11–D34）之和"),
        ({"D09": "1234.51"}, "个人负担大于总费用：住院总费用其中自付金额（D09）不应大于住院总费用（D01）"),
        ({"A16": "3", "A14": "0", "A18x01": "99"}, "新生儿出生体重(克)（A18x01）小于下限：应不小于 100"),
        ({"A16": "3", "A14": "0", "A18x01": "10000"}, "新生儿出生体重(克)（A18x01）大于上限"),
        ({"C03C": "-"}, "出院主要诊断编码（C03C）没有填写"),
        ({"C14x01C": "", "C35x01C": "45.1600"}, "有其他手术操作（C35x01C）而没有主要手术操作（C14x01C）"),
        ({"B34C": "7"}, "离院方式（B34C）不在允许的取值之内"),
        ({"A12C": "男"}, "性别（A12C）不在允许的取值之内"),
        ({"A48": ""}, "病案号（A48）没有填写"),
    ],
)
def test_the_rules_of_the_front_page_refuse_with_field_code_and_name(bring, changes, expected):
    report = bring(csv_of(PAGE, PAGE | {"A48": "0002"} | changes), "stay", source="front_page")
    assert (report.read, report.accepted, report.refused) == (2, 1, 1)
    assert any(expected in reason.reason and reason.lines == (3,) for reason in report.reasons), report.reasons


def test_chinese_names_may_stand_in_the_header_of_a_front_page(bring, current):
    names = {
        "A01": "组织机构代码",
        "A48": "病案号",
        "B12": "入院时间",
        "C03C": "出院主要诊断编码",
        "C06x01C": "出院其他诊断编码",
    }
    page = {names.get(field, field): value for field, value in PAGE.items()}
    assert bring(csv_of(page).encode("gb18030"), "stay", source="front_page").accepted == 1
    assert current("stay")[0]["diagnoses"] == ["I10.x00", "E11.900"]


def test_a_mothers_front_page_does_not_give_her_the_weight_of_her_child(bring, current):
    bring(csv_of(PAGE | {"A18x01": "3200", "A14": "29"}), "stay", source="front_page")
    assert current("stay")[0]["birth_weight_g"] is None


def test_a_newborns_front_page_keeps_age_and_weight(bring, current):
    bring(csv_of(PAGE | {"A18x01": "3200", "A14": "0", "A16": "2"}), "stay", source="front_page")
    stay = current("stay")[0]
    assert (stay["age_days"], stay["birth_weight_g"]) == (2, 3200)


def test_a_missing_field_names_the_one_that_was_meant(bring):
    page = {("C3C" if field == "C03C" else field): value for field, value in PAGE.items()}
    with pytest.raises(DataError, match=r"缺少列 C03C，或作 出院主要诊断编码：请把“C3C”改为 C03C"):
        bring(csv_of(page), "stay", source="front_page")


def test_the_resident_may_be_named_by_a_field_but_not_by_the_document_number(bring, current):
    bring(csv_of(PAGE | {"A47": "R77"}), "stay", source="front_page", settings={"resident_field": "A47"})
    assert current("stay")[0]["resident_id"] == "R77"
    with pytest.raises(Refused, match="身份证号与姓名不进入病例表"):
        bring(csv_of(PAGE | {"A48": "2"}), "stay", source="front_page", settings={"resident_field": "A20"})


def test_nothing_of_a_person_leaves_the_front_page(bring, lake):
    bring(csv_of(PAGE, PAGE | {"A48": "2", "B34C": "7"}), "stay", source="front_page")
    for path in lake.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert "张三丰".encode() not in content
            assert b"330226196501011234" not in content


def test_the_six_real_front_pages_come_in_with_what_the_form_does_not_say(lake, shared_root, current):
    from facts_rows import KNOWN

    path = shared_root / "data" / "drg_sample" / "real_front_pages_6.csv"
    options = {"source": "grouping_cases", "known_at": KNOWN, "actor": "张三"}
    with pytest.raises(Refused, match="--set institution_id=… --set discharged=…"):
        lake.load("stay", [path], **options)
    report = lake.load("stay", [path], **options, settings={"institution_id": "NH-H1", "discharged": "2023-05-01"})
    assert (report.read, report.accepted, report.refused) == (6, 6, 0)
    rows = {row["stay_id"]: row for row in current("stay")}
    assert rows["OD15"]["admitted"] == dt.date(2023, 4, 27)
    assert rows["OD14"]["procedures"] == ["01.3900x009", "01.2413", "31.1x00x005"]
    assert {row["total_fen"] for row in rows.values()} == {None}, "unknown is not zero"
    assert any("费用不详" in note for note in report.notes)


def test_days_in_hospital_that_are_no_number_refuse_the_case(bring):
    case = {"case_id": "c1", "gender": "1", "age": "60", "los_days": "约5", "leaving_way": "1", "diagnoses": "I10"}
    settings = {"institution_id": "H1", "discharged": "2023-05-01"}
    report = bring(csv_of(case), "stay", source="grouping_cases", settings=settings)
    assert any("住院天数（los_days）不是天数" in reason.reason for reason in report.reasons)


def test_an_unknown_setting_is_refused_with_those_that_exist(bring):
    with pytest.raises(Refused, match=r"没有设定项 hospital。.*institution_id"):
        bring(csv_of(PAGE), "stay", source="front_page", settings={"hospital": "H1"})


def test_empty_cells_of_the_monthly_series_are_no_rows(bring, current):
    report = bring(
        "月份,麻疹,鼠疫\n2025-01,5,\n2025-02,0,1\n2025-13,1,\n", "disease_count", source="infectious_monthly"
    )
    assert (report.read, report.accepted, report.refused) == (4, 3, 1)
    assert report.reasons[0].lines == (4,)
    assert {(row["disease"], str(row["date"]), row["cases"]) for row in current("disease_count")} == {
        ("鼠疫", "2025-02-01", 1),
        ("麻疹", "2025-01-01", 5),
        ("麻疹", "2025-02-01", 0),
    }


def test_the_national_series_joins_cases_and_deaths_and_refuses_the_month_that_stands_twice(lake, shared_root, current):
    from facts_rows import KNOWN

    folder = shared_root / "data" / "infectious"
    files = [folder / "china_monthly_cases.csv", folder / "china_monthly_deaths.csv"]
    report = lake.load("disease_count", files, source="infectious_monthly", known_at=KNOWN, actor="张三")
    assert report.read == report.accepted + report.refused == 12023
    # The published table prints 2010-10 twice; the second is November under a wrong name.
    assert (report.refused, report.reasons[0].lines) == (47, (84,))
    rabies = {str(row["date"]): row for row in current("disease_count") if row["disease"] == "狂犬病"}
    assert (rabies["2004-01-01"]["cases"], rabies["2004-01-01"]["deaths"]) == (89, 57)
