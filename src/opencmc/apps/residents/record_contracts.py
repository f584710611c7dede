"""What the resident's page is made of, and what other slices hand to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from opencmc.apps.work import WorkItem


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One thing that happened. ``kind`` is the group of the filter chips; ``ends`` is when it ended, if it lasted;
    ``same_as`` is the key of the lake's row for the same thing (``follow_up:W-12``), which is then not shown twice."""

    day: date
    kind: str
    kind_label: str
    title: str
    text: str = ""
    where: str = ""
    href: str = ""
    tone: str = ""
    word: str = ""
    ends: date | None = None
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class RecordPart:
    """What a slice adds to a resident's page: open work with its button, and what was done."""

    work: tuple[WorkItem, ...] = ()
    events: tuple[TimelineEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """What a slice carried over with a merge or a change of the responsible institution: the keys, for taking it back,
    and a sentence for the page."""

    keys: tuple[int, ...] = ()
    sentence: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
