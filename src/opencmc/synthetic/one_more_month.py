"""One more month of a county that was made before, as CSV files: what a county would bring itself."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from opencmc.base.errors import Refused
from opencmc.base.periods import Period
from opencmc.synthetic.stays import Wards
from opencmc.synthetic.world import World, Years, before, happened, ledger


def extra_month(home: Path, month: str) -> dict[str, Path]:
    """Write ``HOME/source/<table>/<month>.csv`` for every table in which something happens; loads nothing.

    ``month`` lies after the county's period (``2026-01`` after 24 months from ``2024-01``). Returns the files by
    table. Raises :class:`Refused` when no county was made under ``home`` or the month lies inside its period.
    """
    remembered = Path(home) / "source" / "county.json"
    if not remembered.is_file():
        raise Refused(f"{home} 下没有示例县", possible_when="先用 opencmc demo 生成一个县。")
    made = json.loads(remembered.read_text(encoding="utf-8"))
    first = Period.parse(month).start
    start = Period.parse(made["start"]).start
    index = (first.year - start.year) * 12 + first.month - start.month
    more = index - made["months"] + 1
    if more < 1:
        raise Refused(f"{month} 已在示例县的期间之内", possible_when="给出期间之后的月份。")
    world = World.make(made["residents"], made["seed"], made["start"], made["months"], more)
    wanted = world.calendar.month(index)
    wards = Wards(world.people, world.plan, world.seed)
    events = happened(world, wanted, wards, before(world, wards, wanted))
    tables = {**events.rows, **Years(world).rows(wanted), "ledger": ledger(world, wanted, {})}
    tables["visit"] = pa.concat_tables([tables["visit"], events.late])
    files = {}
    for table, rows in tables.items():
        if rows.num_rows:
            path = Path(home) / "source" / table / f"{month}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            pyarrow.csv.write_csv(_plain(rows), path)
            files[table] = path
    return files


def _plain(rows: pa.Table) -> pa.Table:
    """Lists as text joined by ``|``, as a CSV has them."""
    columns = [
        pc.binary_join(column, "|") if pa.types.is_list(column.type) else column for column in rows.itercolumns()
    ]
    return pa.table(columns, names=rows.schema.names)
