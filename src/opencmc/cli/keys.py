"""``opencmc keys``: a new sealing key, and everything sealed anew under it."""

from __future__ import annotations

from pathlib import Path

import click

from opencmc.base.errors import Refused
from opencmc.cli.options import home_option


@click.group()
def keys() -> None:
    """密钥：更换封存证件号码、电话、健康卡号所用的密钥。"""


@keys.command()
@home_option
def rotate(home: Path) -> None:
    """增加一把新密钥，把已封存的内容分批改用它；中断后再运行即可接着做。旧密钥留在环上，确认备份后再移走。"""
    if not home.is_dir():
        raise Refused(f"没有数据目录 {home}", possible_when="用 --home 指明数据目录。")
    from opencmc.cli.serve import migrate, start_django

    start_django(home)
    from django.utils import timezone

    from opencmc.apps.access.api import Actor
    from opencmc.apps.residents.api import reseal
    from opencmc.web.keys import add_key, key_ring

    migrate()
    actor = Actor.system(timezone.now())
    unfinished = reseal(actor)
    if unfinished:
        click.echo(f"上次更换没有做完：补做 {unfinished} 人。", err=True)
        return
    number = add_key(home, "sealing")
    done = reseal(actor)
    rings = len(key_ring(home, "sealing"))
    click.echo(
        f"已换用第 {number} 把密钥：{done} 人；环上共 {rings} 把。请立即用 opencmc backup --keys-to 另存。", err=True
    )
