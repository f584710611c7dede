"""Figures laid out for pages: one text a series, written column by column so that a county's run takes seconds."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SERIES_KEY = ("indicator", "unit_kind", "unit_id")


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.cast(column, pa.string()), "null").combine_chunks()


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of text as one dictionary array."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.unify_dictionaries().combine_chunks()


def _quoted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text as JSON. The few different texts are quoted once each."""
    encoded = _encoded(column)
    words = pa.array(
        [json.dumps(word or "", ensure_ascii=False) for word in encoded.dictionary.to_pylist()], pa.string()
    )
    return pc.fill_null(words.take(encoded.indices), '""')


def series_texts(figures: pa.Table) -> list[tuple[str, str, str, str]]:
    """``(indicator, unit_kind, unit_id, points)`` for each series of a figures table (columns as in figures.parquet).

    The rows of one series stand together, as a run writes them. ``points`` is JSON: ``{period: [numerator, denominator, value_scaled, status, because, unplaced], …}``.
    """
    if not figures.num_rows:
        return []
    figures = figures.combine_chunks()
    point = pc.binary_join_element_wise(
        pc.binary_join_element_wise(_quoted(figures["period"]), ":[", ""),
        pc.binary_join_element_wise(
            _number(figures["numerator"]),
            _number(figures["denominator"]),
            _number(figures["value_scaled"]),
            _quoted(figures["status"]),
            _quoted(figures["because"]),
            _number(figures["unplaced"]),
            ",",
        ),
        "]",
        "",
    )
    codes = [_encoded(figures[name]) for name in SERIES_KEY]
    indices = [code.indices.to_numpy() for code in codes]
    changed = np.zeros(figures.num_rows, dtype=bool)
    changed[0] = True
    for index in indices:
        changed[1:] |= index[1:] != index[:-1]
    starts = np.flatnonzero(changed)
    offsets = pa.array(np.append(starts, figures.num_rows), pa.int32())
    texts = pc.binary_join(pa.ListArray.from_arrays(offsets, point), ",")
    keys = [code.take(pa.array(starts)).to_pylist() for code in codes]
    return [(*key, "{" + text + "}") for key, text in zip(zip(*keys, strict=True), texts.to_pylist(), strict=True)]


def periods_by_kind(figures: pa.Table) -> dict[str, list[str]]:
    """The names of the periods that the county has figures for, by kind, in order."""
    county = figures.filter(pc.equal(pc.cast(figures["unit_kind"], pa.string()), "county"))
    pairs = county.select(["period_kind", "period"]).cast(
        pa.schema([("period_kind", pa.string()), ("period", pa.string())])
    )
    pairs = pairs.group_by(["period_kind", "period"]).aggregate([]).to_pylist()
    kinds: dict[str, list[str]] = {}
    for pair in sorted(pairs, key=lambda p: p["period"]):
        kinds.setdefault(pair["period_kind"], []).append(pair["period"])
    return kinds
