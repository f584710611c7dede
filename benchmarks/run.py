"""Run all benchmarks and write docs/benchmarks.md: ``make bench`` (about half an hour on 2 cores; needs 6 GB of disk)."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPORT = HERE.parent / "docs" / "benchmarks.md"

FULL_COUNTY = 695_958


def steps(home: Path) -> list[tuple[str, str, list[str]]]:
    """Title, goal, and the script with its arguments."""
    return [
        (
            "From a clean clone to the served pages, default county",
            "at most 240 s, of which the work itself at most 60 s",
            ["bench_demo.py"],
        ),
        (
            "A full county, made and loaded",
            "at most 360 s within 6 GB",
            ["bench_county.py", "--residents", str(FULL_COUNTY), "--home", str(home)],
        ),
        (
            "All indicators, all units, 24 months, on the full county",
            "at most 5 s; one more month at most 1 s",
            ["bench_indicators.py", "--home", str(home)],
        ),
        (
            "Fifty million visits against hand-written SQL",
            "a ratio of at most 1.2, the same answers",
            ["bench_indicators.py", "--rows", "50000000"],
        ),
        (
            "Histories of all residents of the full county",
            "built in at most 40 s within 4 GB; one more month at most 3 s; one resident at p95 in at most 10 ms",
            ["bench_histories.py", "--home", str(home)],
        ),
        (
            "Pages, served from the full county",
            "p95 at most 100 ms, no error",
            ["bench_pages.py", "--home", str(home)],
        ),
        (
            "Matching a register of one million records with itself",
            "at most 15 s, precision at least 0.995 at recall at least 0.98; one record at most 10 ms",
            ["bench_matching.py", "--records", "1000000", "--times", "3"],
        ),
        (
            "Finding one of 700,000 residents, on PostgreSQL",
            "p95 at most 50 ms with scope and audit",
            ["bench_search.py", "--residents", "700000"],
        ),
        (
            "The resident's page",
            "p95 at most 150 ms",
            ["bench_record.py", "--home", str(home)],
        ),
        (
            "The interface for machines, on PostgreSQL that shares the two cores",
            "lists at least 1,500 a second, writes at least 1,000, at least as fast as a plain ORM application",
            ["bench_front_door.py"],
        ),
        (
            "Many writing at once: 40 on PostgreSQL, 8 on SQLite, two minutes each",
            "no failed request, no lost write, the audit whole",
            ["bench_front_door.py", "--writers"],
        ),
    ]


def main() -> None:
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    report = [
        "# Benchmarks",
        "",
        (
            f"Measured on {datetime.now(UTC):%Y-%m-%d} with `make bench` on a machine with {machine}. "
            "Other work on the same machine moves the seconds; the ratio is taken side by side in one process."
        ),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for title, goal, (script, *arguments) in steps(Path(folder) / "county"):
            print(f"{title} …", flush=True)
            done = subprocess.run(
                [sys.executable, str(HERE / script), *arguments], capture_output=True, text=True, check=False
            )
            if done.returncode:
                sys.exit(f"{script}: {done.stderr}")
            print(done.stdout, flush=True)
            command = " ".join(["python", f"benchmarks/{script}", *arguments]).replace(folder + "/county", "HOME")
            report += ["", f"## {title}", "", f"Goal: {goal}.", "", "```", f"$ {command}", done.stdout.rstrip(), "```"]
    REPORT.write_text("\n".join(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
