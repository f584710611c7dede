"""A county of 20,000 residents, staged once for the whole run (nothing is loaded)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from opencmc.synthetic import calibration
from opencmc.synthetic.world import World, stage


@pytest.fixture(scope="session")
def staged_county(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    home = tmp_path_factory.mktemp("twenty-thousand")
    world = World.make(20_000, 11, "2024-01", 24)
    for _ in stage(world, home):
        pass
    (home / "source" / "county.json").write_text(json.dumps(world.arguments), encoding="utf-8")
    return home, world


@pytest.fixture(scope="session")
def figures(staged_county: tuple[Path, World]) -> dict[str, float]:
    return calibration.measure(staged_county[0])


@pytest.fixture(scope="session")
def truth(staged_county: tuple[Path, World]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((staged_county[0] / "truth.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def rows(staged_county: tuple[Path, World]):
    """All staged rows of a table, with the month of their file."""
    import pyarrow.parquet as pq

    def read(table: str) -> pa.Table:
        parts = []
        for path in sorted((staged_county[0] / "source" / table).glob("*.parquet")):
            part = pq.read_table(path)
            parts.append(part.append_column("file", pa.array([path.stem] * part.num_rows)))
        return pa.concat_tables(parts)

    return read
