"""``opencmc worker``: does the background jobs of a home. ``opencmc serve`` starts one beside its pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from opencmc.cli.options import home_option

#: Seconds between two looks at whether the process that started a worker is still there.
LOOK = 1.0
#: Seconds that a worker gets to finish what it is doing when the pages end.
GRACE = 20


def _end_with(parent: int) -> None:
    """Ask this process to end when ``parent`` is gone, even by kill -9: an orphan has another parent."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


@contextmanager
def worker_beside(home: Path) -> Iterator[None]:
    """A worker of ``home`` as a child process for as long as the block lasts."""
    command = [sys.executable, "-m", "opencmc.cli.worker", "--home", str(home), "--with-parent", str(os.getpid())]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@click.command()
@home_option
@click.option("--with-parent", type=int, default=0, hidden=True, help="随这个进程一起结束")
def worker(home: Path, with_parent: int) -> None:
    """做后台任务（导入、核对、导出……），直到 Ctrl+C。opencmc serve 已自带一个；单独部署时可另开。"""
    from opencmc.cli.serve import start_django

    start_django(home)
    if with_parent:
        _end_with(with_parent)
    from django.core.management import call_command

    call_command("ox_worker", verbosity=0)


if __name__ == "__main__":
    worker()
