"""``opencmc audit``: prove that the trail is whole, read it, seal it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from opencmc.base.errors import DataError, DataReason, Refused
from opencmc.cli.options import BEIJING, Moment, home_option
from opencmc.cli.output import format_option, print_json, print_rows, progress_bar
from opencmc.cli.serve import migrate, start_django

if TYPE_CHECKING:
    from opencmc.apps.access.api import Actor

_FAULT_COLUMNS = {"where": "位置", "at": "时间", "actor": "操作人", "action": "操作", "finding": "发现"}
_LINE_COLUMNS = {
    "at": "时间", "actor": "操作人", "role": "角色", "unit": "单位", "action": "操作", "object": "对象",
    "resident": "居民", "reason": "缘由", "place": "位置",
}  # fmt: skip

since_option = click.option("--since", type=Moment(end_of_day=False), help="从何时起（2026-01-05，或带时刻）")


def open_home(home: Path) -> Actor:
    """Bring up the database of ``home``; who runs a command is the program itself."""
    if not home.is_dir():
        raise Refused(f"没有数据目录 {home}", possible_when="用 --home 指出数据目录。")
    start_django(home)
    from django.utils import timezone

    from opencmc.apps.access.api import Actor

    migrate()
    return Actor.system(timezone.now())


@click.group()
def audit() -> None:
    """审计：谁在何时看过、改过什么；核验没有人动过它。"""


@audit.command()
@home_option
@format_option
@since_option
def verify(home: Path, format_: str, since: datetime | None) -> None:
    """核验审计链：改动、缺行、截尾、换位、塞入都指出在哪里。完整则退出码 0，否则 5。"""
    actor = open_home(home)
    from opencmc.apps.audit.api import action_label, verify_now

    with progress_bar("核验审计链") as report:
        verdict = verify_now(actor, since=since, progress=report)
    rows = [
        {
            "kind": fault.kind,
            "notice": fault.is_notice,
            "where": "" if fault.lane is None else f"{fault.lane}-{fault.serial}",
            "at": _local(fault.at),
            "actor": fault.actor,
            "action": action_label(fault.action) if fault.action else "",
            "finding": fault.text,
        }
        for fault in verdict.faults
    ]
    if format_ == "json":
        print_json(
            {
                "whole": verdict.whole, "lines": verdict.lines, "lanes": verdict.lanes, "seals": verdict.seals,
                "problems": verdict.problems, "findings": rows,
            }
        )  # fmt: skip
    elif rows or format_ == "csv":
        print_rows(rows, format_=format_, columns=_FAULT_COLUMNS)
    if not verdict.whole:
        reason = DataReason(f"核验了 {verdict.lines:,} 行，发现问题", verdict.problems)
        raise DataError("审计链不完整，请保留现场并与备份比对（见 docs/audit.md）", table="审计", reasons=(reason,))
    click.echo(f"完整：核验 {verdict.lines:,} 行，{verdict.lanes} 条链道，{verdict.seals} 枚封印。", err=True)


def _local(at: str) -> str:
    """A time of the chain (UTC) in the county's own time."""
    try:
        moment = datetime.fromisoformat(f"{at}+00:00")
    except ValueError:
        return at
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


@audit.command()
@home_option
@click.option(
    "--restored", metavar="缘由", default="", help="数据库刚从备份恢复到较早的状态：写明缘由，封印从这里重新算起"
)
def seal(home: Path, restored: str) -> None:
    """封印：把各链道的末尾签名写到数据库之外（HOME/audit-seals.jsonl）。"""
    actor = open_home(home)
    from opencmc.apps.audit.api import record, seal_heads

    if restored:
        record(actor, "audit.restored", object_="audit", reason=restored)
    made = seal_heads(why="seal", at=actor.at, restored=restored)
    click.echo(f"已封印 {made.lines:,} 行。抄下这串字符，日后可以证明封印没有被换：{made.mac[:16]}", err=True)


@audit.command("list")
@home_option
@format_option
@since_option
@click.option("--actor", "username", default="", help="只看这个用户名")
@click.option("--resident", default="", help="只看关于这位居民（编号）的")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="最多几行，新的在前")
def list_(home: Path, format_: str, since: datetime | None, username: str, resident: str, limit: int) -> None:
    """列出审计行，新的在前。查看本身也留下一行。"""
    actor = open_home(home)
    from opencmc.apps.access.api import role_label
    from opencmc.apps.audit.api import Filters, action_label, latest, record, unit_label

    record(actor, "audit.view", object_="command", resident_id=resident, reason=username)
    lines = latest(Filters(actor=username, resident_id=resident, since=since), limit)
    rows: list[dict[str, Any]] = [
        {
            "at": line.at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "actor": line.actor,
            "role": role_label(line.role),
            "unit": unit_label(line.unit),
            "action": action_label(line.action),
            "object": line.object,
            "resident": line.resident_id,
            "reason": line.reason,
            "address": line.address,
            "place": line.place,
        }
        for line in lines
    ]
    print_rows(rows, format_=format_, columns=_LINE_COLUMNS)
