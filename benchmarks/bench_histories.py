"""How long the histories take: building them, one more month, and reading one resident as a page does.

    python benchmarks/bench_histories.py --home HOME

The lake of the home is only read; the histories are built in a folder that goes away. All loads of the last month that
brought visits are first left out, then added. Four threads that share one reader then read residents picked by a fixed seed.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import threading
import time
from pathlib import Path

from opencmc.facts.histories import Histories, Report, read_lake, refresh_histories
from opencmc.facts.histories.index import view_folder
from opencmc.facts.lake import Lake
from opencmc.facts.manifest import LoadManifest

READS = 1000
THREADS = 4


def share_of(taken: list[float], share: float) -> float:
    """Milliseconds within which this share of the reads was done."""
    return sorted(taken)[int(len(taken) * share)] * 1000


def read(histories: Histories, residents: list[str]) -> list[tuple[float, float]]:
    """Seconds on the wall and of the processor for each."""
    taken = []
    for resident in residents:
        start, worked = time.perf_counter(), time.thread_time()
        histories.of(resident)
        taken.append((time.perf_counter() - start, time.thread_time() - worked))
    return taken


def told(title: str, taken: list[tuple[float, float]]) -> None:
    wall, worked = ([each[which] for each in taken] for which in (0, 1))
    print(
        f"  {title:34} p50 {share_of(wall, 0.5):6.2f}   p95 {share_of(wall, 0.95):6.2f}   "
        f"worst {max(wall) * 1000:6.2f} ms   (processor p95 {share_of(worked, 0.95):.2f} ms)"
    )


def look_again(copy: Path, home: Path, loads: list[LoadManifest]) -> None:
    """A lake in ``copy`` with the files of that of ``home`` and only these loads."""
    manifests = copy / "lake" / "loads"
    manifests.mkdir(parents=True, exist_ok=True)
    for each in (home / "lake").iterdir():
        if each.name != "loads" and not (copy / "lake" / each.name).exists():
            (copy / "lake" / each.name).symlink_to(each.absolute())
    for load in loads:
        name = f"{load.load:06d}.json"
        if not (manifests / name).exists():
            (manifests / name).symlink_to((home / "lake" / "loads" / name).absolute())


def timed_refresh(copy: Path) -> tuple[Report, str]:
    """The report, and seconds on the wall and of the processor, which other work on the machine does not move."""
    start, worked = time.perf_counter(), time.process_time()
    report = refresh_histories(copy)
    return report, f"{time.perf_counter() - start:7.1f} s   (processor {time.process_time() - worked:.1f} s)"


def read_together(histories: Histories, residents: list[str]) -> list[tuple[float, float]]:
    taken: list[tuple[float, float]] = []
    threads = [
        threading.Thread(target=lambda part=number: taken.extend(read(histories, residents[part::THREADS])))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    home = parser.parse_args().home
    loads = Lake(home).loads()
    whole = max(load.accepted for load in loads if load.table == "visit") // 10
    month = max(load.known_at for load in loads if load.table == "visit" and load.accepted > whole)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        look_again(copy, home, [load for load in loads if load.known_at < month])
        built, building = timed_refresh(copy)
        look_again(copy, home, loads)
        added, adding = timed_refresh(copy)
        if (built.done, added.done) != ("built", "added"):
            raise SystemExit("the benchmark wants a home with at least two months")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = sum(path.stat().st_size for path in view_folder(copy, None).rglob("*.parquet")) / 1e6
        chance = random.Random(2025)
        residents = [f"R{chance.randint(1, built.residents):07d}" for _ in range(READS)]
        histories = Histories(copy)
        first, again = read(histories, residents), read(histories, residents[::-1])
        together = read_together(histories, residents)
        start = time.perf_counter()
        direct = read_lake(copy, residents[:1])
        looking = time.perf_counter() - start
        if direct != histories.of(residents[0]) or not any(histories.of(resident).events for resident in residents):
            raise SystemExit("the histories and the lake disagree")
    print(f"{built.rows:,} events of {built.residents:,} residents")
    print(f"  built from nothing     {building}")
    print(f"  one more month         {adding}   {added.rows:,} events of {added.residents:,} residents")
    print(f"  peak memory            {memory:7,.0f} MB")
    print(f"  on disk                {size:7,.0f} MB")
    told("one resident, first time", first)
    told("one resident, again", again)
    told(f"one resident, {THREADS} threads at once", together)
    print(f"  one resident from the lake itself, without histories: {looking:.2f} s")


if __name__ == "__main__":
    main()
