"""From a clean clone to a served cockpit: what ``make demo`` costs a newcomer.

    python benchmarks/bench_demo.py

Clones this repository's last commit, runs ``make install`` and ``opencmc demo`` with the default county, starts the pages
and asks for the sign-in page. The package index is reached over the network, so the installation depends on the line.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench_pages import free_port

REPOSITORY = Path(__file__).resolve().parent.parent


def timed(title: str, command: list[str], folder: Path) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{title}: {done.stderr}")
    taken = time.perf_counter() - start
    print(f"  {title:28} {taken:6.1f} s")
    return taken


def served(folder: Path) -> float:
    """Seconds from the command to the first page."""
    port = free_port()
    start = time.perf_counter()
    command = [".venv/bin/opencmc", "demo", "--home", "home", "--port", str(port)]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=5) as page:
                    page.read()
                break
            except urllib.error.URLError:
                if server.poll() is not None or time.perf_counter() - start > 60:
                    sys.exit("the pages did not open")
                time.sleep(0.1)
    finally:
        server.terminate()
        server.wait(timeout=30)
    taken = time.perf_counter() - start
    print(f"  {'pages open':28} {taken:6.1f} s")
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clone"
        total = timed("git clone", ["git", "clone", "--quiet", str(REPOSITORY), str(folder)], REPOSITORY)
        total += timed("make install", ["make", "install"], folder)
        total += timed(
            "county, figures, publishing", [".venv/bin/opencmc", "demo", "--home", "home", "--no-serve"], folder
        )
        total += served(folder)
        print(f"  {'together':28} {total:6.1f} s")


if __name__ == "__main__":
    main()
