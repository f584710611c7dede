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

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

#: In partial sums: the township of a resident whom no register knows (yet).
NOBODY = ""


class Homes:
    """Compares the homes known now with those that were known when the epoch was last confirmed."""

    def __init__(
        self,
        folder: Path | None,
        contents: Sequence[str],
        digest: str,
        homes: Callable[[], ir.Table],
        collect: Callable[[ir.Expr], pa.Table],
    ) -> None:
        self._path = folder / "homes.arrow" if folder else None
        self._contents = list(contents)
        self._digest = digest
        self._homes = homes
        self._collect = collect
        self._epoch = ""

    @property
    def epoch(self) -> str:
        """The epoch; for an earlier state of knowledge the residents' own digest, which is never an epoch's name."""
        if not self._epoch:
            self._epoch = self._find()
        return self._epoch

    def _find(self) -> str:
        if self._path is None:
            return self._digest
        held, epoch, contents = self._held()
        if contents == self._contents:
            return epoch
        if contents and contents != self._contents[: len(contents)]:
            return self._digest  # an earlier state of knowledge, or another history: only its own sums will do
        now = self._collect(self._homes())
        epoch = epoch if held is not None and _nobody_moved(held, now) else f"epoch {self._digest}"
        self._hold(now, epoch)
        return epoch

    def _held(self) -> tuple[pa.Table | None, str, list[str]]:
        if self._path is None or not self._path.exists():
            return None, "", []
        with pa.memory_map(str(self._path)) as file:
            table = pa.ipc.open_file(file).read_all()
        about = json.loads(table.schema.metadata[b"about"])
        return table, about["epoch"], about["contents"]

    def _hold(self, table: pa.Table, epoch: str) -> None:
        assert self._path is not None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.draft")
        table = table.replace_schema_metadata({"about": json.dumps({"epoch": epoch, "contents": self._contents})})
        with pa.OSFile(str(draft), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        draft.replace(self._path)


def _nobody_moved(before: pa.Table, now: pa.Table) -> bool:
    """Whether everybody of ``before`` is in ``now`` with the same township (or none both times)."""
    at = pc.index_in(before["resident_id"], value_set=now["resident_id"].combine_chunks())
    if at.null_count:
        return False
    township = pc.fill_null(now["township"].combine_chunks(), NOBODY)
    same = pc.equal(pc.take(township, at.combine_chunks()), pc.fill_null(before["township"], NOBODY).combine_chunks())
    return bool(pc.all(same).as_py() is not False)
