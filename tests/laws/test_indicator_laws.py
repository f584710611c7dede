"""What holds of indicators whatever the facts are."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_county import DEFAULTS, NETWORK, REGION, evaluated, every_definition, parse_table, strangers

from opencmc.facts.lake import Lake
from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES
from opencmc.methods.indicators import compute
from opencmc.methods.indicators.evaluation import VALUE, Evaluated
from opencmc.methods.indicators.spans import Spans
from opencmc.methods.runs import figures_of
from opencmc.policy.pack import default_root, load_pack

SPANS = Spans.between(202501, 202512)
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
KNOWN = every_definition()
#: Sums of what happened: their months add up.
ADDITIVE = (
    "m24_07", "m24_08", "m24_09", "m24_11", "m24_12", "m20_02", "m20_03", "m20_24", "m20_24_visit", "m20_25",
    "cq_outpatient_visits", "cq_discharges",
)  # fmt: skip
#: Shares: the numerator is a part of the denominator.
SHARES = ("m24_07", "m24_08", "m24_09", "m24_11", "m24_12", "m20_02", "m20_03", "m20_04", "m20_25")

institutions = st.sampled_from(["H1", "H2", "T1", "T2", "V1", "V2", "D1", "O1", "X9"])
residents = st.sampled_from(["甲", "乙", "丙", "丁", "无", None])
regions = st.sampled_from([REGION, REGION, "330203", None])
days = st.integers(0, 364).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
amounts = st.integers(0, 10**9)


@st.composite
def visits(draw: st.DrawFn) -> dict[str, Any]:
    total = draw(amounts)
    return {
        **DEFAULTS["visit"],
        "resident_id": draw(residents),
        "institution_id": draw(institutions),
        "date": draw(days),
        "kind": draw(st.sampled_from(["outpatient", "emergency", "home", "pharmacy"])),
        "is_tcm": draw(st.booleans()),
        "insured_region": draw(regions),
        "total_fen": total,
        "fund_fen": draw(st.integers(0, total)),
        "own_fen": draw(st.integers(0, total)),
    }


@st.composite
def stays(draw: st.DrawFn) -> dict[str, Any]:
    day, total = draw(days), draw(amounts)
    return {
        **DEFAULTS["stay"],
        "resident_id": draw(residents),
        "institution_id": draw(institutions),
        "admitted": day - timedelta(days=draw(st.integers(0, 40))),
        "discharged": day,
        "insured_region": draw(regions),
        "total_fen": total,
        "fund_fen": draw(st.none() | st.integers(0, total)),
        "own_fen": draw(st.none() | st.integers(0, total)),
    }


facts = st.tuples(st.lists(visits(), max_size=25), st.lists(stays(), max_size=15))
few = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def county(found: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    rows = {name: parse_table(name, text) for name, text in NETWORK.items()}
    marks = strangers(MONTHS)
    rows["visit"] = [{**row, "visit_id": f"v{i}"} for i, row in enumerate(found[0])] + marks["visit"]
    rows["stay"] = [{**row, "stay_id": f"s{i}"} for i, row in enumerate(found[1])] + marks["stay"]
    return rows


def figures(
    rows: dict[str, list[dict[str, Any]]], indicators: tuple[str, ...], kind: str = "county"
) -> dict[str, Evaluated]:
    with tempfile.TemporaryDirectory() as folder, evaluated(Path(folder), rows, SPANS, KNOWN) as evaluation:
        return {name: evaluation.of(name, kind) for name in indicators if kind in KNOWN[name].by}


def plain(found: dict[str, Evaluated]) -> dict[str, list[Any]]:
    return {
        name: [e.numerator.tolist(), e.denominator.tolist(), e.value.tolist(), e.status.tolist(), e.unplaced.tolist()]
        for name, e in found.items()
    }


@given(facts)
@few
def test_months_add_up_to_quarters_years_to_date_and_the_year(found):
    for kind in ("county", "community", "township"):
        for result in figures(county(found), ADDITIVE, kind).values():
            months = SPANS.of_kind(("month",))
            for position, period in enumerate(SPANS.periods):
                inside = [m for m in months if SPANS.periods[m].start in period]
                for part in (result.numerator, result.denominator, result.unplaced[None, :]):
                    if part is not result.denominator or result.has_denominator.any():
                        assert (part[:, inside].sum(axis=1) == part[:, position]).all()


@given(facts, st.randoms(use_true_random=False))
@few
def test_the_order_of_rows_changes_nothing(found, random):
    rows = county(found)
    shuffled = {name: random.sample(table, len(table)) for name, table in rows.items()}
    names = (*ADDITIVE, "m24_10")
    assert plain(figures(rows, names)) == plain(figures(shuffled, names))


@given(facts)
@few
def test_a_share_lies_between_nothing_and_all(found):
    for kind in ("county", "township", "community"):
        for result in figures(county(found), SHARES, kind).values():
            valued = result.status == VALUE
            assert (result.numerator >= 0).all()
            assert (result.numerator <= result.denominator)[valued].all()
            assert ((result.value >= 0) & (result.value <= 10_000))[valued].all()


@given(facts.filter(lambda found: found[0] or found[1]), st.data())
@few
def test_an_unknown_institution_never_changes_a_figure_without_being_counted(found, data):
    before = county(found)
    table = data.draw(st.sampled_from([name for name, rows in zip(("visit", "stay"), found, strict=True) if rows]))
    at = data.draw(st.integers(0, len(found[("visit", "stay").index(table)]) - 1))
    after = {name: [dict(row) for row in rows] for name, rows in before.items()}
    after[table][at]["institution_id"] = "X-不存在"
    names = (*ADDITIVE, "m24_10")
    old, new = figures(before, names), figures(after, names)
    for name in old:
        changed = (old[name].numerator != new[name].numerator) | (old[name].denominator != new[name].denominator)
        more = new[name].unplaced > old[name].unplaced
        already = before[table][at]["institution_id"] == "X9"
        assert (~changed.any(axis=0) | more).all() or already, name


@given(facts)
@few
def test_tiers_add_up_to_the_county(found):
    rows = county(found)
    tiers, whole = figures(rows, ADDITIVE, "tier"), figures(rows, ADDITIVE)
    for name, result in tiers.items():
        assert (result.numerator.sum(axis=0) == whole[name].numerator[0]).all()


@given(facts, st.integers(2, 4))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_splitting_the_loads_changes_nothing(found, pieces):
    rows = county(found)
    pack = load_pack(default_root(), "ninghai")

    def loaded(cut: int) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            lake = Lake(Path(folder))
            for name, table in rows.items():
                for piece in range(cut if name in ("visit", "stay") else 1):
                    path = Path(folder) / f"{name}{piece}.parquet"
                    part = table[piece::cut] if name in ("visit", "stay") else table
                    pq.write_table(pa.Table.from_pylist(part, schema=arrow_schema(TABLES[name])), path)
                    lake.load(name, [path], known_at=datetime(2026, 1, 1, tzinfo=UTC), actor="试")
            return figures_of(compute(lake, pack)).to_pylist()

    assert loaded(1) == loaded(pieces)
