"""Runs: what was computed, from what, and where its figures lie.

A run is a folder ``HOME/runs/<run>`` with ``manifest.json`` (written last: a run without it does not exist),
``figures.parquet``, ``unplaced.parquet``, ``definitions.json`` and ``units.json``. Its identifier is a hash of its
inputs; equal inputs give equal bytes, in whatever home. No clock is read: the manifest names the day ``as_of`` that is
computed and the moment ``known_at`` of the latest load that was used.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from opencmc.base.errors import Refused

LATEST = "latest"

_TEXT = pa.dictionary(pa.int32(), pa.string())

#: The columns of ``figures.parquet``; rows are sorted by the first six.
FIGURES = pa.schema(
    [
        ("indicator", _TEXT),
        ("set", _TEXT),
        ("unit_kind", _TEXT),
        ("unit_id", _TEXT),
        ("period_kind", _TEXT),
        ("period", _TEXT),
        ("numerator", pa.int64()),
        ("denominator", pa.int64()),
        ("value_scaled", pa.int64()),
        ("places", pa.int8()),
        ("status", _TEXT),
        ("because", _TEXT),
        ("unplaced", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Run:
    """A finished run. ``manifest`` is what its identifier was made from, and a few counts."""

    home: Path
    id: str
    manifest: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.home / "runs" / self.id

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def known_at(self) -> datetime | None:
        text = self.manifest["known_at"]
        return datetime.fromisoformat(text) if text else None

    @property
    def region(self) -> str:
        return str(self.manifest["region"])

    def definitions(self) -> dict[str, dict[str, Any]]:
        """What each indicator means, by id: label, set, unit, places, numerator, denominator, exclusions, cites …"""
        found: dict[str, dict[str, Any]] = json.loads((self.folder / "definitions.json").read_text(encoding="utf-8"))
        return found

    def units(self) -> dict[str, dict[str, str]]:
        """The names of units by kind and id."""
        found: dict[str, dict[str, str]] = json.loads((self.folder / "units.json").read_text(encoding="utf-8"))
        return found


def run_id(kind: str, inputs: dict[str, Any]) -> str:
    """The identifier of a run with these inputs."""
    text = json.dumps(inputs, ensure_ascii=False, sort_keys=True)
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def open_run(home: Path, run: str = LATEST, *, kind: str = "indicators") -> Run:
    """A run by its identifier, or the latest one. Raises :class:`Refused` when there is none."""
    home = Path(home)
    if run == LATEST:
        pointer = home / "runs" / f"latest-{kind}"
        if not pointer.exists():
            raise Refused(f"{home} 里还没有计算过指标", possible_when="先运行 opencmc indicators --period 年份。")
        run = pointer.read_text(encoding="utf-8").strip()
    found = find_run(home, run)
    if found is None:
        raise Refused(f"{home} 里没有运行 {run}", possible_when="可用 latest 指最近一次。")
    return found


def find_run(home: Path, run: str) -> Run | None:
    """The run, or None when it does not exist or was cut off."""
    path = Path(home) / "runs" / run / "manifest.json"
    if "/" in run or not path.exists():
        return None
    return Run(Path(home), run, json.loads(path.read_text(encoding="utf-8")))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


class RunWriter:
    """Writes a run beside its place and moves it there when it is complete."""

    def __init__(self, home: Path, run: str) -> None:
        self._home = Path(home)
        self._run = run
        self.folder = self._home / "runs" / f".{run}.{os.getpid()}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def json(self, name: str, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (self.folder / name).write_text(text, encoding="utf-8")

    def records(self, name: str, records: Mapping[str, Any]) -> None:
        """Like :meth:`json`, each record on a line of its own."""
        lines = (f"{_compact(key)}: {_compact(records[key])}" for key in sorted(records))
        (self.folder / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

    def table(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        texts = [field.name for field in schema if not pa.types.is_integer(field.type)]
        return pq.ParquetWriter(
            self.folder / name, schema, compression="snappy", use_dictionary=texts, write_statistics=texts
        )

    def commit(self, manifest: dict[str, Any]) -> Run:
        """Put the run in its place."""
        self.json("manifest.json", manifest)
        target = self._home / "runs" / self._run
        if target.exists():
            shutil.rmtree(target)
        self.folder.replace(target)
        return Run(self._home, self._run, manifest)


def point_to(run: Run, *, kind: str = "indicators") -> None:
    """Make ``run`` the latest one of its home: the one that pages publish."""
    pointer = run.home / "runs" / f"latest-{kind}"
    draft = pointer.with_name(f".{pointer.name}.{os.getpid()}")
    draft.write_text(run.id + "\n", encoding="utf-8")
    draft.replace(pointer)


def figures_of(
    run: Run,
    *,
    indicator: str | Sequence[str] | None = None,
    set: str | Sequence[str] | None = None,
    unit_kind: str | Sequence[str] | None = None,
    unit_id: str | Sequence[str] | None = None,
    period_kind: str | Sequence[str] | None = None,
    period: str | Sequence[str] | None = None,
) -> pa.Table:
    """Figures by filter, in their stored order. Row groups hold one indicator and kind of unit each, so that the first
    two filters read almost nothing else."""
    wanted = {
        "indicator": indicator,
        "unit_kind": unit_kind,
        "set": set,
        "unit_id": unit_id,
        "period_kind": period_kind,
        "period": period,
    }
    choice = {
        name: [value] if isinstance(value, str) else list(value) for name, value in wanted.items() if value is not None
    }
    with pq.ParquetFile(run.folder / "figures.parquet", memory_map=True) as file:
        groups = [group for group in range(file.num_row_groups) if _may_hold(file, group, choice)]
        table = file.read_row_groups(groups)
    for name, values in choice.items():
        table = table.filter(_is_one_of(table[name], values))
    return table.unify_dictionaries()


def _may_hold(file: pq.ParquetFile, group: int, choice: dict[str, list[str]]) -> bool:
    row_group = file.metadata.row_group(group)
    for position, name in enumerate(FIGURES.names[:6]):
        statistics = row_group.column(position).statistics
        bounded = name in choice and statistics is not None and statistics.has_min_max
        if bounded and not any(statistics.min <= value <= statistics.max for value in choice[name]):
            return False
    return True


def _is_one_of(column: pa.ChunkedArray, values: list[str]) -> pa.ChunkedArray:
    """Membership on dictionary codes: each chunk's few texts are compared, not its many rows."""
    chunks = []
    for chunk in column.chunks:
        holds = pc.is_in(chunk.dictionary, value_set=pa.array(values, pa.string()))
        chunks.append(holds.take(chunk.indices))
    return pa.chunked_array(chunks, pa.bool_())


def printed(value_scaled: int | None, places: int) -> str | None:
    """A scaled value as a decimal: ``(6512, 2)`` → ``"65.12"``."""
    if value_scaled is None:
        return None
    sign, size = ("-" if value_scaled < 0 else ""), abs(value_scaled)
    if places == 0:
        return f"{sign}{size}"
    return f"{sign}{size // 10**places}.{size % 10**places:0{places}d}"
