"""Figures as text: exact, from whole numbers; groups of three apart by a narrow space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from opencmc.base.division import round_half_up
from opencmc.base.periods import Period, PeriodKind

#: A narrow space that does not break.
THIN = "\u202f"
MINUS = "−"

UNITS = {
    "percent": "%",
    "per_mille": "‰",
    "ratio": "",
    "yuan": gettext_lazy("元"),
    "fen": gettext_lazy("分"),
    "persons": gettext_lazy("人"),
    "person": gettext_lazy("人"),
    "visits": gettext_lazy("人次"),
    "stays": gettext_lazy("人次"),
    "reports": gettext_lazy("份"),
    "items": gettext_lazy("项"),
    "days": gettext_lazy("人日"),
    "times": gettext_lazy("次"),
    "per_10000": gettext_lazy("每万人"),
    "per_100000": gettext_lazy("每十万人"),
    "yuan_per_stay": gettext_lazy("元/人次"),
    "yuan_per_person": gettext_lazy("元/人"),
    "visits_per_day": gettext_lazy("人次/日"),
    "wan_yuan": gettext_lazy("万元"),
    "cases": gettext_lazy("例"),
    "months": gettext_lazy("个月"),
    "years": gettext_lazy("年"),
    "hours": gettext_lazy("小时"),
    "points": gettext_lazy("分值"),
    "institutions": gettext_lazy("家"),
    "beds": gettext_lazy("张"),
    "per_100": gettext_lazy("每百人"),
    "per_1000": gettext_lazy("每千人"),
}


def unit_text(unit: str) -> str:
    return str(UNITS.get(unit, unit))


def grouped(digits: str) -> str:
    """``1234567`` → ``1 234 567`` with narrow spaces."""
    return f"{int(digits):,}".replace(",", THIN)


def scaled_text(scaled: int, places: int) -> str:
    """A value of ``10^places``ths: ``(65234, 2)`` → ``652.34``."""
    sign = MINUS if scaled < 0 else ""
    whole, part = divmod(abs(scaled), 10**places)
    text = grouped(str(whole))
    return f"{sign}{text}.{part:0{places}d}" if places else f"{sign}{text}"


def measure_unit(measure: Mapping[str, Any] | None) -> str:
    return str(measure["unit"]) if measure else ""


def count_text(count: int | None, unit: str = "") -> str:
    """A numerator or denominator in its own unit; an amount in fen (分) is shown in 万元."""
    if count is None:
        return ""
    if unit == "分":
        hundredths = round_half_up(abs(count), 10_000)
        return f"{scaled_text(-hundredths if count < 0 else hundredths, 2)} {_('万元')}"
    return (MINUS if count < 0 else "") + grouped(str(abs(count)))


def exact_text(count: int | None, unit: str) -> str:
    """A numerator or denominator to the last unit, with its unit; an amount in 元 with two decimals."""
    if count is None:
        return ""
    return f"{scaled_text(count, 2)} {_('元')}" if unit == "分" else f"{count_text(count)} {unit}".strip()


def change_text(now: int, before: int, places: int, unit: str) -> str:
    """The change on last year: percentage points for percents, otherwise in percent of last year's value."""
    if unit in {"percent", "per_mille"}:
        points = _("个百分点") if unit == "percent" else _("个千分点")
        difference = now - before
        sign = "+" if difference > 0 else ""
        return f"{sign}{scaled_text(difference, places)} {points}"
    if before <= 0:
        sign = "+" if now > before else ""
        return f"{sign}{scaled_text(now - before, places)} {unit_text(unit)}".strip()
    tenths = round_half_up(abs(now - before) * 1000, before)
    sign = MINUS if now < before else ("+" if now > before else "")
    return f"{sign}{scaled_text(tenths, 1)}%"


def period_label(name: str) -> str:
    """A period in words: 2025 年, 2025 年第一季度, 2025 年 3 月, 2025 年 1–3 月."""
    period = Period.parse(name)
    year = period.start.year
    match period.kind:
        case PeriodKind.YEAR:
            return _("%(year)s 年") % {"year": year}
        case PeriodKind.QUARTER:
            return _("%(year)s 年第 %(quarter)s 季度") % {"year": year, "quarter": name[-1]}
        case PeriodKind.MONTH:
            return _("%(year)s 年 %(month)s 月") % {"year": year, "month": period.start.month}
        case PeriodKind.YEAR_TO_DATE:
            return _("%(year)s 年 1–%(month)s 月") % {"year": year, "month": int(name[-2:])}


def kind_label(kind: str) -> str:
    labels = {
        "year": pgettext("period", "年"),
        "ytd": pgettext("period", "年初至今"),
        "quarter": pgettext("period", "季"),
        "month": pgettext("period", "月"),
    }
    return labels[kind]


def level_label(level: str) -> str:
    return {"village": _("村级"), "township": _("乡镇级"), "county": _("县级"), "outside": _("县外")}.get(level, level)


SETS = {
    "national-2024": gettext_lazy("国家监测指标（2024 版）"),
    "national-2020": gettext_lazy("国家监测指标（2020 版）"),
}


def set_label(name: str, pack_label: str) -> str:
    """A set by its name for people: the national editions, or a county's own with its year."""
    if name in SETS:
        return str(SETS[name])
    year = name[-4:]
    return _("%(pack)s指标（%(year)s）") % {"pack": pack_label, "year": year} if year.isdigit() else name
