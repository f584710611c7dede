"""A value against its target: a bar, a line for the target, a small mark for last year."""

from __future__ import annotations

from opencmc.apps.pictures import Bullet
from opencmc.web.charts.svg import frame, percent, tag

HEIGHT = 30
_MIDDLE = 15


def draw_bullet(picture: Bullet) -> str:
    """The range that meets the target is shaded, the bar carries the state's colour, last year is a triangle above it."""

    def share(value: float) -> float:
        return min(max(value / picture.maximum, 0.0), 1.0)

    parts = [tag("rect", x="0", y=_MIDDLE - 7, width="100%", height=14, class_="track")]
    if picture.target is not None:
        at = share(picture.target)
        if picture.better == "down":
            parts.append(tag("rect", x="0", y=_MIDDLE - 7, width=percent(at), height=14, class_="good-side"))
        else:
            parts.append(
                tag("rect", x=percent(at), y=_MIDDLE - 7, width=percent(1 - at), height=14, class_="good-side")
            )
    if picture.value is not None:
        width = percent(share(picture.value))
        parts.append(tag("rect", x="0", y=_MIDDLE - 4, width=width, height=8, class_=f"bar {picture.state}"))
        if picture.state == "missed":
            parts.append(tag("rect", x="0", y=_MIDDLE - 4, width=width, height=8, fill="url(#p-missed)"))
    if picture.previous is not None:
        at = share(picture.previous) * 100
        # A triangle of about 8 × 6 pixels: the small picture overflows to both sides of its place.
        mark = tag("path", d=f"M-4 {_MIDDLE - 14} L4 {_MIDDLE - 14} L0 {_MIDDLE - 8} Z", class_="previous")
        parts.append(tag("svg", mark, x=f"{at:.2f}%", y="0", overflow="visible", width="1", height=HEIGHT))
    if picture.target is not None:
        at = percent(share(picture.target))
        parts.append(tag("line", x1=at, x2=at, y1=_MIDDLE - 11, y2=_MIDDLE + 11, class_="target-line"))
    return frame(picture.name, picture.title, picture.description, "".join(parts), height=HEIGHT, class_="bullet")
