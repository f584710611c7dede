"""``opencmc export``: what was entered in the pages becomes facts of the lake."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from opencmc.base.errors import Refused
from opencmc.cli.options import home_option
from opencmc.cli.output import format_option, print_json, print_rows


@click.command("export")
@home_option
@format_option
def export(home: Path, format_: str) -> None:
    """把网页上的日常工作（网络、居民、办结的待办）写入数据湖；重复运行只写新的。"""
    from opencmc.cli.serve import start_django

    if not home.is_dir():
        raise Refused(f"没有数据目录 {home}", possible_when="用 --home 指明数据目录。")
    start_django(home)
    from django.utils import timezone

    from opencmc.apps.access.api import Actor
    from opencmc.apps.exports.api import export_daily_work

    row = asdict(export_daily_work(home, Actor.system(timezone.now())))
    labels = {"networks": "网络变动", "residents": "居民", "tasks": "办结的待办"}
    print_json(row) if format_ == "json" else print_rows([row], format_=format_, columns=labels)
