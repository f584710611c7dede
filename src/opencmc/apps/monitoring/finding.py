"""Indicators found by a word: for the search of every page."""

from __future__ import annotations

from opencmc.apps.monitoring import queries
from opencmc.apps.monitoring.cockpit import indicator_href
from opencmc.apps.monitoring.contracts import Definition


def find_indicators(text: str, limit: int) -> tuple[list[tuple[Definition, str]], int]:
    """The first ``limit`` indicators whose name or id holds every word of ``text``, each with its address, the county's
    own first; and how many there are."""
    run = queries.find_run()
    words = text.lower().split()
    if run is None or not words:
        return [], 0
    found = [
        d for d in queries.definitions(run).values() if all(w in f"{d.id} {d.label}".lower() for w in words)
    ]  # fmt: skip
    found.sort(key=lambda d: (not d.own, not d.set.startswith("national"), d.id))
    period = queries.default_period(run)
    return [(d, indicator_href(d.id, period)) for d in found[:limit]], len(found)
