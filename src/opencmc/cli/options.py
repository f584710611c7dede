"""Options that several commands share."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click

#: The county's own time.
BEIJING = timezone(timedelta(hours=8))

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: Path(os.environ.get("OPENCMC_HOME", "home")),
    help="数据目录（默认 ./home，或环境变量 OPENCMC_HOME）",
)


class Moment(click.ParamType[datetime]):
    """A moment or a day in ISO form; without a zone it is Beijing time.

    A day means its beginning where something is brought (nothing may be known before it is known), and its end where
    one looks back (``2026-01-31`` sees what was known by the evening of that day).
    """

    name = "时刻"

    def __init__(self, *, end_of_day: bool) -> None:
        self.end_of_day = end_of_day

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} 不是时刻：写作 2026-01-05 或 2026-01-05T08:00:00+08:00", param, ctx)
        if len(value) == len("2026-01-05") and self.end_of_day:
            moment += timedelta(days=1) - timedelta(microseconds=1)
        return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
