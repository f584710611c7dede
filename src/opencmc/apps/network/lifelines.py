"""Memberships and attachments over time, as lines to draw: each a label, segments in thousandths of the width, and words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from opencmc.apps.network.rows import SINCE_EVER


@dataclass(frozen=True, slots=True)
class Segment:
    """``x`` and ``width`` out of 1000; ``weight`` the opacity in tenths, by role."""

    x: int
    width: int
    weight: str
    words: str


@dataclass(frozen=True, slots=True)
class Lifeline:
    label: str
    href: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Lifelines:
    first: date
    last: date
    mark: int
    lines: tuple[Lifeline, ...]


_WEIGHTS = {"lead": "1", "member": "0.62", "linked": "0.3"}

type Span = tuple[str, str, str, str, date, date | None]


def lifelines(spans: Iterable[Span], *, today: date) -> Lifelines | None:
    """``spans`` are (line id, label, role, words, start, end). From the earliest written start to a year from today."""
    rows = list(spans)
    if not rows:
        return None
    known = [d for *_, start, end in rows for d in (start, end) if d and d > SINCE_EVER]
    last = max([today + timedelta(days=365), *known])
    first = date(min([d.year for d in known], default=today.year - 1), 1, 1)
    whole = max((last - first).days, 1)

    def at(day: date) -> int:
        return max(0, min(1000, round((day - first).days * 1000 / whole)))

    lines: dict[str, tuple[str, list[Segment]]] = {}
    for line, label, role, words, start, end in rows:
        x = at(start)
        segment = Segment(x, max(at(end or last) - x, 4), _WEIGHTS.get(role, "0.62"), words)
        lines.setdefault(line, (label, []))[1].append(segment)
    drawn = tuple(Lifeline(label, line, tuple(segments)) for line, (label, segments) in lines.items())
    return Lifelines(first, last, at(today), drawn)
