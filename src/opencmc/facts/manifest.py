"""What a load leaves behind: the manifest of a load, and the report that the loader hands back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from opencmc.base.errors import DataReason


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was brought: its name (no folder), its SHA-256 and its size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class LoadManifest:
    """One committed load. A load without a manifest does not exist.

    ``months`` are the months (``YYYY-MM``) whose figures may change through this load: those of the accepted rows and
    those of the rows that they replaced. ``superseded_loads`` counts the replaced rows by the load that they came
    with. ``content`` is the SHA-256 of the accepted rows' Parquet file, or empty when no row was accepted.
    """

    load: int
    table: str
    source: str
    known_at: datetime
    actor: str
    files: tuple[SourceFile, ...]
    settings: dict[str, str]
    columns: tuple[str, ...]
    read: int
    accepted: int
    refused: int
    superseded: int
    superseded_loads: dict[int, int]
    first_date: date | None
    last_date: date | None
    months: tuple[str, ...]
    content: str
    reasons: tuple[DataReason, ...] = ()
    unplaced: tuple[DataReason, ...] = ()
    notes: tuple[str, ...] = ()

    def to_text(self) -> str:
        """JSON, the same text for the same load."""
        record = asdict(self)
        record["known_at"] = self.known_at.isoformat()
        for name in ("first_date", "last_date"):
            record[name] = record[name] and record[name].isoformat()
        return json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    @classmethod
    def read_file(cls, path: Path) -> LoadManifest:
        record = json.loads(path.read_text(encoding="utf-8"))
        record["known_at"] = datetime.fromisoformat(record["known_at"])
        for name in ("first_date", "last_date"):
            record[name] = date.fromisoformat(record[name]) if record[name] else None
        record["files"] = tuple(SourceFile(**item) for item in record["files"])
        record["superseded_loads"] = {int(load): count for load, count in record["superseded_loads"].items()}
        for name in ("reasons", "unplaced"):
            record[name] = tuple(_reason(item) for item in record[name])
        for name in ("columns", "months", "notes"):
            record[name] = tuple(record[name])
        return cls(**record)


def _reason(record: dict[str, Any]) -> DataReason:
    return DataReason(record["reason"], record["count"], tuple(record["lines"]))


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What came of bringing files: every row that was read is either accepted or refused.

    ``load`` is the number of the new load, or None when nothing new was kept; ``unchanged`` when every file had been
    loaded before. ``unplaced`` counts accepted rows that name something which no table knows.
    """

    load: int | None
    table: str
    source: str
    files: tuple[str, ...]
    read: int = 0
    accepted: int = 0
    refused: int = 0
    superseded: int = 0
    unchanged: bool = False
    reasons: tuple[DataReason, ...] = ()
    unplaced: tuple[DataReason, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, manifest: LoadManifest) -> LoadReport:
        return cls(
            load=manifest.load,
            table=manifest.table,
            source=manifest.source,
            files=tuple(file.name for file in manifest.files),
            read=manifest.read,
            accepted=manifest.accepted,
            refused=manifest.refused,
            superseded=manifest.superseded,
            reasons=manifest.reasons,
            unplaced=manifest.unplaced,
            notes=manifest.notes,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "read": self.read,
            "accepted": self.accepted,
            "refused": self.refused,
            "reasons": [asdict(reason) for reason in self.reasons],
            "unplaced": [asdict(reason) for reason in self.unplaced],
            "superseded": self.superseded,
            "unchanged": self.unchanged,
            "load": self.load,
            "source": self.source,
            "files": list(self.files),
            "notes": list(self.notes),
        }
