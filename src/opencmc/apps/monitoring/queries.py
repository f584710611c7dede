"""Reads of published figures. Nothing here computes over rows; a page costs a handful of indexed reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext

from opencmc.apps.access.api import Holder, reach
from opencmc.apps.monitoring.contracts import Definition, Figure, Point, RunHead, Target
from opencmc.apps.monitoring.models import FlowMonth, LoadSummary, Run, Series, UnplacedReasons
from opencmc.apps.monitoring.texts import change_text, count_text, measure_unit, scaled_text, unit_text
from opencmc.apps.network.api import institutions_within
from opencmc.base.periods import Period

KIND_ORDER = ("year", "ytd", "quarter", "month")


def find_run(run_id: str = "") -> RunHead | None:
    """The run of this id, or the latest one published; None when none is."""
    runs = Run.objects.filter(run_id=run_id) if run_id else Run.objects.order_by("-published_at")
    found = runs.values_list("run_id", "published_at").first()
    return _head(*found) if found else None


@lru_cache(maxsize=32)
def _head(run_id: str, _published_at: datetime) -> RunHead:
    """Kept in memory: a published run never changes, and publishing it anew gives it another moment."""
    run = Run.objects.defer("definitions").get(run_id=run_id)
    return RunHead(
        run.run_id,
        run.pack,
        run.pack_revision,
        run.region,
        run.region_label,
        run.as_of,
        run.known_at,
        run.published_at,
        {k: run.periods[k] for k in KIND_ORDER if k in run.periods},
        run.series_count,
    )


def definitions(run: RunHead) -> dict[str, Definition]:
    """The run's indicators by id, labelled in the reader's language. Kept in memory: a published run never changes."""
    return _definitions(run.run_id, run.published_at, get_language() or "zh-hans")


@lru_cache(maxsize=8)
def _definitions(run_id: str, _published_at: datetime, language: str) -> dict[str, Definition]:
    stored: dict[str, dict[str, Any]] = Run.objects.values_list("definitions", flat=True).get(run_id=run_id)
    return {indicator: _definition(indicator, record, language) for indicator, record in stored.items()}


def _label(record: Mapping[str, Any], language: str) -> str:
    return record["label_en"] if language.startswith("en") and record.get("label_en") else record["label"]


def _definition(indicator: str, record: Mapping[str, Any], language: str) -> Definition:
    texts = (
        "set",
        "pack",
        "pack_label",
        "dimension",
        "population",
        "unit",
        "direction",
        "succeeds",
        "note",
        "denominator_source",
    )
    return Definition(
        id=indicator,
        label=_label(record, language),
        own=record["own"],
        places=record["places"],
        formulas=tuple(record["formulas"]),
        by=tuple(record["by"]),
        periods=tuple(record["periods"]),
        exclusions=tuple(record["exclusions"]),
        targets=tuple(_targets(record, language)),
        **{name: record.get(name) or "" for name in texts},
    )


def _targets(record: Mapping[str, Any], language: str) -> Iterable[Target]:
    """Every dated value of every target; :func:`targets_on` picks those of a day."""
    places = record["places"]
    for target in record["targets"]:
        for value in target["values"]:
            trend = target["comparator"] in {"rising", "falling"}
            scaled = None
            if not trend:
                exact = Decimal(value["value"]) * 10**places
                scaled = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
            yield Target(
                id=target["id"],
                label=_label(target, language),
                comparator=target["comparator"],
                scaled=scaled,
                standing=value["standing"],
                due=date.fromisoformat(target["due"]) if target["due"] else None,
                start=date.fromisoformat(value["from"]),
                until=date.fromisoformat(value["until"]) if value["until"] else None,
            )


def targets_on(definition: Definition, day: date) -> list[Target]:
    """The targets of an indicator that hold on ``day``."""
    return [t for t in definition.targets if t.start <= day and (t.until is None or day < t.until)]


def last_day(period: str, run: RunHead) -> date:
    """The day on which a period's figures are judged: its last day, or the run's as-of day when that is earlier."""
    return min(Period.parse(period).end - timedelta(days=1), run.as_of)


def default_period(run: RunHead) -> str:
    """The period that ends last; of two that end together the year comes before the year to date. "" without any."""
    complete = [
        (Period.parse(name).end, -order, name)
        for order, kind in enumerate(KIND_ORDER)
        for name in run.periods.get(kind, [])
        if Period.parse(name).end <= run.as_of + timedelta(days=1)
    ]
    names = [name for kind in KIND_ORDER for name in run.periods.get(kind, [])]
    return max(complete)[2] if complete else next(iter(names), "")


def points_of(
    run: RunHead, unit_kind: str, unit_id: str, indicators: Iterable[str] | None = None
) -> dict[str, dict[str, Point]]:
    """Indicator → period → point, of one unit."""
    series = Series.objects.filter(run_id=run.run_id, unit_kind=unit_kind, unit_id=unit_id)
    if indicators is not None:
        series = series.filter(indicator__in=list(indicators))
    return {name: _points(text) for name, text in series.values_list("indicator", "points")}


def points_by_unit(
    run: RunHead, indicator: str, unit_kind: str, units: set[str] | None = None
) -> dict[str, dict[str, Point]]:
    """Unit → period → point, of one indicator; ``units`` narrows to those that the reader may see."""
    series = Series.objects.filter(run_id=run.run_id, indicator=indicator, unit_kind=unit_kind)
    return {
        unit: _points(text) for unit, text in series.values_list("unit_id", "points") if units is None or unit in units
    }


def points_in_period(
    run: RunHead, indicators: Iterable[str], unit_kind: str, period: str, units: set[str] | None
) -> dict[tuple[str, str], Point]:
    """(indicator, unit) → point in one period."""
    series = Series.objects.filter(run_id=run.run_id, indicator__in=list(indicators), unit_kind=unit_kind)
    if units is not None and len(units) < 500:
        series = series.filter(unit_id__in=units)
    found = {}
    for indicator, unit, text in series.values_list("indicator", "unit_id", "points"):
        if (units is None or unit in units) and (record := json.loads(text).get(period)):
            found[indicator, unit] = Point(*record)
    return found


def _points(text: str) -> dict[str, Point]:
    return {period: Point(*record) for period, record in json.loads(text).items()}


def figure(definition: Definition, unit_kind: str, unit_id: str, period: str, points: Mapping[str, Point]) -> Figure:
    """The figure of a period with its change on the year before. No point in that period: unknown, with the reason."""
    point = points.get(period)
    before_name = Period.parse(period).previous_year().name
    before = points.get(before_name)
    formula = definition.formula_on(Period.parse(period).end - timedelta(days=1))
    change, good = "", None
    if point and before and point.scaled is not None and before.scaled is not None:
        change = change_text(point.scaled, before.scaled, definition.places, definition.unit)
        if definition.direction in {"up", "down"} and point.scaled != before.scaled:
            good = (point.scaled > before.scaled) == (definition.direction == "up")
    because = point.because if point else _absent(definition, period)
    return Figure(
        indicator=definition,
        unit_kind=unit_kind,
        unit_id=unit_id,
        period=period,
        status=point.status if point else "not_applicable",
        value=scaled_text(point.scaled, definition.places) if point and point.scaled is not None else "",
        unit=unit_text(definition.unit),
        numerator=count_text(point.numerator, measure_unit(formula["numerator"])) if point else "",
        denominator=count_text(point.denominator, measure_unit(formula["denominator"])) if point else "",
        because=because,
        unplaced=point.unplaced if point else 0,
        previous=scaled_text(before.scaled, definition.places) if before and before.scaled is not None else "",
        change=change,
        change_good=good,
        point=point,
        previous_point=before,
    )


def _absent(definition: Definition, period: str) -> str:
    kind = Period.parse(period).kind.value
    if definition.periods and kind not in definition.periods:
        return gettext("这个指标不按这种期间计算")
    return gettext("这一期没有计算结果")


def units_with_figures(run: RunHead, unit_kind: str) -> set[str]:
    return set(
        Series.objects.filter(run_id=run.run_id, unit_kind=unit_kind).values_list("unit_id", flat=True).distinct()
    )


def institutions_seen(holder: Holder, day: date) -> frozenset[str] | None:
    """The institutions whose own figures the reader may see; None means all."""
    found = reach(holder, "figures.institutions")
    return institutions_within(found, day) if found else frozenset()


def flow_between(run: RunHead, months: Iterable[str]) -> dict[str, dict[str, int]]:
    """Home township → institution → stays, over ``months``."""
    total: dict[str, dict[str, int]] = {}
    for counts in FlowMonth.objects.filter(run_id=run.run_id, month__in=list(months)).values_list("counts", flat=True):
        for home, to in counts.items():
            row = total.setdefault(home, {})
            for institution, count in to.items():
                row[institution] = row.get(institution, 0) + count
    return total


def list_loads() -> list[LoadSummary]:
    return list(LoadSummary.objects.order_by("load"))


def runs_published() -> list[Run]:
    return list(Run.objects.defer("definitions").order_by("-published_at")[:20])


def unplaced_of(run: RunHead, indicator: str, unit_kind: str, period: str) -> list[tuple[str, int]]:
    """Why rows could not be placed for the figures of a kind of unit, the largest count first."""
    stored = (
        UnplacedReasons.objects.filter(run_id=run.run_id, indicator=indicator, unit_kind=unit_kind)
        .values_list("reasons", flat=True)
        .first()
        or {}
    )
    return sorted(stored.get(period, {}).items(), key=lambda pair: -pair[1])
