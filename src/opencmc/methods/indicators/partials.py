"""Monthly partial sums, kept under ``HOME/cache`` by the content that they were made from.

A month is made again only when a load that touches it, a register that decides about it, or a definition has changed;
everything else is read back. To a month to which later loads only added rows, what those rows give is added. The cache
may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.facts.manifest import LoadManifest
from opencmc.methods.indicators.grains import Tables
from opencmc.methods.indicators.homes import NOBODY, Homes
from opencmc.methods.indicators.measures import VERSION

Collect = Callable[[ir.Expr], pa.Table]


class LakeTables(Protocol):
    """The tables of an engine; with a load's number only the rows that came after it."""

    def __call__(self, table_name: str, after: int = 0) -> ir.Table: ...


#: The key of everything that is not cut by months.
WHOLE = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Something computed from ``table`` and ``needs``. With ``monthly`` the result has a column ``month`` (``YYYYMM``)
    that follows the table's event date, and ``compute`` may be asked for some months only, or for some rows of ``table``
    only: what it gives for two parts of the rows means together what it gives for all of them.

    Rows of the tables ``onwards`` act only from their own event date on. With ``homes`` the result has a column
    ``township`` that says where each row's resident lives; it depends on residents through nothing else.

    ``adds`` says of a result without months what is always so of one with months: that the results of two parts of the
    rows mean together what the whole means. With ``key`` each row of the result comes from one row of ``table``, named
    by this column of both, so that a row replaced later can be taken out again.
    """

    name: str
    table: str
    needs: tuple[str, ...]
    monthly: bool
    compute: Callable[[Tables, str, Sequence[int] | None], ir.Table]
    onwards: tuple[str, ...] = ()
    homes: bool = False
    adds: bool = False
    key: str = ""


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
        tables: LakeTables,
        collect: Collect,
        *,
        hold: bool = True,
    ) -> None:
        self._folder = folder
        self._region = region
        self._loads = loads
        self._tables = tables
        self._collect = collect
        self._residents = _digest(content_of(loads, "resident"))
        self._homes = Homes(folder, loads, self._residents, self._homes_after)
        self._resident: ir.Table | None = None
        self._hold = hold

    def _homes_after(self, load: int) -> pa.Table:
        return self._collect(self._tables("resident", load).select("resident_id", "township"))

    def _narrow(self, name: str) -> ir.Table:
        """Like the engine's tables, but of residents only the two columns that joins want, put together once."""
        if name != "resident" or not self._hold:
            return self._tables(name)
        if self._resident is None:
            self._resident = ibis.memtable(self._homes.table)
        return self._resident

    def read(self, source: Source) -> pa.Table:
        """The result of ``source`` over everything that is known, in no particular order."""
        wanted = self._keys(source, self._residents)
        lasting = self._keys(source, self._homes.epoch) if source.homes else wanted
        kept, found, upto = self._kept(source, wanted, lasting)
        begun = self._begun(source, upto)
        missing = [month for month in wanted if month not in found and month in begun]
        added = [month for month in wanted if found.get(month) not in (wanted[month], lasting[month])]
        added = [month for month in added if month not in missing]
        if not missing and not added and kept is not None:
            return kept
        if added and source.key and kept is not None:
            again = self._collect(self._tables(source.table, upto).select(source.key))[source.key].combine_chunks()
            kept = kept.filter(pc.invert(pc.is_in(kept[source.key], value_set=again)))
        parts = [] if kept is None or kept.num_rows == 0 else [kept]
        if added:
            parts.append(self._made(source, self._later(source.table, upto), added))
        if missing or not parts:
            tables = self._tables if source.table == "resident" else self._narrow
            parts.append(self._made(source, tables, missing))
        result = pa.concat_tables([part.cast(parts[0].schema) for part in parts]).unify_dictionaries()
        if source.homes and source.monthly:
            # A month in which everybody was known stands for the whole epoch; the others only for these residents.
            open_ = set(pc.unique(result.filter(pc.equal(result["township"], NOBODY))["month"]).to_pylist())
            wanted = {month: key if month in open_ else lasting[month] for month, key in wanted.items()}
        self._keep(source, result, wanted)
        return result

    def _made(self, source: Source, tables: Tables, months: Sequence[int]) -> pa.Table:
        """The result over these tables, of some months if there are any. A person stands in many rows: each is named
        once, the rows have numbers."""
        table = self._collect(source.compute(tables, self._region, months if source.monthly and months else None))
        at = table.schema.get_field_index("person")
        return table if at < 0 else table.set_column(at, "person", table["person"].dictionary_encode())

    def _later(self, table: str, upto: int) -> Tables:
        """The tables, of ``table`` only the rows that came after a load."""
        return lambda name: self._tables(name, upto) if name == table else self._narrow(name)

    def _begun(self, source: Source, upto: int) -> set[int]:
        """The months with loads up to ``upto``; of all others every row came later. Without months: the whole."""
        if not source.monthly or not upto:
            return set(self._keys(source, ""))
        own = (load for load in self._loads if load.table == source.table and load.accepted and load.load <= upto)
        return {_month(month) for load in own for month in load.months}

    def _only_added(self, source: Source, upto: int) -> dict[int, str]:
        """The months to which loads after ``upto`` only added rows, with what they depended on before these loads; what
        else they depend on has not changed if that is what is held."""
        later = [load for load in self._loads if load.table == source.table and load.accepted and load.load > upto]
        replaced = {_month(month) for load in later if load.superseded for month in load.months}
        numbers = {load.load for load in later}
        before = [load for load in self._loads if load.load not in numbers]
        homes = self._homes.epoch if source.homes else ""
        keys = keys_of(source, self._region, before, homes)
        if source.monthly:
            return {month: key for month, key in keys.items() if month not in replaced}
        stands = source.key or (source.adds and not any(load.superseded for load in later))
        return keys if stands else {}

    def _keys(self, source: Source, homes: str) -> dict[int, str]:
        return keys_of(source, self._region, self._loads, homes if source.homes else "")

    def _path(self, source: Source) -> Path | None:
        return self._folder / f"{source.name}-{self._region}.arrow" if self._folder else None

    def _kept(
        self, source: Source, wanted: dict[int, str], lasting: dict[int, str]
    ) -> tuple[pa.Table | None, dict[int, str], int]:
        """What is kept of the wanted months, by which keys, and the latest load that it was made from."""
        path = self._path(source)
        if path is None or not path.exists():
            return None, {}, 0
        with pa.memory_map(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
        held = {int(month): key for month, key in json.loads(table.schema.metadata[b"keys"]).items()}
        upto = int(table.schema.metadata.get(b"upto", b"0"))
        table = table.replace_schema_metadata(None)
        same = {month: key for month, key in held.items() if key in (wanted.get(month), lasting.get(month))}
        if same != held:
            grown = self._only_added(source, upto)
            same |= {month: key for month, key in held.items() if month in wanted and key == grown.get(month)}
        if same == held:
            return table, same, upto
        if not same:
            return None, {}, 0
        if not source.monthly:
            return table, same, upto
        return table.filter(pc.is_in(table["month"], value_set=pa.array(sorted(same), table["month"].type))), same, upto

    def _keep(self, source: Source, table: pa.Table, keys: dict[int, str]) -> None:
        path = self._path(source)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
        upto = max((load.load for load in self._loads if load.table == source.table), default=0)
        about = {"keys": json.dumps({str(month): key for month, key in keys.items()}), "upto": str(upto)}
        table = table.replace_schema_metadata(about)
        with pa.OSFile(str(draft), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        draft.replace(path)
