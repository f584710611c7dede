"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.http import urlencode


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list; ``earlier`` and ``later`` are the addresses of the pages beside it, "" at an end."""

    rows: Sequence[Any]
    number: int
    count: int
    earlier: str
    later: str


class Counted(Sequence[Any]):
    """Rows that are counted and cut by the database: ``page_of(Counted(queryset), …)`` never reads a whole list."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._count: int | None = None

    def __len__(self) -> int:
        if self._count is None:
            self._count = self._rows.count()
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return list(self._rows[at]) if isinstance(at, slice) else self._rows[at]


def page_of(rows: Sequence[Any], query: Mapping[str, str], size: int) -> Page:
    """The page that ``?page=`` of ``query`` asks for, the first when it asks for none, the last when it asks for more."""
    count = max(1, -(-len(rows) // size))
    asked = query.get("page", "")
    number = min(max(1, int(asked)), count) if asked.isdecimal() else 1
    kept = {name: value for name, value in query.items() if value and name != "page"}

    def address(page: int) -> str:
        return "?" + urlencode({**kept, "page": page}) if 1 <= page <= count else ""

    return Page(rows[(number - 1) * size : number * size], number, count, address(number - 1), address(number + 1))
