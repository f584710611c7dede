"""What waits for a person: the one shape in which every slice hands its open work to the home page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing to do: what, about whom, why, since when, until when, and the address at which it is done.

    ``verb`` names the one button; ``due`` is ``None`` when nothing runs out.
    """

    title: str
    about: str
    why: str
    since: date
    due: date | None
    verb: str
    href: str


@dataclass(frozen=True, slots=True)
class WorkGroup:
    """Open work of one kind: all of it counted, the first few shown. ``href`` opens the whole list."""

    id: str
    label: str
    count: int
    overdue: int
    due_today: int
    href: str
    items: Sequence[WorkItem] = field(default=())
