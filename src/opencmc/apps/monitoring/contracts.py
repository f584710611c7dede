"""The frozen values that monitoring's pages show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    """One figure as published. ``scaled`` is value × 10^places; ``status`` is value, not_applicable or unknown."""

    numerator: int | None
    denominator: int | None
    scaled: int | None
    status: str
    because: str
    unplaced: int


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator as it was defined when the run was made. ``formulas`` are its dated definitions, the oldest first, as
    the run stores them."""

    id: str
    label: str
    set: str
    pack: str
    pack_label: str
    own: bool
    dimension: str
    population: str
    unit: str
    places: int
    direction: str
    succeeds: str
    formulas: tuple[dict[str, Any], ...]
    by: tuple[str, ...]
    periods: tuple[str, ...]
    exclusions: tuple[str, ...]
    note: str
    denominator_source: str
    targets: tuple[Target, ...]

    def formula_on(self, day: date) -> dict[str, Any]:
        """The definition that a figure of a period ending on ``day`` was made by (the first one before any held)."""
        held = [formula for formula in self.formulas if formula["from"] <= day.isoformat()]
        return held[-1] if held else self.formulas[0]

    @property
    def starts(self) -> tuple[date, ...]:
        """The days from which each definition holds; a formula may be a piece of one, where a rule it uses changed."""
        days = {formula.get("defined_from", formula["from"]) for formula in self.formulas}
        return tuple(date.fromisoformat(day) for day in sorted(days))

    @property
    def standing(self) -> str:
        return str(self.formulas[-1]["standing"])


@dataclass(frozen=True, slots=True)
class Target:
    """A target as it holds on a day; ``scaled`` in the indicator's places, None for rising and falling.
    It holds in ``[start, until)``."""

    id: str
    label: str
    comparator: str
    scaled: int | None
    standing: str
    due: date | None
    start: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure ready to be shown: exact texts, and what it is measured against."""

    indicator: Definition
    unit_kind: str
    unit_id: str
    period: str
    status: str
    value: str
    unit: str
    numerator: str
    denominator: str
    because: str
    unplaced: int
    previous: str
    change: str
    change_good: bool | None
    point: Point | None
    previous_point: Point | None

    @property
    def known(self) -> bool:
        return self.status == "value"

    @property
    def parts(self) -> str:
        """分子 / 分母; a part that is not known is a dash."""
        if not self.denominator:
            return self.numerator
        return f"{self.numerator or '—'} / {self.denominator}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A figure against a target. ``state`` is met, missed or unknown; ``distance`` is the shortfall as a share of the
    target (positive: short of it); ``gap`` says it in words."""

    figure: Figure
    target: Target
    state: str
    distance: float | None
    gap: str


@dataclass(frozen=True, slots=True)
class RunHead:
    """Which run a page shows."""

    run_id: str
    pack: str
    pack_revision: str
    region: str
    region_label: str
    as_of: date
    known_at: datetime
    published_at: datetime
    periods: dict[str, list[str]]
    series_count: int
