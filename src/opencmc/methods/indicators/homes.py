"""Whether anybody has moved: partial sums depend on residents only through the township where each one lives.

Every month brings births, deaths and newcomers. As long as nobody already known has another township than before, the
sums of earlier months stand, except those with residents who were not known then. The *epoch* is a name that stays the
same for as long as that is so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from opencmc.facts.manifest import LoadManifest

#: In partial sums: the township of a resident whom no register knows (yet).
NOBODY = ""


class Homes:
    """The township of every resident, kept by the contents of the loads that said so.

    ``homes`` reads ``resident_id`` and ``township`` of the current rows that came after a load (by number; 0: of all).
    What is kept is carried forward by the rows of later loads alone.
    """

    def __init__(
        self, folder: Path | None, loads: Sequence[LoadManifest], digest: str, homes: Callable[[int], pa.Table]
    ) -> None:
        self._path = folder / "homes.arrow" if folder else None
        self._loads = [load for load in loads if load.table == "resident" and load.accepted]
        self._contents = [load.content for load in self._loads]
        self._digest = digest
        self._homes = homes
        self._epoch = ""
        self._table: pa.Table | None = None

    @property
    def epoch(self) -> str:
        """The epoch; for an earlier state of knowledge the residents' own digest, which is never an epoch's name."""
        if not self._epoch:
            self._epoch = self._find()
        return self._epoch

    @property
    def table(self) -> pa.Table:
        """``resident_id`` and ``township`` of everybody known."""
        if not self._epoch:
            self._epoch = self._find()
        if self._table is None:
            self._table = self._homes(0)
        return self._table

    def _find(self) -> str:
        if self._path is None:
            return self._digest
        held, epoch, contents = self._held()
        if contents == self._contents:
            self._table = held
            return epoch
        if contents != self._contents[: len(contents)]:
            return self._digest  # an earlier state of knowledge, or another history: only its own sums will do
        if held is None or not contents:
            now, moved = self._homes(0), True
        else:
            now, moved = _carried_forward(held, self._homes(self._loads[len(contents) - 1].load))
        self._table = now
        epoch = f"epoch {self._digest}" if moved else epoch
        self._hold(now, epoch)
        return epoch

    def _held(self) -> tuple[pa.Table | None, str, list[str]]:
        if self._path is None or not self._path.exists():
            return None, "", []
        with pa.memory_map(str(self._path)) as file:
            table = pa.ipc.open_file(file).read_all()
        about = json.loads(table.schema.metadata[b"about"])
        return table.replace_schema_metadata(None), about["epoch"], about["contents"]

    def _hold(self, table: pa.Table, epoch: str) -> None:
        assert self._path is not None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.draft")
        table = table.replace_schema_metadata({"about": json.dumps({"epoch": epoch, "contents": self._contents})})
        with pa.OSFile(str(draft), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        draft.replace(self._path)


def _carried_forward(before: pa.Table, later: pa.Table) -> tuple[pa.Table, bool]:
    """``before`` with ``later`` rows in place of those that they replace, and whether somebody of ``before`` moved."""
    later = later.cast(before.schema)
    again = pc.is_in(before["resident_id"], value_set=later["resident_id"].combine_chunks())
    replaced = before.filter(again)
    new = pc.invert(pc.is_in(later["resident_id"], value_set=replaced["resident_id"].combine_chunks()))
    now = later.filter(pc.invert(new))
    at = pc.index_in(replaced["resident_id"], value_set=now["resident_id"].combine_chunks())
    there = pc.fill_null(pc.take(now["township"].combine_chunks(), at.combine_chunks()), NOBODY)
    if pc.all(pc.equal(there, pc.fill_null(replaced["township"], NOBODY).combine_chunks())).as_py() is not False:
        return pa.concat_tables([before, later.filter(new)]), False
    return pa.concat_tables([before.filter(pc.invert(again)), later]), True
