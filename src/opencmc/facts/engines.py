"""The query engines: DuckDB here, Spark there. The only module that knows either.

Both show the *current rows* of a logical table as an Ibis table: the rows of every load known by a moment, without
those that a later such load replaced. Nothing is copied: DuckDB and Spark read the lake's Parquet files in place.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from opencmc.base.errors import Refused
from opencmc.facts.schemas import DUCKDB_TYPES, SPARK_TYPES, arrow_schema, literal, quoted
from opencmc.facts.tables import TABLES, Table


@dataclass(frozen=True, slots=True)
class TableFiles:
    """Where the rows of a table lie: ``(load, file)`` in order of loads.

    ``replaced`` are the loads of which some rows were replaced later; ``supersedes`` are the files with the keys that
    replaced them, each with the number of the replacing load.
    """

    rows: tuple[tuple[int, Path], ...] = ()
    supersedes: tuple[tuple[int, Path], ...] = ()
    replaced: frozenset[int] = frozenset()

    def after(self, load: int) -> TableFiles:
        """What came later than ``load``: rows that nothing has replaced since."""
        return TableFiles(
            tuple(file for file in self.rows if file[0] > load),
            tuple(file for file in self.supersedes if file[0] > load),
            frozenset(number for number in self.replaced if number > load),
        )


class Files(Protocol):
    """What an engine needs of a lake."""

    def table_files(self, table_name: str, known_at: datetime | None = None) -> TableFiles: ...


class UnreadableText(Exception):
    """DuckDB could not split a delimited file into rows; the exact reader has to look at it."""


def file_list(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(literal(path) for path in paths) + "]"


def _tabular(expression: ir.Expr) -> ir.Table:
    return expression if isinstance(expression, ir.Table) else expression.as_table()


def current_rows_sql(table: type[Table], files: TableFiles) -> str:
    """The current rows of ``table`` as DuckDB SQL. Only loads that lost rows are compared with what replaced them."""
    columns = ", ".join(quoted(name) for name in table.columns)
    if not files.rows:
        typed = (f"NULL::{DUCKDB_TYPES[column.type]} AS {quoted(name)}" for name, column in table.columns.items())
        return f"SELECT {', '.join(typed)} WHERE false"
    whole = [path for load, path in files.rows if load not in files.replaced]
    partly = [path for load, path in files.rows if load in files.replaced]
    parts = []
    if whole:
        parts.append(f"SELECT {columns} FROM read_parquet({file_list(whole)})")
    if partly:
        same_key = " AND ".join(f"kept.{quoted(name)} = gone.{quoted(name)}" for name in table.key)
        parts.append(
            f"SELECT {columns} FROM read_parquet({file_list(partly)}) AS kept WHERE NOT EXISTS ("
            f"SELECT 1 FROM read_parquet({file_list(path for _, path in files.supersedes)}) AS gone "
            f"WHERE {same_key} AND kept.load < gone.load)"
        )
    return " UNION ALL ".join(parts)


class DuckDB:
    """The embedded engine. A context manager; ``threads`` defaults to all cores.

    ``known_at`` shows the lake as it was known at that moment (inclusive); None shows all that is known.
    """

    name = "duckdb"

    def __init__(self, lake: Files, known_at: datetime | None = None, threads: int | None = None) -> None:
        self._lake = lake
        self._known_at = known_at
        self._spill = Path(tempfile.gettempdir()) / f"opencmc-duckdb-{os.getpid()}-{id(self)}"
        config: dict[str, Any] = {"temp_directory": str(self._spill), "autoinstall_known_extensions": "false"}
        if threads is not None:
            config["threads"] = threads
        self._connection = ibis.duckdb.connect(":memory:", **config)
        self._views: set[str] = set()

    def table(self, table_name: str, after: int = 0) -> ir.Table:
        """The current rows of a logical table, typed by its declaration; empty when nothing was loaded. ``after`` leaves
        out those of loads up to that number."""
        view = f"{table_name} after {after}" if after else table_name
        if view not in self._views:
            files = self._lake.table_files(table_name, self._known_at).after(after)
            self._connection.raw_sql(f"CREATE VIEW {quoted(view)} AS {current_rows_sql(TABLES[table_name], files)}")
            self._views.add(view)
        # The declaration says what the view looks like; asking the engine would open the files once more.
        return ibis.table(ibis.Schema.from_pyarrow(arrow_schema(TABLES[table_name])), name=view)

    def collect(self, expression: ir.Expr) -> pa.Table:
        """Compute ``expression``; the result as an Arrow table (a single value as a table of one cell)."""
        return self._connection.to_pyarrow(_tabular(expression))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a raw query over views that :meth:`table` has opened."""
        return list(self._connection.con.execute(sql).fetchall())

    def close(self) -> None:
        self._connection.disconnect()
        shutil.rmtree(self._spill, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Spark:
    """The same definitions on Spark over the same Parquet files. Needs the extra ``spark`` and Java 17 or later.

    One session for this process, in UTC, on the loopback address, without a web page; ``master`` may name a cluster
    that sees the lake's files under the same paths.
    """

    name = "spark"

    def __init__(self, lake: Files, known_at: datetime | None = None, *, master: str = "local[*]") -> None:
        self._lake = lake
        self._known_at = known_at
        self._session = _spark_session(master)
        self._connection = ibis.pyspark.connect(self._session)
        self._views: set[str] = set()

    def table(self, table_name: str, after: int = 0) -> ir.Table:
        """The current rows of a logical table, typed by its declaration; empty when nothing was loaded. ``after`` leaves
        out those of loads up to that number."""
        view = f"{table_name}_after_{after}" if after else table_name
        if view not in self._views:
            self._open(view, TABLES[table_name], self._lake.table_files(table_name, self._known_at).after(after))
            self._views.add(view)
        return self._connection.table(view)

    def _open(self, view: str, table: type[Table], files: TableFiles) -> None:
        typed = [f"`{name}` {SPARK_TYPES[column.type]}" for name, column in table.columns.items()]
        schema, key_schema = (
            ", ".join([*typed, "`load` int"]),
            ", ".join([f"`{name}` {SPARK_TYPES[table.columns[name].type]}" for name in table.key] + ["`load` int"]),
        )
        reader = self._session.read
        names = [f"`{name}`" for name in table.columns]
        if not files.rows:
            self._session.createDataFrame([], schema).select(names).createOrReplaceTempView(view)
            return
        whole = [path.absolute().as_uri() for load, path in files.rows if load not in files.replaced]
        partly = [path.absolute().as_uri() for load, path in files.rows if load in files.replaced]
        frames = []
        if whole:
            frames.append(reader.schema(schema).parquet(*whole).select(names))
        if partly:
            kept = reader.schema(schema).parquet(*partly).alias("kept")
            gone = reader.schema(key_schema).parquet(*(path.absolute().as_uri() for _, path in files.supersedes))
            same = " AND ".join(f"kept.`{name}` = gone.`{name}`" for name in table.key)
            rule = _spark_functions().expr(f"{same} AND kept.load < gone.load")
            frames.append(kept.join(gone.alias("gone"), rule, "left_anti").select(names))
        rows = frames[0] if len(frames) == 1 else frames[0].unionByName(frames[1])
        rows.createOrReplaceTempView(view)

    def collect(self, expression: ir.Expr) -> pa.Table:
        """Compute ``expression``; the result as an Arrow table (a single value as a table of one cell)."""
        return self._connection.to_pyarrow(_tabular(expression))

    def close(self) -> None:
        self._session.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _java_major() -> int:
    """The major version of the Java that Spark would start; 0 when there is none."""
    home = os.environ.get("JAVA_HOME")
    command = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if command is None:
        return 0
    said = subprocess.run([command, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def _spark_functions() -> Any:
    return importlib.import_module("pyspark.sql.functions")


def _spark_session(master: str) -> Any:
    """A Spark session. Raises :class:`Refused` with what to install when there is no PySpark or no Java 17."""
    if importlib.util.find_spec("pyspark") is None:
        raise Refused(
            "没有安装 Spark 引擎。", possible_when="安装：pip install 'opencmc[spark]'；或改用 --engine duckdb。"
        )
    if (java := _java_major()) < 17:
        found = f"现有 Java {java}" if java else "没有找到 Java"
        raise Refused(
            f"Spark 引擎需要 Java 17 或更高版本，{found}。",
            possible_when="安装 JDK 17（例如 apt-get install openjdk-17-jre-headless）并设置 JAVA_HOME；或改用 --engine duckdb。",
        )
    builder = importlib.import_module("pyspark.sql").SparkSession.builder.appName("opencmc").master(master)
    for name, value in {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.ansi.enabled": "true",
        "spark.log.level": "ERROR",
    }.items():
        builder = builder.config(name, value)
    # What is read and handed back here (numbers, texts, dates) is the same with every pandas.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    return builder.getOrCreate()


class Workbench:
    """A DuckDB database of its own in a staging folder, in which a load is checked before it is kept.

    Memory is bounded; what does not fit spills into the folder. What is small (``in_memory``) is not written down
    first, which halves the time. Row order is the order of the source.
    """

    #: What the engine raises for a file that is not what its name says.
    unreadable = (duckdb.InvalidInputException, duckdb.IOException)

    def __init__(self, folder: Path, *, in_memory: bool, memory: str = "3GB", threads: int | None = None) -> None:
        config: dict[str, Any] = {
            "memory_limit": memory,
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": "false",
            # Files come out the same with any number of threads but one, and a load's hash must not depend on the machine.
            "threads": threads or max(2, os.cpu_count() or 2),
        }
        self._connection = duckdb.connect(":memory:" if in_memory else str(folder / "workbench.duckdb"), config=config)

    def run(self, sql: str) -> None:
        """Execute a statement. Raises :class:`UnreadableText` when a delimited file cannot be split into rows."""
        try:
            self._connection.execute(sql)
        except duckdb.InvalidInputException:
            # The engine's message quotes the line; a patient's values must not travel with an error.
            raise UnreadableText from None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self._connection.execute(sql).fetchall())

    def one(self, sql: str) -> tuple[Any, ...]:
        """The single row of a query."""
        (row,) = self.rows(sql)
        return row

    def numbers(self, sql: str) -> NDArray[np.uint64]:
        """The single column of a query as an array of whole numbers."""
        column: NDArray[np.uint64] = self._connection.sql(sql).to_arrow_table().column(0).to_numpy()
        return column

    def arrow(self, sql: str) -> pa.Table:
        """The result of a query as an Arrow table."""
        return self._connection.sql(sql).to_arrow_table()

    def register(self, name: str, table: pa.Table) -> None:
        """Show an Arrow table as a view called ``name``."""
        self._connection.register(name, table)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
