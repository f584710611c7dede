"""One load at a time, all or nothing: the lock, the staging folder, and the one rename that makes a load exist."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Progress = Callable[[str, float], None]


def load_name(load: int) -> str:
    """``7`` → ``000007``: the name under which everything of a load is kept."""
    return f"{load:06d}"


@contextmanager
def exclusive(root: Path, progress: Progress) -> Iterator[None]:
    """Hold the lake's lock; a second load waits until the first has ended (or its process has died)."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("另一次装入正在进行，等待其结束", 0.0)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def clear_leftovers(root: Path, committed: set[int]) -> None:
    """Remove what a killed load left: its staging folder, and files that no manifest speaks for."""
    shutil.rmtree(root / "staging", ignore_errors=True)
    for path in (*root.glob("tables/*/*.parquet"), *root.glob("refused/*.parquet")):
        if int(path.name[:6]) not in committed:
            path.unlink()


@contextmanager
def staging(root: Path, load: int) -> Iterator[Path]:
    """A folder for one load, on the lake's own file system so that files leave it by rename; removed at the end."""
    folder = root / "staging" / load_name(load)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def commit(root: Path, folder: Path, load: int, moves: dict[Path, Path], manifest: str) -> None:
    """Move the staged files to their places, then let the manifest appear. Until it does, the load does not exist."""
    for staged, place in moves.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        _flush(staged)
        staged.replace(place)
        _flush(place.parent)
    loads = root / "loads"
    loads.mkdir(exist_ok=True)
    written = folder / "manifest.json"
    written.write_text(manifest, encoding="utf-8")
    _flush(written)
    written.replace(loads / f"{load_name(load)}.json")
    _flush(loads)
