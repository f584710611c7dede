"""``opencmc doctor``: what is wrong with an installation, one line a check, each with the way to mend it."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from opencmc.base.errors import DataError, OpenCMCError
from opencmc.cli.backup import LAST_BACKUP
from opencmc.cli.options import home_option
from opencmc.cli.output import format_option, print_rows

GOOD, NOTICE, WRONG = "good", "notice", "wrong"
LABELS = {GOOD: "正常", NOTICE: "注意", WRONG: "有问题"}
#: Below this share of a disk, or this many bytes, a load may not fit any more.
LEAST_FREE_SHARE, LEAST_FREE_BYTES = 10, 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, what was found, and how to mend it ("" when nothing is to be mended)."""

    check: str
    state: str
    found: str
    correction: str = ""


def _home(home: Path) -> Iterator[Check]:
    if not home.is_dir():
        yield Check("数据目录", WRONG, f"没有 {home}", "先用 opencmc load 装入数据，或用 opencmc demo 造一个演示县")
        return
    writable = os.access(home, os.W_OK | os.X_OK)
    yield Check("数据目录", GOOD if writable else WRONG, str(home), "" if writable else "让运行 opencmc 的用户可写")
    disk = shutil.disk_usage(home)
    tight = disk.free * 100 < disk.total * LEAST_FREE_SHARE or disk.free < LEAST_FREE_BYTES
    found = f"剩余 {disk.free // 1024**2} MB（共 {disk.total // 1024**2} MB）"
    yield Check("磁盘", NOTICE if tight else GOOD, found, "清理或扩容：装入一个月的数据需要余地" if tight else "")


def _keys(home: Path) -> Iterator[Check]:
    paths = [home / "secret.key", *sorted((home / "keys").glob("*.key"))]
    there = [path for path in paths if path.exists()]
    if not there:
        yield Check("密钥", NOTICE, "还没有密钥", "首次打开网页时自动生成；从备份恢复时请一并恢复密钥")
        return
    open_to_others = [path.name for path in there if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_to_others:
        yield Check(
            "密钥", WRONG, f"其他用户读得到：{'、'.join(open_to_others)}", f"chmod 600 {home}/keys/* {paths[0]}"
        )
    else:
        yield Check("密钥", GOOD, f"{len(there)} 个，只有本用户可读")


def _lake(home: Path) -> Iterator[Check]:
    from opencmc.facts.lake import Lake
    from opencmc.facts.tables import TABLES

    lake = Lake(home)
    loads = lake.loads()
    missing = [
        path.relative_to(home).as_posix()
        for files in (lake.table_files(name) for name in TABLES)
        for _, path in files.rows + files.supersedes
        if not path.is_file()
    ]
    if missing:
        correction = "从备份恢复这些文件（opencmc restore 到新目录后取用）"
        yield Check("数据湖", WRONG, f"缺 {len(missing)} 个文件：{'、'.join(missing[:3])}", correction)
    elif not loads:
        yield Check("数据湖", NOTICE, "还没有装入数据", "opencmc load 表名 文件 --home 目录")
    else:
        yield Check("数据湖", GOOD, f"{len(loads)} 次装载，最近一次掌握于 {loads[-1].known_at:%Y-%m-%d %H:%M}")


def _run(home: Path) -> Iterator[Check]:
    from opencmc.base.errors import Refused
    from opencmc.methods.runs import open_run

    try:
        run = open_run(home)
    except Refused:
        yield Check("指标", NOTICE, "还没有计算过指标", "opencmc indicators --home 目录 --period 2025")
        return
    yield Check("指标", GOOD, f"运行 {run.id}，数据截至 {run.as_of}")


def _database(home: Path) -> Iterator[Check]:
    from django.db import DEFAULT_DB_ALIAS, connection, connections
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import Error

    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor)
    if connection.vendor == "sqlite" and not (home / "web.sqlite3").exists():
        yield Check("数据库", NOTICE, "SQLite：还没有数据库文件", "opencmc serve --home 目录 会建立它")
        return
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        yield Check(
            "数据库", WRONG, f"{name}：连接不上（{type(error).__name__}）", "检查 OPENCMC_DATABASE 与数据库服务"
        )
        return
    if waiting:
        yield Check("数据库", WRONG, f"{name}：有 {len(waiting)} 步升级没有做", "opencmc serve 启动时会升级；请先备份")
    else:
        yield Check("数据库", GOOD, f"{name}：结构是最新的")


def _audit(home: Path) -> Iterator[Check]:
    from django.db import connection

    from opencmc.apps.audit.api import last_verification, refuses_changes

    if "audit_verification" not in connection.introspection.table_names():
        return
    if not refuses_changes(connection):
        yield Check(
            "审计", WRONG, "数据库没有拦住对审计行的改动（触发器缺失）", "opencmc audit verify 查明后从备份恢复"
        )
        return
    last = last_verification()
    if last is None or last.whole is None:
        yield Check("审计", NOTICE, "还没有核验过", f"opencmc audit verify --home {home}")
    elif last.whole:
        yield Check("审计", GOOD, f"{last.started:%Y-%m-%d %H:%M} 核验：{last.lines} 行完整")
    else:
        yield Check(
            "审计", WRONG, f"{last.started:%Y-%m-%d %H:%M} 核验：{last.problems} 处不符", "网页“审计”写明在哪里"
        )


def _serving(home: Path) -> Iterator[Check]:
    from django.conf import settings

    only_here = set(settings.ALLOWED_HOSTS) <= {"localhost", "127.0.0.1", "[::1]"}
    hosts = "、".join(settings.ALLOWED_HOSTS)
    if only_here:
        yield Check("访问地址", NOTICE, f"只在本机打开：{hosts}", "正式使用时设 OPENCMC_HOSTS 为网站的域名")
    else:
        yield Check("访问地址", GOOD, hosts)
    if settings.DEMO and not only_here:
        yield Check("演示账号", WRONG, "不用密码的演示账号对外开放", "去掉 OPENCMC_DEMO")
    fonts = shutil.which("fc-list")
    if fonts is None:
        yield Check("字体", NOTICE, "没有 fontconfig，未能查看中文字体", "导出 PDF 需要 fonts-noto-cjk")


def _python(_home: Path) -> Iterator[Check]:
    found = ".".join(str(part) for part in sys.version_info[:3])
    fits = (3, 12) <= sys.version_info[:2] < (3, 15)
    yield Check("Python", GOOD if fits else WRONG, found, "" if fits else "需要 3.12 至 3.14：重新 make install")


def _last_backup(home: Path) -> Iterator[Check]:
    mark = home / LAST_BACKUP
    if not mark.exists():
        yield Check("备份", NOTICE, "没有备份过", "opencmc backup 目录 --keys-to 另一处")
        return
    taken = datetime.fromisoformat(mark.read_text(encoding="ascii").strip())
    late = datetime.now(UTC) - taken > timedelta(days=2)
    yield Check("备份", NOTICE if late else GOOD, f"最近一次 {taken:%Y-%m-%d %H:%M} UTC", "请每天备份" if late else "")


CHECKS: tuple[Callable[[Path], Iterator[Check]], ...] = (
    _python, _home, _keys, _lake, _run, _database, _audit, _serving, _last_backup,
)  # fmt: skip


def examine(home: Path) -> list[Check]:
    """All checks of an installation. A check that is refused is itself what is wrong."""
    found: list[Check] = []
    for check in CHECKS:
        try:
            found += check(home)
        except OpenCMCError as refusal:
            found.append(Check("数据", WRONG, str(refusal), "按提示改正后再查"))
    return found


@click.command()
@home_option
@format_option
def doctor(home: Path, format_: str) -> None:
    """检查一处安装：哪里有问题，怎样改正。有问题时退出码为 5。"""
    from opencmc.cli.serve import start_django

    if home.is_dir():
        start_django(home)
        found = examine(home)
    else:
        found = [*_python(home), *_home(home)]
    rows = [asdict(check) | {"state": check.state if format_ != "table" else LABELS[check.state]} for check in found]
    columns = {"check": "检查", "state": "状态", "found": "所见", "correction": "怎样改正"}
    print_rows(rows, format_=format_, columns=columns)
    wrong = [check for check in found if check.state == WRONG]
    if wrong:
        raise DataError(f"{len(wrong)} 处有问题：{'、'.join(check.check for check in wrong)}")
