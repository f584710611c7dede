"""How every command prints figures: ``--format table|csv|json`` on standard output, progress on standard error."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

Row = dict[str, Any]

format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="输出格式",
)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_rows(rows: Sequence[Row], *, format_: str, columns: dict[str, str] | None = None) -> None:
    """Print ``rows``. ``columns`` maps keys to headings for the table; CSV and JSON keep the keys and all of them."""
    if format_ == "json":
        print_json(list(rows))
        return
    keys = list(rows[0]) if rows else list(columns or {})
    if format_ == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, keys, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        click.echo(text.getvalue(), nl=False)
        return
    shown = columns or {key: key for key in keys}
    table = Table(*shown.values(), header_style="bold")
    for row in rows:
        table.add_row(*("—" if row.get(key) is None else str(row.get(key)) for key in shown))
    # A pipe has no width: give the table room instead of folding its cells.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error. Yields ``report(step, share_done)`` with a share between 0 and 1."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=False,
    )
    with bar:
        task = bar.add_task(title, total=1.0)

        def report(step: str, share_done: float) -> None:
            bar.update(task, description=f"{title}：{step}", completed=share_done)

        yield report
        bar.update(task, description=title, completed=1.0)
