"""Rules of the pack in use, found by a word: for the search of every page."""

from __future__ import annotations

from datetime import date

from opencmc.apps.rules import queries
from opencmc.apps.rules.book import Row, Wanted, search


def find_rules(text: str, *, day: date, english: bool, limit: int) -> tuple[list[Row], int]:
    """The first ``limit`` entries of the published pack that hold every word of ``text``, indicators left out (they have
    pages of their own); and how many there are."""
    pack_id = queries.published_pack()
    if not pack_id or not text.strip():
        return [], 0
    found = search(queries.pack_by_id(pack_id), Wanted(text=text), day=day, english=english)
    rows = [row for row in found if row.kind != "indicator"]
    return rows[:limit], len(rows)
