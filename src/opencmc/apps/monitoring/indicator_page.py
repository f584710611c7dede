"""What the page of one indicator shows: headline, trend, definitions side by side, units, explanation, card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Holder
from opencmc.apps.monitoring import pictures, queries
from opencmc.apps.monitoring.cockpit import indicator_href
from opencmc.apps.monitoring.contracts import Definition, Figure, Point, RunHead, Target
from opencmc.apps.monitoring.judgements import judge, target_text
from opencmc.apps.monitoring.texts import exact_text, level_label, measure_unit, scaled_text, unit_text
from opencmc.apps.network.api import community_names, list_places, list_units, unit_names
from opencmc.apps.pictures import Bars, Trend
from opencmc.base.periods import Period
from opencmc.methods.indicators.definition_change import DefinitionChange
from opencmc.methods.indicators.measures import MEASURES
from opencmc.policy.cards import Card, card
from opencmc.policy.pack import Pack

TIER_ORDER = ("village", "township", "county")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same thing by two definitions, and a change on last year taken apart. Texts carry their unit."""

    older: Definition
    newer: Definition
    older_now: str
    newer_now: str
    older_before: str
    newer_before: str
    only_definition: str
    as_reported: str
    by_fact: str


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    text: str
    note: str = ""
    href: str = ""


def unit_label(run: RunHead, unit_kind: str, unit_id: str) -> str:
    if unit_kind == "county":
        return run.region_label
    if unit_kind == "tier":
        return level_label(unit_id)
    return unit_names().get((unit_kind, unit_id), unit_id)


def unit_choices(
    run: RunHead, definition: Definition, seen: set[str] | None
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Units to choose from, in groups: (heading, [(unit parameter, label)])."""
    groups: list[tuple[str, list[tuple[str, str]]]] = [(_("县"), [("", run.region_label)])]
    if "community" in definition.by:
        computed = queries.units_with_figures(run, "community")
        groups.append(
            (_("医共体"), [(f"community:{i}", n) for i, n in sorted(community_names().items()) if i in computed])
        )
    if "tier" in definition.by:
        groups.append((_("层级"), [(f"tier:{t}", level_label(t)) for t in TIER_ORDER]))
    if "township" in definition.by:
        groups.append((_("乡镇（街道）"), [(f"township:{c}", p.name) for c, p in list_places().items()]))
    if "institution" in definition.by:
        units = list_units(tiers=("county", "township") if seen is None else ("county", "township", "village"))
        held = [(f"institution:{i}", u.short_name) for i, u in units.items() if seen is None or i in seen]
        if held:
            groups.append((_("机构"), held[:300]))
    return groups


def _comparison(
    older: Definition,
    newer: Definition,
    old: dict[str, Point],
    new: dict[str, Point],
    *,
    kind: str,
    unit: str,
    period: str,
) -> Comparison | None:
    """Both definitions on the same data, taken apart as :class:`DefinitionChange` does."""
    if older.places != newer.places or older.unit != newer.unit:
        return None
    before = Period.parse(period).previous_year().name
    places, name = newer.places, unit_text(newer.unit)

    def exact(points: dict[str, Point], of: str) -> Decimal | None:
        point = points.get(of)
        return Decimal(point.scaled).scaleb(-places) if point and point.scaled is not None else None

    change = DefinitionChange(
        newer.id,
        older.id,
        kind,
        unit,
        before,
        period,
        old_earlier=exact(old, before),
        old_later=exact(old, period),
        new_later=exact(new, period),
        new_earlier=exact(new, before),
        missing=(),
    )
    if change.of_definition is None:
        return None

    def scaled(value: Decimal) -> int:
        return int(value.scaleb(places))

    def shown(value: Decimal | None) -> str:
        return "—" if value is None else f"{scaled_text(scaled(value), places)}{name}"

    def moved(value: Decimal | None) -> str:
        if value is None:
            return ""
        apart = _("个百分点") if newer.unit == "percent" else name
        return f"{'+' if value > 0 else ''}{scaled_text(scaled(value), places)} {apart}".strip()

    return Comparison(
        older,
        newer,
        shown(change.old_later),
        shown(change.new_later),
        shown(change.old_earlier),
        shown(change.new_earlier),
        only_definition=moved(change.of_definition),
        as_reported=moved(change.total),
        by_fact=moved(change.real),
    )


def _measure(measure: dict[str, Any]) -> str:
    """Which rows a measure counts, and where."""
    return "；".join(text.rstrip("。") for text in (measure.get("rows"), measure.get("where")) if text)


def _rule(reference: dict[str, Any]) -> Step:
    """A rule of the pack that the definition refers to, with its standing and on whose word."""
    words = [f"《{cite['title']}》{cite['clause']}" for cite in reference["cite"]] or [reference["because"]]
    return Step(
        _("参数：%(name)s") % {"name": reference["label"]},
        reference["value"],
        "；".join([reference["standing_label"], *words]),
        reverse("rules:entry", args=[reference["entry"]]),
    )


def _steps(definition: Definition, figure: Figure, target: Target | None, day: date) -> list[Step]:
    """How the value comes about, from the published parts."""
    formula = definition.formula_on(day)
    steps = []
    point = figure.point
    top = exact_text(point.numerator if point else None, measure_unit(formula["numerator"]))
    bottom = exact_text(point.denominator if point else None, measure_unit(formula["denominator"]))
    for part, words, text in (("numerator", _("分子：%(name)s"), top), ("denominator", _("分母：%(name)s"), bottom)):
        if measure := formula[part]:
            steps.append(Step(words % {"name": measure["label"]}, text or _("没有"), _measure(measure)))
    # A run that an older release computed carries no references, and is still read.
    steps += [_rule(reference) for reference in formula.get("references", ())]
    if definition.denominator_source:
        steps.append(Step(_("分母来源"), definition.denominator_source))
    if figure.known and top and bottom and formula["method"] in {"share", "ratio", "per_capita"}:
        times = f" × {formula['scale']}" if formula["scale"] != 1 else ""
        # An amount is shown in 元, which already carries out the division of fen by a hundred.
        in_yuan = measure_unit(formula["numerator"]) == "分" and formula["divisor"] == 100
        over = f" ÷ {formula['divisor']}" if formula["divisor"] != 1 and not in_yuan else ""
        text = f"{top} ÷ {bottom}{times}{over} = {figure.value} {figure.unit}"
        steps.append(
            Step(
                formula["method_label"], text.strip(), _("四舍五入到 %(places)s 位小数") % {"places": definition.places}
            )
        )
    elif figure.known:
        steps.append(Step(formula["method_label"], f"{figure.value} {figure.unit}".strip()))
    else:
        steps.append(Step(_("结果"), _("无法得出"), figure.because))
    if target:
        judged = judge(figure, target)
        steps.append(
            Step(_("对照目标 %(target)s") % {"target": target_text(target, definition.places, figure.unit)}, judged.gap)
        )
    return steps


def indicator_page(
    run: RunHead, pack: Pack, definition: Definition, *, unit_kind: str, unit_id: str, period: str, holder: Holder
) -> dict[str, Any]:
    """The context of an indicator page's body."""
    every = queries.definitions(run)
    day = queries.last_day(period, run)
    target = next(iter(queries.targets_on(definition, day)), None)
    seen = queries.institutions_seen(holder, day)
    older = every.get(definition.succeeds)
    newer = next((d for d in every.values() if d.succeeds == definition.id), None)
    wanted = {definition.id} | {d.id for d in (older, newer) if d}
    held = queries.points_of(run, unit_kind, unit_id, wanted)
    points = held.get(definition.id, {})
    figure = queries.figure(definition, unit_kind, unit_id, period, points)
    beside = (older, held.get(older.id, {})) if older and older.unit == definition.unit else None
    unit = "" if unit_kind == "county" else f"{unit_kind}:{unit_id}"
    comparison = None
    if older:
        comparison = _comparison(
            older, definition, held.get(older.id, {}), points, kind=unit_kind, unit=unit_id, period=period
        )
    elif newer:
        comparison = _comparison(
            definition, newer, points, held.get(newer.id, {}), kind=unit_kind, unit=unit_id, period=period
        )
    entry = pack.entries.get(definition.id)
    labels = {name: measure.label for name, measure in MEASURES.items()}
    rule: Card | None = card(pack, definition.id, day=run.as_of, measures=labels) if entry else None
    judged = judge(figure, target) if target else None
    return {
        "definition": definition,
        "figure": figure,
        "judgement": judged,
        "bullet": pictures.bullet(judged) if judged else None,
        "target": target,
        "target_text": target_text(target, definition.places, figure.unit) if target else "",
        "trend": _trend(definition, points, target, beside, period),
        "comparison": comparison,
        "older_href": indicator_href(older.id, period, unit) if older else "",
        "newer": newer,
        "newer_href": indicator_href(newer.id, period, unit) if newer else "",
        "bars": _bars(run, definition, period, target, seen, day),
        "steps": _steps(definition, figure, target, day),
        "unplaced_reasons": queries.unplaced_of(run, definition.id, unit_kind, period),
        "rows_href": reverse("monitoring:rows", args=[definition.id])
        + "?"
        + urlencode({"period": period, **({"unit": unit} if unit else {})}),
        "card": rule,
        "pack_changed": definition.own and pack.identity != run.pack_revision,
    }


def _trend(
    definition: Definition, points: dict[str, Point], target: Target | None, beside, period: str
) -> Trend | None:
    goal = target if target and target.scaled is not None else None
    return pictures.trend(definition, points, target=goal, name="trend", older=beside, period=period)


def _bars(
    run: RunHead, definition: Definition, period: str, target: Target | None, seen: set[str] | None, day: date
) -> list[Bars]:
    """One picture for each kind of unit: communities, levels, institutions, townships."""
    goal = target if target and target.scaled is not None else None
    units = list_units(tiers=("county", "township"))
    places = list_places()
    kinds = {
        "community": (_("按医共体"), community_names(), {}),
        "tier": (_("按层级"), {t: level_label(t) for t in TIER_ORDER}, {t: t for t in TIER_ORDER}),
        "institution": (
            _("按机构（县级与乡镇级）"),
            {i: u.short_name for i, u in units.items()},
            {i: u.tier for i, u in units.items()},
        ),
        "township": (
            _("按居住乡镇（街道）") if definition.population == "insured" else _("按乡镇（街道）"),
            {c: p.name for c, p in places.items()},
            {},
        ),
    }
    drawn = []
    for kind, (title, labels, levels) in kinds.items():
        if kind not in definition.by:
            continue
        allowed = set(labels) if kind != "institution" or seen is None else set(labels) & seen
        points = {
            unit: held[period]
            for unit, held in queries.points_by_unit(run, definition.id, kind, allowed).items()
            if period in held
        }
        if not any(point.scaled is not None for point in points.values()):
            continue
        hrefs = {unit: indicator_href(definition.id, period, f"{kind}:{unit}") for unit in points}
        picture = pictures.bars(
            definition, points, labels=labels, levels=levels, target=goal, name=f"bars-{kind}", title=title, hrefs=hrefs
        )
        if picture:
            drawn.append(picture)
    return drawn
