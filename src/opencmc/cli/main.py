"""The command ``opencmc``: its groups, and the one door at which refusals become exit codes."""

from __future__ import annotations

import sys

import click

from opencmc import __version__
from opencmc.base.errors import OpenCMCError
from opencmc.cli.audit import audit
from opencmc.cli.backup import backup, restore
from opencmc.cli.demo import demo
from opencmc.cli.doctor import doctor
from opencmc.cli.export import export
from opencmc.cli.facts import facts, load
from opencmc.cli.indicators import explain, indicators
from opencmc.cli.keys import keys
from opencmc.cli.network import network
from opencmc.cli.pack import pack
from opencmc.cli.serve import account, publish, serve
from opencmc.cli.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="opencmc")
def opencmc() -> None:
    """OpenCMC：紧密型县域医共体的开放系统。"""


for command in (
    demo,
    pack,
    load,
    facts,
    indicators,
    explain,
    serve,
    publish,
    account,
    audit,
    export,
    backup,
    restore,
    doctor,
    network,
    worker,
    keys,
):
    opencmc.add_command(command)


def main() -> None:
    """Run a command. Exit codes: 0 done, 2 wrong usage, 3 Refused, 4 PolicyError, 5 DataError."""
    try:
        # Without its standalone mode click hands back the code of ``context.exit``.
        code = opencmc(standalone_mode=False)
        if isinstance(code, int):
            sys.exit(code)
    except click.exceptions.Abort:
        click.echo("已中断。", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OpenCMCError as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(refusal.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has seen enough (``opencmc … | head``).
        sys.stderr.close()
