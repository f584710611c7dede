"""Writing one generation: the changes between two states of the lake, sorted by resident, in buckets.

One group of buckets after the other, so that memory depends on the size of a group and not on that of the county.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from opencmc.facts.engines import Workbench
from opencmc.facts.histories.changes import Changes, state_of
from opencmc.facts.histories.index import Generation, bucket_sql, contents_of
from opencmc.facts.histories.layout import PLACES, REPEATED
from opencmc.facts.schemas import quoted
from opencmc.facts.staging import Progress

#: About so many rows lie in one file at most, as long as there are no more than ``MOST_BUCKETS`` files.
BUCKET_ROWS = 1 << 17
MOST_BUCKETS = 1 << 10
#: About so many rows are sorted and held at once (about 250 bytes each, twice).
GROUP_ROWS = 5_000_000
#: What one read of a resident has to unpack at least.
ROW_GROUP_ROWS = 2048
MEMORY = "2GB"


def write_generation(view: Path, changes: Changes, progress: Progress) -> Generation:
    """Write the changes into a folder of their own under ``view``; nobody reads it until an index names it."""
    state = state_of(changes.loads)
    contents = contents_of(changes.loads, state)
    estimate = changes.estimate()
    buckets = min(MOST_BUCKETS, 1 << (estimate // BUCKET_ROWS).bit_length())
    groups = min(buckets, 1 + estimate // GROUP_ROWS)
    before = contents_of(changes.loads, changes.before) if changes.before else "0"
    folder = f"{before}-{contents}"
    shutil.rmtree(view / folder, ignore_errors=True)
    (view / folder).mkdir(parents=True)
    generation = Generation(folder, buckets, 0, 0, state, contents)
    rows = residents = 0
    with Workbench(view / folder, in_memory=True, memory=MEMORY) as bench:
        progress("找出变化", 0.02)
        bench.run(f"CREATE VIEW change AS {changes.prepare(bench)}")
        bench.run(
            "CREATE TABLE person AS SELECT *, row_number() OVER (ORDER BY bucket, resident_id) AS person "
            f"FROM (SELECT resident_id, {bucket_sql(buckets)} AS bucket FROM (SELECT DISTINCT resident_id FROM change))"
        )
        (residents,) = bench.one("SELECT count(*) FROM person")
        edges = [buckets * number // groups for number in range(groups + 1)]
        for number, (first, end) in enumerate(pairwise(edges)):
            progress("按居民整理", 0.1 + 0.85 * number / groups)
            table = bench.arrow(_group_sql(first, end))
            rows += table.num_rows
            _write_buckets(view, generation, table, first, end)
            del table
    shutil.rmtree(view / folder / "spill", ignore_errors=True)
    return Generation(folder, buckets, rows, residents, state, contents)


def _group_sql(first: int, end: int) -> str:
    """The changes of some buckets, each resident's together, newest first; marks without a date come last.

    What happened on one day is put in a fixed order by a hash: sorting by the key itself costs a fifth more.
    """
    columns = ", ".join(quoted(name) for name in ("resident_id", "code", *PLACES))
    return (
        f"SELECT bucket, {columns} FROM change "
        f"JOIN (SELECT * FROM person WHERE bucket >= {first} AND bucket < {end}) AS chosen USING (resident_id) "
        'ORDER BY person, "date" DESC NULLS LAST, code, hash(key)'
    )


def _write_buckets(view: Path, generation: Generation, table: pa.Table, first: int, end: int) -> None:
    edges = np.searchsorted(table["bucket"].to_numpy(), np.arange(first, end + 1))
    table = table.drop_columns(["bucket"])

    def write(bucket: int) -> None:
        start, stop = edges[bucket - first], edges[bucket - first + 1]
        path = generation.path(view, bucket)
        pq.write_table(
            table.slice(start, stop - start),
            path,
            row_group_size=ROW_GROUP_ROWS,
            compression="lz4",
            use_dictionary=list(REPEATED),
            write_statistics=["resident_id"],
            store_schema=False,
        )
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as writers:
        list(writers.map(write, range(first, end)))
