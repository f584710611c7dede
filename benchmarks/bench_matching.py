"""How long it takes to match a register against itself, and one record against its candidates, and how right that is.

    python benchmarks/bench_matching.py --records 1000000

Records of made-up people with planted duplicates lie as Parquet; the time runs from there to the pairs, groups and the
list for people to decide, with the stored model. Precision and recall are those of the groups, pair by pair, against the
answer key, which the matching never sees. The seed is not that of the model's training.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from opencmc.methods.matching import Clusters, Matcher, Thresholds, find_pairs, shipped_model, sure_clusters
from opencmc.methods.matching.blocking import BLOCKS
from opencmc.methods.matching.records import prepare
from opencmc.policy.pack import default_root, load_pack
from opencmc.synthetic.duplicates import Planted, make_records

LOOKED_UP = 300


def thresholds() -> Thresholds:
    entries = load_pack(default_root(), "national").entries
    return Thresholds(*(int(entries[f"residents.matching_{name}"].values[-1].value) for name in ("same", "review")))


def pairs_within(groups: pa.Array) -> int:
    counts = groups.value_counts().field("counts").to_numpy()
    return int((counts * (counts - 1) // 2).sum())


def precision_and_recall(clusters: Clusters, planted: Planted) -> tuple[float, float]:
    person = planted.key["person"].take(pc.index_in(clusters.members["record_id"], planted.key["record_id"]))
    both = pc.binary_join_element_wise(clusters.members["cluster"], person, "|")
    right = pairs_within(both)
    return right / pairs_within(clusters.members["cluster"]), right / pairs_within(planted.key["person"])


def register(path: Path, chosen: Thresholds) -> tuple[dict[str, float], pa.Table, Clusters, pa.Table]:
    marks = [time.perf_counter()]
    records = pq.read_table(path)
    pairs = find_pairs(records, thresholds=chosen)
    marks.append(time.perf_counter())
    clusters = sure_clusters(pairs, records)
    review = clusters.for_review(pairs)
    marks.append(time.perf_counter())
    taken = {"pairs": marks[1] - marks[0], "groups": marks[2] - marks[1], "together": marks[2] - marks[0]}
    return taken, pairs, clusters, review


def one_by_one(records: pa.Table, chosen: Thresholds, asked: int) -> tuple[list[float], list[int]]:
    """Seconds for one record, from its blocking keys to decisions, and the number of its candidates. The look-up itself is
    the database's: here an index in memory."""
    matcher = Matcher(chosen)
    prepared = prepare(records, shipped_model().common_names)
    rows = sorted(random.Random(7).sample(range(len(records)), min(asked, len(records))))
    near: dict[int, set[int]] = {row: set() for row in rows}
    for block in BLOCKS:
        parts = [prepared[column].cast(pa.string()) for column in block.columns]
        keys = pc.binary_join_element_wise(*parts, "|").combine_chunks()
        here = dict(zip(rows, keys.take(pa.array(rows)).to_pylist(), strict=True))
        found = np.flatnonzero(
            pc.is_in(keys, pa.array({key for key in here.values() if key})).to_numpy(zero_copy_only=False)
        )
        sharing: dict[str, set[int]] = defaultdict(set)
        for row, key in zip(found.tolist(), keys.take(pa.array(found)).to_pylist(), strict=True):
            sharing[key].add(row)
        for row, key in here.items():
            near[row] |= sharing.get(key or "", set()) - {row}
    by_id = records.sort_by("record_id")
    seconds, sizes = [], []
    for row in rows:
        record: dict[str, Any] = by_id.slice(row, 1).to_pylist()[0]
        candidates = by_id.take(pa.array(sorted(near[row]), type=pa.int64())).to_pylist()
        start = time.perf_counter()
        matcher.blocking_keys(record)
        matcher.score(record, candidates)
        seconds.append(time.perf_counter() - start)
        sizes.append(len(candidates))
    return seconds, sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--times", type=int, default=1, help="match so often and print each time")
    chosen = parser.parse_args()
    limits = thresholds()
    planted = make_records(chosen.records, chosen.seed)
    people, true = len(planted.key["person"].unique()), pairs_within(planted.key["person"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.parquet"
        pq.write_table(planted.records, path)
        find_pairs(planted.records.slice(0, 1000), thresholds=limits)  # so that starting the engine is not counted
        runs = [register(path, limits) for _ in range(chosen.times)]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        taken, _, clusters, review = min(runs, key=lambda run: run[0]["together"])
    precision, recall = precision_and_recall(clusters, planted)
    seconds, sizes = one_by_one(planted.records, limits, LOOKED_UP)
    print(
        f"{chosen.records:,} records of {people:,} people, {true:,} true pairs; thresholds {limits.same}, {limits.review}"
    )
    each = ", ".join(f"{run[0]['together']:.1f}" for run in runs)
    print(f"  read, exact keys, model    {taken['pairs']:8.1f} s")
    print(f"  groups and review list     {taken['groups']:8.1f} s")
    print(f"  together                   {taken['together']:8.1f} s   (each: {each})")
    print(f"  peak memory                {memory:8,.0f} MB   (with the generator's records)")
    print(f"  precision                  {precision:8.5f}")
    print(f"  recall                     {recall:8.5f}")
    print(f"  pairs for people           {len(review):8,}")
    print(
        f"  one record                 {statistics.median(seconds) * 1000:8.1f} ms   "
        f"(p99 {sorted(seconds)[int(len(seconds) * 0.99)] * 1000:.1f} ms; candidates: {statistics.median(sizes):.0f}, "
        f"at most {max(sizes)})"
    )


if __name__ == "__main__":
    main()
