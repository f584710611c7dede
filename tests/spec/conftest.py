"""Specifications of indicators: a tiny county as pipe tables, one indicator, the figures that are expected.

The network is always the same unless a specification brings its own. A month without rows of its own still counts as
loaded: for each month of the expected periods there is one purchase and one stay of a stranger at an institution outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny_county import NETWORK, REGION, evaluated, every_definition, parse_table, strangers

from opencmc.base.periods import Period
from opencmc.methods.indicators.definitions import Definition
from opencmc.methods.indicators.evaluation import STATUSES
from opencmc.methods.indicators.spans import Spans
from opencmc.methods.runs import printed


@dataclass(frozen=True)
class Expected:
    kind: str
    unit: str
    period: str
    text: str


def read_expectation(key: str, text: str) -> Expected:
    kind, *unit, period = key.split()
    return Expected(kind, unit[0] if unit else REGION, Period.parse(period).name, text)


@pytest.fixture(scope="session")
def known_definitions() -> dict[str, Definition]:
    return every_definition()


@pytest.fixture
def spec(tmp_path: Path, known_definitions: dict[str, Definition]) -> Callable[..., None]:
    """``spec(indicator, table="…", expect={"county 2025-01": "3 / 5 = 60.00", …})``."""

    def check(indicator: str, *, expect: dict[str, str], empty_months: bool = False, **tables: str) -> None:
        expected = [read_expectation(key, text) for key, text in expect.items()]
        months = sorted({month for e in expected for month in Period.parse(e.period).months()})
        rows = {name: parse_table(name, text) for name, text in {**NETWORK, **tables}.items()}
        touched = {
            row["date" if name == "visit" else "discharged"] for name in ("visit", "stay") for row in rows.get(name, [])
        }
        every = sorted({*months, *(f"{day:%Y-%m}" for day in touched)})
        if not empty_months:
            for name, more in strangers(every).items():
                rows[name] = [*rows.get(name, []), *more]
        spans = Spans.between(int(every[0].replace("-", "")), int(every[-1].replace("-", "")))
        with evaluated(tmp_path, rows, spans, known_definitions) as evaluation:
            found = {e: figure_text(evaluation, known_definitions[indicator], e) for e in expected}
        assert {(e.kind, e.unit, e.period): text for e, text in found.items()} == {
            (e.kind, e.unit, e.period): e.text for e in expected
        }

    return check


def figure_text(evaluation: Any, definition: Definition, expected: Expected) -> str:
    """``3 / 5 = 60.00``, ``12``, ``未知：…``, ``不适用：…``; rows that could not be placed follow in brackets."""
    assert expected.kind in definition.by, f"{definition.id} is not defined by {expected.kind}"
    result = evaluation.of(definition.id, expected.kind)
    places, spans = evaluation.roll_up.places, evaluation.roll_up.spans
    at = places.units[expected.kind].index(expected.unit), spans.names.index(expected.period)
    status = STATUSES[result.status[at]]
    value = printed(int(result.value[at]), definition.places)
    if status == "value":
        top, bottom = int(result.numerator[at]), int(result.denominator[at])
        text = f"{top} / {bottom} = {value}" if result.has_denominator[at] else str(value)
    else:
        word = {"unknown": "未知", "not_applicable": "不适用"}[status]
        text = f"{word}：{evaluation.roll_up.gaps.texts[result.because[at]]}"
    lost = int(result.unplaced[at[1]])
    return re.sub(r"\s+", " ", text) + (f"（未归位 {lost}）" if lost else "")
