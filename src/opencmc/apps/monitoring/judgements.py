"""Figures against targets: met, missed, or not to be judged; how far, and in words."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from opencmc.apps.monitoring.contracts import Figure, Judgement, Target
from opencmc.apps.monitoring.texts import scaled_text

_ORDER = {"missed": 0, "met": 1, "unknown": 2}


def target_text(target: Target, places: int, unit: str) -> str:
    """The target in a few characters: ≥ 65.0 %, 逐步上升."""
    if target.scaled is None:
        return _("较上年上升") if target.comparator == "rising" else _("较上年下降")
    sign = {">=": "≥", "<=": "≤", ">": "＞", "<": "＜"}.get(target.comparator, target.comparator)
    return f"{sign} {scaled_text(target.scaled, places)}{unit}"


def judge(figure: Figure, target: Target) -> Judgement:
    """``figure`` against ``target``. Without a value, or without last year's for a trend, it stays open."""
    point = figure.point
    if point is None or point.scaled is None:
        return Judgement(figure, target, "unknown", None, figure.because or _("没有结果"))
    places, unit = figure.indicator.places, figure.unit
    apart = _("个百分点") if figure.indicator.unit == "percent" else unit
    if target.scaled is None:
        before = figure.previous_point
        if before is None or before.scaled is None:
            return Judgement(figure, target, "unknown", None, _("没有上年同期，无法比较"))
        short = before.scaled - point.scaled if target.comparator == "rising" else point.scaled - before.scaled
        met, base = short < 0, abs(before.scaled)
    else:
        short = target.scaled - point.scaled if target.comparator.startswith(">") else point.scaled - target.scaled
        met = short <= 0 if "=" in target.comparator else short < 0
        base = abs(target.scaled)
    distance = short / base if base else (0.0 if met else 1.0)
    amount = f"{scaled_text(abs(short), places)} {apart}".strip()
    if target.scaled is None:
        words = _("较上年好 %(amount)s") if met else _("较上年差 %(amount)s")
        gap = words % {"amount": amount} if short else _("与上年持平")
    elif met:
        gap = _("好于目标 %(amount)s") % {"amount": amount} if short else _("正好达到")
    else:
        gap = _("还差 %(amount)s") % {"amount": amount}
    return Judgement(figure, target, "met" if met else "missed", distance, gap)


def in_order_of_distance(judgements: Iterable[Judgement]) -> list[Judgement]:
    """The farthest from its target first, then those met by the least, last those that cannot be judged."""
    return sorted(judgements, key=lambda j: (_ORDER[j.state], -(j.distance or 0.0), j.target.id))


def answer(judgements: list[Judgement]) -> str:
    """The one sentence at the top of the cockpit."""
    counts = {state: sum(j.state == state for j in judgements) for state in _ORDER}
    if not judgements:
        return _("这一期还没有目标可以对照")
    sentence = _("%(all)s 项目标中 %(met)s 项达到，%(missed)s 项未达到，%(unknown)s 项无法判断") % {
        "all": len(judgements),
        **counts,
    }
    farthest = next((j for j in judgements if j.state == "missed"), None)
    if farthest is None:
        return sentence + _("。")
    return sentence + _("；离目标最远的是%(label)s，%(gap)s。") % {
        "label": farthest.figure.indicator.label,
        "gap": farthest.gap,
    }
