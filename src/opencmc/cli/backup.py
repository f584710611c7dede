"""``opencmc backup`` and ``opencmc restore``: database, lake and runs in one place, keys in another.

A backup is a folder named by its moment. It is written under another name and renamed when it is whole, so a backup
that was cut off is never taken for one. Files of the lake never change: those that the backup before has already are
linked, not copied again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click

from opencmc import __version__
from opencmc.base.errors import DataError, DataReason, Refused
from opencmc.cli.options import home_option
from opencmc.cli.output import format_option, print_json, print_rows, progress_bar

FORMAT = 1
MANIFEST = "manifest.json"
#: What a home holds beyond its database and keys. Caches are made anew; a load that is being staged does not exist yet.
SEALS = "audit-seals.jsonl"
KEPT = ("lake/loads", "lake/tables", "lake/refused", "runs", "demo.json", "truth.json")
KEYS = ("keys", "secret.key")
#: The moment of the latest backup, for ``opencmc doctor``.
LAST_BACKUP = "last-backup.txt"

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a backup: its path in it, its size in bytes and its SHA-256."""

    path: str
    bytes: int
    sha256: str


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(home: Path, names: tuple[str, ...]) -> Iterator[Path]:
    for name in names:
        path = home / name
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file())
        elif path.is_file():
            yield path


def read_manifest(folder: Path) -> dict[str, object]:
    """The manifest of a backup. Raises :class:`DataError` when the folder holds none, or one of a later program."""
    path = folder / MANIFEST
    if not path.is_file():
        raise DataError(f"{folder} 里没有 {MANIFEST}：不是一份完整的备份")
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    if found.get("format") != FORMAT:
        raise DataError(f"备份格式是 {found.get('format')}，本程序读得懂 {FORMAT}：请用写它的版本恢复")
    return found


def _latest(to: Path) -> Path | None:
    whole = [path for path in sorted(to.glob("*")) if (path / MANIFEST).is_file() and not path.name.startswith(".")]
    return whole[-1] if whole else None


def _pg_program(name: str) -> str:
    folder = os.environ.get("OPENCMC_PG_BIN", "")
    found = shutil.which(name, path=folder or None)
    if found is None:
        raise Refused(
            f"找不到 {name}", possible_when="请安装 postgresql-client，或用 OPENCMC_PG_BIN 指明它所在的目录。"
        )
    return found


def _pg_environment(address: str) -> dict[str, str]:
    """The server's address as libpq reads it, so that no password stands in a command line."""
    parts = urlsplit(address)
    return {
        **os.environ,
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.strip("/")),
    }


def _run_pg(program: str, *arguments: str, address: str) -> None:
    done = subprocess.run(
        [_pg_program(program), *arguments], env=_pg_environment(address), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DataError(f"{program} 没有做完：{done.stderr.strip()[-600:]}")


def _dump_database(home: Path, folder: Path) -> str:
    """A snapshot of the pages' database while it is being written to. Returns the name of the file."""
    if address := os.environ.get("OPENCMC_DATABASE", ""):
        _run_pg("pg_dump", "--format=custom", "--file", str(folder / "database.dump"), address=address)
        return "database.dump"
    source = home / "web.sqlite3"
    if source.exists():
        target = sqlite3.connect(folder / "database.sqlite3")
        reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)
        try:
            reading.backup(target)
        finally:
            reading.close()
            target.close()
        return "database.sqlite3"
    return ""


def take_backup(home: Path, to: Path, *, keys_to: Path | None, at: datetime, progress: Progress) -> Path:
    """Write a backup of ``home`` below ``to`` and return its folder.

    Seals come first, then the database, then the lake: no seal then names a line that the copy lacks, and what the lake
    has beyond the database is published again after a restore.
    """
    to.mkdir(parents=True, exist_ok=True)
    name = at.astimezone(UTC).strftime("%Y-%m-%dT%H%M%S.%fZ")
    before = _latest(to)
    known = {} if before is None else {file["path"]: file for file in read_manifest(before)["files"]}  # type: ignore[attr-defined]
    partial = to / f".partial-{name}"
    partial.mkdir()
    files = []
    if (home / SEALS).exists():
        (partial / "home").mkdir()
        files.append(_copied(home / SEALS, partial, f"home/{SEALS}"))
    progress("数据库", 0.05)
    database = _dump_database(home, partial)
    if database:
        files.append(Kept(database, (partial / database).stat().st_size, _sha256(partial / database)))
    found = list(_files(home, KEPT))
    for number, source in enumerate(found):
        progress("数据湖与运行", 0.1 + 0.85 * number / len(found))
        path = f"home/{source.relative_to(home).as_posix()}"
        target = partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        earlier = known.get(path)
        if before and earlier and path.endswith(".parquet") and earlier["bytes"] == source.stat().st_size:
            os.link(before / path, target)
            files.append(Kept(path, earlier["bytes"], earlier["sha256"]))
        else:
            files.append(_copied(source, partial, path))
    manifest = {
        "format": FORMAT,
        "opencmc": __version__,
        "taken_at": at.isoformat(),
        "database": database,
        "files": [asdict(file) for file in files],
    }
    (partial / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    whole = to / name
    partial.rename(whole)
    (home / LAST_BACKUP).write_text(f"{at.astimezone(UTC).isoformat(timespec='seconds')}\n", encoding="ascii")
    if keys_to is not None:
        progress("密钥", 0.97)
        _copy_keys(home, keys_to)
    return whole


def _copied(source: Path, folder: Path, path: str) -> Kept:
    target = folder / path
    shutil.copy2(source, target)
    return Kept(path, target.stat().st_size, _sha256(target))


def _seal(home: Path, at: datetime) -> None:
    """Seal the audit as it is now, where there is one."""
    if not (home / "web.sqlite3").exists() and not os.environ.get("OPENCMC_DATABASE"):
        return
    from opencmc.cli.serve import start_django

    start_django(home)
    from django.db import connection

    from opencmc.apps.audit.api import seal_heads

    if "audit_lanehead" in connection.introspection.table_names():
        seal_heads(why="backup", at=at)


def _copy_keys(home: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    for source in _files(home, KEYS):
        target = to / source.relative_to(home)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(source, target)
        target.chmod(0o600)


def check_backup(folder: Path, progress: Progress) -> dict[str, object]:
    """The manifest of a backup of which every file is there, whole. Raises :class:`DataError` with what is not."""
    manifest = read_manifest(folder)
    wrong: dict[str, list[str]] = {"缺失": [], "内容与清单不符": []}
    files: list[dict[str, str]] = manifest["files"]  # type: ignore[assignment]
    for number, file in enumerate(files):
        progress("核对备份", number / len(files))
        path = folder / file["path"]
        if not path.is_file():
            wrong["缺失"].append(file["path"])
        elif _sha256(path) != file["sha256"]:
            wrong["内容与清单不符"].append(file["path"])
    if any(wrong.values()):
        reasons = tuple(
            DataReason(f"{reason}：{'、'.join(paths[:5])}", len(paths)) for reason, paths in wrong.items() if paths
        )
        raise DataError("这份备份已损坏，没有恢复任何内容", reasons=reasons)
    return manifest


def restore_backup(folder: Path, home: Path, *, keys_from: Path | None, progress: Progress) -> dict[str, object]:
    """Bring a backup into an empty home (and, with PostgreSQL, an empty database). Returns its manifest.

    Everything is checked before anything is written; the home gets its name when all is in it.
    """
    if home.exists() and any(home.iterdir()):
        raise Refused(f"{home} 不是空目录", possible_when="换一个 --home，或先把原目录移开；恢复从不覆盖已有数据。")
    manifest = check_backup(folder, progress)
    database, address = str(manifest["database"]), os.environ.get("OPENCMC_DATABASE", "")
    if database.endswith(".dump") != bool(address) and database:
        wanted = (
            "PostgreSQL（设 OPENCMC_DATABASE）" if database.endswith(".dump") else "SQLite（不设 OPENCMC_DATABASE）"
        )
        raise Refused(f"这份备份的数据库是 {wanted.split('（')[0]}", possible_when=f"请用 {wanted} 恢复。")
    if keys_from is not None and not (keys_from / "secret.key").is_file():
        raise Refused(f"{keys_from} 里没有密钥", possible_when="指明 opencmc backup --keys-to 写入的目录。")
    partial = home.with_name(f".{home.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    progress("数据湖与运行", 0.5)
    if (folder / "home").is_dir():
        shutil.copytree(folder / "home", partial, dirs_exist_ok=True)
    if keys_from is not None:
        _copy_keys(keys_from, partial)
    progress("数据库", 0.8)
    if database.endswith(".dump"):
        _run_pg(
            "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", "--dbname",
            unquote(urlsplit(address).path.strip("/")), str(folder / database), address=address,
        )  # fmt: skip
    elif database:
        shutil.copyfile(folder / database, partial / "web.sqlite3")
    if home.exists():
        home.rmdir()
    partial.rename(home)
    return manifest


@click.command()
@click.argument("to", type=click.Path(path_type=Path, file_okay=False))
@home_option
@click.option(
    "--keys-to", type=click.Path(path_type=Path, file_okay=False), help="密钥另存到这个目录（务必与备份分开保管）"
)
@format_option
def backup(to: Path, home: Path, keys_to: Path | None, format_: str) -> None:
    """把数据库、数据湖与运行备份到 TO 下以时刻命名的目录；密钥只在写明 --keys-to 时另存。"""
    if not home.is_dir():
        raise Refused(f"没有数据目录 {home}", possible_when="用 --home 指明要备份的数据目录。")
    for place, what in ((to, "备份目录"), (keys_to, "密钥目录")):
        if place is not None and place.resolve().is_relative_to(home.resolve()):
            raise Refused(f"{what} {place} 在数据目录之内", possible_when="请放到数据目录以外，最好是另一块盘。")
    if keys_to is not None and keys_to.resolve().is_relative_to(to.resolve()):
        raise Refused(
            "密钥与备份放在了一起", possible_when="请把 --keys-to 指到备份目录以外：拿到备份的人不应同时拿到密钥。"
        )
    at = datetime.now(UTC)
    _seal(home, at)
    with progress_bar("备份") as report:
        folder = take_backup(home, to, keys_to=keys_to, at=at, progress=report)
    manifest = read_manifest(folder)
    files: list[dict[str, int]] = manifest["files"]  # type: ignore[assignment]
    row = {
        "backup": str(folder),
        "database": manifest["database"] or None,
        "files": len(files),
        "bytes": sum(file["bytes"] for file in files),
        "keys": str(keys_to) if keys_to else None,
    }
    labels = {"backup": "备份", "database": "数据库", "files": "文件数", "bytes": "字节", "keys": "密钥"}
    print_json(row) if format_ == "json" else print_rows([row], format_=format_, columns=labels)
    if keys_to is None:
        click.echo("密钥没有备份：没有密钥，证件号码与电话无法读出。请用 --keys-to 另存到安全的地方。", err=True)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@home_option
@click.option("--keys-from", type=click.Path(path_type=Path, file_okay=False, exists=True), help="密钥所在的目录")
def restore(folder: Path, home: Path, keys_from: Path | None) -> None:
    """把一份备份恢复到空的数据目录（PostgreSQL 另需空数据库），先核对每个文件。"""
    with progress_bar("恢复") as report:
        manifest = restore_backup(folder, home, keys_from=keys_from, progress=report)
    click.echo(f"已恢复到 {home}：{manifest['taken_at']} 的备份。请运行 opencmc doctor --home {home} 检查。", err=True)
    click.echo(
        f"备份之后的记录不在其中：请用 opencmc audit seal --restored 缘由 --home {home} 写明这次恢复。", err=True
    )
    if keys_from is None:
        click.echo("没有恢复密钥：证件号码与电话暂时无法读出。把密钥目录的内容放进数据目录后再用。", err=True)
