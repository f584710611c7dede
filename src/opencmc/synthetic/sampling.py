"""Drawing at random, the same way each time: named streams, lotteries, even picks, and numbered ids."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

#: How finely a lottery divides the unit interval; a share below one in this many is not drawn.
STEPS = 8192


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The random numbers that belong to ``seed`` and ``names`` alone.

    Each month and each subject has its own stream, so a longer period or a new subject changes nothing before it.
    """
    words = [zlib.crc32(str(name).encode()) for name in names]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of one of the generator's own tables (``tables/<name>.csv``)."""
    text = (files("opencmc.synthetic") / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


class Lottery:
    """Draw one of K things with weights that depend on a group: one look-up a draw.

    ``weights`` has the shape (groups, K), or (K,) for one group. A group whose weights are all zero gives thing 0.
    """

    def __init__(self, weights: npt.ArrayLike) -> None:
        table = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        marks = (np.arange(STEPS) + 0.5) / STEPS
        self._drawn = np.zeros((len(table), STEPS), dtype=np.int16)
        for group, row in enumerate(table):
            total = row.sum()
            if total > 0:
                self._drawn[group] = np.searchsorted(np.cumsum(row) / total, marks, side="right").clip(0, len(row) - 1)
        self._flat = self._drawn.ravel()

    def draw(self, rng: np.random.Generator, groups: Ints | int, size: int) -> Ints:
        return self.at(rng.integers(0, STEPS, size, dtype=np.int32), groups)

    def at(self, ticks: Ints, groups: Ints | int = 0) -> Ints:
        """The things at ``ticks`` (whole numbers in [0, STEPS))."""
        return self._flat[np.asarray(groups, dtype=np.int32) * STEPS + ticks]


def evenly(rng: np.random.Generator, chances: Floats) -> Mask:
    """Pick each position with its own chance, so that the number picked in any run of positions is almost exactly
    the sum of its chances (systematic sampling)."""
    reached = np.floor(np.cumsum(chances) + rng.random())
    return np.diff(reached, prepend=0.0) > 0


def codes(values: Sequence[str | None]) -> pa.Array:
    return pa.array(values, type=pa.string())


def take(words: pa.Array, positions: Ints) -> pa.Array:
    """``words`` at ``positions``; a negative position gives null."""
    positions = np.asarray(positions)
    if positions.size and positions.min() < 0:
        return words.take(pa.array(positions, mask=positions < 0))
    return words.take(pa.array(positions))


def numbered(prefix: str, numbers: Ints, width: int) -> pa.Array:
    """Ids such as ``V202401-0000001``; a negative number gives null."""
    numbers = np.asarray(numbers)
    text = pc.utf8_lpad(pa.array(numbers, mask=numbers < 0).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, text, "")


def dates(days: Ints, missing: Mask | None = None) -> pa.Array:
    """Days since 1970-01-01 as dates; null where ``missing``."""
    return pa.array(np.asarray(days, dtype=np.int32), mask=missing).cast(pa.date32())


def whole(numbers: Ints, missing: Mask | None = None) -> pa.Array:
    return pa.array(np.asarray(numbers, dtype=np.int64), mask=missing)


def lists(words: pa.Array, table: Ints) -> pa.Array:
    """One list of words a row from a table of positions (rows, places); negative positions are left out."""
    kept = table >= 0
    offsets = np.concatenate(([0], np.cumsum(kept.sum(axis=1)))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), take(words, table[kept]))
