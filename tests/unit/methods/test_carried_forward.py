"""What a run takes over from what was read before it: whatever is loaded next, it equals a run that reads everything."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_county import DEFAULTS, NETWORK, REGION, every_definition, parse_table, strangers

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake
from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES
from opencmc.methods.indicators import compute
from opencmc.methods.indicators.compute import evaluate
from opencmc.methods.indicators.measures import MEASURES, Stock
from opencmc.methods.indicators.partials import Partials
from opencmc.methods.indicators.reading import READ_ORDER, sources_of
from opencmc.methods.indicators.register_rows import SOURCES
from opencmc.methods.indicators.registers import READS
from opencmc.methods.indicators.spans import Spans
from opencmc.policy.pack import default_root, load_pack

PACK, OTHER = load_pack(default_root(), "ninghai"), load_pack(default_root(), "fuxin")
SOMEBODY = {"sex": "1", "birth_date": date(1970, 5, 1), "township": "330226101"}
DEAD = {**SOMEBODY, "death_date": date(2025, 1, 20), "cause_of_death": "I21"}


def moment(month: int) -> datetime:
    return datetime(2025, month, 10, tzinfo=UTC)


def bring(home: Path, table: str, rows: list[dict], month: int) -> None:
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{table}-{month:02d}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[table])), path)
    Lake(home).load(table, [path], known_at=moment(month), actor="试", on_refusal="reject")


def visit(number: str, who: str | None, day: date, **more: object) -> dict:
    return {**DEFAULTS["visit"], "visit_id": number, "resident_id": who, "institution_id": "T1", "date": day, **more}


def stay(number: str, who: str, day: date) -> dict:
    return {
        **DEFAULTS["stay"], "stay_id": number, "resident_id": who, "institution_id": "H1", "admitted": day,
        "discharged": day,
    }  # fmt: skip


def enrolment(number: str, who: str, start: date, end: date | None = None, programme: str = "hypertension") -> dict:
    return {
        "enrolment_id": number, "resident_id": who, "programme": programme, "institution_id": "T1", "start": start,
        "end": end,
    }  # fmt: skip


def order(number: str, day: date, institution: str = "T1") -> dict:
    return {
        **DEFAULTS["order"], "order_id": number, "resident_id": "甲", "from_id": institution, "ordered": day,
        "reported": day,
    }  # fmt: skip


def follow_up(number: str, who: str, day: date) -> dict:
    row = {"follow_up_id": number, "resident_id": who, "programme": "hypertension", "date": day}
    return {**DEFAULTS["follow_up"], **row}


def resident(who: str, **about: object) -> dict:
    return {"resident_id": who, **SOMEBODY, **about}


#: What may come next, by what is special about it.
LATER = {
    "another month": [
        ("visit", [visit("v9", "甲", date(2025, 3, 5))]), ("stay", [stay("s9", "乙", date(2025, 3, 7))]),
    ],
    "a late correction": [("visit", [visit("v1", "甲", date(2025, 2, 6), institution_id="H1")])],
    "somebody has died": [("resident", [{"resident_id": "乙", **DEAD}])],
    "a death was a mistake": [("resident", [resident("戊")])],
    "somebody moved": [("resident", [resident("甲", township="330226104")])],
    "a newcomer, enrolled": [
        ("resident", [resident("己")]), ("enrolment", [enrolment("e9", "己", date(2025, 2, 1))]),
    ],
    "an enrolment ended": [("enrolment", [enrolment("e1", "甲", date(2024, 11, 1), date(2025, 2, 1))])],
    "follow-ups alone": [("follow_up", [follow_up("f9", "乙", date(2025, 2, 9))])],
    "orders alone": [("order", [order("o9", date(2025, 2, 9))])],
    "an order corrected": [("order", [order("o1", date(2025, 2, 9), "T2")])],
    "a new network": [("membership", [{
        "community_id": "G2", "community_name": "第二综合医共体", "community_kind": "general", "institution_id": "T1",
        "role": "member", "start": date(2025, 2, 1), "end": None,
    }])],
}  # fmt: skip


def county(home: Path) -> Path:
    """Two months of everything that is carried forward; 戊 is registered as dead."""
    for table in ("institution", "membership"):
        bring(home, table, parse_table(table, NETWORK[table]), 3)
    people = [{**row, "death_date": None} for row in parse_table("resident", NETWORK["resident"])]
    bring(home, "resident", [*people, {"resident_id": "戊", **DEAD}], 3)
    marks = strangers(["2025-01", "2025-02"])
    bring(home, "visit", [visit("v1", "甲", date(2025, 1, 5)), visit("v2", "己", date(2025, 2, 5)), *marks["visit"]], 3)
    bring(home, "stay", [stay("s1", "甲", date(2025, 1, 9)), *marks["stay"]], 3)
    bring(home, "enrolment", [enrolment("e1", "甲", date(2024, 11, 1)), enrolment("e2", "乙", date(2025, 1, 1))], 3)
    bring(home, "follow_up", [follow_up("f1", "甲", date(2025, 1, 9))], 3)
    bring(home, "order", [order("o1", date(2025, 1, 9)), order("o2", date(2025, 2, 9))], 3)
    return home


def written(home: Path, **arguments) -> dict[str, bytes]:
    shutil.rmtree(home / "runs", ignore_errors=True)
    folder = compute(Lake(home), PACK, **arguments).folder
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def same_without_the_cache(home: Path, **arguments) -> bool:
    with_cache = written(home, **arguments)
    kept = (home / "cache").rename(home / "kept")
    same = written(home, **arguments) == with_cache
    shutil.rmtree(home / "cache")
    kept.rename(home / "cache")
    return same


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    home = county(tmp_path_factory.mktemp("begun") / "county")
    written(home)
    return home


@pytest.fixture
def home(begun: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(begun, Path(folder) / "county"))


@pytest.mark.parametrize("what", LATER)
def test_whatever_comes_next_a_run_equals_one_that_reads_everything(home, what):
    for table, rows in LATER[what]:
        bring(home, table, rows, 4)
    assert same_without_the_cache(home)


@given(st.permutations(sorted(LATER)).map(lambda names: names[:3]))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_does_so_in_any_succession(begun, names):
    with tempfile.TemporaryDirectory() as folder:
        home = Path(shutil.copytree(begun, Path(folder) / "county"))
        for month, name in enumerate(names, 4):
            for table, rows in LATER[name]:
                bring(home, table, rows, month)
            written(home)
        assert same_without_the_cache(home), names
        assert same_without_the_cache(home, known_at=moment(4)), names


def test_another_choice_of_indicators_takes_over_the_same_sums(home):
    bring(home, "visit", [visit("v9", "甲", date(2025, 3, 5))], 4)
    written(home, sets=["ninghai-2017"])
    assert same_without_the_cache(home, also=[OTHER])
    assert same_without_the_cache(home)


class Watched:
    """An engine's tables, with what was asked of one of them: the load after which rows were wanted."""

    def __init__(self, engine: DuckDB, table: str) -> None:
        self._engine, self._table = engine, table
        self.asked: list[int] = []

    def __call__(self, table_name: str, after: int = 0):
        if table_name == self._table:
            self.asked.append(after)
        return self._engine.table(table_name, after)


def read(home: Path, name: str) -> tuple[list[dict], list[int]]:
    lake = Lake(home)
    with DuckDB(lake) as engine:
        tables = Watched(engine, SOURCES[name].table)
        table = Partials(home / "cache" / "indicators", REGION, lake.loads(), tables, engine.collect).read(
            SOURCES[name]
        )
    return table.to_pylist(), tables.asked


@pytest.mark.parametrize(
    ("name", "table", "rows", "whole"),
    [
        ("deaths", "resident", [{"resident_id": "乙", **DEAD}], False),
        ("deaths", "resident", [resident("戊")], False),
        ("chronic", "enrolment", [enrolment("e9", "丙", date(2025, 2, 1))], False),
        ("chronic", "enrolment", [enrolment("e1", "甲", date(2024, 11, 1), date(2025, 2, 1))], True),
        ("order", "order", [order("o9", date(2025, 2, 9))], False),
        ("order", "order", [order("o1", date(2025, 2, 9), "T2")], True),
    ],
)  # fmt: skip
def test_only_later_rows_are_read_where_they_are_enough(home, name, table, rows, whole):
    upto = max(load.load for load in Lake(home).loads() if load.table == table)
    bring(home, table, rows, 4)
    _, asked = read(home, name)
    assert (0 in asked) is whole
    assert whole or set(asked) == {upto}
    assert read(home, name)[1] == []


def test_a_death_that_was_a_mistake_is_taken_out_again(home):
    assert [death["resident_id"] for death in read(home, "deaths")[0]] == ["戊"]
    bring(home, "resident", [resident("戊"), {"resident_id": "乙", **DEAD}], 4)
    assert [death["resident_id"] for death in read(home, "deaths")[0]] == ["乙"]


def test_every_source_has_its_place_in_the_order_of_reading():
    assert sorted(READ_ORDER) == sorted(SOURCES)
    assert {measure.register for measure in MEASURES.values() if isinstance(measure, Stock)} == set(READS)


def test_an_indicator_waits_for_nothing_that_is_read_after_what_it_is_said_to_need(home):
    lake, known = Lake(home), every_definition()
    with DuckDB(lake) as engine:
        partials = Partials(None, REGION, lake.loads(), engine.table, engine.collect)
        tables = {name: partials.read(source) for name, source in SOURCES.items()}

    class Noted(dict):
        def __getitem__(self, name: str) -> pa.Table:
            asked.add(name)
            return super().__getitem__(name)

    for definition in known.values():
        for kind in definition.by:
            asked: set[str] = set()
            evaluate(Noted(tables), REGION, Spans.between(202501, 202502), known).of(definition.id, kind)
            latest = max(map(READ_ORDER.index, sources_of(definition, kind, known)), default=2)
            late = [name for name in asked if READ_ORDER.index(name) > max(latest, 2)]
            assert not late, (definition.id, kind)
