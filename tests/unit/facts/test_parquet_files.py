"""Parquet in logical columns: checked like CSV, with row numbers in place of lines."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from facts_rows import KNOWN

from opencmc.base.errors import DataError
from opencmc.facts.engines import Workbench
from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES

DAY = dt.date(2025, 3, 1)


@pytest.fixture
def bring_table(lake, tmp_path):
    def load(table_name, table):
        pq.write_table(table, tmp_path / "a.parquet")
        return lake.load(table_name, [tmp_path / "a.parquet"], known_at=KNOWN, actor="张三")

    return load


def stays(**columns):
    base = {
        "stay_id": ["s1", "s2"],
        "institution_id": ["I1", "I1"],
        "admitted": [DAY, DAY],
        "discharged": [DAY, DAY],
        "diagnoses": [["I10"], ["E11", "I10"]],
        "total_fen": [1, 2],
    }
    return pa.table(base | columns)


def test_rows_in_the_logical_schema_are_kept_as_they_are(bring_table, current):
    schema = arrow_schema(TABLES["stay"])
    row = dict.fromkeys(schema.names) | {name: column[0] for name, column in stays().to_pydict().items()}
    assert bring_table("stay", pa.Table.from_pylist([row], schema=schema)).accepted == 1
    assert current("stay") == [row]


def test_a_wrong_row_is_refused_under_its_row_number(bring_table):
    report = bring_table("stay", stays(discharged=[DAY, dt.date(2025, 2, 1)]))
    assert (report.accepted, report.refused) == (1, 1)
    assert report.reasons[0].lines == (2,)


def test_an_empty_list_is_no_diagnosis(bring_table):
    assert bring_table("stay", stays(diagnoses=[["I10"], ["", " "]])).reasons[0].lines == (2,)


@pytest.mark.parametrize(
    "columns",
    [
        {"total_fen": pa.array([100, None], pa.int32())},
        {"total_fen": pa.array([100.0, None], pa.float64())},
        {"diagnoses": ["I10", "E11|I10"]},
        {"admitted": pa.array([dt.datetime(2025, 3, 1)] * 2, pa.timestamp("us"))},  # noqa: DTZ001
        {"insured_region": [330226, 330226]},
        {"sex": pa.array(["1", "2"]).dictionary_encode()},
    ],
)
def test_other_types_that_say_the_same_are_read(bring_table, columns):
    report = bring_table("stay", stays(**columns))
    assert (report.accepted, report.refused) == (2, 0)


def test_half_a_fen_and_a_time_of_day_are_refused(bring_table):
    moments = pa.array([dt.datetime(2025, 3, 1, 8), dt.datetime(2025, 3, 1)], pa.timestamp("us"))  # noqa: DTZ001
    report = bring_table("stay", stays(total_fen=[1.0, 1.5], admitted=moments))
    assert sorted(line for reason in report.reasons for line in reason.lines) == [1, 2]


def test_a_type_that_can_never_be_the_column_refuses_the_file(bring_table):
    with pytest.raises(DataError, match=r"总费用（total_fen） 是 BOOLEAN 类型"):
        bring_table("stay", stays(total_fen=[True, False]))


def test_a_cut_parquet_file_is_refused(lake, tmp_path):
    pq.write_table(stays(), tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content[:-20])
    with pytest.raises(DataError, match="不是完整的 Parquet 文件"):
        lake.load("stay", [tmp_path / "a.parquet"], known_at=KNOWN, actor="张三")


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("threads", [2, 3, 4])
def test_what_is_written_does_not_depend_on_the_machine(tmp_path, threads, in_memory):
    import hashlib

    with Workbench(tmp_path, in_memory=in_memory, threads=threads) as bench:
        bench.run("CREATE TABLE rows AS SELECT 'v' || i AS id, i % 7 AS n FROM range(500000) AS t(i) WHERE i % 10 <> 3")
        bench.run(
            f"COPY (SELECT * FROM rows) TO '{tmp_path / 'out.parquet'}' "
            "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 204800)"
        )
    digest = hashlib.sha256((tmp_path / "out.parquet").read_bytes()).hexdigest()
    with Workbench(tmp_path / "spill", in_memory=True, threads=2) as bench:
        bench.run("CREATE TABLE rows AS SELECT 'v' || i AS id, i % 7 AS n FROM range(500000) AS t(i) WHERE i % 10 <> 3")
        bench.run(
            f"COPY (SELECT * FROM rows) TO '{tmp_path / 'reference.parquet'}' "
            "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 204800)"
        )
    assert digest == hashlib.sha256((tmp_path / "reference.parquet").read_bytes()).hexdigest()
