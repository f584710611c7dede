"""A drill: a home is backed up while in use, lost, and brought back; and what is wrong with an installation is said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from opencmc.cli.doctor import CHECKS

OPENCMC = Path(sys.executable).with_name("opencmc")
PUBLISH = (
    "import sys; from pathlib import Path; from opencmc.cli.serve import publish_home; publish_home(Path(sys.argv[1]))"
)


def run(*arguments: object, code: int = 0, database: str = "") -> subprocess.CompletedProcess:
    """A command as an operator types it, in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENCMC_") or k == "OPENCMC_PG_BIN"}
    environment |= {"OPENCMC_DATABASE": database} if database else {}
    done = subprocess.run([str(a) for a in arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return done


def doctor(home: Path, code: int = 0, database: str = "") -> dict[str, dict]:
    done = run(OPENCMC, "doctor", "--home", home, "--format", "json", code=code, database=database)
    return {check["check"]: check for check in json.loads(done.stdout)}


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def home(county_home, tmp_path_factory) -> Path:
    """A county that has been served once: figures published, keys made."""
    place = tmp_path_factory.mktemp("operated") / "home"
    shutil.copytree(county_home, place)
    run(sys.executable, "-c", PUBLISH, place)
    return place


@pytest.fixture(scope="module")
def backup(home, tmp_path_factory) -> tuple[Path, Path]:
    """The folder of a backup, and that of its keys."""
    to = tmp_path_factory.mktemp("kept")
    shown = run(OPENCMC, "backup", to / "backups", "--keys-to", to / "keys", "--home", home, "--format", "json").stdout
    return Path(json.loads(shown)["backup"]), to / "keys"


def test_a_lost_home_comes_back_with_database_lake_runs_and_keys(home, backup, tmp_path):
    folder, keys = backup
    run(OPENCMC, "restore", folder, "--keys-from", keys, "--home", tmp_path / "again")
    before, after = files(home), files(tmp_path / "again")
    same = [name for name in before if name.startswith(("lake/loads", "lake/tables", "runs/", "keys/", "secret.key"))]
    assert len(same) > 100
    assert all(after[name] == before[name] for name in same)
    assert not [name for name in after if name.startswith("cache/")]
    assert doctor(tmp_path / "again")["数据库"]["state"] == "good"
    figures = [run(OPENCMC, "indicators", "--home", h, "--period", "2025", "--format", "csv").stdout
               for h in (home, tmp_path / "again")]  # fmt: skip
    assert figures[0] == figures[1]


def test_keys_are_not_in_the_backup_and_only_their_owner_reads_them(backup):
    folder, keys = backup
    assert not [path for path in folder.rglob("*") if path.name.endswith(".key")]
    assert (keys / "secret.key").stat().st_mode & 0o077 == 0


def test_a_second_backup_copies_only_what_is_new(home, backup):
    folder, _ = backup
    again = Path(json.loads(run(OPENCMC, "backup", folder.parent, "--home", home, "--format", "json").stdout)["backup"])
    parquet = sorted(path.relative_to(folder) for path in folder.rglob("home/lake/**/*.parquet"))
    assert parquet
    assert all((again / path).samefile(folder / path) for path in parquet)


def test_a_changed_file_in_a_backup_is_found_before_anything_is_written(backup, tmp_path):
    folder = Path(shutil.copytree(backup[0], tmp_path / "copy"))
    victim = next((folder / "home/lake/tables/visit").glob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    next((folder / "home/runs").rglob("figures.parquet")).unlink()
    done = run(OPENCMC, "restore", folder, "--home", tmp_path / "again", code=5)
    assert victim.name in done.stderr
    assert "缺失" in done.stderr
    assert not (tmp_path / "again").exists()


def test_a_backup_that_was_cut_off_is_no_backup(backup, tmp_path):
    folder = Path(shutil.copytree(backup[0], tmp_path / "copy"))
    (folder / "manifest.json").unlink()
    assert "不是一份完整的备份" in run(OPENCMC, "restore", folder, "--home", tmp_path / "again", code=5).stderr


def test_a_restore_never_overwrites(home, backup):
    before = files(home / "lake" / "loads")
    assert "不是空目录" in run(OPENCMC, "restore", backup[0], "--home", home, code=3).stderr
    assert files(home / "lake" / "loads") == before


@pytest.mark.parametrize(("to", "keys"), [("home/backups", None), ("b", "b/keys"), ("b", "home/kept")])
def test_backup_and_keys_lie_apart_from_the_home_and_from_each_other(home, to, keys):
    place = home.parent
    wanted = ["--keys-to", place / keys] if keys else []
    refused = run(OPENCMC, "backup", place / to, *wanted, "--home", home, code=3).stderr
    assert "请" in refused
    assert not (place / to).exists()


def test_the_doctor_names_each_fault_and_the_way_to_mend_it(home, tmp_path):
    sick = Path(shutil.copytree(home, tmp_path / "sick"))
    (sick / "secret.key").chmod(0o644)
    next((sick / "lake/tables/stay").glob("*.parquet")).unlink()
    found = doctor(sick, code=5)
    assert found["密钥"]["state"] == "wrong"
    assert "chmod 600" in found["密钥"]["correction"]
    assert found["数据湖"]["state"] == "wrong"
    assert "stay" in found["数据湖"]["found"]
    assert found["指标"]["state"] == "good"


def test_the_doctor_of_a_place_without_a_home_says_how_to_begin(tmp_path):
    assert "opencmc demo" in doctor(tmp_path / "nothing", code=5)["数据目录"]["correction"]


def test_a_backup_notes_its_moment_for_the_doctor(home, backup):
    assert doctor(home)["备份"]["state"] == "good"
    assert len(CHECKS) >= 8


def test_a_postgresql_database_is_backed_up_and_brought_back(home, tmp_path, django_db_setup):
    address = os.environ.get("OPENCMC_DATABASE", "")
    if not address:
        pytest.skip("只在 tools/with_postgres.py 之下运行")
    import psycopg

    server = address.rpartition("/")[0]
    names = {"first": f"drill_{os.getpid()}_a", "second": f"drill_{os.getpid()}_b"}
    with psycopg.connect(address, autocommit=True) as admin:
        for name in names.values():
            admin.execute(f"CREATE DATABASE {name}")
    first, second = (f"{server}/{name}" for name in names.values())
    run(sys.executable, "-c", PUBLISH, home, database=first)
    to = tmp_path / "backups"
    shown = run(
        OPENCMC, "backup", to, "--keys-to", tmp_path / "keys", "--home", home, "--format", "json", database=first
    )
    folder = json.loads(shown.stdout)["backup"]
    assert "PostgreSQL" in run(OPENCMC, "restore", folder, "--home", tmp_path / "wrong", code=3).stderr
    run(OPENCMC, "restore", folder, "--keys-from", tmp_path / "keys", "--home", tmp_path / "again", database=second)
    assert doctor(tmp_path / "again", database=second)["数据库"]["found"] == "PostgreSQL：结构是最新的"
    with psycopg.connect(first) as one, psycopg.connect(second) as two:
        count = "SELECT count(*), max(id) FROM audit_auditline"
        assert one.execute(count).fetchone() == two.execute(count).fetchone()
        assert one.execute("SELECT count(*) FROM monitoring_series").fetchone()[0] > 100
