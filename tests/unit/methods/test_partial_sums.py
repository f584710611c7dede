"""What is kept of earlier months: what is added to it, what makes it invalid, and that it never changes a result."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_county import DEFAULTS, NETWORK, REGION, parse_table

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake
from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES
from opencmc.methods.indicators.grains import GRAINS
from opencmc.methods.indicators.measures import MEASURES, Flow, Persons
from opencmc.methods.indicators.partials import Partials
from opencmc.methods.indicators.register_rows import SOURCES

PEOPLE = "居民编号 | 性别 | 出生日期 | 现住乡镇\n"


def moment(month: int) -> datetime:
    return datetime(2025, month, 10, tzinfo=UTC)


def bring(home: Path, table: str, rows: list[dict], month: int) -> None:
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{table}-{month:02d}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[table])), path)
    Lake(home).load(table, [path], known_at=moment(month), actor="试")


def visits(home: Path, month: int, *rows: tuple[str, str, int]) -> None:
    """Visits by number, resident and month of 2025, known from a month on."""
    bring(
        home, "visit",
        [{**DEFAULTS["visit"], "visit_id": number, "resident_id": who, "institution_id": "T1", "date": date(2025, m, 5)}
         for number, who, m in rows], month,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two residents with visits in January and February, known in March."""
    home = tmp_path / "county"
    for table in ("institution", "membership"):
        bring(home, table, parse_table(table, NETWORK[table]), 3)
    people = PEOPLE + "甲 | 男 | 1960-05-01 | 330226101\n乙 | 女 | 1970-05-01 | 330226104"
    bring(home, "resident", parse_table("resident", people), 3)
    visits(home, 3, ("v1", "甲", 1), ("v2", "乙", 1), ("v3", "甲", 2))
    return home


class Watched:
    """An engine's tables, with what was asked of visits: the load after which rows were wanted."""

    def __init__(self, engine: DuckDB) -> None:
        self._engine = engine
        self.asked: list[int] = []

    def __call__(self, table_name: str, after: int = 0):
        if table_name == "visit":
            self.asked.append(after)
        return self._engine.table(table_name, after)


def sums(home: Path, known_at: datetime | None = None, name: str = "visit") -> tuple[dict, list[int]]:
    """Visits by month and township through the cache, and after which loads rows were read; the same as without it."""
    found, asked = [], []
    lake = Lake(home)
    for folder in (home / "cache", None):
        with DuckDB(lake, known_at) as engine:
            tables = Watched(engine)
            table = Partials(folder, REGION, lake.loads(known_at), tables, engine.collect).read(SOURCES[name])
        together: dict = {}
        for row in table.to_pylist():
            key = (row["month"], row["township"])
            together[key] = together.get(key, 0) + row["care.rows"]
        found.append(together)
        asked.append(tables.asked)
    assert found[0] == found[1]
    return found[0], asked[0]


def test_what_was_read_once_is_not_read_again(home):
    first, asked = sums(home)
    assert first == {(202501, "330226101"): 1, (202501, "330226104"): 1, (202502, "330226101"): 1}
    assert asked == [0]
    assert sums(home) == (first, [])


def test_to_a_month_that_only_grew_the_later_rows_are_added(home):
    sums(home)
    upto = max(load.load for load in Lake(home).loads() if load.table == "visit")
    visits(home, 4, ("v4", "甲", 2), ("v5", "乙", 3))
    found, asked = sums(home)
    assert asked == [upto]
    assert found[202502, "330226101"] == 2
    assert found[202503, "330226104"] == 1
    visits(home, 5, ("v6", "甲", 2))
    assert sums(home)[0][202502, "330226101"] == 3
    assert sums(home)[1] == []


def test_a_month_of_which_a_row_was_replaced_is_read_whole(home):
    sums(home)
    visits(home, 4, ("v3", "乙", 2), ("v4", "甲", 3))
    found, asked = sums(home)
    assert 0 in asked
    assert (202502, "330226101") not in found
    assert found[202502, "330226104"] == 1
    visits(home, 5, ("v4", "甲", 1))
    found, _ = sums(home)
    assert found[202501, "330226101"] == 2
    assert (202503, "330226101") not in found


def test_a_month_with_somebody_unknown_is_read_whole_once_everybody_is_known(home):
    visits(home, 4, ("v4", "丙", 2))
    assert sums(home)[0][202502, ""] == 1
    bring(home, "resident", parse_table("resident", PEOPLE + "丙 | 男 | 2025-02-01 | 330226104"), 5)
    visits(home, 5, ("v5", "丙", 2))
    found, _ = sums(home)
    assert found[202502, "330226104"] == 2
    assert (202502, "") not in found


def test_when_somebody_moves_every_month_is_read_again(home):
    sums(home)
    bring(home, "resident", parse_table("resident", PEOPLE + "甲 | 男 | 1960-05-01 | 330226104"), 4)
    visits(home, 4, ("v4", "甲", 2))
    found, asked = sums(home)
    assert asked == [0]
    assert found == {(202501, "330226104"): 2, (202502, "330226104"): 2}
    assert sums(home, moment(3))[0][202502, "330226101"] == 1


def test_a_contract_that_begins_later_changes_the_months_that_it_covers(home):
    first = {"contract_id": "c1", "resident_id": "甲", "institution_id": "T1", "start": date(2025, 1, 1)}
    bring(home, "contract", [{**first, "end": date(2025, 2, 1)}], 4)
    assert sum(sums(home, name="contracted_visit")[0].values()) == 1
    visits(home, 5, ("v4", "甲", 1), ("v5", "甲", 2))
    assert sum(sums(home, name="contracted_visit")[0].values()) == 2
    bring(home, "contract", [{**first, "contract_id": "c2", "start": date(2025, 2, 1), "end": None}], 6)
    assert sum(sums(home, name="contracted_visit")[0].values()) == 4


def test_going_back_to_an_earlier_day_and_forth_again_gives_what_was_known_then(home):
    before, _ = sums(home)
    visits(home, 4, ("v4", "甲", 2), ("v5", "乙", 3))
    after, _ = sums(home)
    for _ in range(2):
        assert sums(home, moment(3))[0] == before
        assert sums(home, moment(4))[0] == after
    shutil.rmtree(home / "cache")
    assert sums(home)[0] == after


def test_measures_that_place_by_home_are_counted_where_homes_are_known():
    for measure in MEASURES.values():
        if isinstance(measure, Flow | Persons) and measure.whose == "county":
            assert GRAINS[measure.grain].resident, measure.name
            assert GRAINS[measure.grain].insured, measure.name
