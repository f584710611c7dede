"""Monthly partial sums, kept under ``HOME/cache`` by the content that they were made from.

A month is made again only when a load that touches it, a register that decides about it, or a definition has changed;
everything else is read back. The cache may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.facts.manifest import LoadManifest
from opencmc.methods.indicators.grains import Tables
from opencmc.methods.indicators.measures import VERSION

Collect = Callable[[ir.Expr], pa.Table]

#: The key of everything that is not cut by months.
WHOLE = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Something computed from ``table`` and ``needs``. With ``monthly`` the result has a column ``month`` (``YYYYMM``)
    that follows the table's event date, and ``compute`` may be asked for some months only."""

    name: str
    table: str
    needs: tuple[str, ...]
    monthly: bool
    compute: Callable[[Tables, str, Sequence[int] | None], ir.Table]


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:24]


def content_of(loads: Sequence[LoadManifest], table: str) -> list[str]:
    """The contents of a table in the order of its loads."""
    return [load.content for load in loads if load.table == table and load.accepted]


def keys_of(source: Source, region: str, loads: Sequence[LoadManifest]) -> dict[int, str]:
    """What each month of ``source`` depends on, as a hash by month."""
    shared = (VERSION, source.name, region, [content_of(loads, table) for table in source.needs])
    own = [load for load in loads if load.table == source.table and load.accepted]
    if not source.monthly:
        return {WHOLE: _digest(shared, content_of(loads, source.table))}
    by_month: dict[int, list[str]] = {}
    for load in own:
        for month in load.months:
            by_month.setdefault(int(month.replace("-", "")), []).append(load.content)
    return {month: _digest(shared, contents) for month, contents in sorted(by_month.items())}


class Partials:
    """Reads sources through the cache. ``folder`` may be None, which keeps nothing."""

    def __init__(
        self, folder: Path | None, region: str, loads: Sequence[LoadManifest], tables: Tables, collect: Collect
    ) -> None:
        self._folder = folder
        self._region = region
        self._loads = loads
        self._tables = tables
        self._collect = collect

    def read(self, source: Source) -> pa.Table:
        """The result of ``source`` over everything that is known, in no particular order."""
        wanted = keys_of(source, self._region, self._loads)
        kept, found = self._kept(source, wanted)
        missing = [month for month in wanted if month not in found]
        if not missing and kept is not None:
            return kept
        fresh = self._collect(
            source.compute(self._tables, self._region, missing if source.monthly and missing else None)
        )
        result = fresh if kept is None or kept.num_rows == 0 else pa.concat_tables([kept, fresh.cast(kept.schema)])
        self._keep(source, result, wanted)
        return result

    def _path(self, source: Source) -> Path | None:
        return self._folder / f"{source.name}-{self._region}.arrow" if self._folder else None

    def _kept(self, source: Source, wanted: dict[int, str]) -> tuple[pa.Table | None, set[int]]:
        path = self._path(source)
        if path is None or not path.exists():
            return None, set()
        with pa.memory_map(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
        held = {int(month): key for month, key in json.loads(table.schema.metadata[b"keys"]).items()}
        table = table.replace_schema_metadata(None)
        same = {month for month, key in held.items() if wanted.get(month) == key}
        if same == set(held):
            return table, same
        if not same or not source.monthly:
            return None, set()
        return table.filter(pc.is_in(table["month"], value_set=pa.array(sorted(same), table["month"].type))), same

    def _keep(self, source: Source, table: pa.Table, keys: dict[int, str]) -> None:
        path = self._path(source)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
        table = table.replace_schema_metadata({"keys": json.dumps({str(month): key for month, key in keys.items()})})
        with pa.OSFile(str(draft), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        draft.replace(path)
