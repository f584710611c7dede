"""How fast the resident's page opens: readers open one resident after the other, on loopback, with guards and audit on.

    python benchmarks/bench_record.py --home HOME [--residents 200]
    python tools/with_postgres.py python benchmarks/bench_record.py --home HOME

Serves the home on a free port with the same command as ``opencmc serve`` (SQLite, or PostgreSQL where
``OPENCMC_DATABASE`` names one), signs every reader in as the public-health commissioner, whose reach is the widest, and
opens each resident once: no page is asked for twice by a reader. The home is written to (audit lines): give it a copy.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from bench_pages import Viewer, free_port, wait_until_served

from opencmc.facts.histories import refresh_histories

ROLE = "commissioner"
READERS = (1, 4)
GOAL = 150.0


class Reader(Viewer):
    def sign_in(self) -> None:
        _, page = self.ask("GET", "/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if not token:
            raise SystemExit("the sign-in page shows no demonstration account")
        status, _ = self.ask("POST", "/sign-in/demonstration/", {"csrfmiddlewaretoken": token[1], "username": ROLE})
        if status != 302:
            raise SystemExit(f"signing in answered {status}")


def residents(port: int, wanted: int) -> list[str]:
    """Addresses of residents in reach, from the reader's own list."""
    reader = Reader(port)
    reader.sign_in()
    found: list[str] = []
    for page in range(1, 200):
        _, text = reader.ask("GET", f"/residents/mine/?order=oldest&page={page}")
        found += re.findall(r'<th scope="row"><a href="(/residents/[^/"]+/)"', text)
        if len(found) >= wanted or f"?order=oldest&amp;page={page + 1}" not in text:
            break
    return list(dict.fromkeys(found))[:wanted]


def measure(port: int, addresses: list[str], readers: int) -> tuple[list[float], int]:
    """Milliseconds of each answer, and the number of answers that were not 200."""
    taken: list[float] = []
    wrong: list[int] = []
    people = [Reader(port) for _ in range(readers)]
    for person in people:
        person.sign_in()
        person.ask("GET", addresses[0])

    def read(number: int, person: Reader) -> None:
        for address in addresses[number::readers]:
            start = time.perf_counter()
            status, _ = person.ask("GET", address)
            taken.append((time.perf_counter() - start) * 1000)
            if status != 200:
                wrong.append(status)

    threads = [threading.Thread(target=read, args=each) for each in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(taken), len(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--residents", type=int, default=200)
    asked = parser.parse_args()
    refresh_histories(asked.home)
    port = free_port()
    command = [sys.executable, "-c", "from opencmc.cli.main import main; main()", "serve", "--home", str(asked.home)]
    server = subprocess.Popen([*command, "--port", str(port), "--demonstration-accounts"], stderr=subprocess.DEVNULL)
    try:
        wait_until_served(server, port)
        addresses = residents(port, asked.residents)
        engine = "PostgreSQL" if os.environ.get("OPENCMC_DATABASE") else "SQLite"
        print(f"{engine}, {len(addresses)} residents, milliseconds (goal: p95 at most {GOAL:.0f})")
        for readers in READERS:
            taken, wrong = measure(port, addresses, readers)
            p50, p95, worst = (taken[min(len(taken) - 1, int(len(taken) * share))] for share in (0.5, 0.95, 0.999))
            print(f"  {readers} at once   p50 {p50:6.1f}   p95 {p95:6.1f}   worst {worst:6.1f}   errors {wrong}")
    finally:
        server.terminate()
        server.wait(timeout=30)


if __name__ == "__main__":
    main()
