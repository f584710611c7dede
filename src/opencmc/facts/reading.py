"""Opening what a county brings: Parquet, or CSV in one of the encodings that its systems write."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from opencmc.base.errors import DataError
from opencmc.facts import records
from opencmc.facts.engines import Workbench
from opencmc.facts.schemas import literal, quoted
from opencmc.facts.text import Examined, as_utf8

_OTHER_SEPARATORS = {"\t": "制表符", ";": "分号", "，": "中文逗号", "|": "竖线"}


@dataclass(slots=True)
class Opened:
    """A file that the workbench can read.

    ``relation`` is SQL; ``types`` are its columns with their DuckDB types. ``row`` is the SQL of a row's position
    (from 0), or "" for text, whose rows have to be copied before they can be counted. ``broken`` are the lines
    of records that could not be split into columns, by reason. ``lines`` (row, line) is there when a record's line does not
    follow from its position: because of line breaks inside quotes, blank lines or broken records.
    """

    file: Examined
    relation: str
    types: dict[str, str]
    row: str = ""
    text_path: Path | None = None
    lines: pa.Table | None = None
    broken: Mapping[str, Sequence[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.file.source.name

    def line_sql(self, row: str) -> str:
        """The SQL of a row's line (for Parquet: its number from 1) in terms of its position."""
        return f"({row} + {1 if self.row else 2})"

    def lines_of(self, positions: Sequence[int]) -> tuple[int, ...]:
        """The lines on which the records at ``positions`` stand."""
        if self.lines is not None:
            return tuple(self.lines.column("line").take(list(positions)).to_pylist())
        return tuple(position + (1 if self.row else 2) for position in positions)

    def lines_follow(self, count: int) -> bool:
        """Whether ``count`` records account for every line, so that each record's line follows from its position."""
        return bool(self.row) or self.lines is not None or count == self.file.lines - 1


def open_file(file: Examined, bench: Workbench, folder: Path, table_name: str) -> Opened:
    """Open a file. Raises :class:`DataError` when it has no usable header or encoding."""
    return _open_parquet(file, bench, table_name) if file.is_parquet else _open_text(file, folder, table_name)


def _open_parquet(file: Examined, bench: Workbench, table_name: str) -> Opened:
    relation = f"read_parquet({literal(file.path)}, file_row_number = true)"
    try:
        described = bench.rows(f"DESCRIBE SELECT * EXCLUDE file_row_number FROM {relation}")
    except bench.unreadable as error:
        raise DataError(f"{file.source.name} 不是完整的 Parquet 文件：请重新导出", table=table_name) from error
    return Opened(file, relation, {row[0]: row[1] for row in described}, row="file_row_number")


def _open_text(file: Examined, folder: Path, table_name: str) -> Opened:
    path = as_utf8(file, folder, table_name)
    header = records.header_of(path)
    _check_header(header, file, table_name)
    notes = [] if file.final_newline else [f"{file.source.name} 的末行没有换行符：文件可能不完整，请核对末行"]
    return Opened(file, csv_relation(path, header), dict.fromkeys(header, "VARCHAR"), text_path=path, notes=notes)


def _check_header(header: list[str], file: Examined, table_name: str) -> None:
    name = file.source.name
    if not header:
        raise DataError(f"{name} 没有表头：第一行应为列名", table=table_name)
    if len(header) == 1:
        for mark, label in _OTHER_SEPARATORS.items():
            if mark in header[0]:
                raise DataError(f"{name} 的列以{label}分隔：应以英文逗号分隔", table=table_name)
    for position, column in enumerate(header, 1):
        if not column:
            raise DataError(f"{name} 的第 {position} 列没有列名：请补上列名，或删去这一列", table=table_name)
        if header.index(column) != position - 1:
            # The name is not shown: without a header, the first line holds somebody's values.
            first = header.index(column) + 1
            raise DataError(f"{name} 的第 {first} 列与第 {position} 列同名：请只留一列", table=table_name)


def csv_relation(path: Path, header: list[str]) -> str:
    """The file's rows as SQL, all columns as text, read in parallel; strict about what a row is."""
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(header)))
    named = ", ".join(f"c{number} AS {quoted(column)}" for number, column in enumerate(header))
    return (
        f"(SELECT {named} FROM read_csv({literal(path)}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', columns = {{{columns}}}))"
    )


def repaired(opened: Opened, folder: Path) -> Opened:
    """The same file after the exact reader has set its broken records aside; Parquet stays as it is."""
    if opened.text_path is None or opened.lines is not None:
        return opened
    file, header = opened.file, list(opened.types)
    sound = folder / f"{file.source.sha256[:16]}.sound.csv"
    found = records.split(opened.text_path, sound, len(header), unreadable_line=file.lines if file.cut_character else 0)
    starts = np.frombuffer(found.starts, dtype=np.int64) if found.starts else np.empty(0, dtype=np.int64)
    lines = pa.table({"row": pa.array(np.arange(len(starts))), "line": pa.array(starts)})
    return Opened(
        file,
        csv_relation(sound, header),
        opened.types,
        text_path=sound,
        lines=lines,
        broken=found.broken,
        notes=opened.notes,
    )


def near(name: str, candidates: list[str]) -> str:
    """The candidate that ``name`` was probably meant to be, or ""."""
    found = difflib.get_close_matches(name.lower(), candidates, n=1, cutoff=0.6)
    return found[0] if found else ""
