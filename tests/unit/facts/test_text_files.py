"""CSV as county systems write it: encodings, quotes, blank lines, files that were cut."""

import pytest
from facts_rows import KNOWN, VISIT, csv_of

from opencmc.base.errors import DataError
from opencmc.facts import records
from opencmc.facts.engines import Workbench
from opencmc.facts.reading import csv_relation

INSTITUTION = {
    "institution_id": "I1",
    "name": "长街中心卫生院",
    "tier": "township",
    "kind": "other",
    "region": "330226",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_chinese_text_is_read_in_each_encoding(bring, current, encoding):
    assert bring(csv_of(INSTITUTION).encode(encoding), "institution").accepted == 1
    assert current("institution")[0]["name"] == "长街中心卫生院"


def test_rare_characters_of_gb18030_are_kept(bring, current):
    bring(csv_of(INSTITUTION | {"name": "𠮷镇㐀㕮诊所"}).encode("gb18030"), "institution")
    assert current("institution")[0]["name"] == "𠮷镇㐀㕮诊所"


def test_other_encodings_and_kinds_are_named(bring):
    for content, expected in [
        (csv_of(INSTITUTION).encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 workbook", "Excel"),
        (b"\x1f\x8b\x08 packed", "gzip"),
        (b"a,b\r1,2\r", "回车符"),
    ]:
        with pytest.raises(DataError, match=expected):
            bring(content, "institution")


def test_bytes_of_no_encoding_are_refused_with_their_line(bring):
    broken = csv_of(INSTITUTION, INSTITUTION | {"institution_id": "I2"}).encode("gb18030")
    position = broken.rindex("长".encode("gb18030"))
    with pytest.raises(DataError, match="第 3 行的字节既不是 UTF-8 也不是 GB18030"):
        bring(broken[:position] + b"\xff\xff" + broken[position:], "institution")


def test_damaged_utf8_is_not_taken_for_another_encoding(bring):
    rows = [INSTITUTION | {"institution_id": f"I{number}"} for number in range(50)]
    content = csv_of(*rows).encode()
    position = content.index(b"I30")
    with pytest.raises(DataError, match="第 32 行有不属于 UTF-8 的字节"):
        bring(content[:position] + b"\xe5" + content[position:], "institution")


def test_windows_line_ends_and_blanks_around_values_do_not_matter(bring, current):
    report = bring(csv_of(VISIT, VISIT | {"visit_id": " v2\t", "kind": "　outpatient "}).replace("\n", "\r\n"))
    assert (report.read, report.accepted) == (2, 2)
    assert [row["visit_id"] for row in current()] == ["v1", "v2"]


def test_a_missing_last_line_end_is_noted(bring):
    report = bring(csv_of(VISIT)[:-1])
    assert report.accepted == 1
    assert any("末行没有换行符" in note for note in report.notes)


@pytest.mark.parametrize("lost", [5, 20, 40])
def test_a_file_cut_in_the_middle_loses_only_its_last_row(bring, lost):
    content = csv_of(*(VISIT | {"visit_id": f"v{number}"} for number in range(10)))
    report = bring(content[:-lost])
    assert report.read == 10
    assert report.accepted >= 9
    assert any("末行没有换行符" in note for note in report.notes)
    if report.refused:
        assert report.reasons[0].lines == (11,)


def test_a_file_cut_within_a_character_refuses_its_last_row(bring):
    content = csv_of(INSTITUTION, INSTITUTION | {"institution_id": "I2"}).encode()
    report = bring(content[: content.rindex("院".encode()) + 1], "institution")
    assert (report.read, report.accepted, report.refused) == (2, 1, 1)
    assert report.reasons[0].lines == (3,)
    assert "中间断开" in report.reasons[0].reason


def test_rows_with_too_few_or_too_many_columns_are_refused_alone(bring):
    lines = csv_of(*(VISIT | {"visit_id": f"v{number}"} for number in range(6))).splitlines()
    lines[2] += ",1"
    lines[4] = lines[4].rpartition(",")[0]
    report = bring("\n".join(lines) + "\n")
    assert (report.read, report.accepted, report.refused) == (6, 4, 2)
    assert {(reason.reason, reason.lines) for reason in report.reasons} == {
        ("有 9 列，表头有 8 列", (3,)),
        ("有 7 列，表头有 8 列", (5,)),
    }


def test_a_quote_that_is_never_closed_costs_only_its_own_line(bring, current):
    rows = [VISIT | {"visit_id": f"v{number}"} for number in range(5)]
    rows[2]["institution_id"] = '"I1'
    report = bring(csv_of(*rows))
    assert (report.read, report.accepted, report.refused) == (5, 4, 1)
    assert report.reasons[0].lines == (4,)
    assert "引号没有配对" in report.reasons[0].reason
    assert [row["visit_id"] for row in current()] == ["v0", "v1", "v3", "v4"]


def test_two_stray_quotes_do_not_swallow_the_rows_between_them(bring):
    rows = [VISIT | {"visit_id": f"v{number}"} for number in range(6)]
    rows[1]["institution_id"] = '"I1'
    rows[4]["institution_id"] = '"I1'
    report = bring(csv_of(*rows))
    assert (report.read, report.accepted, report.refused) == (6, 4, 2)
    assert sorted(line for reason in report.reasons for line in reason.lines) == [3, 6]


def test_line_numbers_are_the_files_own_also_with_line_breaks_in_quotes_and_blank_lines(bring, current):
    header, first, *_ = csv_of(VISIT).splitlines()
    text = "\n".join(
        [
            header,
            first.replace("v1", '"v1\n（续）"'),
            "",
            first.replace("v1", "v2").replace("2025-03-01", "2025-02-30"),
            first.replace("v1", "v3").replace("outpatient", '"out""patient"'),
        ]
    )
    report = bring(text + "\n")
    assert (report.read, report.accepted, report.refused) == (3, 1, 2)
    assert sorted(line for reason in report.reasons for line in reason.lines) == [5, 6]
    assert current()[0]["visit_id"] == "v1\n（续）"


def test_the_exact_reader_agrees_with_the_fast_one_on_a_sound_file(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text('a,b\n1,"x,y"\n2,"he said ""yes"""\n3,z\n', encoding="utf-8")
    found = records.split(source, target, 2)
    assert (list(found.starts), found.broken) == ([2, 3, 4], {})
    assert target.read_text("utf-8") == 'a,b\n"1","x,y"\n"2","he said ""yes"""\n3,z\n'


def test_several_files_name_the_file_of_each_reason(lake, tmp_path):
    for number in (1, 2):
        bad = VISIT | {"visit_id": f"bad{number}", "date": "x"}
        path = tmp_path / f"m{number}.csv"
        path.write_text(csv_of(VISIT | {"visit_id": f"v{number}"}, bad), encoding="utf-8")
    report = lake.load("visit", [tmp_path / "m1.csv", tmp_path / "m2.csv"], known_at=KNOWN, actor="张三")
    assert (report.read, report.accepted, report.refused) == (4, 2, 2)
    assert [reason.reason.partition("：")[0] for reason in report.reasons] == ["m1.csv", "m2.csv"]


def test_a_file_whose_every_row_is_too_long_is_refused_row_by_row(bring):
    header, row, *_ = csv_of(VISIT).splitlines()
    report = bring("\n".join([header, *[row + ",1"] * 3000]) + "\n")
    assert (report.read, report.accepted, report.refused) == (3000, 0, 3000)
    assert report.reasons[0].reason == "有 9 列，表头有 8 列"
    assert report.reasons[0].lines == tuple(range(2, 22))


#: Lines of two columns that both readers must take in the same way, or of which only the exact one says what is wrong.
ODD_LINES = {
    "1,2,": ("1", "2"),
    "1,2,,": ("1", "2"),
    '"1","2",': ("1", "2"),
    '1,a"b': ("1", 'a"b'),
    '1, "a"': ("1", "a"),
    '"x,y",2': ("x,y", "2"),
    '1,"a""b"': ("1", 'a"b'),
    '1,"a\nb"': ("1", "a\nb"),
    "1,": ("1", None),
    '"",2': (None, "2"),
}


@pytest.mark.parametrize("line", ODD_LINES)
@pytest.mark.parametrize("exact", [False, True])
def test_both_readers_take_odd_lines_in_the_same_way(tmp_path, line, exact):
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text(f"a,b\n{line}\n8,9\n", encoding="utf-8")
    if exact:
        assert records.split(source, target, 2).broken == {}
    with Workbench(tmp_path, in_memory=True) as bench:
        relation = csv_relation(target if exact else source, ["a", "b"])
        rows = bench.rows(f"SELECT nullif(a, ''), nullif(b, '') FROM {relation}")
    assert rows == [ODD_LINES[line], ("8", "9")]
