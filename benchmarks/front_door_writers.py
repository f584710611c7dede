"""Many people writing at once through the interface, and what must hold afterwards.

Each of them makes, finishes and postpones tasks, sends some of that twice (under the same and under another
Idempotency-Key), and edits people whom others edit at the same moment. Afterwards the database is asked: what was
answered with success is there, once; nothing else is; every write has its audit line; the chain is whole.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench_front_door import TOWNSHIPS, prepare, served
from front_door_load import drive, http
from tools.with_postgres import postgres

#: People whom everybody edits, all from version 1: of each, one edit succeeds.
CONTESTED = 40


@dataclass
class Written:
    """What the writers were answered: by kind of write, status → how many; and the numbers of what succeeded."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    made: dict[str, set[int]] = field(default_factory=dict)
    finished: list[int] = field(default_factory=list)
    postponed: list[int] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)


class Writers:
    """Request ``n``: of 20, ten make a task, four finish and four postpone one, one repeats, one edits a contested person."""

    EXPECTED = {"create": {201}, "finish": {200}, "postpone": {200}, "repeat": {201}, "edit": {200, 409}}

    def __init__(self, tokens: list[str], rows: int) -> None:
        self.tokens, self.rows, self.seen = tokens, rows, Written()
        self.kinds: dict[int, str] = {}

    def request(self, n: int) -> bytes | None:
        turn, lap = n % 20, n // 20
        if lap * 8 + 16 > self.rows:
            return None  # every seeded task was used
        if turn < 10:
            return self._create(n, f"{n:012d}")
        if turn < 18:
            number = lap * 8 + turn - 10 + 1
            what = "finish" if turn < 14 else "postpone"
            body = b'{"outcome":"done"}' if what == "finish" else '{"due":"2027-06-01","reason":"外出"}'.encode()
            return self._at(number, "POST", f"/tasks/{number}/{what}", body, **{"If-Match": '"1"'}, key=f"{what}-{n}")
        if turn == 18:  # one that was sent before: by another under another key, or the very same request again
            before = n - 18 + lap % 10
            return self._create(before, f"{before:012d}" if lap % 2 else f"again-{n:012d}")
        number = lap % CONTESTED + 1
        return self._at(number, "PATCH", f"/people/R{number}", json.dumps({"address": f"{n}"}).encode(),
                        **{"If-Match": '"1"'}, key=f"edit-{n}")  # fmt: skip

    def _create(self, n: int, key: str) -> bytes:
        township = n % TOWNSHIPS
        given = {"kind": "other", "item": "service", "label": "随访", "resident_id": f"R{n}",
                 "institution_id": f"V{township + 1}-1", "due": "2027-03-01", "source": "writers", "source_key": f"{n}"}  # fmt: skip
        headers = {"Authorization": f"Bearer {self.tokens[township]}", "Idempotency-Key": key}
        return http("POST", "/api/v1/tasks", headers, json.dumps(given, ensure_ascii=False).encode())

    def _at(self, number: int, method: str, path: str, body: bytes, *, key: str, **headers: str) -> bytes:
        given = {"Authorization": f"Bearer {self.tokens[number % TOWNSHIPS]}", "Idempotency-Key": key, **headers}
        return http(method, f"/api/v1{path}", given, body)

    def answered(self, sent: bytes, status: int, received: bytes) -> None:
        _head, _blank, body = received.partition(b"\r\n\r\n")
        line = sent.split(b"\r\n", 1)[0]
        kind = next(
            (k for k in ("finish", "postpone") if f"/{k} ".encode() in line), "edit" if b"PATCH" in line else "create"
        )
        self.seen.answers[(kind, status)] += 1
        if status not in self.EXPECTED[kind]:
            self.seen.unexpected.append(f"{kind} {status} {body.decode('utf-8', 'replace')[:300]}")
            return
        said: dict[str, Any] = json.loads(body)
        if kind == "create":
            wanted = json.loads(sent.partition(b"\r\n\r\n")[2])
            self.seen.made.setdefault(wanted["source_key"], set()).add(said["id"])
        elif kind == "finish":
            self.seen.finished.append(said["id"])
        elif kind == "postpone":
            self.seen.postponed.append(said["id"])
        elif status == 200:
            self.seen.edited.append(said["resident_id"])


def check(home: Path, seen: dict[str, Any]) -> list[str]:
    """Run in a process of its own: what does not hold; empty when all does."""
    from opencmc.cli.serve import start_django

    start_django(home)
    from django.db.models import Count
    from django.utils import timezone

    from opencmc.apps.access.api import Actor
    from opencmc.apps.audit.api import verify_now
    from opencmc.apps.audit.models import AuditLine
    from opencmc.apps.residents.models import Resident
    from opencmc.apps.tasks.models import Task

    wrong = []
    there = dict(Task.objects.filter(source="writers").values_list("source_key", "pk"))
    made = seen["made"]
    if {key: [pk] for key, pk in there.items()} != made:
        lost = [key for key, ids in made.items() if [there.get(key)] != ids]
        more = [key for key in there if key not in made]
        wrong.append(
            f"tasks made: {len(made)} answered, {len(there)} there; lost or double {lost[:5]}, unasked {more[:5]}"
        )
    double = Task.objects.values("source", "source_key").annotate(n=Count("pk")).filter(n__gt=1).count()
    if double:
        wrong.append(f"{double} tasks are there twice")
    for state, name, more in (("done", "finished", {}), ("open", "postponed", {"due": "2027-06-01"})):
        ids = set(Task.objects.filter(source="seed", version__gt=1, state=state, **more).values_list("pk", flat=True))
        if ids != set(seen[name]) or len(seen[name]) != len(set(seen[name])):
            wrong.append(f"{name}: {len(seen[name])} answered, {len(ids)} there")
    versions = dict(Resident.objects.filter(version__gt=1).values_list("pk", "version"))
    if versions != dict.fromkeys(seen["edited"], 2) or len(seen["edited"]) != len(versions):
        wrong.append(f"people edited: {sorted(seen['edited'])[:5]} answered, {dict(list(versions.items())[:5])} there")
    for action, count in (
        ("tasks.create", len(there)), ("tasks.finish", len(seen["finished"])),
        ("tasks.postpone", len(seen["postponed"])), ("residents.edit", len(versions)),
    ):  # fmt: skip
        lines = AuditLine.objects.filter(action=action).exclude(reason="exists").count()
        if lines != count:
            wrong.append(f"{action}: {count} writes, {lines} audit lines")
    verdict = verify_now(Actor.system(timezone.now()))
    if not verdict.whole:
        wrong.append(f"the audit chain is broken: {verdict.faults[:2]}")
    return wrong


def write_together(people: int, seconds: float, *, on_postgresql: bool, rows: int) -> tuple[Written, float, list[str]]:
    """``people`` connections writing for ``seconds``: what they were answered, writes a second, and what does not hold."""
    with tempfile.TemporaryDirectory() as folder, postgres() if on_postgresql else nullcontext("") as address:
        os.environ.pop("OPENCMC_DATABASE", None)
        if address:
            os.environ["OPENCMC_DATABASE"] = address
        home = Path(folder)
        writers = Writers(prepare(home, rows, plain=False), rows)
        with served("opencmc.web.wsgi:application", home) as (port, _pid):
            everything = frozenset(range(100, 600))
            outcome = drive(
                port, writers.request, seconds=seconds, lines=people, good=everything, told=writers.answered
            )
        seen = writers.seen
        told = {"made": {key: sorted(ids) for key, ids in seen.made.items()}, "finished": seen.finished,
                "postponed": seen.postponed, "edited": seen.edited}  # fmt: skip
        (home / "seen.json").write_text(json.dumps(told), encoding="ascii")
        code = (
            f"import sys, json; sys.path.insert(0, {str(Path(__file__).parent)!r}); from pathlib import Path\n"
            f"import front_door_writers as w; home = Path({str(home)!r})\n"
            "print(json.dumps(w.check(home, json.loads((home / 'seen.json').read_text()))))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        wrong = json.loads(done.stdout.splitlines()[-1])
        os.environ.pop("OPENCMC_DATABASE", None)
        return seen, outcome.rate, wrong + seen.unexpected[:5]


def tell(people: int, seconds: float, *, on_postgresql: bool, rows: int) -> bool:
    seen, rate, wrong = write_together(people, seconds, on_postgresql=on_postgresql, rows=rows)
    engine = "PostgreSQL" if on_postgresql else "SQLite"
    print(
        f"{people} people writing at once on {engine} for {seconds:g} s: {sum(seen.answers.values()):,} requests, {rate:,.0f}/s"
    )
    print("  " + ", ".join(f"{kind} {status}: {count:,}" for (kind, status), count in sorted(seen.answers.items())))
    print(
        "  all there, once, each with its audit line; the chain is whole"
        if not wrong
        else "  WRONG: " + "; ".join(wrong),
        flush=True,
    )
    return not wrong
