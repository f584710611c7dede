"""Pairs of records that are, or may be, one person: in one register, or between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from splink import Linker

from opencmc.methods.matching.comparisons import FIELDS
from opencmc.methods.matching.database import splink_database
from opencmc.methods.matching.decisions import CERTAIN, DIFFERENT, Decision, Thresholds, decide
from opencmc.methods.matching.model import APART, Model, shipped_model
from opencmc.methods.matching.records import prepare, prepare_two

_WORDS = pa.dictionary(pa.int8(), pa.string())
#: One row is one pair: ``left`` < ``right`` in one register. ``rule`` is the exact key or the caution that decided (see
#: :mod:`opencmc.methods.matching.decisions`), empty where the model did; ``probability`` is in parts per million; then
#: one column a field with the level of agreement.
PAIR_SCHEMA = pa.schema(
    [
        ("left", pa.string()),
        ("right", pa.string()),
        ("decision", _WORDS),
        ("kind", _WORDS),
        ("rule", _WORDS),
        ("probability", pa.int32()),
        *[(field.name, _WORDS) for field in FIELDS],
    ]
)


def find_pairs(
    records: pa.Table, other: pa.Table | None = None, *, thresholds: Thresholds, model: Model | None = None
) -> pa.Table:
    """Pairs within ``records``, or between ``records`` (left) and ``other`` (right), that are one person or for people
    to decide (:data:`PAIR_SCHEMA`), in the order of ``left`` and ``right``. The order of rows does not matter.

    ``records`` and ``other`` are tables of :data:`~opencmc.methods.matching.records.RECORD_SCHEMA`; ``model`` is the
    shipped one where none is given. Raises :class:`~opencmc.base.errors.DataError` for tables that are not records.
    """
    model = model or shipped_model()
    names = model.common_names
    sides = [prepare(records, names)] if other is None else [*prepare_two(records, other, names)]
    if min(len(side) for side in sides) == 0 or (other is None and len(records) < 2):
        return PAIR_SCHEMA.empty_table()
    return _decided(compared(sides, model), sides, thresholds)


def compared(sides: list[pa.Table], model: Model) -> pa.Table:
    """All pairs of prepared records that share a block, compared by Splink with the stored parameters: ``left`` and
    ``right`` (row numbers), ``code`` (the levels of all fields in one number, see :func:`levels_of`), ``probability``."""
    with splink_database() as database:
        frames = []
        for name, side in zip("ab", sides, strict=False):
            numbered = side.drop(["record_id"]).append_column("row", pa.array(np.arange(len(side), dtype=np.int32)))
            frames.append(database.register(numbered, dataset_display_name=name))
        settings = model.settings("dedupe_only" if len(sides) == 1 else "link_only")
        linker = Linker(frames if len(sides) > 1 else frames[0], settings, log_level=None, validate_settings=False)
        found = linker.inference.predict().physical_name
        turned = "false" if len(sides) == 1 else "source_dataset_l = 'b'"
        return database.duckdb_con.sql(
            f"SELECT CASE WHEN {turned} THEN row_r ELSE row_l END AS left, "
            f"CASE WHEN {turned} THEN row_l ELSE row_r END AS right, "
            f"({_code_sql(model)})::SMALLINT AS code, match_probability AS probability FROM {found}"
        ).to_arrow_table()


def _code_sql(model: Model) -> str:
    """The levels as digits of one number, the last field first. Splink gives the weight that each field added, by which
    its level is known."""
    base, terms = 1, []
    for field in FIELDS:
        weights = model.weights[field.name]
        tests = (
            f"WHEN abs(mw_{field.name} - ({weights[level.name]!r})) < {APART / 2!r} THEN {place * base}"
            for place, level in enumerate(field.levels)
        )
        terms.append(f"CASE {' '.join(tests)} END")
        base *= len(field.levels)
    return " + ".join(terms)


def levels_of(code: int) -> dict[str, str]:
    """The level of every field from the number that :func:`compared` gives."""
    levels = {}
    for field in FIELDS:
        code, digit = divmod(code, len(field.levels))
        levels[field.name] = field.levels[digit].name
    return levels


def _decided(scored: pa.Table, sides: list[pa.Table], thresholds: Thresholds) -> pa.Table:
    """What is decided of every pair; those of different people go. Equal levels are decided once."""
    codes, first, at = np.unique(scored["code"].to_numpy(), return_index=True, return_inverse=True)
    exact = scored["probability"].to_numpy()[first]
    probabilities = (exact * CERTAIN + 0.5).astype(np.int32)
    found = [levels_of(int(code)) for code in codes]
    decided = [decide(each, int(ppm), thresholds) for each, ppm in zip(found, probabilities, strict=True)]
    kept = np.flatnonzero(np.array([each.decision != DIFFERENT for each in decided], dtype=bool)[at])
    left, right = scored["left"].to_numpy()[kept], scored["right"].to_numpy()[kept]
    order = np.lexsort((right, left))
    left, right, at = left[order], right[order], at[kept][order]
    ids = [side["record_id"].combine_chunks() for side in sides]
    columns: dict[str, pa.Array] = {"left": ids[0].take(pa.array(left)), "right": ids[-1].take(pa.array(right))}
    for name, words in _said(decided, found).items():
        columns[name] = _dictionary(words, at)
    columns["probability"] = pa.array(probabilities[at])
    return pa.table([columns[name] for name in PAIR_SCHEMA.names], schema=PAIR_SCHEMA)


def _said(decided: Sequence[Decision], found: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    words = {name: [getattr(each, name) for each in decided] for name in ("decision", "kind", "rule")}
    return words | {field.name: [levels[field.name] for levels in found] for field in FIELDS}


def _dictionary(words: list[str], at: Any) -> pa.Array:
    coded = pa.array(words, type=pa.string()).dictionary_encode()
    places = coded.indices.to_numpy(zero_copy_only=False).astype(np.int8)
    indices = pa.array(places[at]) if len(places) else pa.array([], type=pa.int8())
    return pa.DictionaryArray.from_arrays(indices, coded.dictionary)
