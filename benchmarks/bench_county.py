"""How long it takes to make and load a county of a given size, and how much memory that needs.

    python benchmarks/bench_county.py --residents 695958 --home HOME

The home must not exist yet; it is kept, so that the other benchmarks can use it.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from opencmc.facts.lake import Lake
from opencmc.synthetic import make_county


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--residents", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--home", type=Path, required=True)
    chosen = parser.parse_args()
    start = time.perf_counter()
    make_county(chosen.home, residents=chosen.residents, seed=chosen.seed)
    taken = time.perf_counter() - start
    loads = Lake(chosen.home).loads()
    rows = {table: sum(x.accepted for x in loads if x.table == table) for table in ("visit", "stay")}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{chosen.residents:,} residents, {rows['visit']:,} visits, {rows['stay']:,} stays, {len(loads)} loads")
    print(f"  made and loaded    {taken:7.1f} s")
    print(f"  peak memory        {memory:7,.0f} MB")


if __name__ == "__main__":
    main()
