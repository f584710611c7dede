"""``opencmc serve``: publish the latest run and open the pages; ``opencmc account``: accounts of a real county."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opencmc.base.errors import Refused
from opencmc.cli.options import home_option
from opencmc.cli.output import progress_bar
from opencmc.cli.worker import worker_beside

if TYPE_CHECKING:
    from opencmc.apps.access.api import Actor
    from opencmc.methods.runs import Run

Progress = Callable[[str, float], None]

LOOPBACK = "127.0.0.1"


def start_django(home: Path, *, demo: bool = False, hosts: str = "") -> None:
    """Settings read the environment once, so it is set before anything of Django is imported. A process serves one
    home: asking it for another is a fault."""
    import django
    from django.conf import settings

    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ["OPENCMC_HOME"] = str(home)
    if demo:
        os.environ["OPENCMC_DEMO"] = "1"
    if hosts:
        os.environ["OPENCMC_HOSTS"] = hosts
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencmc.web.settings")
    django.setup()
    if home != settings.OPENCMC_HOME:
        raise RuntimeError(f"this process already serves {settings.OPENCMC_HOME}")
    # Settings may have been read before it was known how the pages are to be served; workers are forked from here.
    settings.DEMO = settings.DEMO or demo
    settings.ALLOWED_HOSTS = [*dict.fromkeys([*settings.ALLOWED_HOSTS, *filter(None, hosts.split(","))])]


def migrate() -> None:
    """Bring the pages' database to the present layout."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def publish_home(home: Path, *, demo: bool = False, progress: Progress | None = None) -> str:
    """Migrate the pages' database of ``home`` and publish its latest run. Returns the run, or "" when there is none.

    Doing it again changes nothing. With ``demo`` the demonstration accounts are there afterwards.
    """
    start_django(home, demo=demo)
    from django.utils import timezone

    from opencmc.apps.access.api import Actor
    from opencmc.apps.monitoring.api import publish_run
    from opencmc.apps.residents.api import publish_residents
    from opencmc.methods.runs import open_run

    migrate()
    at = timezone.now()
    try:
        run_id = open_run(home).id
    except Refused:  # nothing was computed yet: the pages say how to begin
        run_id = ""
    actor = Actor.system(at)
    if run_id:
        if demo:  # there the last day of the data is today, see web.today
            actor = replace(actor, day=open_run(home, run_id).as_of)
        publish_run(home, run_id, actor=actor, progress=progress)
        publish_residents(home, open_run(home).known_at or at, actor, progress)
        _fill_tasks(home, open_run(home, run_id), actor, progress)
    if demo:
        _demonstration_accounts(Actor.system(at))
    return run_id


def _fill_tasks(home: Path, run: Run, actor: Actor, progress: Progress | None) -> None:
    """Worklists from the lake, by the intervals of the run's own pack."""
    from opencmc.apps.rules.api import pack_by_id
    from opencmc.apps.tasks.api import Interval, fill_tasks

    held = pack_by_id(run.manifest["packs"][0]["id"]).entry("follow_up.intervals").on(run.as_of)
    intervals = []
    if held is not None:
        intervals = [
            Interval(programme, days, recheck, held.standing.value) for programme, _, days, recheck in held.value
        ]
    fill_tasks(
        home, run_id=run.id, known_at=run.known_at or actor.at, as_of=run.as_of, intervals=intervals, actor=actor,
        progress=progress,
    )  # fmt: skip


def _demonstration_accounts(actor: Actor) -> None:
    """One account a role, each with a unit of the published network."""
    from opencmc.apps.accounts.api import create_demonstration_accounts
    from opencmc.apps.network.api import demonstration_units

    create_demonstration_accounts(units=demonstration_units(), actor=actor)


def serve_home(
    home: Path, *, port: int, demo: bool = False, host: str = LOOPBACK, progress: Progress | None = None
) -> None:
    """Publish and serve until interrupted."""
    hosts = "" if host == LOOPBACK else f"localhost,127.0.0.1,[::1],{host}"
    start_django(home, demo=demo, hosts=hosts)
    run_id = publish_home(home, demo=demo, progress=progress)
    from django.db import connections
    from django.utils import timezone
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from opencmc.apps.audit.api import seal_at_start

    if warning := seal_at_start(timezone.now()):
        click.echo(warning, err=True)
    if not run_id:
        click.echo("还没有计算过指标：页面会说明下一步。", err=True)
    if demo:
        click.echo("演示账号：在登录页按一下即可进入。", err=True)
    click.echo(f"网页：http://{host}:{port}/  （Ctrl+C 结束）", err=True)
    connections.close_all()  # a connection must not be carried over into the workers
    server = Granian(
        "opencmc.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=4,
        websockets=False,
        log_level=LogLevels.warning,
    )
    with worker_beside(home):
        server.serve()


@click.command()
@home_option
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="网页端口")
@click.option(
    "--host", default=LOOPBACK, show_default=True, help="监听地址；对外开放时请在前面放一个带 HTTPS 的反向代理"
)
@click.option("--demonstration-accounts", is_flag=True, help="每个角色一个演示账号，一按即入；只用于演示县")
def serve(home: Path, port: int, host: str, demonstration_accounts: bool) -> None:
    """发布最近一次计算的结果，打开网页。"""
    if demonstration_accounts and host != LOOPBACK:
        raise Refused(
            "演示账号没有密码，只能在本机打开",
            possible_when="去掉 --demonstration-accounts，或把 --host 留作 127.0.0.1。",
        )
    if not home.is_dir():
        raise Refused(
            f"没有数据目录 {home}", possible_when="先用 opencmc load 装入数据，或用 opencmc demo 造一个演示县。"
        )
    with progress_bar("发布到网页") as report:
        publish_home(home, demo=demonstration_accounts, progress=report)
    serve_home(home, port=port, demo=demonstration_accounts, host=host)


@click.command()
@home_option
@click.option("--pack", "pack_id", default="ninghai", show_default=True, help="县的政策包")
def publish(home: Path, pack_id: str) -> None:
    """日常工作写入数据湖，计算指标，整理居民历史，发布到网页；每天夜里运行一次即可。"""
    if not home.is_dir():
        raise Refused(f"没有数据目录 {home}", possible_when="用 --home 指明数据目录。")
    from opencmc.facts.histories import refresh_histories
    from opencmc.facts.lake import Lake
    from opencmc.methods.indicators import compute, sibling_packs
    from opencmc.policy.pack import default_root, load_pack

    start_django(home)
    from django.utils import timezone

    from opencmc.apps.access.api import Actor
    from opencmc.apps.exports.api import export_daily_work

    migrate()
    done = export_daily_work(home, Actor.system(timezone.now()))
    click.echo(f"写入数据湖：网络 {done.networks} 项，居民 {done.residents} 人，办结 {done.tasks} 件。", err=True)
    pack = load_pack(default_root(), pack_id)
    with progress_bar("计算指标") as report:
        compute(Lake(home), pack, also=sibling_packs(default_root(), pack)[0], progress=report)
    with progress_bar("整理居民历史") as report:
        refresh_histories(home, progress=report)
    with progress_bar("发布到网页") as report:
        run_id = publish_home(home, progress=report)
    click.echo(f"已发布 {run_id}。", err=True)


@click.command()
@click.argument("username")
@home_option
@click.option("--name", required=True, help="显示的姓名")
@click.option("--role", required=True, help="角色，例如 county_director")
@click.option("--institution", default="", help="所在机构的编号；县级角色不填")
@click.password_option(prompt="密码", confirmation_prompt="再输入一次", help="密码（不写则询问）")
def account(username: str, home: Path, name: str, role: str, institution: str, password: str) -> None:
    """开设一个账号。"""
    start_django(home)
    from django.utils import timezone

    from opencmc.apps.access.api import Actor
    from opencmc.apps.accounts.api import create_account

    migrate()
    at = timezone.now()
    create_account(
        username=username,
        name=name,
        role=role,
        unit_kind="institution" if institution else "county",
        unit_id=institution,
        password=password,
        start=timezone.localdate(at),
        actor=Actor.system(at),
    )
    click.echo(f"已开设账号 {username}。", err=True)
