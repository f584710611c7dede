"""The exact reader: splits delimited text into records one by one and says of each broken one what is wrong with it.

It is used where the fast reader gives up: rows with too few or too many columns, quotes that do not close, blank
lines, line breaks inside quotes. A quote that does not close costs only its own line, not the rest of the file.
"""

from __future__ import annotations

import csv
from array import array
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

#: A quoted value that spans more lines than this is taken for a quote that was never closed.
LONGEST_RECORD_LINES = 1000
#: Longer lines are refused: no column of a table is so long, so something else is wrong with the file.
LONGEST_LINE_BYTES = 1_000_000
_BLOCK = 1 << 20
#: What Python's reader says of a quote that is still open at the end of what it was given.
_OPEN = "unexpected end of data"


@dataclass(slots=True)
class Split:
    """What the exact reader found: the line on which each sound record starts, and by reason those of the broken ones."""

    starts: array[int] = field(default_factory=lambda: array("q"))
    broken: dict[str, array[int]] = field(default_factory=dict)


class _Lines:
    """Physical lines with their numbers; a line can be put back, and sound lines can be taken by the block."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._waiting: deque[bytes] = deque()
        self.number = 0

    def take_sound(self, columns: int) -> tuple[bytes, int]:
        """A block of whole lines, all without quotes and with so many columns, and how many; else nothing is taken."""
        if self._waiting or columns < 2:
            return b"", 0
        block = self._handle.read(_BLOCK)
        block += self._handle.readline()
        plain = block.replace(b"\r\n", b"\n")
        if plain.endswith(b"\n") and b'"' not in plain and b"\r" not in plain:
            marks = np.frombuffer(plain, dtype=np.uint8)
            ends = np.flatnonzero(marks == ord("\n"))
            commas = np.diff(np.cumsum(marks == ord(","), dtype=np.int64)[ends], prepend=0)
            if (commas == columns - 1).all() and np.diff(ends, prepend=-1).max() <= LONGEST_LINE_BYTES:
                self.number += len(ends)
                return plain, len(ends)
        self._waiting.extend(line + b"\n" for line in block.split(b"\n"))
        last = self._waiting.pop().removesuffix(b"\n")
        if last:
            self._waiting.append(last)
        return b"", 0

    def take(self) -> bytes:
        """The next line, or ``b""`` at the end."""
        line = self._waiting.popleft() if self._waiting else self._handle.readline()
        self.number += bool(line)
        return line

    def put_back(self, lines: list[bytes]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)


def split(source: Path, target: Path, columns: int, *, unreadable_line: int = 0) -> Split:
    """Copy the sound records of ``source`` (UTF-8, with a header) to ``target``, which any reader can split.

    ``unreadable_line`` is a line that ends in the middle of a character, or 0.
    """
    found = Split()
    with source.open("rb") as handle, target.open("wb") as out:
        lines = _Lines(handle)
        header = True
        while True:
            block, count = (b"", 0) if header else lines.take_sound(columns)
            if count:
                out.write(block)
                found.starts.frombytes(np.arange(lines.number - count + 1, lines.number + 1, dtype=np.int64).tobytes())
                continue
            raw = lines.take()
            if not raw:
                return found
            if raw.strip(b" \t\r\n\xef\xbb\xbf") == b"":
                continue
            start = lines.number
            record = "文件在一个字符的中间断开" if start == unreadable_line else _record(raw, lines, columns)
            if isinstance(record, str):
                found.broken.setdefault(record, array("q")).append(start)
            else:
                out.write(record)
                if not header:
                    found.starts.append(start)
            header = False


def _record(raw: bytes, lines: _Lines, columns: int) -> bytes | str:
    """The record that begins with the line ``raw``, as any reader can split it; or what is wrong with it."""
    cut = "" if raw.endswith(b"\n") else "；文件可能在此处被截断"
    if len(raw) > LONGEST_LINE_BYTES:
        return f"这一行长于 {LONGEST_LINE_BYTES} 字节"
    if b'"' in raw:
        return _quoted(raw, lines, columns, cut)
    body = raw.rstrip(b"\r\n")
    if b"\r" in body:
        return "行内有回车符"
    found = body.count(b",") + 1
    while found > columns and body.endswith(b","):  # empty columns beyond the last, as spreadsheets leave them
        body, found = body[:-1], found - 1
    if found != columns:
        return f"有 {found} 列，表头有 {columns} 列{cut}"
    return body + b"\n"


def _quoted(first: bytes, lines: _Lines, columns: int, cut: str) -> bytes | str:
    """The record that begins with the line ``first``, in which there are quotes; or what is wrong with it.

    Lines are added while a quote is open. A record that proves wrong gives back all of them but its first.
    """
    taken, wrong = [first], ""
    values: list[str] = []
    while not values and not wrong:
        text = b"".join(taken).decode("utf-8", "surrogateescape").removeprefix("\ufeff").rstrip("\r\n")
        try:
            values = next(csv.reader([text], strict=True, skipinitialspace=True))
        except csv.Error as error:
            if _OPEN not in str(error):
                wrong = "引号的用法不对：值内的引号应写成两个"
            elif not _take_to_next_quote(taken, lines):
                wrong = f"引号没有配对{cut}"
    while len(values) > columns and not values[-1]:
        values.pop()
    if not wrong and len(values) != columns:
        wrong = f"有 {len(values)} 列，表头有 {columns} 列"
    if wrong:
        lines.put_back(taken[1:])
        return wrong
    joined = ",".join('"' + value.replace('"', '""') + '"' for value in values)
    return joined.encode("utf-8", "surrogateescape") + b"\n"


def _take_to_next_quote(taken: list[bytes], lines: _Lines) -> bool:
    """Add lines up to one with a quote, which may close the open one; False when there is none within reason."""
    while len(taken) < LONGEST_RECORD_LINES and (more := lines.take()):
        taken.append(more)
        if b'"' in more:
            return True
    return False


def header_of(source: Path) -> list[str]:
    """The column names on the first line that is not blank, without blanks around them."""
    with source.open("rb") as handle:
        lines = _Lines(handle)
        while raw := lines.take():
            taken, quotes = [raw], raw.count(b'"')
            while quotes % 2 and len(taken) < LONGEST_RECORD_LINES and (more := lines.take()):
                taken.append(more)
                quotes += more.count(b'"')
            text = b"".join(taken).decode("utf-8", "replace").lstrip("\ufeff").rstrip("\r\n")
            if text.strip():
                return [name.strip() for name in next(csv.reader([text]))]
    return []
