"""``opencmc demo``: make a county, run everything, serve it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from opencmc.base.errors import Refused
from opencmc.cli.options import home_option
from opencmc.cli.output import progress_bar

DEFAULT_RESIDENTS = 70_000
_MARK = "demo.json"
_OWNED = (
    "source",
    "lake",
    "runs",
    "cache",
    "truth.json",
    "web.sqlite3",
    "web.sqlite3-wal",
    "web.sqlite3-shm",
    "keys",
    "audit-seals.jsonl",
)


def prepare_home(home: Path, wanted: dict[str, int]) -> bool:
    """Make ``home`` ready for the demonstration county; True when that county is already complete in it.

    A making that was cut off is cleared away. A home that holds something else is refused, never overwritten.
    """
    mark = home / _MARK
    if mark.exists():
        found = json.loads(mark.read_text(encoding="utf-8"))
        if found == {**wanted, "complete": True}:
            return True
        if found.get("complete"):
            raise Refused(
                f"{home} 里已有一个演示县（{found['residents']} 名居民，种子 {found['seed']}）",
                possible_when="换一个 --home，或先删除这个目录",
            )
        for name in _OWNED:
            path = home / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    elif home.exists() and any(home.iterdir()):
        raise Refused(f"{home} 不是空目录，也不是演示县的数据目录", possible_when="换一个 --home")
    home.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps({**wanted, "complete": False}), encoding="utf-8")
    return False


def write_extra_month(home: Path, month: str) -> None:
    """Write one more month of the county as CSV, and print for each file the command that loads it."""
    from opencmc.base.periods import Period, PeriodKind
    from opencmc.synthetic import extra_month

    try:
        wanted = Period.parse(month)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--extra-month") from None
    if wanted.kind is not PeriodKind.MONTH:
        raise click.BadParameter(f"{month} 不是一个月：写作 2026-01", param_hint="--extra-month")
    for table, path in extra_month(home, month).items():
        click.echo(f"opencmc load {table} {path} --home {home}")


@click.command()
@home_option
@click.option(
    "--residents", type=click.IntRange(500, 2_000_000), default=DEFAULT_RESIDENTS, show_default=True, help="居民人数"
)
@click.option("--seed", type=int, default=2025, show_default=True, help="随机种子：同样的种子和人数得到同样的县")
@click.option("--no-serve", is_flag=True, help="只做数据与计算，不启动网页")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="网页端口")
@click.option("--extra-month", metavar="YYYY-MM", help="只为已有的演示县再写一个月的 CSV（不装入），并列出文件")
def demo(home: Path, residents: int, seed: int, no_serve: bool, port: int, extra_month: str | None) -> None:
    """造一个演示县（宁海的网络、规则与目标，人口按比例缩放），计算全部指标，打开网页。"""
    if extra_month:
        write_extra_month(home, extra_month)
        return
    from opencmc.cli.serve import publish_home, serve_home
    from opencmc.facts.histories import refresh_histories
    from opencmc.facts.lake import Lake
    from opencmc.methods.indicators import compute, sibling_packs
    from opencmc.policy.pack import default_root, load_pack
    from opencmc.synthetic import make_county

    if not prepare_home(home, {"residents": residents, "seed": seed}):
        with progress_bar("造县") as report:
            make_county(home, residents=residents, seed=seed, progress=report)
        pack = load_pack(default_root(), "ninghai")
        also, _ = sibling_packs(default_root(), pack)
        with progress_bar("计算指标") as report:
            compute(Lake(home), pack, also=also, progress=report)
        with progress_bar("整理居民历史") as report:
            refresh_histories(home, progress=report)
        with progress_bar("发布到网页") as report:
            publish_home(home, demo=True, progress=report)
        (home / _MARK).write_text(
            json.dumps({"residents": residents, "seed": seed, "complete": True}), encoding="utf-8"
        )
    click.echo(f"演示县已就绪：{home}", err=True)
    if not no_serve:
        serve_home(home, port=port, demo=True)
