"""Published figures as pictures: bullets, trends, bars, tiles, flows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from opencmc.apps.monitoring.contracts import Definition, Figure, Judgement, Point, Target
from opencmc.apps.monitoring.judgements import judge, target_text
from opencmc.apps.monitoring.texts import grouped, level_label, scaled_text, unit_text
from opencmc.apps.network.contracts import Place, Unit
from opencmc.apps.pictures import Bar, Bars, Break, Bullet, Flow, Line, Stream, Tile, Tiles, Trend, Twin
from opencmc.base.periods import Period


def _place(scaled: int | None, places: int) -> float | None:
    return None if scaled is None else scaled / 10**places


def bullet(judgement: Judgement) -> Bullet:
    figure, target = judgement.figure, judgement.target
    places = figure.indicator.places
    value = _place(figure.point.scaled if figure.point else None, places)
    goal = _place(target.scaled, places)
    previous = _place(figure.previous_point.scaled if figure.previous_point else None, places)
    drawn = (goal, previous) if target.scaled is not None else (previous, None)  # a trend's target is last year itself
    present = [abs(number) for number in (value, goal, previous) if number is not None]
    largest = max(present, default=1.0) or 1.0
    maximum = 100.0 if figure.indicator.unit == "percent" and 30 <= largest <= 100 else largest * 1.25
    state = {"met": _("达到"), "missed": _("未达到"), "unknown": _("无法判断")}[judgement.state]
    description = _("本期 %(value)s，目标 %(target)s，上年同期 %(previous)s：%(state)s") % {
        "value": f"{figure.value}{figure.unit}" if figure.known else _("无"),
        "target": target_text(target, places, figure.unit),
        "previous": f"{figure.previous}{figure.unit}" if figure.previous else _("无"),
        "state": state,
    }
    return Bullet(
        f"b-{target.id}",
        figure.indicator.label,
        description,
        value,
        *drawn,
        maximum,
        judgement.state,
        "down" if target.comparator in {"<=", "<", "falling"} else "up",
    )


def _months(points: Iterable[Mapping[str, Point]], last: int) -> list[str]:
    names = {name for series in points for name in series if len(name) == 7 and name[4] == "-"}
    return sorted(names)[-last:]


def _line(definition: Definition, points: Mapping[str, Point], months: list[str], label: str, style: str) -> Line:
    held = [points.get(month) for month in months]
    return Line(
        label,
        tuple(_place(p.scaled, definition.places) if p else None for p in held),
        tuple(scaled_text(p.scaled, definition.places) if p and p.scaled is not None else "—" for p in held),
        style,
    )


def _edition(definition: Definition) -> str:
    """2024 版: the edition of the set, where its name ends in a year."""
    year = definition.set[-4:]
    return _("%(year)s 版") % {"year": year} if year.isdigit() else definition.label


def trend(
    definition: Definition,
    points: Mapping[str, Point],
    *,
    target: Target | None,
    name: str,
    small: bool = False,
    older: tuple[Definition, Mapping[str, Point]] | None = None,
    period: str = "",
    last: int = 36,
) -> Trend | None:
    """The figure by month, with its target and (``older``) the same thing by the definition before it."""
    months = _months([points, older[1]] if older else [points], last)
    if len(months) < 2:
        return None
    lines = [_line(definition, points, months, _edition(definition) if older else definition.label, "main")]
    breaks: list[Break] = []
    if older:
        lines.append(_line(older[0], older[1], months, _edition(older[0]), "older"))
        changed = definition.starts[0].isoformat()[:7] if definition.starts else ""
        if changed in months[1:]:
            breaks.append(Break(months.index(changed), _("%(day)s 起改用现行口径") % {"day": definition.starts[0]}))
    unit = unit_text(definition.unit)
    first, final = lines[0].texts[0], lines[0].texts[-1]
    head = (_("月份"), *(f"{line.label}{f'（{unit}）' if unit else ''}" for line in lines))
    rows = tuple((month, *(line.texts[i] for line in lines)) for i, month in enumerate(months))
    return Trend(
        name=name,
        title=_("%(label)s，按月") % {"label": definition.label},
        description=_("%(from)s 为 %(first)s%(unit)s，%(to)s 为 %(final)s%(unit)s。")
        % {"from": months[0], "first": first, "to": months[-1], "final": final, "unit": unit},
        periods=tuple(months),
        lines=tuple(lines),
        twin=Twin(head, rows),
        target=_place(target.scaled, definition.places) if target else None,
        target_label=f"{pgettext('one', '目标')} {target_text(target, definition.places, unit)}"
        if target and target.scaled is not None
        else "",
        breaks=tuple(breaks),
        unit=unit,
        places=definition.places,
        small=small,
        current=months.index(period) if period in months else None,
    )


def bars(
    definition: Definition,
    points: Mapping[str, Point],
    *,
    labels: Mapping[str, str],
    levels: Mapping[str, str],
    target: Target | None,
    name: str,
    title: str,
    hrefs: Mapping[str, str],
) -> Bars | None:
    """Units as bars, the best first; those without a value stand at the end with the reason."""
    if not points:
        return None
    up = definition.direction != "down"
    unit = unit_text(definition.unit)

    def order(item: tuple[str, Point]) -> tuple:
        scaled = item[1].scaled
        return (scaled is None, 0 if scaled is None else (-scaled if up else scaled), item[0])

    drawn, rows = [], []
    for unit_id, point in sorted(points.items(), key=order):
        text = (
            f"{scaled_text(point.scaled, definition.places)}{unit}"
            if point.scaled is not None
            else point.because or _("没有结果")
        )
        label = labels.get(unit_id, unit_id)
        drawn.append(
            Bar(
                label,
                _place(point.scaled, definition.places),
                text,
                levels.get(unit_id, "main"),
                hrefs.get(unit_id, ""),
                label,
            )
        )
        rows.append(
            (
                label,
                text,
                "" if point.numerator is None else str(point.numerator),
                "" if point.denominator is None else str(point.denominator),
            )
        )
    return Bars(
        name,
        title,
        _("由好到差排列，共 %(count)s 个单位。") % {"count": len(drawn)},
        tuple(drawn),
        Twin((_("单位"), definition.label, _("分子"), _("分母")), tuple(rows)),
        _place(target.scaled, definition.places) if target else None,
        f"{pgettext('one', '目标')} {target_text(target, definition.places, unit)}"
        if target and target.scaled is not None
        else "",
    )


def tiles(
    definition: Definition,
    figures: Mapping[str, Figure],
    places: Mapping[str, Place],
    *,
    target: Target | None,
    hrefs: Mapping[str, str],
) -> Tiles:
    """Townships where they lie. Against a target the step is the distance to it; without one, to the middle township."""
    known = sorted(f.point.scaled for f in figures.values() if f.point and f.point.scaled is not None)
    middle = known[len(known) // 2] if known else 0
    spread = max((abs(value - middle) for value in known), default=0) or 1
    drawn, rows = [], []
    for code, place in places.items():
        figure = figures.get(code)
        step, state, note = None, "unknown", _("没有结果")
        text = "—"
        if figure and figure.point and figure.point.scaled is not None:
            text = f"{figure.value}{'%' if figure.unit == '%' else ''}"
            if target is not None:
                judged = judge(figure, target)
                state, note = judged.state, judged.gap
                step = _step(-(judged.distance or 0.0) * 30)
            elif definition.direction == "none":
                state, step, note = "none", 0, ""
            else:
                better = (figure.point.scaled - middle) * (1 if definition.direction == "up" else -1)
                state, step = "none", _step(3 * better / spread)
                note = _("居中为 %(middle)s") % {"middle": scaled_text(middle, definition.places)}
        elif figure:
            note = figure.because or note
        if place.column is not None and place.row is not None:
            drawn.append(Tile(place.name, place.column, place.row, text, step, state, hrefs.get(code, ""), note))
        rows.append((place.name, text, note))
    return Tiles(
        "tiles",
        _("%(label)s，按乡镇（街道）") % {"label": definition.label},
        _("方块按乡镇的大致方位排列。"),
        tuple(drawn),
        Twin((_("乡镇（街道）"), definition.label, _("与目标比")), tuple(rows)),
    )


def _step(position: float) -> int:
    """A place between −3 and 3; anything better than nothing is at least ±1."""
    if position == 0:
        return 1
    size = min(3, 1 + int(abs(position)))
    return size if position > 0 else -size


def flow(
    counts: Mapping[str, Mapping[str, int]],
    *,
    places: Mapping[str, Place],
    units: Mapping[str, Unit],
    period: str,
    shown_hospitals: int = 9,
) -> Flow | None:
    """Home township → level → hospital. Hospitals past the largest few of a level are drawn together."""
    total = sum(count for to in counts.values() for count in to.values())
    if not total:
        return None
    by_hospital: dict[str, int] = {}
    for to in counts.values():
        for institution, count in to.items():
            by_hospital[institution] = by_hospital.get(institution, 0) + count
    named = set(sorted(by_hospital, key=lambda i: (-by_hospital[i], i))[:shown_hospitals])
    summed: dict[tuple[str, str, str], int] = {}
    inside = 0
    for code, to in counts.items():
        home = places[code].name if code in places else _("住址不明")
        for institution, count in to.items():
            unit = units.get(institution)
            level = unit.tier if unit else "outside"
            inside += count if level != "outside" else 0
            hospital = (
                unit.short_name if unit and institution in named else _("其他%(level)s") % {"level": level_label(level)}
            )
            key = (home, level, hospital)
            summed[key] = summed.get(key, 0) + count
    streams = tuple(Stream(*key, count) for key, count in sorted(summed.items()))
    share = scaled_text((inside * 2000 + total) // (2 * total), 1)
    return Flow(
        "flow",
        _("参保居民住院去了哪里"),
        _("%(period)s 参保居民出院 %(total)s 人次，其中县域内 %(share)s%%，县外 %(outside)s 人次。")
        % {"period": period, "total": grouped(str(total)), "share": share, "outside": grouped(str(total - inside))},
        streams,
        {level: level_label(level) for level in ("village", "township", "county", "outside")},
        _("人次"),
        Twin(
            (_("居住地"), _("层级"), _("医院"), _("人次")),
            tuple((s.home, level_label(s.level), s.institution, str(s.count)) for s in streams),
        ),
        (_("居住地"), _("就医层级"), _("医院")),
    )


def months_of(period: str, as_of: date) -> list[str]:
    """The months of a period up to the as-of day."""
    return [month for month in Period.parse(period).months() if month <= as_of.isoformat()[:7]]
