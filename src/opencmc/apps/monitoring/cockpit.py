"""What the cockpit shows for a county or a community in a period."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from opencmc.apps.access.api import Holder
from opencmc.apps.monitoring import pictures, queries
from opencmc.apps.monitoring.contracts import Definition, Figure, Judgement, RunHead, Target
from opencmc.apps.monitoring.judgements import answer, in_order_of_distance, judge, target_text
from opencmc.apps.monitoring.texts import period_label
from opencmc.apps.network.api import institutions_of, list_places, list_units, unit_names
from opencmc.apps.pictures import Bullet, Flow, Tiles, Trend

SHOWN_COLUMNS = 5
SHOWN_PLACES = 3

#: Kinds of institutions that see no patients; the table of institutions leaves them out.
NO_CARE = frozenset({"pharmacy", "disease_control_centre", "other"})


@dataclass(frozen=True, slots=True)
class Place:
    """A community or township that keeps a target from being met."""

    name: str
    figure: Figure
    href: str


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target with its picture; of a missed one also where it is farthest from being met, and where it fell most."""

    judgement: Judgement
    target: str
    picture: Bullet
    href: str
    farthest: tuple[Place, ...] = ()
    fell_most: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class TrendCard:
    figure: Figure
    picture: Trend | None
    href: str


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    name: str
    full_name: str
    tier: str
    figures: tuple[Figure, ...]
    href: str


def indicator_href(indicator: str, period: str, unit: str = "") -> str:
    query = {"period": period} | ({"unit": unit} if unit else {})
    return reverse("monitoring:indicator", args=[indicator]) + "?" + urlencode(query)


def newest_national(definitions: dict[str, Definition]) -> str:
    """The set in force of the national indicators; "" when the county's pack has none."""
    return max((d.set for d in definitions.values() if d.own and d.set.startswith("national")), default="")


def key_indicators(definitions: dict[str, Definition], day: date) -> list[Definition]:
    """Those with a target on ``day`` come first, then the newest national set, then the rest; of the county's own
    pack alone."""
    newest = newest_national(definitions)
    succeeded = {d.succeeds for d in definitions.values() if d.succeeds}

    def order(d: Definition) -> tuple:
        return (d.id in succeeded, not queries.targets_on(d, day), d.set != newest, d.set, d.id)

    return sorted((d for d in definitions.values() if d.own), key=order)


def judged_targets(run: RunHead, unit_kind: str, unit_id: str, period: str) -> list[Judgement]:
    """All targets that hold at the end of the period, against the unit's figures, farthest first."""
    definitions = queries.definitions(run)
    day = queries.last_day(period, run)
    targets = [(d, t) for d in definitions.values() for t in queries.targets_on(d, day)]
    points = queries.points_of(run, unit_kind, unit_id, {d.id for d, _ in targets})
    judged = [judge(queries.figure(d, unit_kind, unit_id, period, points.get(d.id, {})), t) for d, t in targets]
    return in_order_of_distance(judged)


def cockpit(run: RunHead, *, unit_kind: str, unit_id: str, period: str, holder: Holder, map_of: str) -> dict[str, Any]:
    """The context of the cockpit's body."""
    definitions = queries.definitions(run)
    day = queries.last_day(period, run)
    unit = "" if unit_kind == "county" else f"{unit_kind}:{unit_id}"
    judged = judged_targets(run, unit_kind, unit_id, period)
    keys = key_indicators(definitions, day)
    points = queries.points_of(run, unit_kind, unit_id)
    targets = {d.id: next((t for t in queries.targets_on(d, day) if t.scaled is not None), None) for d in keys}
    newest = newest_national(definitions)
    trends = [
        TrendCard(
            queries.figure(d, unit_kind, unit_id, period, points.get(d.id, {})),
            pictures.trend(d, points.get(d.id, {}), target=targets[d.id], name=f"s-{d.id}", small=True, last=24),
            indicator_href(d.id, period, unit),
        )
        for d in keys
        if d.set == newest and unit_kind in d.by
    ]
    seen = queries.institutions_seen(holder, day)
    institutions, columns, without = _institutions(run, keys, period, seen, unit_kind, unit_id, day)
    first = next((j.figure.indicator.id for j in judged if "township" in j.figure.indicator.by), "")
    tiles, map_choices, map_indicator = _tiles(run, keys, targets, period, map_of or first)
    return {
        "answer": answer(judged),
        "targets": [_target_row(run, j, period, unit) for j in judged],
        "counts": {state: sum(j.state == state for j in judged) for state in ("met", "missed", "unknown")},
        "trends": trends,
        "moved": _moved(trends),
        "own": _own(run, keys, period, holder),
        "flow": _flow(run, period) if unit_kind == "county" else None,
        "tiles": tiles if unit_kind == "county" else None,
        "map_choices": map_choices,
        "map_indicator": map_indicator,
        "institutions": institutions,
        "columns": columns,
        "without_values": without,
        "all_institutions": seen is None,
        "unplaced": unplaced_reasons(),
        "unplaced_here": sorted(
            {(f.indicator.label, f.unplaced) for f in (j.figure for j in judged) if f.unplaced}, key=lambda p: -p[1]
        )[:6],
    }


def _target_row(run: RunHead, judged: Judgement, period: str, unit: str) -> TargetRow:
    d = judged.figure.indicator
    row = TargetRow(
        judged, target_text(judged.target, d.places, judged.figure.unit), pictures.bullet(judged),
        indicator_href(d.id, period, unit),
    )  # fmt: skip
    if judged.state != "missed" or judged.figure.unit_kind != "county":
        return row
    kind = next((kind for kind in ("township", "community") if kind in d.by), None)
    if kind is None:
        return row
    names = unit_names()
    places = [
        Place(
            names.get((kind, code), code),
            queries.figure(d, kind, code, period, held),
            indicator_href(d.id, period, f"{kind}:{code}"),
        )
        for code, held in queries.points_by_unit(run, d.id, kind).items()
    ]
    sign = -1 if judged.target.comparator in (">=", ">", "rising") else 1
    known = [p for p in places if p.figure.known]
    worst = sorted(
        (p for p in known if judge(p.figure, judged.target).state == "missed"),
        key=lambda p: (-sign * p.figure.point.scaled, p.name),
    )
    moved = [(sign * (p.figure.point.scaled - p.figure.previous_point.scaled), p) for p in known if p.figure.change]
    fell = [p for amount, p in sorted(moved, key=lambda pair: (-pair[0], pair[1].name)) if amount > 0]
    return replace(row, farthest=tuple(worst[:SHOWN_PLACES]), fell_most=tuple(fell[:SHOWN_PLACES]))


def _moved(cards: list[TrendCard]) -> dict[str, int]:
    """How many of the figures became better and worse than a year ago, stayed, or cannot be compared."""
    compared = [c.figure for c in cards if c.figure.change and c.figure.change_good is not None]
    better = sum(1 for f in compared if f.change_good)
    return {"better": better, "worse": len(compared) - better, "open": len(cards) - len(compared)}


def _flow(run: RunHead, period: str) -> Flow | None:
    counts = queries.flow_between(run, pictures.months_of(period, run.as_of))
    return pictures.flow(counts, places=list_places(), units=list_units(), period=period_label(period))


def _tiles(
    run: RunHead, keys: list[Definition], targets: dict[str, Target | None], period: str, map_of: str
) -> tuple[Tiles | None, list[Definition], Definition | None]:
    # What became of a township's residents says more on a map than what its own centre did.
    choices = sorted((d for d in keys if "township" in d.by), key=lambda d: d.population != "insured")
    places = list_places()
    if not choices or not places:
        return None, choices, None
    chosen = next((d for d in choices if d.id == map_of), None)
    for d in [chosen] if chosen else choices[:6]:
        points = queries.points_by_unit(run, d.id, "township")
        figures = {code: queries.figure(d, "township", code, period, held) for code, held in points.items()}
        if chosen or any(f.known for f in figures.values()):
            hrefs = {code: indicator_href(d.id, period, f"township:{code}") for code in places}
            return pictures.tiles(d, figures, places, target=targets[d.id], hrefs=hrefs), choices, d
    return None, choices, choices[0]


def _institutions(
    run: RunHead, keys: list[Definition], period: str, seen: set[str] | None, unit_kind: str, unit_id: str, day: date
) -> tuple[list[InstitutionRow], list[Definition], int]:
    """County and township institutions with the key figures that are defined for institutions; and how
    many have no value in any of them."""
    units = {i: u for i, u in list_units(tiers=("township", "county")).items() if u.kind not in NO_CARE}
    if unit_kind == "community":
        units = {i: u for i, u in units.items() if i in institutions_of([unit_id], day)}
    shown = {i: u for i, u in units.items() if seen is None or i in seen}
    candidates = [d for d in keys if "institution" in d.by][:14]
    points = queries.points_in_period(run, [d.id for d in candidates], "institution", period, set(shown))
    # A column is worth its room when at least a third of the institutions have a value in it.
    filled = {d.id: sum(1 for (i, _), p in points.items() if i == d.id and p.scaled is not None) for d in candidates}
    columns = [d for d in candidates if filled[d.id] * 3 >= len(shown) and filled[d.id]][:SHOWN_COLUMNS]
    rows = []
    for institution, u in shown.items():
        figures = []
        for d in columns:
            point = points.get((d.id, institution))
            figures.append(queries.figure(d, "institution", institution, period, {period: point} if point else {}))
        first = columns[0].id if columns else ""
        href = indicator_href(first, period, f"institution:{institution}") if first else ""
        if any(figure.known for figure in figures):
            rows.append(InstitutionRow(u.short_name, u.name, u.tier, tuple(figures), href))
    rows.sort(key=lambda r: (r.tier != "county",))
    return rows, columns, len(shown) - len(rows)


def _own(run: RunHead, keys: list[Definition], period: str, holder: Holder) -> list[TrendCard]:
    """The reader's own institution: up to four figures that it has a value for."""
    if holder.unit_kind != "institution" or not holder.unit_id:
        return []
    points = queries.points_of(run, "institution", holder.unit_id)
    cards = []
    for d in keys:
        figure = queries.figure(d, "institution", holder.unit_id, period, points.get(d.id, {}))
        if figure.known and len(cards) < 4:
            cards.append(TrendCard(figure, None, indicator_href(d.id, period, f"institution:{holder.unit_id}")))
    return cards


#: A load of several files names the file before the reason; over all loads only the reason matters.
_FILE = re.compile(r"^\S+\.(?:parquet|csv)：")


def unplaced_reasons() -> list[dict[str, Any]]:
    """What the loads could not use or place, over all files, the largest count first."""
    rows = []
    for load in queries.list_loads():
        rows += [{"table": load.table_label, "kind": "refused", **reason} for reason in load.reasons]
        rows += [{"table": load.table_label, "kind": "unplaced", **reason} for reason in load.unplaced]
    merged: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row["table"], row["kind"], _FILE.sub("", row["reason"]))
        merged[key] = merged.get(key, 0) + row["count"]
    return [
        {"table": table, "kind": kind, "reason": reason, "count": count}
        for (table, kind, reason), count in sorted(merged.items(), key=lambda item: -item[1])
    ]
