"""The trail among processes: writers at once, a writer that is killed, the commands, and the first layout.

Each test has a home and a database of its own, so that killing and forging disturb nobody.
"""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

START = """
import os, sys
import django
django.setup()
from datetime import UTC, datetime, timedelta
from django.core.management import call_command
from django.db import connection
from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.audit import engine
from opencmc.apps.audit.api import audited, record
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ACTOR = Actor(Holder("doctor", "", "township_doctor", "institution", "A"), NOW)
"""


class House:
    """A home with its database, and programs that run in it."""

    def __init__(self, home: Path, address: str) -> None:
        self.home = home
        self.environment = os.environ | {
            "OPENCMC_HOME": str(home),
            "OPENCMC_DATABASE": address,
            "DJANGO_SETTINGS_MODULE": "opencmc.web.settings",
        }

    def start(self, program: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", START + textwrap.dedent(program)]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)

    def run(self, program: str) -> str:
        process = self.start(program)
        printed, _nothing = process.communicate(timeout=120)
        assert process.returncode == 0
        return printed

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from opencmc.cli.main import main; main()", "audit", *words]
        return subprocess.run(
            [*command, "--home", str(self.home)], env=self.environment, capture_output=True, text=True, timeout=120
        )

    def verdict(self) -> dict:
        return json.loads(self.command("verify", "--format", "json").stdout)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory, django_db_setup):
    """One migrated house, which the others are copied from."""
    home = tmp_path_factory.mktemp("migrated")
    address, name = "", ""
    if connection.vendor == "postgresql":
        name = f"audit_{secrets.token_hex(6)}"
        address = _address(name)
        _outside(f"CREATE DATABASE {name}")
    House(home, address).run("call_command('migrate', verbosity=0)")
    yield home, name
    if name:
        _outside(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def house(migrated, tmp_path):
    """A house of its own, on the engine of the suite."""
    home, template = migrated
    shutil.copytree(home, tmp_path / "home")
    if not template:
        yield House(tmp_path / "home", "")
        return
    name = f"audit_{secrets.token_hex(6)}"
    _outside(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield House(tmp_path / "home", _address(name))
    _outside(f"DROP DATABASE {name} WITH (FORCE)")


def _address(name: str) -> str:
    found = settings.DATABASES["default"]
    place = f"{found['HOST']}:{found['PORT']}" if found["PORT"] else found["HOST"]
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@{place}/{name}"


def _outside(statement: str) -> None:
    """Databases are made and dropped outside any transaction."""
    import psycopg

    found = settings.DATABASES["default"]
    server = {
        "host": found["HOST"], "port": found["PORT"] or None, "user": found["USER"],
        "password": found["PASSWORD"] or None, "dbname": "postgres",
    }  # fmt: skip
    with psycopg.connect(**server, autocommit=True) as raw:
        raw.execute(statement)


def test_a_writer_killed_in_the_middle_leaves_a_whole_chain(house):
    writer = house.start(
        """
        n = 0
        while True:
            with audited(ACTOR) as trail:
                for part in range(3):
                    trail.add("residents.edit", resident_id=f"R{n}-{part}")
            n += 1
            print(n, flush=True)
        """
    )
    for line in writer.stdout:
        if int(line) >= 150:
            break
    writer.send_signal(signal.SIGKILL)
    writer.wait(timeout=30)
    verdict = house.verdict()
    assert verdict["whole"] is True
    assert verdict["lines"] >= 450
    # Three lines a transaction: a killed one left none of them.
    assert (verdict["lines"] - 1) % 3 == 0


def test_processes_that_write_at_once_in_one_lane_leave_no_gap_and_no_double(house):
    program = """
        engine._writer.lane = 9
        for n in range(60):
            record(ACTOR, "residents.view", resident_id=f"R{n}")
            with audited(ACTOR) as trail:
                trail.add("residents.edit", resident_id=f"R{n}")
    """
    writers = [house.start(program) for _ in range(4)]
    assert [writer.wait(timeout=200) for writer in writers] == [0, 0, 0, 0]
    numbers = house.run("print([row[0] for row in engine.signed_rows(connection, 9 << 40, 10 << 40, 10_000)])")
    assert json.loads(numbers) == [(9 << 40) + serial for serial in range(1, 481)]
    assert house.verdict()["whole"] is True


def test_lines_from_before_the_chain_are_sealed_as_the_beginning(house):
    house.run(
        """
        call_command("migrate", "audit", "0002", verbosity=0)
        with connection.cursor() as cursor:
            for number in (3, 4, 9):
                cursor.execute(
                    "INSERT INTO audit_auditline (id, at, actor, role, unit, action, object, resident_id, purpose,"
                    " reason, address) VALUES (%s, %s, 'old', '', '', 'sign_in', '', '', '', '', '')",
                    [number, "2025-12-31 16:00:00+00:00" if connection.vendor == "postgresql" else "2025-12-31 16:00:00"],
                )
        call_command("migrate", verbosity=0)
        """
    )
    verdict = house.verdict()
    assert (verdict["whole"], verdict["lines"]) == (True, 4)  # and the line of the verification
    assert house.run("print([row[0] for row in engine.signed_rows(connection, 0, 1 << 40, 10)])") == "[1, 2, 3]\n"
    house.run(
        """
        engine.allow_changes(connection)
        connection.cursor().execute("UPDATE audit_auditline SET actor = 'nobody' WHERE id = 2")
        """
    )
    assert house.verdict()["findings"][0]["where"] == "0-2"


def test_the_command_answers_whole_with_0_and_broken_with_5_and_says_where(house):
    house.run("for n in range(20): record(ACTOR, 'residents.view', resident_id=f'R{n}')")
    whole = house.command("verify")
    assert whole.returncode == 0
    assert "完整：核验 21 行" in whole.stderr
    house.run(
        """
        engine.allow_changes(connection)
        connection.cursor().execute("UPDATE audit_auditline SET resident_id = 'R99' WHERE resident_id = 'R7'")
        connection.cursor().execute("DELETE FROM audit_auditline WHERE resident_id = 'R12'")
        """
    )
    broken = house.command("verify", "--format", "csv")
    assert broken.returncode == 5
    rows = list(csv.DictReader(io.StringIO(broken.stdout)))
    assert [(row["kind"], row["actor"], row["action"]) for row in rows] == [
        ("changed", "doctor", "查看居民档案"),
        ("removed", "", ""),
    ]
    assert rows[0]["at"] == "2026-03-01 16:00:00"
    assert "发现问题：2 行" in broken.stderr


def test_the_list_finds_a_resident_an_actor_and_a_time(house):
    house.run(
        """
        for n in range(6):
            at = NOW + timedelta(days=n)
            record(Actor(Holder(f"doctor{n % 2}", "", "township_doctor", "institution", "A"), at), "residents.view", resident_id=f"R{n}")
        """
    )
    rows = json.loads(house.command("list", "--resident", "R3", "--format", "json").stdout)
    # The look itself is about this resident too, and comes after.
    assert [(row["actor"], row["action"]) for row in rows][-1] == ("doctor1", "查看居民档案")
    rows = json.loads(house.command("list", "--actor", "doctor0", "--since", "2026-03-03", "--format", "json").stdout)
    assert [row["resident"] for row in rows] == ["R4", "R2"]


def test_a_seal_by_command_is_found_by_the_next_verification(house):
    house.run("for n in range(5): record(ACTOR, 'residents.view', resident_id=f'R{n}')")
    assert house.command("seal").returncode == 0
    assert (house.home / "audit-seals.jsonl").exists()
    house.run(
        """
        engine.allow_changes(connection)
        with connection.cursor() as cursor:
            cursor.execute("SELECT lane, serial FROM audit_lanehead WHERE serial > 1 ORDER BY lane LIMIT 1")
            lane, serial = cursor.fetchone()
            cursor.execute("SELECT digest FROM audit_auditline WHERE id = %s", [(lane << 40) + serial - 1])
            digest = cursor.fetchone()[0]
            cursor.execute("DELETE FROM audit_auditline WHERE id = %s", [(lane << 40) + serial])
            cursor.execute("UPDATE audit_lanehead SET serial = %s, digest = %s WHERE lane = %s", [serial - 1, digest, lane])
        """
    )
    verdict = house.verdict()
    assert verdict["whole"] is False
    assert "封印" in verdict["findings"][0]["finding"]
