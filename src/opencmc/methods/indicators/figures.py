"""From what was evaluated to the rows of a run: tables of figures, and what could not be placed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from opencmc.methods.indicators.definitions import Definition
from opencmc.methods.indicators.evaluation import STATUSES, VALUE, Evaluated, Evaluation
from opencmc.methods.indicators.spans import Whole
from opencmc.methods.runs import FIGURES

UNPLACED = pa.schema(
    [
        ("indicator", pa.string()),
        ("unit_kind", pa.string()),
        ("period_kind", pa.string()),
        ("period", pa.string()),
        ("reason", pa.string()),
        ("count", pa.int64()),
    ]
)


def _text(codes: Whole, texts: Sequence[str]) -> pa.DictionaryArray:
    """Texts by their codes, each text once: a dictionary with repetitions is not written the same way twice."""
    used = np.flatnonzero(np.bincount(codes))
    distinct: dict[str, int] = {}
    number = np.zeros(int(used[-1]) + 1 if len(used) else 0, np.int32)
    number[used] = [distinct.setdefault(texts[code], len(distinct)) for code in used.tolist()]
    return pa.DictionaryArray.from_arrays(pa.array(number[codes]), pa.array(list(distinct), pa.string()))


def _same(value: str, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array([value][:size], pa.string()))


class Figures:
    """Makes the figures of one evaluation, indicator by indicator and kind of unit by kind of unit."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._spans, self._places = evaluation.roll_up.spans, evaluation.roll_up.places
        self._keys: dict[tuple[str, tuple[str, ...]], list[pa.DictionaryArray]] = {}
        self._lost: dict[str, list[Any]] = {name: [] for name in UNPLACED.names}

    def of(self, definition: Definition, kind: str) -> pa.Table:
        """The rows of one indicator and kind of unit, in the order in which figures are stored."""
        result = self._evaluation.of(definition.id, kind)
        self._note_unplaced(definition, kind, result)
        periods = self._spans.of_kind(definition.periods)
        units = self._places.units[kind]
        size = len(units) * len(periods)

        def cut(array: Any) -> Any:
            return array[:, periods].reshape(-1)

        status = cut(result.status)
        return pa.table(
            [
                _same(definition.id, size),
                _same(definition.set, size),
                *self._units_and_periods(kind, definition.periods),
                pa.array(cut(result.numerator), mask=~cut(result.has_numerator)),
                pa.array(cut(result.denominator), mask=~cut(result.has_denominator)),
                pa.array(cut(result.value), mask=status != VALUE),
                pa.array(np.full(size, definition.places, np.int8)),
                _text(status, STATUSES),
                _text(cut(result.because), self._evaluation.roll_up.gaps.texts),
                pa.array(np.tile(result.unplaced[periods], len(units))),
            ],
            schema=FIGURES,
        )

    def _units_and_periods(self, kind: str, period_kinds: tuple[str, ...]) -> list[pa.DictionaryArray]:
        """The columns ``unit_kind``, ``unit_id``, ``period_kind`` and ``period``; many indicators have the same."""
        key = (kind, period_kinds)
        if key not in self._keys:
            units, periods = self._places.units[kind], self._spans.of_kind(period_kinds)
            each_period = np.tile(periods, len(units))
            self._keys[key] = [
                _same(kind, len(each_period)),
                _text(np.repeat(np.arange(len(units)), len(periods)), units),
                _text(each_period, self._spans.kinds),
                _text(each_period, self._spans.names),
            ]
        return self._keys[key]

    def _note_unplaced(self, definition: Definition, kind: str, result: Evaluated) -> None:
        spans = self._spans
        positions = spans.of_kind(definition.periods)
        for reason in sorted(result.reasons):
            counts = result.reasons[reason]
            lost = positions[counts[positions] != 0]
            at = lost.tolist()
            found = (
                [definition.id] * len(at), [kind] * len(at), [spans.kinds[i] for i in at], [spans.names[i] for i in at],
                [reason] * len(at), counts[lost].tolist(),
            )  # fmt: skip
            for name, values in zip(UNPLACED.names, found, strict=True):
                self._lost[name].extend(values)

    def unplaced(self) -> pa.Table:
        """What could not be placed for the figures made so far."""
        return pa.table(self._lost, schema=UNPLACED)
