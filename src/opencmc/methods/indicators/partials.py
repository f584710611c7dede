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

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.facts.manifest import LoadManifest
from opencmc.methods.indicators.grains import Tables
from opencmc.methods.indicators.homes import NOBODY, Homes
from opencmc.methods.indicators.measures import VERSION

Collect = Callable[[ir.Expr], pa.Table]

#: The key of everything that is not cut by months.
WHOLE = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Something computed from ``table`` and ``needs``. With ``monthly`` the result has a column ``month`` (``YYYYMM``)
    that follows the table's event date, and ``compute`` may be asked for some months only.

    Rows of the tables ``onwards`` act only from their own event date on. With ``homes`` the result has a column
    ``township`` that says where each row's resident lives; it depends on residents through nothing else.
    """

    name: str
    table: str
    needs: tuple[str, ...]
    monthly: bool
    compute: Callable[[Tables, str, Sequence[int] | None], ir.Table]
    onwards: tuple[str, ...] = ()
    homes: bool = False


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:24]


def content_of(loads: Sequence[LoadManifest], table: str) -> list[str]:
    """The contents of a table in the order of its loads."""
    return [load.content for load in loads if load.table == table and load.accepted]


def _month(name: str) -> int:
    return int(name.replace("-", ""))


def keys_of(source: Source, region: str, loads: Sequence[LoadManifest], homes: str = "") -> dict[int, str]:
    """What each month of ``source`` depends on, as a hash by month. ``homes`` stands for the residents, if it uses them."""
    shared = (VERSION, source.name, region, [content_of(loads, table) for table in source.needs], homes)
    own = [load for load in loads if load.table == source.table and load.accepted]
    if not source.monthly:
        return {WHOLE: _digest(shared, content_of(loads, source.table))}
    by_month: dict[int, list[str]] = {}
    for load in own:
        for month in load.months:
            by_month.setdefault(_month(month), []).append(load.content)
    acting = [
        (_month(min(load.months)), load.content) for load in loads if load.table in source.onwards and load.months
    ]
    return {
        month: _digest(shared, contents, [content for first, content in acting if first <= month])
        for month, contents in sorted(by_month.items())
    }


class Partials:
    """Reads sources through the cache. ``folder`` may be None, which keeps nothing.

    With ``hold`` the residents' homes, which many sources join, are read once into memory; an engine on many machines
    reads them each time instead.
    """

    def __init__(
        self,
        folder: Path | None,
        region: str,
        loads: Sequence[LoadManifest],
        tables: Tables,
        collect: Collect,
        *,
        hold: bool = True,
    ) -> None:
        self._folder = folder
        self._region = region
        self._loads = loads
        self._tables = tables
        self._collect = collect
        known = content_of(loads, "resident")
        self._residents = _digest(known)
        self._homes = Homes(folder, known, self._residents, lambda: self._narrow("resident"), collect)
        self._resident: ir.Table | None = None
        self._hold = hold

    def _narrow(self, name: str) -> ir.Table:
        """Like the engine's tables, but of residents only the two columns that joins want, put together once."""
        if name != "resident":
            return self._tables(name)
        if self._resident is None:
            narrow = self._tables("resident").select("resident_id", "township")
            self._resident = ibis.memtable(self._collect(narrow)) if self._hold else narrow
        return self._resident

    def read(self, source: Source) -> pa.Table:
        """The result of ``source`` over everything that is known, in no particular order."""
        wanted = self._keys(source, self._residents)
        lasting = self._keys(source, self._homes.epoch) if source.homes else wanted
        kept, found = self._kept(source, wanted, lasting)
        missing = [month for month in wanted if month not in found]
        if not missing and kept is not None:
            return kept
        tables = self._tables if source.table == "resident" else self._narrow
        fresh = self._collect(source.compute(tables, self._region, missing if source.monthly and missing else None))
        result = fresh if kept is None or kept.num_rows == 0 else pa.concat_tables([kept, fresh.cast(kept.schema)])
        if source.homes and source.monthly:
            # A month in which everybody was known stands for the whole epoch; the others only for these residents.
            open_ = set(pc.unique(result.filter(pc.equal(result["township"], NOBODY))["month"]).to_pylist())
            wanted = {month: key if month in open_ else lasting[month] for month, key in wanted.items()}
        self._keep(source, result, wanted)
        return result

    def _keys(self, source: Source, homes: str) -> dict[int, str]:
        return keys_of(source, self._region, self._loads, homes if source.homes else "")

    def _path(self, source: Source) -> Path | None:
        return self._folder / f"{source.name}-{self._region}.arrow" if self._folder else None

    def _kept(
        self, source: Source, wanted: dict[int, str], lasting: dict[int, str]
    ) -> tuple[pa.Table | None, set[int]]:
        """What is kept of the wanted months, and which they are."""
        path = self._path(source)
        if path is None or not path.exists():
            return None, set()
        with pa.memory_map(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
        held = {int(month): key for month, key in json.loads(table.schema.metadata[b"keys"]).items()}
        table = table.replace_schema_metadata(None)
        same = {month for month, key in held.items() if key in (wanted.get(month), lasting.get(month))}
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
