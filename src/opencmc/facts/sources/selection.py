"""What a source makes of opened files: rows in logical columns, still as they were written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from opencmc.facts.engines import Workbench
from opencmc.facts.reading import Opened
from opencmc.facts.tables import Table
from opencmc.facts.validation import Fault


@dataclass(frozen=True, slots=True)
class Selection:
    """One file's rows in logical columns.

    ``given`` maps a logical column to SQL over ``relation`` and ``types`` to the DuckDB type of that SQL. ``row`` is
    the SQL of a row's position in the file, or "" when the rows of ``relation`` are the file's records in order.
    ``given`` may hold more than logical columns, for ``faults`` to look at. Where one record of the file makes several
    rows, ``rows_per_record`` says at most how many, and a row's position divided by it is the record's position.
    ``describe`` names a column as the file's people know it; ``unreadable`` says of a column what its values should
    look like in this source, where that is not the logical table's form.
    """

    opened: Opened
    relation: str
    given: dict[str, str]
    types: dict[str, str]
    describe: Callable[[str], str]
    row: str = ""
    rows_per_record: int = 1
    faults: tuple[Fault, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=())


class Source(Protocol):
    """A form in which facts are brought."""

    name: str
    label: str
    #: The logical table that it fills, or "" for any.
    table_name: str
    #: What ``--set name=value`` may say: name → explanation; those in ``required_settings`` must be said.
    settings: dict[str, str]
    required_settings: tuple[str, ...]

    def select(
        self, table: type[Table], opened: Sequence[Opened], settings: dict[str, str], bench: Workbench
    ) -> list[Selection]: ...
