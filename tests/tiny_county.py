"""A tiny county for tests: a fixed network, facts as pipe tables or rows, evaluated without a lake.

Tables may be headed by the columns' Chinese labels and filled with the labels of codes, so that an official can read them.
Columns that are left out take :data:`DEFAULTS`; keys are numbered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from opencmc.facts.engines import DuckDB, TableFiles
from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES, Type
from opencmc.methods.indicators.compute import Read, evaluate
from opencmc.methods.indicators.definitions import Definition, definitions
from opencmc.methods.indicators.evaluation import Evaluation
from opencmc.methods.indicators.partials import Partials
from opencmc.methods.indicators.spans import Spans
from opencmc.policy.pack import default_root, load_pack

REGION = "330226"

NETWORK = {
    "institution": """
        机构编号 | 机构名称   | 层级   | 类别         | 所在县（区划代码） | 所在乡镇（区划代码） | 附属于（机构编号） | 开放床位
        H1      | 县第一医院 | 县级   | 综合医院     | 330226 | 330226001 |    | 100
        H2      | 县第二医院 | 县级   | 综合医院     | 330226 | 330226002 |    | 60
        T1      | 长街卫生院 | 乡镇级 | 乡镇卫生院   | 330226 | 330226101 |    | 20
        T2      | 一市卫生院 | 乡镇级 | 乡镇卫生院   | 330226 | 330226104 |    | 10
        V1      | 某村卫生室 | 村级   | 村卫生室     | 330226 | 330226101 | T1 |
        V2      | 某村卫生室 | 村级   | 村卫生室     | 330226 | 330226104 | T2 |
        D1      | 某药店     | 县级   | 定点零售药店 | 330226 | 330226001 |    |
        O1      | 市级医院   | 县外   | 综合医院     | 330203 |           |    | 1000
    """,
    "membership": """
        共同体编号 | 共同体名称 | 共同体类别 | 机构编号 | 角色 | 开始日期
        G1 | 第一综合医共体 | 综合医共体 | H1 | 牵头 | 2018-01-01
        G1 | 第一综合医共体 | 综合医共体 | T1 | 成员 | 2018-01-01
        G2 | 第二综合医共体 | 综合医共体 | H2 | 牵头 | 2018-01-01
        G2 | 第二综合医共体 | 综合医共体 | T2 | 成员 | 2018-01-01
    """,
    "resident": """
        居民编号 | 性别 | 出生日期 | 现住乡镇（区划代码）
        甲 | 男 | 1960-05-01 | 330226101
        乙 | 女 | 1955-05-01 | 330226101
        丙 | 男 | 1990-05-01 | 330226104
        丁 | 女 | 1985-05-01 |
    """,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "visit": {
        "resident_id": "甲", "kind": "outpatient", "is_tcm": False, "insured_region": REGION,
        "total_fen": 0, "fund_fen": 0, "own_fen": 0,
    },
    "stay": {
        "resident_id": "甲", "insured_region": REGION, "diagnoses": ["I10"], "procedures": [], "total_fen": 0,
        "fund_fen": 0, "own_fen": 0,
    },
    "referral": {"resident_id": "甲", "direction": "up", "state": "arrived"},
    "order": {"centre": "imaging", "to_id": "H1", "recognised": False},
    "posting": {"share_percent": 100, "kind": "employed"},
    "staff": {"is_general_practitioner": False, "is_tcm": False},
    "population": {"kind": "resident", "sex": "0", "source": "统计公报"},
    "equipment": {"kind": "ecg", "connected": True},
    "follow_up": {"institution_id": "T1"},
}  # fmt: skip


def parse_cell(text: str, column: Any) -> Any:
    text = text.strip()
    if not text:
        return None
    for code, label in (column.one_of or {}).items():
        if text in (label, label.split("（")[0]):
            return code
    match column.type:
        case Type.INTEGER | Type.FEN:
            return int(text)
        case Type.DATE:
            return date.fromisoformat(text)
        case Type.BOOLEAN:
            return text in ("是", "true", "1")
        case Type.TEXT_LIST:
            return text.split(";")
    return text


def parse_table(name: str, text: str) -> list[dict[str, Any]]:
    """Rows of a pipe table; a heading is a column's name or label (a part of the label is enough)."""
    table = TABLES[name]
    head, *lines = [line for line in text.strip().splitlines() if line.strip()]
    columns = []
    for heading in head.split("|"):
        wanted = heading.strip()
        found = [c for c in table.columns.values() if wanted in (c.name, c.label)]
        found = found or [c for c in table.columns.values() if wanted in c.label]
        assert found, f"{name}: no column {wanted}"
        columns.append(found[0])
    rows = []
    for number, line in enumerate(lines, 1):
        row = dict(DEFAULTS.get(name, {}))
        for key in table.key:
            row.setdefault(key, f"{name}{number}")
        cells = line.split("|")
        assert len(cells) == len(columns), f"{name}: {line}"
        row |= {column.name: parse_cell(cell, column) for column, cell in zip(columns, cells, strict=True)}
        rows.append(row)
    return rows


class Facts:
    """Tables as Parquet files, as an engine wants them."""

    def __init__(self, folder: Path, tables: Mapping[str, list[dict[str, Any]]]) -> None:
        self._paths = {}
        for name, rows in tables.items():
            self._paths[name] = folder / f"{name}.parquet"
            pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[name])), self._paths[name])

    def table_files(self, table_name: str, known_at: Any = None) -> TableFiles:
        path = self._paths.get(table_name)
        return TableFiles(rows=((1, path),)) if path else TableFiles()


def strangers(months: list[str]) -> dict[str, list[dict[str, Any]]]:
    """One purchase and one stay a month of somebody insured elsewhere, outside: they are in no figure."""
    days = [date.fromisoformat(f"{month}-01") for month in months]
    away = {"resident_id": None, "institution_id": "O1", "insured_region": "330203"}
    return {
        "visit": [{**DEFAULTS["visit"], **away, "visit_id": f"路{d}", "date": d, "kind": "pharmacy"} for d in days],
        "stay": [{**DEFAULTS["stay"], **away, "stay_id": f"路{d}", "admitted": d, "discharged": d} for d in days],
    }


def every_definition() -> dict[str, Definition]:
    """The indicators of all packs of the house, by id."""
    packs = [load_pack(default_root(), name) for name in ("ninghai", "chongqing", "dehui", "fuxin")]
    return {definition.id: definition for definition in definitions(packs)}


@contextmanager
def evaluated(
    folder: Path, rows: Mapping[str, list[dict[str, Any]]], spans: Spans, known: Mapping[str, Definition]
) -> Iterator[Evaluation]:
    """The evaluation of a county with these rows."""
    with DuckDB(Facts(folder, rows), threads=1) as engine:
        partials = Partials(None, REGION, [], engine.table, engine.collect)
        yield evaluate(Read(partials), REGION, spans, known)
