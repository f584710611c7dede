"""Bringing the histories up to date with the lake: only what has been added since is written."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from opencmc.facts.histories.building import write_generation
from opencmc.facts.histories.changes import Changes, state_of
from opencmc.facts.histories.index import Generation, Index, contents_of, view_folder
from opencmc.facts.lake import Lake
from opencmc.facts.manifest import LoadManifest
from opencmc.facts.staging import Progress

#: A read opens one file a generation; with more, all but the first are written anew as one.
MOST_GENERATIONS = 6


@dataclass(frozen=True, slots=True)
class Report:
    """What a refresh did: nothing, added the changes since the last one, or built everything.

    ``rows`` were written about ``residents``; the cache now has so many ``generations`` and knows the lake up to
    ``latest_load``.
    """

    done: Literal["unchanged", "added", "built"]
    rows: int
    residents: int
    generations: int
    latest_load: int


def refresh_histories(home: Path, known_at: datetime | None = None, progress: Progress | None = None) -> Report:
    """Make the histories of ``home`` show its lake as known by ``known_at`` (None: all that is known).

    One refresh at a time; a second waits. A refresh that is killed leaves what was there before. Histories as known at
    an earlier moment lie beside the current ones and do not disturb them.
    """
    report = progress or (lambda step, share: None)
    view = view_folder(home, known_at)
    with _alone(view, report):
        lake = Lake(home)
        loads = lake.loads(known_at)
        latest = max((load.load for load in loads), default=0)
        kept = _still_true(view, loads)
        state = state_of(loads)
        if kept is not None and kept.state == state:
            index, written = Index(kept.generations, latest), None
        else:
            older = _worth_keeping(kept.generations if kept else (), loads)
            changes = Changes(lake.root, loads, older[-1].state if older else {})
            written = write_generation(view, changes, report)
            index = Index((*older, written), latest)
        index.write(view)
        _clear(view, index)
        report("完成", 1.0)
    return Report(
        done="unchanged" if written is None else "added" if len(index.generations) > 1 else "built",
        rows=written.rows if written else 0,
        residents=written.residents if written else 0,
        generations=len(index.generations),
        latest_load=latest,
    )


def _still_true(view: Path, loads: Sequence[LoadManifest]) -> Index | None:
    """The index, if its files are there and the lake holds what they were made from; else everything is built anew."""
    index = Index.read(view)
    if index is None or not index.generations:
        return None
    now = state_of(loads)
    newest = index.generations[-1]
    if any(last > now.get(table, 0) for table, last in newest.state.items()):
        return None
    if contents_of(loads, newest.state) != newest.contents:
        return None
    return index if all(generation.is_whole(view) for generation in index.generations) else None


def _worth_keeping(generations: tuple[Generation, ...], loads: Sequence[LoadManifest]) -> tuple[Generation, ...]:
    """The generations on which to build: all; when they are many, the first; none when most has changed since."""
    if len(generations) >= MOST_GENERATIONS:
        generations = generations[:1]
    if generations:
        added = Changes(Path(), loads, generations[-1].state).estimate()
        if added > generations[0].rows:
            return ()
    return generations


def _clear(view: Path, index: Index) -> None:
    """Remove what the index does not name: former generations, and what a killed refresh left."""
    named = {generation.folder for generation in index.generations}
    for path in view.iterdir():
        if path.is_dir() and path.name not in named:
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.endswith(".draft"):
            path.unlink(missing_ok=True)


@contextmanager
def _alone(view: Path, progress: Progress) -> Iterator[None]:
    view.mkdir(parents=True, exist_ok=True)
    with (view / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("居民历史正在整理，等待其结束", 0.0)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
