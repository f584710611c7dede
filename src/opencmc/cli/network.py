"""``opencmc network``: the network of a home from a policy pack or a workbook, shown, and written into a workbook."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opencmc.base.errors import Refused
from opencmc.cli.options import BEIJING, home_option
from opencmc.cli.output import Row, format_option, print_json, print_rows
from opencmc.cli.serve import migrate, start_django

if TYPE_CHECKING:
    from opencmc.apps.access.api import Actor

_day_option = click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="哪一天的网络，写作 2025-01-01；不写则为今天"
)


def _open(home: Path) -> Actor:
    """The pages' database of ``home``, brought to the present layout."""
    start_django(home)
    from django.utils import timezone

    from opencmc.apps.access.api import Actor

    migrate()
    return Actor.system(timezone.now(), "opencmc network")


def _day(chosen: datetime | None) -> date:
    return (chosen or datetime.now(BEIJING)).date()


@click.group()
def network() -> None:
    """机构网络：从政策包或工作簿装入，查看，导出。"""


@network.command("load")
@click.argument("pack_id", metavar="PACK")
@home_option
@_day_option
@click.option("--entry", "entry_id", default="", help="只装其中一个网络条目（编号）")
@click.option("--as", "chosen", multiple=True, metavar="编号=机构", help="文件里的一家就是本县的哪一家，可多次")
def load_command(pack_id: str, home: Path, day: datetime | None, entry_id: str, chosen: tuple[str, ...]) -> None:
    """把政策包的网络装入数据目录。只加没有的；与现有的不合时一行也不加。再装一次不改变什么。"""
    pairs = {}
    for each in chosen:
        name, separator, meant = each.partition("=")
        if not separator:
            raise click.BadParameter(f"{each}：写作 CQ-MCH=NH-H4", param_hint="--as")
        pairs[name] = meant
    actor = _open(home)
    from opencmc.apps.network.api import export_pending, load_pack_network

    done = load_pack_network(actor, pack_id, day=_day(day), chosen=pairs, entry_id=entry_id)
    loads = export_pending(home, actor=actor)
    for label, plan in done:
        kinds = {"institution": "机构", "membership": "成员关系", "attachment": "附属"}
        counted = "、".join(f"{text} {sum(row.table == k for row in plan.rows)}" for k, text in kinds.items())
        click.echo(f"{label}：新增 {counted}；已有的成员关系 {plan.there}", err=True)
        for note in plan.notes:
            click.echo(f"  {note}", err=True)
    click.echo(f"已写入数据湖 {loads} 次装入。" if loads else "没有需要写入数据湖的。", err=True)


@network.command("show")
@home_option
@_day_option
@format_option
def show_command(home: Path, day: datetime | None, format_: str) -> None:
    """列出某一天的共同体与成员。"""
    _open(home)
    from opencmc.apps.network.api import members_on

    rows: list[Row] = members_on(_day(day))
    columns = {
        "community": "共同体", "kind_label": "类别", "role_label": "角色", "institution": "机构",
        "institution_id": "编号", "start": "起", "end": "止（不含）",
    }  # fmt: skip
    print_rows(rows, format_=format_, columns=columns)


@network.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@home_option
def export_command(file: Path, home: Path) -> None:
    """把网络写成一个 Excel 工作簿。"""
    _open(home)
    from opencmc.apps.network.api import network_workbook

    file.write_bytes(network_workbook(on=_day(None), county=""))
    click.echo(f"已写入 {file}", err=True)


@network.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@home_option
@click.option("--good-rows", is_flag=True, help="有不合的行时仍导入其余的行；不写则一行也不导入")
@click.option("--dry-run", is_flag=True, help="只列出会改动什么")
@format_option
def import_command(file: Path, home: Path, good_rows: bool, dry_run: bool, format_: str) -> None:
    """从工作簿导入网络：先列出改动与不合的行。"""
    actor = _open(home)
    from opencmc.apps.network.api import apply_import, compare_import, export_pending, read_import

    draft = read_import(actor, name=file.name, data=file.read_bytes())
    compared, faults = compare_import(draft)
    listed = [
        {"sheet": f.sheet, "row": f.row, "column": f.column, "read": f.read, "expected": f.expected} for f in faults
    ]
    if format_ == "json":
        print_json(
            {"new": len(compared.fresh), "changed": len(compared.changed), "same": compared.same, "faults": listed}
        )
    else:
        click.echo(f"新增 {len(compared.fresh)} 行，改动 {len(compared.changed)} 行，相同 {compared.same} 行", err=True)
        if listed:
            columns = {"sheet": "表", "row": "行", "column": "列", "read": "读到", "expected": "应为"}
            print_rows(listed, format_=format_, columns=columns)
    if dry_run:
        return
    if listed and not good_rows:
        raise Refused(
            f"有 {len(listed)} 处不合，没有导入任何一行", possible_when="改正后再来，或加 --good-rows 导入其余的行。"
        )
    apply_import(actor, str(draft.pk), only_whole=not good_rows)
    click.echo(f"已导入；写入数据湖 {export_pending(home, actor=actor)} 次装入。", err=True)


@network.command("send")
@home_option
def send_command(home: Path) -> None:
    """把网页上作的、还没有写入数据湖的修改写入数据湖。重复运行不改变什么。"""
    actor = _open(home)
    from opencmc.apps.network.api import export_pending

    click.echo(f"写入数据湖 {export_pending(home, actor=actor)} 次装入。", err=True)
