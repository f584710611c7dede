"""One timeline of everything: filtered, small visits folded, grouped by month, a page at a time.

A person may have ten thousand events. Events are counted, folded and cut as they are; only those of the page are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from opencmc.apps.residents.record_contracts import TimelineEvent
from opencmc.base.money import format_yuan
from opencmc.facts.histories import Event

#: So many small visits for the same thing in a month are one line.
FOLDED = 3
#: Lines of a page, and visits listed below a folded line.
LINES, LISTED = 40, 60


@dataclass(frozen=True, slots=True)
class Entry:
    """An event before it is told: ``fold`` is what small visits share, "" for others; ``tell`` makes the words."""

    day: date
    kind: str
    fold: str
    tell: Callable[[], TimelineEvent]
    total_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page: an event, or several folded into one (``folded`` holds them)."""

    event: TimelineEvent
    count: int = 1
    folded: tuple[TimelineEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Month:
    label: str
    lines: tuple[Line, ...]
    #: How many events of the month there are, on this page or another.
    count: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of months. ``counts`` are all events by kind, whatever the filter."""

    months: tuple[Month, ...]
    number: int
    pages: int
    total: int
    counts: dict[str, int] = field(default_factory=dict)


def entry(event: Event, kind: str, fold: str, tell: Callable[[], TimelineEvent]) -> Entry:
    total = event.columns.get("total_fen")
    return Entry(event.date, kind, fold, tell, total if isinstance(total, int) else None)


def timeline(entries: Iterable[Entry], *, kind: str = "", page: int = 1) -> Timeline:
    """The page ``page`` of ``entries`` (newest first), only those of ``kind`` when one is named."""
    every = list(entries)
    counts = dict(Counter(each.kind for each in every))
    chosen = [each for each in every if not kind or each.kind == kind]
    lines = _folded(chosen)
    pages = max(1, -(-len(lines) // LINES))
    number = min(max(1, page), pages)
    of_month = Counter((each.day.year, each.day.month) for each in chosen)
    shown: dict[tuple[int, int], list[Line]] = {}
    for group in lines[(number - 1) * LINES : number * LINES]:
        first = group[0]
        shown.setdefault((first.day.year, first.day.month), []).append(_line(group))
    months = tuple(
        Month(_("%(year)s 年 %(month)s 月") % {"year": year, "month": month}, tuple(held), of_month[year, month])
        for (year, month), held in shown.items()
    )
    return Timeline(months, number, pages, len(chosen), counts)


def _folded(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Groups in the order of their newest event: one event each, or the small visits of a month for one thing."""
    together: dict[tuple[int, int, str], list[Entry]] = {}
    order: list[list[Entry]] = []
    for each in entries:
        if not each.fold:
            order.append([each])
            continue
        key = (each.day.year, each.day.month, each.fold)
        if key not in together:
            together[key] = []
            order.append(together[key])
        together[key].append(each)
    if all(len(group) == 1 or len(group) >= FOLDED for group in order):
        return order
    apart = [part for group in order for part in ([group] if len(group) >= FOLDED else [[each] for each in group])]
    return sorted(apart, key=lambda group: -group[0].day.toordinal())


def _line(group: Sequence[Entry]) -> Line:
    newest = group[0].tell()
    if len(group) == 1:
        return Line(newest)
    told = tuple(each.tell() for each in group[:LISTED])
    known = [each.total_fen for each in group if each.total_fen is not None]
    parts = [_("%(first)s 至 %(last)s") % {"first": f"{group[-1].day:%m-%d}", "last": f"{newest.day:%m-%d}"}]
    if known:
        amount = _("共 %(yuan)s 元") % {"yuan": format_yuan(sum(known))}
        parts.append(
            amount + ("" if len(known) == len(group) else _("，有 %(n)s 次费用不详") % {"n": len(group) - len(known)})
        )
    where = "、".join(dict.fromkeys(event.where for event in told if event.where))
    title = _("%(month)s 月 %(n)s 次 %(what)s") % {"month": newest.day.month, "n": len(group), "what": newest.title}
    return Line(
        TimelineEvent(newest.day, newest.kind, newest.kind_label, title, " · ".join(parts), where), len(group), told
    )
