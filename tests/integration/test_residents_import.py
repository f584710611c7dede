"""Files of residents: the wrong rows are listed, the rest goes in, or nothing, as chosen."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from residents_of_a_county import CENTRE, EAST, WEST, actor, id_of, make_network, number, publish

from opencmc.apps.audit.models import AuditLine
from opencmc.apps.residents.api import search
from opencmc.apps.residents.import_files import MOST_ROWS
from opencmc.apps.residents.importing import import_residents, refused_csv
from opencmc.apps.residents.models import ImportRun, Resident
from opencmc.apps.residents.writing import values_of
from opencmc.base.errors import Refused

HEADS = ["姓名", "身份证号", "手机", "村（社区）", "备注"]
MANAGER = ("township_manager", CENTRE)


@pytest.fixture
def county(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    make_network()
    publish()


def table(rows, heads=HEADS, encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out).writerows([heads, *rows])
    return out.getvalue().encode(encoding)


def person(order, **changed):
    row = {
        "name": "丁一",
        "id": number("1971-02-03", order),
        "phone": f"138{order:08}",
        "village": "东一村",
        "note": "x",
    }
    return list((row | changed).values())


def bring(content, mode="good_rows", on_match="update", who=MANAGER, name="a.csv"):
    return import_residents(actor(*who), content, name, mode=mode, on_match=on_match)


def many():
    rows = [
        person(n % 900 + 1, id=number(f"19{60 + n // 900}-02-03", n % 900 + 1), phone=f"138{n:08}")
        for n in range(10_000)
    ]
    rows[4][1] = rows[4][1][:-1] + ("0" if rows[4][1][-1] != "0" else "1")
    rows[77][1] = rows[76][1]
    rows[9_998][3] = "没有这村"
    return rows


def test_three_wrong_rows_in_ten_thousand_are_listed_and_the_rest_goes_in(county):
    rows = many()
    run = bring(table(rows))
    assert (run.read, run.created_count, run.refused_count) == (10_000, 9_997, 3)
    assert [(p["row"], p["column"]) for p in run.problems] == [
        (6, "身份证号"),
        (79, "身份证号"),
        (10_000, "村（社区）"),
    ]
    assert "第 78 行" in run.problems[1]["reason"]
    back = list(csv.reader(io.StringIO(refused_csv(run).decode("utf-8-sig"))))
    assert back[0] == [*HEADS, "不收的原因"]
    assert [row[:5] for row in back[1:]] == [rows[4], rows[77], rows[9_998]]
    assert all(row[5] for row in back[1:])
    assert rows[4][1].encode() not in bytes(run.refused_rows)
    assert AuditLine.objects.filter(action="residents.create").count() == 9_997
    assert search(actor(), "丁一").total_is_exact is False


def test_or_nothing_goes_in_as_chosen(county):
    run = bring(table([person(1), person(2, id="1")]), mode="all_or_nothing")
    assert (run.created_count, run.refused_count, run.skipped_count) == (0, 1, 1)
    assert not Resident.objects.filter(source="import").exists()
    assert bring(table([person(1), person(2)]), mode="all_or_nothing").created_count == 2


def test_the_same_file_is_not_brought_in_twice(county):
    content = table([person(1)])
    assert bring(content).pk == bring(content).pk
    assert Resident.objects.filter(source="import").count() == 1
    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize(("on_match", "name", "counts"), [("update", "张叁", (0, 1, 0)), ("skip", "张三", (0, 0, 1))])
def test_who_is_here_already_is_updated_or_passed_by(county, on_match, name, counts):
    run = bring(table([["张叁", id_of("R1"), "", "东一村", ""]]), on_match=on_match)
    assert (run.created_count, run.updated_count, run.skipped_count) == counts
    resident = Resident.objects.get(pk="R1")
    assert resident.name == name
    assert values_of(resident)["phone"] == "13812345678"


def test_somebody_of_another_place_is_not_changed_from_here(county):
    run = bring(table([["张叁", id_of("R9"), "", "东一村", ""], person(2, village="西一村")]))
    assert (run.refused_count, run.created_count) == (2, 0)
    assert Resident.objects.get(pk="R9").name == "张三"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_either_encoding_is_read_with_rare_characters(county, encoding):
    assert bring(table([person(1, name="李𬭎")], encoding=encoding)).created_count == 1
    assert Resident.objects.get(source="import").name == "李𬭎"


def test_a_sheet_of_excel_is_read_and_a_spoilt_number_is_refused(county):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["姓名", "身份证号", "性别", "出生日期"])
    sheet.append(["丁一", number("1971-02-03", 1), "男", None])
    sheet.append(["丁二", float(number("1971-02-03", 20)[:17] + "0"), None, None])
    out = io.BytesIO()
    book.save(out)
    run = bring(out.getvalue(), name="a.xlsx")
    assert (run.created_count, run.refused_count) == (1, 1)
    assert run.problems[0]["row"] == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "没有内容"), (b"\x89PNG\x00\x00\x00", "不是 CSV"), (b"PK\x03\x04zzzz", "打不开"), ("甲,乙\n1,2".encode(), "姓名"),
        ("姓名,身份证号\n".encode(), "没有数据行"), ("姓名,身份证号,身份证号码\nx,1,2".encode(), "同一件事"),
        (b"\xff\xfe\xfa" * 50, "编码"), ("姓名,身份证号\n".encode() + b"x,1\n" * (MOST_ROWS + 5), "一次最多"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_residents_gets_a_sentence(county, content, says):
    with pytest.raises(Refused) as found:
        bring(content)
    assert says in str(found.value)
    assert len(str(found.value)) < 200


def test_a_million_rows_are_answered_at_once(county):
    with pytest.raises(Refused, match="一次最多"):
        bring("姓名,身份证号\n".encode() + b"a,1\n" * 1_000_000)


def test_a_cell_that_a_sheet_would_compute_comes_back_as_text(county):
    run = bring(table([person(1, id="1", note="=HYPERLINK(1)")]))
    (row,) = list(csv.reader(io.StringIO(refused_csv(run).decode("utf-8-sig"))))[1:]
    assert row[4] == "'=HYPERLINK(1)"


def test_who_may_not_import_is_refused(county):
    with pytest.raises(Refused):
        bring(table([person(1)]), who=("village_doctor", "V-330226101201"))


def test_a_person_without_papers_comes_with_a_reason_and_is_not_doubled(county):
    heads = ["姓名", "出生日期", "性别", "没有证件的缘由", "电话", "乡镇"]
    rows = [
        ["丁小宝", "2026/2/1", "男", "新生儿未上户口", "13811112222", "东镇"],
        ["丁大宝", "2020.1.2", "女", "", "", "东镇"],
    ]
    run = bring(table(rows, heads))
    assert (run.created_count, run.refused_count) == (1, 1)
    again = bring(table([*rows[:1], ["丁三", "2019-01-02", "1", "遗失", "", "东镇"]], heads))
    assert (again.created_count, again.updated_count + again.skipped_count) == (1, 1)
    assert Resident.objects.filter(name="丁小宝").count() == 1
    assert Resident.objects.get(name="丁三").township == EAST != WEST
