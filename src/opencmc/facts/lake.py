"""The lake: append-only loads of logical tables, each with the moment at which we came to know it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from opencmc.base.errors import Refused
from opencmc.facts import loading, staging
from opencmc.facts.engines import TableFiles
from opencmc.facts.loading import Request
from opencmc.facts.manifest import LoadManifest, LoadReport
from opencmc.facts.sources import find_source
from opencmc.facts.staging import Progress, load_name
from opencmc.facts.tables import TABLES


def files_of(root: Path, loads: Iterable[LoadManifest], table_name: str) -> TableFiles:
    """Where the rows of a table lie that came with ``loads``."""
    folder = root / "tables" / table_name
    own = [load for load in loads if load.table == table_name and load.accepted]
    return TableFiles(
        rows=tuple((load.load, folder / f"{load_name(load.load)}.parquet") for load in own),
        supersedes=tuple(
            (load.load, folder / f"{load_name(load.load)}.supersedes.parquet") for load in own if load.superseded
        ),
        replaced=frozenset(number for load in own for number in load.superseded_loads),
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of some loads whose manifests were read before: what an engine needs for many tables."""

    root: Path
    loads: tuple[LoadManifest, ...]

    def table_files(self, table_name: str, known_at: datetime | None = None) -> TableFiles:
        """Where the rows of a table lie, as known by ``known_at``."""
        known = (load for load in self.loads if known_at is None or load.known_at <= known_at)
        return files_of(self.root, known, table_name)


class Lake:
    """The facts of one home directory. Reading needs no lock; loading takes the lake's lock."""

    def __init__(self, home: Path) -> None:
        self.home = Path(home)
        self.root = self.home / "lake"

    def loads(self, known_at: datetime | None = None) -> list[LoadManifest]:
        """The committed loads in order; those known by ``known_at`` (inclusive) when it is given."""
        found = [LoadManifest.read_file(path) for path in sorted((self.root / "loads").glob("*.json"))]
        return [manifest for manifest in found if known_at is None or manifest.known_at <= known_at]

    def table_files(self, table_name: str, known_at: datetime | None = None) -> TableFiles:
        """Where the rows of a table lie, as known by ``known_at``."""
        return files_of(self.root, self.loads(known_at), table_name)

    def load(
        self,
        table_name: str,
        paths: Sequence[Path | str],
        *,
        source: str = "table",
        known_at: datetime,
        actor: str,
        on_refusal: Literal["keep", "reject"] = "keep",
        settings: dict[str, str] | None = None,
        progress: Progress | None = None,
    ) -> LoadReport:
        """Bring files into a table; all or nothing.

        ``on_refusal="keep"`` loads the good rows and lists the others; ``"reject"`` loads nothing when one row is
        refused. Raises :class:`DataError` when a file cannot be read at all (or, with ``"reject"``, in part), and
        :class:`Refused` when ``known_at`` lies before the latest load of the same table: the past must not change.
        """
        if known_at.tzinfo is None:
            raise ValueError("known_at needs a time zone")
        if table_name not in TABLES:
            raise Refused(f"没有名为 {table_name} 的逻辑表。", possible_when=f"可用的表：{'、'.join(TABLES)}。")
        request = Request(
            table=TABLES[table_name],
            paths=tuple(Path(path) for path in paths),
            source=find_source(source, table_name, settings or {}),
            known_at=known_at,
            actor=actor,
            on_refusal=on_refusal,
            settings=settings or {},
        )
        report = progress or (lambda step, share: None)
        with staging.exclusive(self.root, report):
            return loading.load(self, request, report)
