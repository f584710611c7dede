"""The same arguments make the same bytes; other arguments make another county."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from opencmc.synthetic.world import World, stage


def staged(home: Path, residents: int, seed: int, start: str = "2024-01", months: int = 4) -> dict[str, str]:
    """The staged files and the answer key, with their hashes."""
    for _ in stage(World.make(residents, seed, start, months), home):
        pass
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def count(home: Path, table: str) -> int:
    return sum(pq.read_metadata(path).num_rows for path in (home / "source" / table).glob("*.parquet"))


def test_two_makes_give_the_same_bytes(tmp_path: Path) -> None:
    first = staged(tmp_path / "a", 2_000, 5)
    assert first == staged(tmp_path / "b", 2_000, 5)
    assert "truth.json" in first


def test_another_seed_gives_another_county(tmp_path: Path) -> None:
    first, second = staged(tmp_path / "a", 600, 5, months=2), staged(tmp_path / "b", 600, 6, months=2)
    same = {name for name in first.keys() & second.keys() if first[name] == second[name]}
    # The network is the plan's, not chance's; what the register says of age is the census's.
    assert {Path(name).parts[1] for name in same if name.startswith("source")} <= {
        "institution", "membership", "population", "assessment",
    }  # fmt: skip


def test_twice_the_people_make_twice_the_events(tmp_path: Path) -> None:
    staged(tmp_path / "a", 2_000, 9, months=6)
    staged(tmp_path / "b", 4_000, 9, months=6)
    for table, spread in (("visit", 0.06), ("stay", 0.25), ("follow_up", 0.15), ("contract", 0.08), ("resident", 0.02)):
        assert abs(count(tmp_path / "b", table) / count(tmp_path / "a", table) - 2) < 2 * spread


@pytest.mark.parametrize("residents", [200, 500])
def test_a_tiny_county_has_everything_too(tmp_path: Path, residents: int) -> None:
    staged(tmp_path, residents, 3, months=24)
    for table in ("resident", "visit", "stay", "infection", "contract", "follow_up", "staff", "posting", "ledger"):
        assert count(tmp_path, table) > 0


@pytest.mark.parametrize(("start", "months"), [("2024-07", 1), ("2023-11", 5)])
def test_a_period_may_begin_in_any_month(tmp_path: Path, start: str, months: int) -> None:
    names = staged(tmp_path, 400, 3, start, months)
    files = [name for name in names if name.startswith("source/visit/") and not name.endswith("-late.parquet")]
    assert len(files) == months
