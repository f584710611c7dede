"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import click

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: Path(os.environ.get("OPENCMC_HOME", "home")),
    help="数据目录（默认 ./home，或环境变量 OPENCMC_HOME）",
)
