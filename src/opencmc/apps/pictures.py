"""What a picture shows. Slices fill these frozen values; ``opencmc.web.charts`` draws them.

Numbers here are places on a picture (floats are fine), the texts beside them carry the exact figures. Each picture has a
title, a sentence that says what is to be seen, and a ``twin``: the same figures as a table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: Institution levels; a level has the same colour and pattern in every picture.
LEVELS = ("village", "township", "county", "outside")


@dataclass(frozen=True, slots=True)
class Twin:
    """The table of a picture: column heads, and rows of text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bullet:
    """A value against its target. ``state`` is met, missed or unknown; ``better`` is up, down or none."""

    name: str
    title: str
    description: str
    value: float | None
    target: float | None
    previous: float | None
    maximum: float
    state: str
    better: str = "up"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a trend; ``style`` is main, older or one of :data:`LEVELS`. A gap is ``None``."""

    label: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    style: str = "main"


@dataclass(frozen=True, slots=True)
class Break:
    """A definition changes before the period at ``index``."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class Trend:
    name: str
    title: str
    description: str
    periods: tuple[str, ...]
    lines: tuple[Line, ...]
    twin: Twin
    target: float | None = None
    target_label: str = ""
    breaks: tuple[Break, ...] = ()
    unit: str = ""
    places: int = 0
    small: bool = False
    current: int | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One unit; ``value`` is ``None`` when there is none, and ``text`` then says why."""

    label: str
    value: float | None
    text: str
    level: str = "main"
    href: str = ""
    full_label: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    name: str
    title: str
    description: str
    bars: tuple[Bar, ...]
    twin: Twin
    target: float | None = None
    target_label: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """How many went from a home township to an institution of a level."""

    home: str
    level: str
    institution: str
    count: int


@dataclass(frozen=True, slots=True)
class Flow:
    name: str
    title: str
    description: str
    streams: tuple[Stream, ...]
    level_labels: dict[str, str]
    unit: str
    twin: Twin
    heads: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True, slots=True)
class Tile:
    """A township on the map: ``step`` −3 … 3 is how far it is from the target (positive: better), None: no value."""

    label: str
    column: int
    row: int
    text: str
    step: int | None
    state: str
    href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    name: str
    title: str
    description: str
    tiles: tuple[Tile, ...]
    twin: Twin = field(default_factory=lambda: Twin((), ()))
