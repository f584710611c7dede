"""The last blood pressures and glucoses with a tiny trend, and the warnings that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from opencmc.apps.pictures import Line, Trend, Twin
from opencmc.apps.residents.sensitive import parameter
from opencmc.apps.residents.timeline import tenths
from opencmc.facts.histories import History, Measurement, glucoses, pressures

#: Fewer are no trend.
TREND = 3


@dataclass(frozen=True, slots=True)
class LastValue:
    """What was measured last: text, unit, when; ``tone`` is bad beyond a limit; ``picture`` is None for fewer than three."""

    label: str
    text: str
    unit: str
    day: date
    tone: str
    picture: Trend | None


Limits = Mapping[str, tuple[int, int]]


def limits_on(day: date) -> Limits:
    """Measure → (alarming at or below, alarming at or above); 0 where there is no such limit."""
    return {measure: (low, high) for measure, low, high, _label in parameter("residents.alarms", day)}


def alarming(limits: Limits, measure: str, value: int | None) -> bool:
    low, high = limits.get(measure, (0, 0))
    return value is not None and bool((low and value <= low) or (high and value >= high))


def last_values(history: History, today: date) -> tuple[tuple[LastValue, ...], tuple[str, ...]]:
    """The last values, and a warning for each of them that is beyond its limit."""
    limits = limits_on(today)
    found, warnings = [], []
    for value in (_pressure(history, limits), _glucose(history, limits)):
        if value is not None:
            found.append(value)
            if value.tone == "bad":
                warnings.append(
                    _("最近一次%(label)s %(text)s %(unit)s（%(day)s）")
                    % {"label": value.label, "text": value.text, "unit": value.unit, "day": value.day}
                )
    return tuple(found), tuple(warnings)


def _pressure(history: History, limits: Limits) -> LastValue | None:
    series = pressures(history)
    if not series:
        return None
    last = series[0]
    high, low = last.values["systolic"], last.values["diastolic"]
    text = f"{high if high is not None else '—'}/{low if low is not None else '—'}"
    bad = alarming(limits, "systolic", high) or alarming(limits, "diastolic", low)
    picture = _trend(
        "pressure", _("血压"), "mmHg", series,
        {"systolic": (_("收缩压"), "main", str), "diastolic": (_("舒张压"), "older", str)},
    )  # fmt: skip
    return LastValue(_("血压"), text, "mmHg", last.date, "bad" if bad else "", picture)


def _glucose(history: History, limits: Limits) -> LastValue | None:
    series = glucoses(history)
    if not series:
        return None
    value = series[0].values["glucose_tenth"]
    bad = alarming(limits, "glucose_tenth", value)
    picture = _trend("glucose", _("空腹血糖"), "mmol/L", series, {"glucose_tenth": (_("空腹血糖"), "main", tenths)})
    text = tenths(value) if value is not None else "—"
    return LastValue(_("空腹血糖"), text, "mmol/L", series[0].date, "bad" if bad else "", picture)


def _trend(name: str, title: str, unit: str, series: Sequence[Measurement], lines: Mapping[str, tuple]) -> Trend | None:
    if len(series) < TREND:
        return None
    old_first = series[::-1]
    drawn = []
    for column, (label, style, text) in lines.items():
        values = [each.values[column] for each in old_first]
        drawn.append(
            Line(
                label, tuple(None if v is None else float(v) for v in values),
                tuple("—" if v is None else text(v) for v in values), style,
            )
        )  # fmt: skip
    days = tuple(each.date.isoformat() for each in old_first)
    rows = tuple((day, *(line.texts[at] for line in drawn)) for at, day in enumerate(days))
    said = _("%(n)s 次%(title)s，从 %(first)s 到 %(last)s") % {
        "n": len(days), "title": title, "first": days[0], "last": days[-1],
    }  # fmt: skip
    twin = Twin((_("日期"), *(line.label for line in drawn)), rows)
    return Trend(f"record-{name}", title, said, days, tuple(drawn), twin, unit=unit, small=True)
