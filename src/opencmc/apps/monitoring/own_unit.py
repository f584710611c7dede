"""How a reader's own unit is doing, in a few figures: what the home page shows beside the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opencmc.apps.access.api import Holder, may
from opencmc.apps.monitoring import pictures, queries
from opencmc.apps.monitoring.cockpit import indicator_href, judged_targets, key_indicators, unplaced_reasons
from opencmc.apps.monitoring.contracts import Definition, Figure, Judgement, Point, RunHead, Target
from opencmc.apps.monitoring.indicator_page import unit_label
from opencmc.apps.monitoring.judgements import judge, target_text
from opencmc.apps.monitoring.texts import period_label
from opencmc.apps.pictures import Trend

#: Figures beside the work; more would stand in front of it.
SHOWN = 5
#: Months with a value below which no line is drawn.
FEWEST = 6


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """A figure of a unit with its target and trend; ``target`` is "" and ``state`` "" when nothing is aimed at."""

    figure: Figure
    period: str
    target: str
    state: str
    gap: str
    picture: Trend | None
    href: str


@dataclass(frozen=True, slots=True)
class UnitFigures:
    unit: str
    period: str
    rows: tuple[UnitFigure, ...]


def _unit(holder: Holder, run: RunHead) -> tuple[str, str]:
    if holder.unit_id and holder.unit_kind in {"institution", "community", "township"}:
        return holder.unit_kind, holder.unit_id
    return "county", run.region


def _periods(run: RunHead) -> list[str]:
    """The month in which the data end, then the year so far, then the year: the first in which a figure is known."""
    return [run.periods[kind][-1] for kind in ("month", "ytd", "year") if run.periods.get(kind)]


def unit_figures(holder: Holder) -> UnitFigures | None:
    """Three to five figures of the holder's unit, those with a target first, the farthest from it first. ``None`` before
    anything is published, or when the reader may not see figures."""
    run = queries.find_run()
    if run is None or not may(holder, "figures.view"):
        return None
    kind, unit_id = _unit(holder, run)
    periods = _periods(run)
    definitions = queries.definitions(run)
    keys = [d for d in key_indicators(definitions, run.as_of) if kind in d.by]
    points = queries.points_of(run, kind, unit_id, {d.id for d in keys})
    rows: list[tuple[tuple, UnitFigure]] = []
    for at, d in enumerate(keys):
        found = _latest(d, kind, unit_id, periods, points.get(d.id, {}))
        if found is None:
            continue
        rows.append(_row(run, at, *found, points.get(d.id, {})))
    rows.sort(key=lambda pair: pair[0])
    shown = tuple(row for _key, row in rows[:SHOWN])
    return UnitFigures(unit_label(run, kind, unit_id), period_label(periods[0]) if periods else "", shown)


def _latest(
    d: Definition, kind: str, unit_id: str, periods: list[str], points: dict[str, Point]
) -> tuple[Figure, str] | None:
    for period in periods:
        figure = queries.figure(d, kind, unit_id, period, points)
        if figure.known:
            return figure, period
    return None


def _row(run: RunHead, at: int, figure: Figure, period: str, points: dict[str, Point]) -> tuple[tuple, UnitFigure]:
    d = figure.indicator
    target = next(iter(queries.targets_on(d, queries.last_day(period, run))), None)
    judged: Judgement | None = judge(figure, target) if target else None
    unit = "" if figure.unit_kind == "county" else f"{figure.unit_kind}:{figure.unit_id}"
    row = UnitFigure(
        figure,
        period_label(period),
        target_text(target, d.places, figure.unit) if target else "",
        judged.state if judged else "",
        judged.gap if judged else "",
        _trend(d, points, target),
        indicator_href(d.id, period, unit),
    )  # fmt: skip
    order = {"missed": 0, "met": 1, "unknown": 2}[judged.state] if judged else 3
    # What is zero here, as an imaging report of a village clinic, says the least.
    return (order, -(judged.distance or 0.0) if judged else 0.0, not figure.point.scaled, at), row


def _trend(d: Definition, points: dict[str, Point], target: Target | None) -> Trend | None:
    """The last twelve months; nothing when there are too few to see where it goes."""
    known = sum(1 for name, p in points.items() if len(name) == 7 and p.scaled is not None)
    if known < FEWEST:
        return None
    goal = target if target and target.scaled is not None else None
    return pictures.trend(d, points, target=goal, name=f"u-{d.id}", small=True, last=12)


def missed_targets(holder: Holder, limit: int = SHOWN) -> tuple[list[Any], int]:
    """The targets of the holder's unit that are missed, the farthest first; and how many there are."""
    run = queries.find_run()
    if run is None:
        return [], 0
    kind, unit_id = _unit(holder, run)
    period = queries.default_period(run)
    unit = "" if kind == "county" else f"{kind}:{unit_id}"
    missed = [j for j in judged_targets(run, kind, unit_id, period) if j.state == "missed"]
    rows = [
        {"judgement": j, "figure": j.figure, "gap": j.gap, "href": indicator_href(j.figure.indicator.id, period, unit),
         "period": period_label(period)}
        for j in missed[:limit]
    ]  # fmt: skip
    return rows, len(missed)


def data_problems(limit: int = SHOWN) -> tuple[list[dict[str, Any]], int]:
    """What the loads could not use or place, the largest count first; and how many reasons there are."""
    found = unplaced_reasons()
    return found[:limit], len(found)
