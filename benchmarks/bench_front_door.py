"""The interface under load: lists and writes with guards and audit, beside a plain ORM application without them.

    python benchmarks/bench_front_door.py [--quick]            requests a second, latencies, who used the processor
    python benchmarks/bench_front_door.py --writers            40 people writing at once (PostgreSQL), 8 (SQLite)

Makes its own PostgreSQL, which shares the machine's cores with both servers and with the load. The two applications take
turns, round by round. Ends by itself; sends nothing to any other address.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from bench_pages import free_port, wait_until_served  # noqa: E402
from front_door_load import Outcome, drive, http  # noqa: E402
from tools.with_postgres import postgres  # noqa: E402

#: A county of 20 townships with 10 clinics each.
TOWNSHIPS, CLINICS = 20, 10
CONNECTIONS = 16

SERVER = """
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
Granian({target!r}, address="127.0.0.1", port={port}, interface=Interfaces.WSGI, workers=2, blocking_threads=4,
        websockets=False, log_level=LogLevels.warning).serve()
"""


# --- the county ---------------------------------------------------------------------------------------------------------

SEED_NETWORK = """
INSERT INTO network_institution (institution_id, name, short_name, tier, kind, region, township, attached_to, version)
SELECT 'T' || t, '卫生院' || t, '', 'township', 'township_health_centre', '330226', '330226' || (100 + t), '', 1
FROM generate_series(1, {townships}) t;
INSERT INTO network_institution (institution_id, name, short_name, tier, kind, region, township, attached_to, version)
SELECT 'V' || t || '-' || v, '卫生室' || t || '-' || v, '', 'village', 'village_clinic', '330226', '330226' || (100 + t),
       'T' || t, 1 FROM generate_series(1, {townships}) t, generate_series(1, {clinics}) v;
INSERT INTO network_attachment (institution_id, attached_to, kind, start)
SELECT institution_id, attached_to, 'village_clinic', DATE '2020-01-01' FROM network_institution WHERE attached_to <> '';
"""
SEED_PEOPLE = """
INSERT INTO residents_resident (resident_id, version, name, name_initials, sex, birth_date, birth_is_estimated, township,
  village, address, institution_id, team, programmes, insurance_type, insured_region, id_type, id_conflict, no_id_reason,
  source, kept_fields, changed_by)
SELECT 'R' || n, 1, '居民' || n, 'jm', CASE WHEN n % 2 = 0 THEN '2' ELSE '1' END, DATE '1940-01-01' + (n / 7 % 29000), false,
  '330226' || (101 + n % {townships}), '', '', 'V' || (1 + n % {townships}) || '-' || (1 + (n / {townships}) % {clinics}),
  '', '|hypertension|', '390', '330226', 'none', '', '基准', 'lake', '[]', '' FROM generate_series(1, {rows}) n;
INSERT INTO tasks_task (kind, item, label, why, resident_id, village, institution_id, assigned_to, since, due, source,
  source_key, state, outcome, "values", note, version, created_at, changed_at, changed_by)
SELECT 'other', 'service', '随访', '上次随访', 'R' || n, '', 'V' || (1 + n % {townships}) || '-' ||
  (1 + (n / {townships}) % {clinics}), '', DATE '2026-01-01', DATE '2026-01-01' + (n / 200 % 400), 'seed', n::text, 'open', '',
  '{{}}', '', 1, now(), now(), 'seed' FROM generate_series(1, {rows}) n;
"""
SEED_PLAIN = """
CREATE TABLE plain_task (LIKE tasks_task INCLUDING ALL); INSERT INTO plain_task SELECT * FROM tasks_task;
SELECT setval(pg_get_serial_sequence('plain_task', 'id'), (SELECT max(id) FROM plain_task));
CREATE TABLE plain_resident (LIKE residents_resident INCLUDING ALL); INSERT INTO plain_resident SELECT * FROM residents_resident;
ANALYZE;
"""


def prepare(home: Path, rows: int, *, plain: bool) -> list[str]:
    """Run in a process of its own: migrate, seed, and print one token a township."""
    code = f"""
import sys, json; sys.path.insert(0, {str(HERE)!r})
import bench_front_door as bench
from pathlib import Path
print(json.dumps(bench.seed(Path({str(home)!r}), {rows}, {plain})))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def seed(home: Path, rows: int, plain: bool) -> list[str]:
    from opencmc.cli.serve import migrate, start_django

    start_django(home)
    from django.db import connection
    from django.utils import timezone

    from opencmc.apps.access.api import Actor
    from opencmc.apps.accounts.machines import actions_of, create

    migrate()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for part in (SEED_NETWORK, SEED_PEOPLE, SEED_PLAIN if plain else "ANALYZE"):
                cursor.execute(part.format(townships=TOWNSHIPS, clinics=CLINICS, rows=rows))
    else:
        _seed_sqlite(rows)
    actor = Actor.system(timezone.now())
    tokens = []
    for number in range(1, TOWNSHIPS + 1):
        _account, token = create(
            actor, slug=f"bench-{number}", name=f"bench-{number}", role="township_doctor", unit_kind="institution",
            unit_id=f"T{number}", actions=actions_of("township_doctor"),
            expires=timezone.localdate(actor.at).replace(day=1) + __import__("datetime").timedelta(days=200),
        )  # fmt: skip
        tokens.append(token)
    return tokens


def _seed_sqlite(rows: int) -> None:
    from datetime import date

    from django.utils import timezone

    from opencmc.apps.network.models import Attachment, Institution
    from opencmc.apps.residents.models import Resident
    from opencmc.apps.tasks.models import Task

    units = []
    for t in range(1, TOWNSHIPS + 1):
        units.append(Institution(institution_id=f"T{t}", name=f"卫生院{t}", tier="township",
                                 kind="township_health_centre", region="330226", township=f"330226{100 + t}"))  # fmt: skip
        units += [Institution(institution_id=f"V{t}-{v}", name=f"卫生室{t}-{v}", tier="village", kind="village_clinic",
                              region="330226", township=f"330226{100 + t}", attached_to=f"T{t}")
                  for v in range(1, CLINICS + 1)]  # fmt: skip
    Institution.objects.bulk_create(units)
    Attachment.objects.bulk_create(
        [Attachment(institution_id=u.institution_id, attached_to=u.attached_to, kind="village_clinic",
                    start=date(2020, 1, 1)) for u in units if u.attached_to]
    )  # fmt: skip
    now = timezone.now()
    Task.objects.bulk_create(
        [Task(kind="other", item="service", label="随访", resident_id=f"R{n}",
              institution_id=f"V{1 + n % TOWNSHIPS}-{1 + n // TOWNSHIPS % CLINICS}", since=date(2026, 1, 1),
              due=date(2026, 1, 1), source="seed", source_key=str(n), created_at=now, changed_at=now, changed_by="seed")
         for n in range(1, rows + 1)],
        batch_size=2000,
    )  # fmt: skip
    Resident.objects.bulk_create(
        [Resident(resident_id=f"R{n}", name=f"居民{n}", sex="1", birth_date=date(1960, 1, 1), id_type="none",
                  no_id_reason="基准", source="lake", institution_id=f"V{1 + n % TOWNSHIPS}-{1 + n // TOWNSHIPS % CLINICS}")
         for n in range(1, 101)]
    )  # fmt: skip


# --- serving --------------------------------------------------------------------------------------------------------------


@contextmanager
def served(target: str, home: Path) -> Iterator[tuple[int, int]]:
    """(port, process) of a server of ``target`` with two workers."""
    port = free_port()
    env = {
        **os.environ, "OPENCMC_HOME": str(home), "OPENCMC_API_RATE": "1000000", "PYTHONPATH": str(HERE),
        "DJANGO_SETTINGS_MODULE": "opencmc.web.settings",
    }  # fmt: skip
    server = subprocess.Popen([sys.executable, "-c", SERVER.format(target=target, port=port)], env=env)
    try:
        wait_until_served(server, port)
        time.sleep(1.5)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)


def _cpu_seconds(pids: set[int]) -> float:
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _below(pid: int) -> set[int]:
    found, parents = {pid}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    while more := {p for p, parent in parents.items() if parent in found and p not in found}:
        found |= more
    return found


# --- the loads ------------------------------------------------------------------------------------------------------------


class Loads:
    """Requests by number, of both applications."""

    def __init__(self, tokens: list[str], rows: int) -> None:
        self.tokens, self.rows, self.made = tokens, rows, 0
        self.next_finish = {"ours": 0, "plain": 0}

    def _headers(self, township: int) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[township]}"}

    def list_tasks(self, n: int) -> bytes:
        return http("GET", "/api/v1/tasks", self._headers(n % TOWNSHIPS))

    def list_people(self, n: int) -> bytes:
        return http("GET", "/api/v1/people", self._headers(n % TOWNSHIPS))

    def _task(self, township: int, n: int) -> bytes:
        given = {"kind": "other", "item": "service", "label": "随访", "resident_id": f"R{n % self.rows + 1}",
                 "institution_id": f"V{township + 1}-1", "due": "2027-03-01", "source": "bench", "source_key": f"{n:012d}"}  # fmt: skip
        return json.dumps(given, ensure_ascii=False).encode()

    def create(self, n: int) -> bytes:
        headers = self._headers(n % TOWNSHIPS) | {"Idempotency-Key": f"create-{n:012d}"}
        return http("POST", "/api/v1/tasks", headers, self._task(n % TOWNSHIPS, n))

    def finish(self, n: int) -> bytes:
        """The seeded tasks one after the other; number k belongs to township k % TOWNSHIPS."""
        number = n % self.rows + 1
        headers = self._headers(number % TOWNSHIPS) | {"Idempotency-Key": f"finish-{n:012d}", "If-Match": '"1"'}
        return http("POST", f"/api/v1/tasks/{number}/finish", headers, b'{"outcome":"done"}')

    def list_tasks_of_one(self, n: int) -> bytes:
        township = n % TOWNSHIPS
        return http("GET", f"/api/v1/tasks?institution_id=V{township + 1}-1", self._headers(township))

    def plain_list_tasks_of_one(self, n: int) -> bytes:
        return http("GET", f"/api/tasks?institutions=V{n % TOWNSHIPS + 1}-1", {})

    def _scope(self, n: int) -> str:
        """The institutions that the front door finds out by itself."""
        township = n % TOWNSHIPS + 1
        return ",".join([f"T{township}", *(f"V{township}-{v}" for v in range(1, CLINICS + 1))])

    def plain_list_tasks(self, n: int) -> bytes:
        return http("GET", f"/api/tasks?institutions={self._scope(n)}", {})

    def plain_list_people(self, n: int) -> bytes:
        return http("GET", f"/api/people?institutions={self._scope(n)}", {})

    def plain_create(self, n: int) -> bytes:
        return http("POST", "/api/tasks", {}, self._task(n % TOWNSHIPS, n))

    def plain_finish(self, n: int) -> bytes:
        return http("POST", f"/api/tasks/{n % self.rows + 1}/finish", {}, b"{}")


GOOD = frozenset({200, 201})


def compare(rows: int, seconds: float, rounds: int, only: str) -> None:
    with tempfile.TemporaryDirectory() as folder, postgres() as address:
        os.environ["OPENCMC_DATABASE"] = address
        home = Path(folder)
        tokens = prepare(home, rows, plain=True)
        loads = Loads(tokens, rows)
        database = _postmaster(address)
        with (
            served("opencmc.web.wsgi:application", home) as ours,
            served("plain_front_door:application", home) as plain,
        ):
            print(f"{rows:,} people, {rows:,} tasks; {CONNECTIONS} connections, {rounds} × {seconds:g} s each, in turn;"
                  f" 2 workers, database and load on {os.cpu_count()} cores")  # fmt: skip
            print(f"{'':24}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}   {'µs of processor a request'}")
            first = 0
            for name in ("list_tasks", "list_tasks_of_one", "list_people", "create", "finish"):
                if only and name not in only.split(","):
                    continue
                sides: dict[str, list[tuple[Outcome, dict[str, float]]]] = {"ours": [], "plain": []}
                for _round in range(rounds):
                    for side, (port, pid) in (("plain", plain), ("ours", ours)):
                        request = getattr(loads, name if side == "ours" else f"plain_{name}")
                        sides[side].append(_measured(port, pid, database, request, seconds, first))
                        first += 1_000_000 if name != "finish" else len(sides[side][-1][0].taken) + 2000
                for side in ("plain", "ours"):
                    _tell(f"{name} {side}", sides[side])
                ratio = statistics.median(o.rate for o, _ in sides["ours"]) / statistics.median(
                    o.rate for o, _ in sides["plain"]
                )
                print(f"{'':24}ratio {ratio:.2f}", flush=True)


def _postmaster(address: str) -> int:
    """The server's first process: the one that listens on the port of ``address``."""
    port = address.rpartition(":")[2].partition("/")[0]
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                said = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"port={port}".encode() in said and b"bin/postgres" in said:
                return int(entry.name)
    raise SystemExit("no PostgreSQL found")


def _measured(
    port: int, pid: int, database: int, request: Callable[[int], bytes], seconds: float, first: int
) -> tuple[Outcome, dict[str, float]]:
    drive(
        port, request, seconds=0.4, lines=CONNECTIONS, good=GOOD, first=first + 900_000
    )  # connections and caches warm
    parts = {"server": _below(pid), "database": _below(database), "load": {os.getpid()}}
    before = {name: _cpu_seconds(pids) for name, pids in parts.items()}
    found = drive(port, request, seconds=seconds, lines=CONNECTIONS, good=GOOD, first=first)
    used = {name: (_cpu_seconds(pids) - before[name]) / max(1, len(found.taken)) * 1e6 for name, pids in parts.items()}
    return found, used


def _tell(name: str, found: list[tuple[Outcome, dict[str, float]]]) -> None:
    def middle(value: Callable[[Outcome], float]) -> float:
        return statistics.median(value(outcome) for outcome, _ in found)

    used = {part: statistics.median(cpu[part] for _, cpu in found) for part in found[0][1]}
    split = "  ".join(f"{part} {micro:,.0f}" for part, micro in used.items())
    print(
        f"{name:24}{middle(lambda o: o.rate):12,.0f}{middle(lambda o: o.at(0.5)):9.1f}{middle(lambda o: o.at(0.99)):9.1f}   {split}"
    )
    wrong: Counter[int] = Counter()
    for outcome, _ in found:
        wrong.update(outcome.wrong)
    if wrong:
        print(f"  not answered as expected: {dict(wrong)} {next(o.sample for o, _ in found if o.sample)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small county, one short round")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="list_tasks, list_people, create, finish")
    parser.add_argument("--writers", action="store_true", help="40 people writing at once on PostgreSQL, 8 on SQLite")
    given = parser.parse_args()
    if given.writers:
        from front_door_writers import tell

        long = 10 if given.quick else max(given.seconds, 120)
        whole = [
            tell(40, long, on_postgresql=True, rows=given.rows),
            tell(8, long, on_postgresql=False, rows=given.rows),
        ]
        sys.exit(0 if all(whole) else 1)
    if given.quick:
        compare(20_000, 3, 1, given.only)
    else:
        compare(given.rows, given.seconds, given.rounds, given.only)
