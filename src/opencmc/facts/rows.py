"""The rows of one load on the workbench: read, checked, compared with what is known, written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from opencmc.base.errors import DataError, DataReason
from opencmc.facts.engines import Workbench, file_list
from opencmc.facts.reading import Opened
from opencmc.facts.schemas import literal, quoted
from opencmc.facts.sources import Selection
from opencmc.facts.tables import TABLES, Table
from opencmc.facts.validation import rules

#: How many source lines a reason names.
SHOWN_LINES = 20

#: Rows in a row group: small enough that one month is found by its statistics, a multiple of the engine's vector.
ROW_GROUP = 204_800

_NAMES = pa.schema([("fault", pa.int32()), ("column_name", pa.string()), ("reason", pa.string())])
_PARQUET = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"


class IncomingRows:
    """The workbench's relations during a load:

    * ``typed``: every row that could be split into columns: ``file``, ``row`` (position in the file), the logical
      columns, and ``faults`` (numbers into ``self.reasons``, null for a good row);
    * ``refusals`` (file, row, fault): why rows are refused;
    * ``accepted``: the rows of ``typed`` without fault, of each key the first.
    """

    def __init__(self, table: type[Table], bench: Workbench) -> None:
        self.table, self.bench = table, bench
        self.selections: Sequence[Selection] = ()
        self.reasons: list[tuple[str, str]] = []
        self._keys = ", ".join(quoted(name) for name in table.key)
        self._logical = ", ".join(quoted(name) for name in table.columns)

    def read(self, selections: Sequence[Selection]) -> None:
        """Read and check all rows. Raises ``UnreadableText`` when a file cannot be split into rows."""
        self.selections, self.reasons = selections, []
        parts = []
        for number, selection in enumerate(selections):
            checked = rules(self.table, selection.types, selection.describe, selection.faults, selection.unreadable)
            if isinstance(checked, str):
                raise DataError(
                    f"{selection.opened.name} 的列 {selection.describe(checked)} 是 "
                    f"{selection.types[checked]} 类型，不能读作 {self.table.columns[checked].type}",
                    table=self.table.table_name,
                )
            kind = "VIEW" if selection.row else "TABLE"
            sql = checked.select(selection.relation, selection.given, selection.row)
            self.bench.run(f"CREATE OR REPLACE {kind} typed_{number} AS {sql}")
            shifted = f"list_transform(faults, lambda fault: fault + {len(self.reasons)})" if self.reasons else "faults"
            parts.append(
                f"SELECT {number}::INTEGER AS file, {'row' if selection.row else 'rowid'} AS row, {self._logical}, "
                f"{shifted} AS faults FROM typed_{number}"
            )
            self.reasons += [(fault.column, fault.reason) for fault in checked.faults]
        self.bench.run(f"CREATE OR REPLACE VIEW typed AS {' UNION ALL '.join(parts)}")

    def records(self) -> list[int]:
        """How many rows each file brought, those aside that could not be split into columns."""
        return [self.bench.one(f"SELECT count(*) FROM typed_{number}")[0] for number in range(len(self.selections))]

    def lines_follow(self) -> bool:
        """Whether each record's line follows from its position in its file."""
        pairs = zip(self.selections, self.records(), strict=True)
        return all(s.opened.lines_follow(count) for s, count in pairs if s.rows_per_record == 1)

    def refuse(self) -> int:
        """Decide which rows are refused, and open ``accepted``. Returns how many rows of ``typed`` are refused."""
        run = self.bench.run
        run("CREATE TABLE refusals AS SELECT file, row, unnest(faults) AS fault FROM typed WHERE faults IS NOT NULL")
        good = "SELECT * FROM typed WHERE faults IS NULL"
        if not self.bench.one("SELECT count(*) FROM refusals")[0]:
            good = "SELECT * FROM typed"
        run(f"CREATE VIEW good AS {good}")
        # Sorting whole numbers finds repeated keys several times faster than grouping text; the few that coincide are
        # then compared exactly.
        hashed = np.sort(self.bench.numbers(f"SELECT hash({self._keys}) AS hashed FROM good"))
        repeated = np.unique(hashed[1:][hashed[1:] == hashed[:-1]])
        if len(repeated):
            self.bench.register("repeated", pa.table({"hashed": repeated}))
            named = "、".join(self.selections[0].describe(name) for name in self.table.key)
            self.reasons.append((self.table.key[0], f"{named}与同一批中前面的一行相同：只保留先出现的一行"))
            run(
                f"CREATE TABLE repeats AS SELECT file, row FROM (SELECT file, row, row_number() OVER "
                f"(PARTITION BY {self._keys} ORDER BY file, row) AS turn FROM good "
                f"WHERE hash({self._keys}) IN (SELECT hashed FROM repeated)) WHERE turn > 1"
            )
            run(f"INSERT INTO refusals SELECT file, row, {len(self.reasons) - 1} FROM repeats")
            run("CREATE VIEW accepted AS SELECT * FROM good ANTI JOIN repeats USING (file, row)")
        else:
            run("CREATE VIEW accepted AS SELECT * FROM good")
        return int(self.bench.one("SELECT count(*) FROM (SELECT DISTINCT file, row FROM refusals)")[0])

    def _lines(self, rows: str) -> str:
        """``rows`` (SQL with file and row) with the ``line`` of the source that each stands on."""
        positions = self._by_file(f"row // {selection.rows_per_record}" for selection in self.selections)
        lines = self._by_file(selection.opened.line_sql("position") for selection in self.selections)
        sql = f"SELECT *, {lines} AS line FROM (SELECT *, {positions} AS position FROM ({rows}))"
        indexed = [n for n, selection in enumerate(self.selections) if selection.opened.lines is not None]
        if not indexed:
            return sql
        for number in indexed:
            self.bench.register(f"lines_{number}", self.selections[number].opened.lines)
        index = " UNION ALL ".join(f"SELECT {n} AS file, row AS position, line FROM lines_{n}" for n in indexed)
        return (
            f"SELECT counted.* REPLACE (coalesce(indexed.line, counted.line) AS line) FROM ({sql}) AS counted "
            f"LEFT JOIN ({index}) AS indexed USING (file, position)"
        )

    def _by_file(self, expressions: Iterable[str]) -> str:
        return f"CASE file {' '.join(f'WHEN {number} THEN {sql}' for number, sql in enumerate(expressions))} END"

    def _names(self) -> str:
        return self._by_file(literal(selection.opened.name) for selection in self.selections)

    def write_refused(self, opened: Sequence[Opened], place: Path) -> tuple[DataReason, ...]:
        """Write file, line, column and reason of every refused row (never its values); the reasons, counted."""
        columns, reasons = zip(*self.reasons, strict=True)
        self.bench.register("names", pa.table([range(len(reasons)), columns, reasons], _NAMES))
        broken = [(file.name, reason, lines) for file in opened for reason, lines in file.broken.items()]
        for number, (_, _, lines) in enumerate(broken):
            self.bench.register(f"broken_{number}", pa.table({"line": pa.array(lines, pa.int64())}))
        self.bench.run(
            f"CREATE TABLE refused AS SELECT {self._names()} AS file, line, column_name, reason FROM "
            f"({self._lines('SELECT * FROM refusals')}) JOIN names USING (fault)"
            + "".join(
                f" UNION ALL SELECT {literal(name)}, line, '', {literal(reason)} FROM broken_{number}"
                for number, (name, reason, _) in enumerate(broken)
            )
        )
        self.bench.run(
            'COPY (SELECT file, line, column_name AS "column", reason FROM refused '
            f"ORDER BY file, line, column_name, reason) TO {literal(place)} ({_PARQUET})"
        )
        return self._counted(len(opened) > 1)

    def _counted(self, several: bool) -> tuple[DataReason, ...]:
        """The refused rows counted by file and reason, the most frequent first."""
        counted = self.bench.rows(
            f"SELECT file, reason, count(*) AS n, min(DISTINCT line, {SHOWN_LINES}) FROM refused "
            "GROUP BY file, reason ORDER BY n DESC, file, reason"
        )
        return tuple(
            DataReason(f"{file}：{reason}" if several else reason, count, tuple(lines))
            for file, reason, count, lines in counted
        )

    def unplaced(self, known: dict[str, list[Path]]) -> tuple[DataReason, ...]:
        """Accepted rows that name something which no table knows; ``known`` are the files of each referenced table."""
        reasons = []
        position = self._by_file(f"row // {selection.rows_per_record}" for selection in self.selections)
        for name, column in self.table.columns.items():
            if not column.references:
                continue
            other = TABLES[column.references]
            key = quoted(other.key[0])
            sets = [f"SELECT {key} AS id FROM read_parquet({file_list(known[other.table_name])})"] * bool(
                known[other.table_name]
            )
            if other is self.table:
                sets.append(f"SELECT {key} AS id FROM accepted")
            unknown = f"AND {quoted(name)} NOT IN (SELECT id FROM ({' UNION ALL '.join(sets)}))" if sets else ""
            for file, count, positions in self.bench.rows(
                f"SELECT file, count(*), min(DISTINCT {position}, {SHOWN_LINES}) FROM accepted "
                f"WHERE {quoted(name)} IS NOT NULL {unknown} GROUP BY file ORDER BY file"
            ):
                selection = self.selections[file]
                of_file = f"{selection.opened.name}：" if len(self.selections) > 1 else ""
                reason = f"{of_file}{selection.describe(name)}在“{other.table_label}”表中查不到"
                reasons.append(DataReason(reason, count, selection.opened.lines_of(positions)))
        return tuple(sorted(reasons, key=lambda reason: -reason.count))

    def replace(self, existing: Sequence[Path], load: int, place: Path) -> dict[int, int]:
        """Find the current rows that the accepted ones replace, and write their keys; how many, by their load."""
        dated = (
            f", arg_max({quoted(self.table.event_date)}, load) AS day"
            if self.table.event_date
            else ", NULL::DATE AS day"
        )
        source = (
            f"SELECT {self._keys}, max(load) AS load{dated} FROM read_parquet({file_list(existing)}) "
            f"SEMI JOIN accepted USING ({self._keys}) GROUP BY {self._keys}"
            if existing
            else f"SELECT {self._keys}, 0 AS load, NULL::DATE AS day FROM accepted WHERE false"
        )
        self.bench.run(f"CREATE TABLE replaced AS {source}")
        counts = dict(self.bench.rows("SELECT load, count(*) FROM replaced GROUP BY load ORDER BY load"))
        if counts:
            self.bench.run(
                f"COPY (SELECT {self._keys}, {load}::INTEGER AS load FROM replaced ORDER BY {self._keys}) "
                f"TO {literal(place)} ({_PARQUET})"
            )
        return counts

    def write(self, load: int, place: Path) -> int:
        """Write the accepted rows in the order in which they came; how many."""
        self.bench.run(
            f"COPY (SELECT {self._logical}, {load}::INTEGER AS load FROM accepted) TO {literal(place)} ({_PARQUET})"
        )
        return int(self.bench.one(f"SELECT count(*) FROM read_parquet({literal(place)})")[0])

    def days(self, written: Path) -> tuple[date | None, date | None, tuple[str, ...]]:
        """First and last event date of the accepted rows, and the months that they and the replaced rows touch."""
        if not self.table.event_date:
            return None, None, ()
        day = quoted(self.table.event_date)
        first, last = self.bench.one(f"SELECT min({day}), max({day}) FROM read_parquet({literal(written)})")
        months = self.bench.rows(
            f"SELECT DISTINCT date_trunc('month', day)::DATE AS month FROM (SELECT {day} AS day FROM "
            f"read_parquet({literal(written)}) UNION ALL SELECT day FROM replaced) WHERE day IS NOT NULL ORDER BY month"
        )
        return first, last, tuple(f"{month:%Y-%m}" for (month,) in months)
