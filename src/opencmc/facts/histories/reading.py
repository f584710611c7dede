"""Reading one person's history: from the cache in a few milliseconds, or from the lake itself when nothing was built."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from opencmc.facts.engines import Workbench
from opencmc.facts.histories.changes import Changes
from opencmc.facts.histories.history import Event, History
from opencmc.facts.histories.index import NAME, Generation, Index, bucket_of, view_folder
from opencmc.facts.histories.layout import KINDS
from opencmc.facts.lake import Lake

#: So many footers are kept in memory at most (about 0.7 MB each); to read one again takes about two milliseconds.
MOST_FOOTERS = 64


@dataclass(frozen=True, slots=True)
class Footer:
    """Where a file's row groups begin and end."""

    metadata: pq.FileMetaData
    first: list[str]
    last: list[str]

    def groups_with(self, resident_id: str) -> list[int]:
        return list(range(bisect_left(self.last, resident_id), bisect_right(self.first, resident_id)))


class Histories:
    """The histories of one home as known by ``known_at`` (None: all that is known). Safe to share between threads.

    A newer cache is noticed at the next read. Where none was built, or it was deleted, the lake itself is read: slower,
    the same answer.
    """

    def __init__(self, home: Path, known_at: datetime | None = None) -> None:
        self._home = Path(home)
        self._known_at = known_at
        self._view = view_folder(self._home, known_at)
        self._lock = Lock()
        self._seen: tuple[tuple[int, int], Index | None] | None = None
        self._footers: dict[tuple[str, int], Footer] = {}

    def of(self, resident_id: str) -> History:
        """The history of one resident; empty when nothing is known."""
        return self.of_many([resident_id])

    def of_many(self, resident_ids: Iterable[str]) -> History:
        """One timeline of a person who has several identifiers. Each event says under which it came."""
        wanted = tuple(dict.fromkeys(resident_ids))
        for _ in range(3):
            index = self._index()
            if index is None:
                break
            try:
                events = [event for resident_id in wanted for event in self._events(index, resident_id)]
            except FileNotFoundError:  # a refresh has just replaced what this index names
                self._seen = None
                continue
            return _history(wanted, events, index.latest_load)
        return read_lake(self._home, wanted, self._known_at)

    def behind(self) -> int:
        """How many loads the lake has that these histories do not show yet (0 when the lake itself is read)."""
        index = self._index()
        if index is None or self._known_at is not None:
            return 0
        names = (path.stem for path in (self._home / "lake" / "loads").glob("*.json"))
        return sum(int(name) > index.latest_load for name in names)

    def _index(self) -> Index | None:
        """The index as it is now; read again only when the file is another one."""
        try:
            found = (self._view / NAME).stat()
        except FileNotFoundError:
            return None
        mark, seen = (found.st_ino, found.st_mtime_ns), self._seen
        if seen is None or seen[0] != mark:
            seen = (mark, Index.read(self._view))
            named = {generation.folder for generation in seen[1].generations} if seen[1] else set()
            with self._lock:
                self._footers = {key: footer for key, footer in self._footers.items() if key[0] in named}
                self._seen = seen
        return seen[1]

    def _events(self, index: Index, resident_id: str) -> Iterator[Event]:
        """The events under one identifier. What a newer generation says of a row replaces what an older one says."""
        said: set[tuple[int, str]] = set()
        for generation in reversed(index.generations):
            fresh = []
            for row in self._rows(generation, resident_id):
                if (row["code"], row["key"]) in said:
                    continue
                fresh.append((row["code"], row["key"]))
                if row["date"] is not None:
                    yield _event(resident_id, row)
            said.update(fresh)

    def _rows(self, generation: Generation, resident_id: str) -> list[dict[str, Any]]:
        bucket = bucket_of(resident_id, generation.buckets)
        footer = self._footer(generation, bucket)
        groups = footer.groups_with(resident_id)
        if not groups:
            return []
        # A file object of its own for every read: what threads share never changes.
        with pq.ParquetFile(generation.path(self._view, bucket), metadata=footer.metadata) as file:
            table = file.read_row_groups(groups, use_threads=False)
        return _as_rows(table.filter(pc.equal(table["resident_id"], resident_id)))

    def _footer(self, generation: Generation, bucket: int) -> Footer:
        key = (generation.folder, bucket)
        footer = self._footers.get(key)
        if footer is None:
            footer = _read_footer(generation.path(self._view, bucket))
            with self._lock:
                while len(self._footers) >= MOST_FOOTERS:
                    self._footers.pop(next(iter(self._footers)))
                self._footers[key] = footer
        return footer


def read_lake(home: Path, resident_ids: Iterable[str], known_at: datetime | None = None) -> History:
    """The same history from the lake's own files, without a cache; it looks through all of them."""
    wanted = tuple(dict.fromkeys(resident_ids))
    lake = Lake(home)
    loads = lake.loads(known_at)
    latest = max((load.load for load in loads), default=0)
    if not wanted:
        return History((), (), latest)
    changes = Changes(lake.root, loads, {})
    with Workbench(view_folder(home, known_at), in_memory=True) as bench:
        rows = _as_rows(bench.arrow(changes.prepare(bench, wanted)))
    return _history(wanted, [_event(row["resident_id"], row) for row in rows], latest)


def _read_footer(path: Path) -> Footer:
    metadata = pq.read_metadata(path)
    bounds = [
        metadata.row_group(number).column(0).statistics
        for number in range(metadata.num_row_groups)
        if metadata.row_group(number).num_rows
    ]
    return Footer(metadata, [each.min for each in bounds], [each.max for each in bounds])


def _as_rows(table: pa.Table) -> list[dict[str, Any]]:
    columns = table.to_pydict()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _event(resident_id: str, row: Mapping[str, Any]) -> Event:
    kind = KINDS[row["code"]]
    day: date = row["date"]
    columns = MappingProxyType(kind.columns(row))
    return Event(resident_id, kind.table.table_name, row["key"], day, row["until"], row["institution_id"], columns)


_ORDER = {kind.table.table_name: kind.code for kind in KINDS}


def _history(resident_ids: tuple[str, ...], events: list[Event], latest_load: int) -> History:
    """Newest first; on one day in the order of the kinds, then of the keys."""
    events.sort(key=lambda event: (-event.date.toordinal(), _ORDER[event.table], event.key, event.resident_id))
    return History(resident_ids, tuple(events), latest_load)
