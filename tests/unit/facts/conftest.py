"""An empty lake, and the shortest way to bring something into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from facts_rows import KNOWN

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake
from opencmc.facts.manifest import LoadReport


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home")


@pytest.fixture
def bring(lake: Lake, tmp_path: Path) -> Callable[..., LoadReport]:
    """Load a text (or bytes) as a file into a table."""
    written = iter(range(1, 1000))

    def load(content: str | bytes, table: str = "visit", *, name: str = "", **options: object) -> LoadReport:
        path = tmp_path / "brought" / (name or f"{table}-{next(written)}.csv")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return lake.load(table, [path], **{"known_at": KNOWN, "actor": "张三", **options})  # type: ignore[arg-type]

    return load


@pytest.fixture
def current(lake: Lake) -> Callable[..., list[dict[str, object]]]:
    """The current rows of a table as dictionaries, in the order of its key."""

    def rows(table: str = "visit", known_at: datetime | None = None) -> list[dict[str, object]]:
        with DuckDB(lake, known_at) as engine:
            shown = engine.table(table)
            return engine.collect(shown.order_by(shown.columns[0])).to_pylist()

    return rows
