"""Every row that comes in is accepted or refused, with the line, the column and what to do about it."""

import json

import pyarrow.parquet as pq
import pytest
from facts_rows import KNOWN, STAY, VISIT, csv_of

from opencmc.base.errors import DataError, Refused


def refusals(lake, number=1):
    return pq.read_table(lake.root / "refused" / f"{number:06d}.parquet").to_pylist()


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("date", "2025-02-30", "就诊日期（date）不是日期：应写作 2025-03-01"),
        ("date", "20250301", "就诊日期（date）不是日期"),
        ("date", "2025/03/01", "就诊日期（date）不是日期"),
        ("date", "2025-03-01 08:00:00", "就诊日期（date）不是日期"),
        ("date", "9999-12-31", "不在 1900–2099 年之内"),
        ("date", "0205-03-01", "不在 1900–2099 年之内"),
        ("date", "", "就诊日期（date）没有填写：此列必填"),
        ("visit_id", "", "诊疗编号（visit_id）没有填写"),
        ("visit_id", " 　", "诊疗编号（visit_id）没有填写"),
        ("kind", "门诊部", "类别（kind）不在允许的取值之内：可取 outpatient（门诊）"),
        ("is_tcm", "有", "不是是非：应写作 是/否"),
        ("total_fen", "-1", "总费用（total_fen）为负数"),
        ("total_fen", "123.40", "不是以分为单位的整数：12.34 元应写作 1234"),
        ("total_fen", "12,340", "有 9 列，表头有 8 列"),
        ("total_fen", "1e4", "不是以分为单位的整数"),
        ("total_fen", "1_000", "不是以分为单位的整数"),
        ("total_fen", "99999999999999999999", "不是以分为单位的整数"),
        ("total_fen", "9223372036854000", "大得不可能"),
        ("fund_fen", "12341", "基金支付大于总费用"),
        ("own_fen", "12341", "个人负担大于总费用"),
    ],
)
def test_a_wrong_value_refuses_its_row_and_says_how_to_mend_it(bring, lake, current, column, value, expected):
    report = bring(csv_of(VISIT, VISIT | {"visit_id": "v2", column: value}))
    assert (report.read, report.accepted, report.refused) == (2, 1, 1)
    assert any(expected in reason.reason and reason.lines == (3,) for reason in report.reasons), report.reasons
    assert all(row["line"] == 3 for row in refusals(lake))
    assert [row["visit_id"] for row in current()] == ["v1"]


def test_a_stay_that_ends_before_it_begins_is_refused(bring):
    report = bring(csv_of(STAY, STAY | {"stay_id": "s2", "discharged": "2025-02-28"}), "stay")
    assert [(r.reason, r.count, r.lines) for r in report.reasons] == [
        ("出院早于入院：出院日期（discharged）不应早于入院日期（admitted）", 1, (3,))
    ]


def test_a_row_with_several_faults_names_them_all_but_counts_once(bring):
    report = bring(csv_of(VISIT | {"date": "昨天", "kind": "x", "is_tcm": ""}))
    assert (report.read, report.accepted, report.refused) == (1, 0, 1)
    assert len(report.reasons) == 3


def test_a_key_twice_in_the_same_file_keeps_the_first(bring, current):
    report = bring(csv_of(VISIT, VISIT | {"visit_id": "v2"}, VISIT | {"total_fen": "99999"}))
    assert (report.read, report.accepted, report.refused) == (3, 2, 1)
    assert "与同一批中前面的一行相同" in report.reasons[0].reason
    assert report.reasons[0].lines == (4,)
    assert current()[0]["total_fen"] == 12340


def test_an_institution_that_nobody_knows_is_accepted_but_counted(bring):
    institution = {"institution_id": "I1", "name": "卫生院", "tier": "township", "kind": "other", "region": "330226"}
    bring(csv_of(institution), "institution")
    report = bring(csv_of(VISIT, VISIT | {"visit_id": "v2", "institution_id": "I9"}))
    assert (report.accepted, report.refused) == (2, 0)
    assert [(r.reason, r.count, r.lines) for r in report.unplaced] == [
        ("机构编号（institution_id）在“机构”表中查不到", 1, (3,))
    ]


def test_a_register_may_refer_to_rows_of_the_same_file(bring):
    centre = {"institution_id": "T1", "name": "卫生院", "tier": "township", "kind": "other", "region": "330226"}
    rows = [centre | {"attached_to": ""}, centre | {"institution_id": "V1", "attached_to": "T1"}]
    assert bring(csv_of(*rows), "institution").unplaced == ()


def test_an_unknown_column_refuses_the_file_and_suggests_the_right_one(bring, lake):
    with pytest.raises(DataError) as caught:
        bring(csv_of({("instituton_id" if name == "institution_id" else name): value for name, value in VISIT.items()}))
    text = str(caught.value)
    assert "不认识的列“instituton_id”：是否应为 机构编号（institution_id）？" in text
    assert "缺少必填的列 机构编号（institution_id）：请把“instituton_id”改为 institution_id" in text
    assert lake.loads() == []


def test_a_missing_required_column_refuses_the_file(bring):
    with pytest.raises(DataError, match=r"缺少必填的列 就诊日期（date）：请补上这一列"):
        bring(csv_of({name: value for name, value in VISIT.items() if name != "date"}))


def test_missing_optional_columns_are_unknown_and_noted(bring, current):
    report = bring(csv_of(VISIT))
    assert any("没有这些可选列，按未知处理" in note and "referral_id" in note for note in report.notes)
    assert current()[0]["referral_id"] is None


def test_chinese_names_may_stand_in_the_header(bring, current):
    rows = csv_of(VISIT).replace("institution_id", "机构编号").replace("total_fen", "总费用")
    assert bring(rows).accepted == 1
    assert current()[0]["total_fen"] == 12340


def test_a_file_without_header_is_refused_without_showing_its_first_line(bring):
    with pytest.raises(DataError) as caught:
        bring("330226199001011234,张三丰,I1\n", "identity")
    assert "第一行应为表头" in str(caught.value)
    assert "张三丰" not in str(caught.value)
    assert "330226199001011234" not in str(caught.value)


@pytest.mark.parametrize("separator", ["\t", ";", "，", "|"])
def test_another_separator_is_named(bring, separator):
    with pytest.raises(DataError, match="应以英文逗号分隔"):
        bring(csv_of(VISIT).replace(",", separator))


def test_a_column_twice_is_refused(bring):
    with pytest.raises(DataError, match=r"第 1 列与第 9 列同名"):
        bring("visit_id,institution_id,date,kind,is_tcm,total_fen,fund_fen,own_fen,visit_id\n")


def test_an_empty_file_is_refused(bring):
    with pytest.raises(DataError, match="是空的"):
        bring("")


def test_a_header_alone_brings_nothing_and_says_so(bring, lake):
    report = bring(csv_of(VISIT).splitlines()[0] + "\n")
    assert (report.read, report.load) == (0, None)
    assert "没有数据行" in report.notes
    assert lake.loads() == []


def test_a_file_that_does_not_exist_is_refused(lake, tmp_path):
    with pytest.raises(DataError, match=r"没有文件 nothing\.csv"):
        lake.load("visit", [tmp_path / "nothing.csv"], known_at=KNOWN, actor="张三")


def test_a_table_that_does_not_exist_is_refused(bring):
    with pytest.raises(Refused, match="没有名为 visits 的逻辑表"):
        bring(csv_of(VISIT), "visits")


def test_reject_loads_nothing_when_one_row_is_refused(bring, lake):
    with pytest.raises(DataError) as caught:
        bring(csv_of(VISIT, VISIT | {"visit_id": "v2", "date": "2025-02-30"}), on_refusal="reject")
    assert [reason.lines for reason in caught.value.reasons] == [(3,)]
    assert lake.loads() == []
    assert [path for path in lake.root.rglob("*") if path.is_file() and path.name != "lock"] == []


def test_no_value_of_a_row_is_written_beside_the_accepted_rows(bring, lake):
    secrets = ["330226199001011239", "欧阳无名", "13800138000"]
    row = {"resident_id": "", "full_name": secrets[1], "document_type": "x", "document_number": secrets[0]}
    report = bring(csv_of(row | {"phone": secrets[2]}), "identity")
    assert report.refused == 1
    shown = json.dumps(report.as_json(), ensure_ascii=False) + lake.loads()[0].to_text() + str(refusals(lake))
    assert not any(secret in shown for secret in secrets)
    assert not list((lake.root / "tables").rglob("*.parquet"))


def test_the_manifest_accounts_for_every_row(bring, lake):
    bring(csv_of(VISIT, VISIT | {"visit_id": "v2", "date": "2025-05-31"}, VISIT | {"visit_id": "v3", "date": "x"}))
    (manifest,) = lake.loads()
    assert manifest.read == manifest.accepted + manifest.refused == 3
    assert manifest.months == ("2025-03", "2025-05")
    assert (str(manifest.first_date), str(manifest.last_date)) == ("2025-03-01", "2025-05-31")
    assert (manifest.actor, manifest.known_at, manifest.files[0].name) == ("张三", KNOWN, "visit-1.csv")
