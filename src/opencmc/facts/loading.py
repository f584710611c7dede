"""One load, step by step: open, read and check, compare with what is known, write, commit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, Protocol

from opencmc.base.errors import DataError, DataReason, Refused
from opencmc.facts import reading, staging, text
from opencmc.facts.engines import TableFiles, UnreadableText, Workbench
from opencmc.facts.manifest import LoadManifest, LoadReport
from opencmc.facts.rows import IncomingRows
from opencmc.facts.sources import Source
from opencmc.facts.staging import Progress, load_name
from opencmc.facts.tables import Table
from opencmc.facts.text import Examined

#: Files of less than this are checked in memory.
IN_MEMORY_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the lake: these files into that table, as known at that moment, by that person."""

    table: type[Table]
    paths: tuple[Path, ...]
    source: Source
    known_at: datetime
    actor: str
    on_refusal: Literal["keep", "reject"]
    settings: dict[str, str]


class Store(Protocol):
    """What loading needs of a lake."""

    root: Path

    def loads(self, known_at: datetime | None = None) -> list[LoadManifest]: ...

    def table_files(self, table_name: str, known_at: datetime | None = None) -> TableFiles: ...


def load(lake: Store, request: Request, progress: Progress) -> LoadReport:
    """Carry out one load under the lake's lock."""
    table_name = request.table.table_name
    manifests = lake.loads()
    staging.clear_leftovers(lake.root, {manifest.load for manifest in manifests})
    earlier = [manifest for manifest in manifests if manifest.table == table_name]
    _must_not_change_the_past(request, earlier)
    number = max((manifest.load for manifest in manifests), default=0) + 1
    with staging.staging(lake.root, number) as folder:
        progress("读取文件", 0.05)
        files = [text.examine(path, table_name, lambda share: None) for path in request.paths]
        fresh, notes = _not_loaded_before(request, files, earlier)
        if not fresh:
            names = tuple(file.source.name for file in files)
            return LoadReport(None, table_name, request.source.name, names, unchanged=True, notes=notes)
        in_memory = sum(file.source.bytes for file in fresh) < IN_MEMORY_BYTES
        with Workbench(folder, in_memory=in_memory) as bench:
            return _load_files(lake, request, number, folder, bench, fresh, notes, progress)


def _must_not_change_the_past(request: Request, earlier: Sequence[LoadManifest]) -> None:
    latest = max((manifest.known_at for manifest in earlier), default=request.known_at)
    if request.known_at < latest:
        raise Refused(
            f"{request.table.table_label}（{request.table.table_name}）已有 {latest.isoformat()} 得知的数据，"
            f"不能再装入 {request.known_at.isoformat()} 得知的数据：已经算出的历史会因此改变。",
            possible_when=f"把 known_at 写作 {latest.isoformat()} 或以后的时刻。",
        )


def _not_loaded_before(
    request: Request, files: Sequence[Examined], earlier: Sequence[LoadManifest]
) -> tuple[list[Examined], tuple[str, ...]]:
    """The files whose content has not been loaded yet in the same way, and a note for each of the others."""
    seen = {
        source.sha256: manifest.load
        for manifest in earlier
        if manifest.source == request.source.name and manifest.settings == request.settings
        for source in manifest.files
    }
    fresh, notes, digests = [], [], set()
    for file in files:
        digest, name = file.source.sha256, file.source.name
        if digest in seen:
            notes.append(f"{name} 与第 {seen[digest]} 次装入的文件内容相同，不再装入")
        elif digest in digests:
            notes.append(f"{name} 与同一批中的另一个文件内容相同，不再装入")
        else:
            fresh.append(file)
            digests.add(digest)
    return fresh, tuple(notes)


def _load_files(
    lake: Store,
    request: Request,
    number: int,
    folder: Path,
    bench: Workbench,
    files: Sequence[Examined],
    notes: tuple[str, ...],
    progress: Progress,
) -> LoadReport:
    table, name = request.table, request.table.table_name
    rows = IncomingRows(table, bench)
    opened = [reading.open_file(file, bench, folder, name) for file in files]
    progress("逐行校验", 0.15)
    try:
        rows.read(request.source.select(table, opened, request.settings, bench))
        exact = rows.lines_follow()
    except UnreadableText:
        exact = False
    if not exact:
        progress("有的行断裂或跨行，逐行查找", 0.2)
        opened = [reading.repaired(file, folder) for file in opened]
        try:
            rows.read(request.source.select(table, opened, request.settings, bench))
        except UnreadableText as error:
            raise DataError(f"{'、'.join(file.name for file in opened)} 的内容无法分成行与列", table=name) from error
    counts = rows.records()
    broken = sum(len(lines) for file in opened for lines in file.broken.values())
    read = sum(counts) + broken
    notes += tuple(note for file in opened for note in file.notes)
    notes += tuple(note for selection in rows.selections for note in selection.notes)
    if not read:
        return LoadReport(
            None, name, request.source.name, tuple(f.source.name for f in files), notes=(*notes, "没有数据行")
        )

    progress("查找重复与引用", 0.5)
    refused = rows.refuse() + broken
    moves: dict[Path, Path] = {}
    reasons: tuple[DataReason, ...] = ()
    if refused:
        reasons = rows.write_refused(opened, folder / "refused.parquet")
        moves[folder / "refused.parquet"] = lake.root / "refused" / f"{load_name(number)}.parquet"
        if request.on_refusal == "reject":
            raise DataError(f"{read} 行中有 {refused} 行不合要求，没有装入任何一行", table=name, reasons=reasons)
    superseded: dict[int, int] = {}
    unplaced: tuple[DataReason, ...] = ()
    days: tuple[date | None, date | None, tuple[str, ...]] = (None, None, ())
    content = ""
    accepted = read - refused
    if accepted:
        unplaced = rows.unplaced({other: [path for _, path in lake.table_files(other).rows] for other in _named(table)})
        place = lake.root / "tables" / name
        existing = [path for _, path in lake.table_files(name).rows]
        superseded = rows.replace(existing, number, folder / "supersedes.parquet")
        if superseded:
            moves[folder / "supersedes.parquet"] = place / f"{load_name(number)}.supersedes.parquet"
            notes += (f"有 {sum(superseded.values())} 行与已有的行主键相同，以新行为准（内容相同者亦同样处理）",)
        progress("写入", 0.65)
        written = rows.write(number, folder / "accepted.parquet")
        if written != accepted:
            raise AssertionError(f"load {number} of {name}: {read} rows read, {refused} refused, {written} written")
        days = rows.days(folder / "accepted.parquet")
        content = _sha256(folder / "accepted.parquet")
        moves[folder / "accepted.parquet"] = place / f"{load_name(number)}.parquet"
    manifest = LoadManifest(
        load=number,
        table=name,
        source=request.source.name,
        known_at=request.known_at,
        actor=request.actor,
        files=tuple(file.source for file in files),
        settings=request.settings,
        columns=tuple(table.columns),
        read=read,
        accepted=accepted,
        refused=refused,
        superseded=sum(superseded.values()),
        superseded_loads=superseded,
        first_date=days[0],
        last_date=days[1],
        months=days[2],
        content=content,
        reasons=reasons,
        unplaced=unplaced,
        notes=notes,
    )
    progress("提交", 0.95)
    staging.commit(lake.root, folder, number, moves, manifest.to_text())
    progress("完成", 1.0)
    return LoadReport.of(manifest)


def _named(table: type[Table]) -> list[str]:
    return sorted({column.references for column in table.columns.values() if column.references})


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
