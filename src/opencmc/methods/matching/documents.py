"""Citizen ID numbers of a whole column at once: form, date, check character (GB 11643-1999), and repair."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.methods.matching.comparisons import PLAIN, SOUND, UNSOUND

Ints = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
#: Check value (the last character as a number, X as 10) for every remainder of the weighted sum.
_CHECKS = np.array([1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2])
_POWERS = 10 ** np.arange(16, -1, -1, dtype=np.int64)
_FORM = r"^(?:[0-9]{15}|[0-9]{17}[0-9Xx])$"
_NOT_NUMBER = re.compile(r"[^0-9X]")
#: A number made of fewer different digits than this says nothing (zeros, ones).
DIFFERENT_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Documents:
    """Numbers of a column. ``digits`` (rows, 17) are the first 17 digits, ``state`` is what they are worth, or -1 where
    there is no usable number; ``birth`` (days since 1970-01-01, or ``NO_DAY``) and ``sex`` (1, 2 or 0) are read from it."""

    digits: Ints
    state: Ints
    birth: Ints
    sex: Ints

    def numbers(self) -> pa.Array:
        """The first 17 digits as a whole number; null where there is no usable number."""
        return pa.array(self.digits.astype(np.int64) @ _POWERS, mask=self.state < 0)


NO_DAY = np.iinfo(np.int32).min
#: Nobody alive was born before 1901-01-01; earlier dates stand for "unknown".
FIRST_DAY = -25_202
#: A number that more records bear says nothing.
BORNE_BY_MANY = 30


def read_documents(numbers: pa.Array, birth: Ints, born: Mask) -> Documents:
    """Read a column of numbers as they were written. ``birth`` (days) and ``born`` (known at all) are the records' own
    dates of birth, by which a number with a wrong check character is repaired where that makes it sound."""
    numbers = _formed(numbers)
    size = len(numbers)
    digits, state = np.zeros((size, 17), dtype=np.int16), np.full(size, -1, dtype=np.int8)
    length = pc.fill_null(pc.binary_length(numbers), 0).to_numpy(zero_copy_only=False)
    long, short = np.flatnonzero(length == 18), np.flatnonzero(length == 15)
    last = np.zeros(size, dtype=np.int16)
    if len(long):
        read = _characters(numbers, long, 18)
        digits[long], last[long] = read[:, :17], read[:, 17]
        state[long] = UNSOUND
    if len(short):
        read = _characters(numbers, short, 15)
        digits[short, :6], digits[short, 6:8], digits[short, 8:] = read[:, :6], (1, 9), read[:, 6:]
        state[short] = PLAIN
    usable = np.flatnonzero(state >= 0)
    same = np.sort(digits[usable], axis=1)
    state[usable[(np.diff(same, axis=1) > 0).sum(axis=1) + 1 < DIFFERENT_DIGITS]] = -1
    day = _days(digits)
    dated = day != NO_DAY
    state[(state == PLAIN) & ~dated] = UNSOUND
    right = _CHECKS[(digits @ _WEIGHTS) % 11] == last
    state[(state == UNSOUND) & (length == 18) & dated & right] = SOUND
    _repair(digits, state, day, last, birth, born & (length == 18))
    state[dated & (day < FIRST_DAY)] = -1
    _drop_borne_by_many(digits, state)
    day = np.where(state > UNSOUND, day, NO_DAY)
    sex = np.where(state > UNSOUND, np.where(digits[:, 16] % 2 == 1, 1, 2), 0)
    return Documents(digits, state, day, sex)


def formed(text: str) -> str | None:
    """A number without blanks and signs, in capitals; None where it has neither 15 nor 18 characters."""
    plain = _NOT_NUMBER.sub("", unicodedata.normalize("NFKC", text).upper())
    return plain if re.match(_FORM, plain) else None


def _formed(numbers: pa.Array) -> pa.Array:
    """The numbers without blanks and signs, in capitals; null where they have neither 15 nor 18 characters."""
    well = pc.fill_null(pc.match_substring_regex(numbers, _FORM), False)
    odd = np.flatnonzero(~well.to_numpy(zero_copy_only=False) & numbers.is_valid().to_numpy(zero_copy_only=False))
    if len(odd) == 0:
        return numbers
    cleaned = [formed(text) for text in numbers.take(pa.array(odd)).to_pylist()]
    mask = np.zeros(len(numbers), dtype=bool)
    mask[odd] = True
    return pc.replace_with_mask(numbers, pa.array(mask), pa.array(cleaned, type=pa.string()))


def _characters(numbers: pa.Array, rows: Ints, width: int) -> Ints:
    """The characters of ``rows`` as numbers (rows, width); X and x are 10."""
    taken = numbers.take(pa.array(rows))
    buffer = np.frombuffer(taken.buffers()[2], dtype=np.uint8)[: len(rows) * width]
    read = buffer.reshape(len(rows), width).astype(np.int16) - 48
    return np.minimum(read, 10)


def _days(digits: Ints) -> Ints:
    """Days since 1970-01-01 of digits 7 to 14; ``NO_DAY`` where they are no date from 1850 to 2099."""
    year = digits[:, 6] * 1000 + digits[:, 7] * 100 + digits[:, 8] * 10 + digits[:, 9]
    month, day = digits[:, 10] * 10 + digits[:, 11], digits[:, 12] * 10 + digits[:, 13]
    fine = (year >= 1850) & (year < 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = ((year.astype(np.int64) - 1970) * 12 + month - 1).astype("datetime64[M]")
    start = months.astype("datetime64[D]").astype(np.int64)
    days = start + day - 1
    fine &= days < (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64)
    return np.where(fine, days, NO_DAY)


def _drop_borne_by_many(digits: Ints, state: Ints) -> None:
    """A number that many records of a register bear is a stopgap, whatever its check character says (in place)."""
    rows = np.flatnonzero(state >= 0)
    _, at, counts = np.unique(digits[rows].astype(np.int64) @ _POWERS, return_inverse=True, return_counts=True)
    state[rows[counts[at] > BORNE_BY_MANY]] = -1


def _repair(digits: Ints, state: Ints, day: Ints, last: Ints, birth: Ints, possible: Mask) -> None:
    """Put a wrongly typed date of birth right (in place) where the record's own date makes the check character right."""
    rows = np.flatnonzero((state == UNSOUND) & possible & (day != birth))
    if len(rows) == 0:
        return
    dates = birth[rows].astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    parts = year * 10_000 + (months.astype(np.int64) % 12 + 1) * 100 + (dates - months).astype(np.int64) + 1
    put = digits[rows].copy()
    for place in range(8):
        put[:, 13 - place] = parts // 10**place % 10
    wrong = (put != digits[rows]).sum(axis=1)
    found = rows[(_CHECKS[(put @ _WEIGHTS) % 11] == last[rows]) & (wrong <= 2)]
    digits[found] = put[np.searchsorted(rows, found)]
    state[found], day[found] = PLAIN, birth[found]
