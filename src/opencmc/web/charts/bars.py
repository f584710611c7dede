"""Units as sorted bars in the colours and patterns of their levels, with the target as a line through all."""

from __future__ import annotations

from html import escape

from opencmc.apps.pictures import LEVELS, Bar, Bars
from opencmc.web.charts.svg import frame, percent, shortened, tag, words

ROW, TOP = 26, 22
_LEFT, _RIGHT = 0.30, 0.86


def fill_of(level: str) -> str | None:
    """The pattern of a level, or None for a bar that has no level."""
    return f"url(#p-{level})" if level in LEVELS else None


def draw_bars(picture: Bars) -> str:
    known = [bar.value for bar in picture.bars if bar.value is not None]
    largest = max([*known, picture.target or 0.0, 0.0]) or 1.0
    smallest = min([*known, 0.0])
    span = largest - smallest

    def place(value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (value - smallest) / span

    height = TOP + ROW * len(picture.bars) + 6
    parts = []
    for i, bar in enumerate(picture.bars):
        parts.append(_row(bar, TOP + ROW * i, place, place(0.0)))
    if picture.target is not None and picture.bars:
        x = percent(place(picture.target))
        parts.append(tag("line", x1=x, x2=x, y1=TOP - 4, y2=height - 4, class_="target-line dashed"))
        anchor = "end" if place(picture.target) > 0.6 else "start"
        parts.append(words(picture.target_label, x, TOP - 9, "target-label", anchor))
    return frame(
        picture.name, picture.title, picture.description, "".join(parts), height=height, class_="bars", role="group"
    )


def _row(bar: Bar, y: int, place, zero: float) -> str:
    label = words(shortened(bar.label, 12), percent(_LEFT - 0.012), y + 17, "bar-label", "end")
    hint = tag("title", escape(f"{bar.full_label or bar.label} {bar.text}"))
    if bar.value is None:
        parts = label + words(shortened(bar.text, 24), percent(_LEFT + 0.005), y + 17, "bar-none")
    else:
        end = place(bar.value)
        left, width = min(zero, end), abs(end - zero)
        parts = label + tag(
            "rect",
            x=percent(left),
            y=y + 4,
            width=percent(max(width, 0.002)),
            height=ROW - 10,
            class_=f"level {bar.level}",
            fill=fill_of(bar.level),
        )
        parts += words(bar.text, percent(max(end, zero) + 0.008), y + 17, "bar-value")
    if bar.href:
        return tag("a", parts + hint, href=bar.href)
    return tag("g", parts + hint)
