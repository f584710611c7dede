"""The index of a built cache: which generations of files make it up, and what of the lake they were made from.

``HOME/cache/histories/<view>/index.json`` and beside it one folder a generation with one Parquet file a bucket. The index
is replaced by one rename, so a reader sees the former cache or the new one, never half of either.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from opencmc.facts.histories.changes import TABLES_READ, State
from opencmc.facts.histories.layout import LAYOUT
from opencmc.facts.manifest import LoadManifest

NAME = "index.json"


@dataclass(frozen=True, slots=True)
class Generation:
    """The changes up to ``state``: ``rows`` rows in ``buckets`` files (a power of two). ``contents`` stands for the loads
    that they were made from."""

    folder: str
    buckets: int
    rows: int
    residents: int
    state: dict[str, int]
    contents: str

    def path(self, view: Path, bucket: int) -> Path:
        return view / self.folder / f"{bucket:04d}.parquet"

    def is_whole(self, view: Path) -> bool:
        return all(self.path(view, bucket).exists() for bucket in range(self.buckets))


@dataclass(frozen=True, slots=True)
class Index:
    """Generations from the oldest to the newest; ``latest_load`` is the latest load of the lake that was looked at."""

    generations: tuple[Generation, ...]
    latest_load: int
    layout: str = LAYOUT

    @property
    def state(self) -> State:
        return self.generations[-1].state if self.generations else {}

    def write(self, view: Path) -> None:
        draft = view / f"{NAME}.{os.getpid()}.draft"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(view / NAME)

    @classmethod
    def read(cls, view: Path) -> Index | None:
        """The index of a view; None when nothing was built, or in another layout than today's."""
        try:
            record = json.loads((view / NAME).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        if record["layout"] != LAYOUT:
            return None
        return cls(tuple(Generation(**each) for each in record["generations"]), record["latest_load"])


def view_folder(home: Path, known_at: datetime | None) -> Path:
    """Where the histories lie as known at a moment; None is all that is known."""
    name = "current" if known_at is None else f"known-{known_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
    return Path(home) / "cache" / "histories" / name


def contents_of(loads: Sequence[LoadManifest], state: State) -> str:
    """A hash of what the lake held in a state."""
    held = [
        (load.table, load.load, load.content)
        for load in loads
        if load.table in TABLES_READ and load.accepted and load.load <= state.get(load.table, 0)
    ]
    return hashlib.sha256(repr((LAYOUT, sorted(held))).encode()).hexdigest()[:16]


def bucket_of(resident_id: str, buckets: int) -> int:
    """The bucket of a resident: the last bits of the MD5 of the identifier, the same on every machine."""
    digest = hashlib.md5(resident_id.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little") & (buckets - 1)


def bucket_sql(buckets: int) -> str:
    """The same as :func:`bucket_of` for the column ``resident_id``."""
    return f"(md5_number_lower(resident_id) & {buckets - 1})::INTEGER"
