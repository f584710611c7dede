"""Make a county: everything is staged as Parquet below HOME/source, then loaded in the order in which it became known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from opencmc.facts.lake import Lake
from opencmc.synthetic.world import Staged, World, stage

Progress = Callable[[str, float], None]
ACTOR = "synthetic"
#: The share of the whole work after which everything is staged.
_STAGED = 0.45
#: Tables in the order in which they are loaded at one moment: what is referred to comes first.
ORDER = (
    "institution", "membership", "equipment", "assessment", "resident", "identity", "population", "staff", "posting",
    "contract", "service_due", "service_done", "enrolment", "follow_up", "referral", "visit", "stay", "order",
    "infection", "ledger",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CountyReport:
    """What was made: rows by table as accepted by the lake, and where the answer key lies."""

    home: Path
    residents: int
    seed: int
    start: str
    months: int
    counts: dict[str, int]
    truth: Path


def make_county(
    home: Path,
    *,
    residents: int,
    seed: int,
    start: str = "2024-01",
    months: int = 24,
    progress: Progress | None = None,
) -> CountyReport:
    """Make a county of ``residents`` people under ``home`` and load it into its lake.

    The same arguments give the same bytes in every staged file. Raises ``ValueError`` for fewer than 200 residents or
    no months, and what :meth:`Lake.load` raises.
    """
    if residents < 200:
        raise ValueError(f"至少要 200 名居民，收到 {residents}")
    report = progress or (lambda step, share: None)
    home = Path(home)
    world = World.make(residents, seed, start, months)
    _remember(home, world)
    staged: list[Staged] = []
    for step, share, files in stage(world, home):
        report(step, share * _STAGED)
        staged += files
    counts = load(home, staged, lambda step, share: report(step, _STAGED + share * (1 - _STAGED)))
    report("完成", 1.0)
    return CountyReport(home, residents, seed, start, months, counts, home / "truth.json")


def _remember(home: Path, world: World) -> None:
    """Write with what the county was made, so that another month can be made of it."""
    arguments = world.arguments
    path = home / "source" / "county.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(arguments) + "\n", encoding="utf-8")


def load(home: Path, staged: list[Staged], progress: Progress) -> dict[str, int]:
    """Load staged files in the order in which they became known; returns the accepted rows by table."""
    lake = Lake(home)
    counts: dict[str, int] = {}
    together: dict[tuple[datetime, int], list[Path]] = {}
    for file in staged:
        together.setdefault((file.known_at, ORDER.index(file.table)), []).append(file.path)
    for position, ((known_at, order), paths) in enumerate(sorted(together.items())):
        table = ORDER[order]
        progress(f"装入 {table} {paths[0].stem}", position / len(together))
        done = lake.load(table, paths, source="table", known_at=known_at, actor=ACTOR)
        counts[table] = counts.get(table, 0) + done.accepted
    return counts
