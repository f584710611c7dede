"""Lines by month with a target line and the breaks of a definition."""

from __future__ import annotations

from opencmc.apps.pictures import Line, Trend
from opencmc.web.charts.scale import mark_text, round_marks
from opencmc.web.charts.svg import frame, number, percent, stretched, tag, words


def draw_trend(picture: Trend) -> str:
    return _small(picture) if picture.small else _large(picture)


def _values(picture: Trend) -> list[float]:
    found = [v for line in picture.lines for v in line.values if v is not None]
    return found + ([picture.target] if picture.target is not None else [])


def _paths(line: Line, across: list[float], down) -> str:
    """Polylines without a bridge over a gap; a lone point between gaps becomes a short dash."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, value in zip(across, line.values, strict=True):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((x * 100, down(value)))
    drawn = ""
    for piece in pieces:
        if len(piece) == 1:
            ((x, y),) = piece
            piece = [(x - 0.4, y), (x + 0.4, y)]
        if piece:
            points = " ".join(f"{number(x)},{number(y)}" for x, y in piece)
            drawn += tag(
                "polyline", points=points, class_=f"trend-line {line.style}", vector_effect="non-scaling-stroke"
            )
    return drawn


def _across(count: int, left: float, right: float) -> list[float]:
    return [left + (right - left) * i / (count - 1) for i in range(count)]


def _large(picture: Trend) -> str:
    height, top, bottom = 280, 30, 250
    marks = round_marks(min(_values(picture), default=0.0), max(_values(picture), default=1.0))
    low, high = marks[0], marks[-1]

    def down(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    count = len(picture.periods)
    across = _across(count, 0.075, 0.965)
    parts = []
    for mark in marks:
        y = down(mark)
        parts.append(tag("line", x1="0", x2="100%", y1=number(y), y2=number(y), class_="grid"))
        parts.append(words(mark_text(mark, marks[1] - marks[0]), "0", y - 4, "axis"))
    parts.append(words(picture.unit, "0", 12, "axis"))
    # At most seven month names, the last one always among them.
    every = max(1, -(-count // 6))
    for i in range(count - 1, -1, -every):
        anchor = "end" if i == count - 1 else "middle"
        x = percent(min(0.995, across[i] + (0.03 if i == count - 1 else 0)))
        # A phone shows every second name.
        minor = " minor" if (count - 1 - i) // every % 2 else ""
        parts.append(words(picture.periods[i], x, bottom + 20, f"axis{minor}", anchor))
    for change in picture.breaks:
        x = (across[change.index] + across[change.index - 1]) / 2
        parts.append(tag("line", x1=percent(x), x2=percent(x), y1=top - 12, y2=bottom, class_="break-line"))
        anchor = "end" if x > 0.5 else "start"
        parts.append(words(change.label, percent(x + (-0.008 if x > 0.5 else 0.008)), top - 4, "break-label", anchor))
    if picture.target is not None:
        y = down(picture.target)
        parts.append(tag("line", x1="0", x2="100%", y1=number(y), y2=number(y), class_="target-line dashed"))
        parts.append(words(picture.target_label, percent(0.075), y - 5, "target-label"))
    if picture.current is not None:
        x = percent(across[picture.current])
        parts.append(tag("line", x1=x, x2=x, y1=top, y2=bottom, class_="current-line"))
    parts.append(stretched("".join(_paths(line, across, down) for line in reversed(picture.lines)), height))
    parts += _end_labels(picture, across, down)
    return frame(picture.name, picture.title, picture.description, "".join(parts), height=height, class_="trend")


def _end_labels(picture: Trend, across: list[float], down) -> list[str]:
    """A dot and a label at each line's last value; labels that would meet are put above and below."""
    parts, ends = [], []
    for line in picture.lines:
        last = next((i for i in range(len(across) - 1, -1, -1) if line.values[i] is not None), None)
        if last is not None:
            ends.append((down(line.values[last]), last, line))
    lowest = max((y for y, _, _ in ends), default=0.0)
    for y, last, line in sorted(ends, key=lambda end: end[0]):
        parts.append(tag("circle", cx=percent(across[last]), cy=number(y), r=3.5, class_=f"trend-dot {line.style}"))
        below = len(ends) > 1 and y == lowest
        named = f"{line.label} " if len(ends) > 1 else ""
        text = f"{named}{line.texts[last]}{picture.unit}"
        parts.append(words(text, "99.5%", y + 19 if below else y - 10, f"line-label {line.style}", "end"))
    return parts


def _small(picture: Trend) -> str:
    height, top, bottom = 64, 8, 54
    values = _values(picture)
    low, high = min(values, default=0.0), max(values, default=1.0)
    if high == low:
        low, high = low - 1, high + 1

    def down(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    across = _across(len(picture.periods), 0.01, 0.97)
    parts = [tag("line", x1="0", x2="100%", y1=height - 2, y2=height - 2, class_="grid")]
    for i, period in enumerate(picture.periods):
        if period.endswith("-01"):
            parts.append(
                tag(
                    "line",
                    x1=percent(across[i]),
                    x2=percent(across[i]),
                    y1=height - 7,
                    y2=height - 2,
                    class_="grid year",
                )
            )
    if picture.target is not None:
        y = number(down(picture.target))
        parts.append(tag("line", x1="0", x2="100%", y1=y, y2=y, class_="target-line dashed"))
    parts.append(stretched("".join(_paths(line, across, down) for line in picture.lines), height))
    line = picture.lines[0]
    last = next((i for i in range(len(across) - 1, -1, -1) if line.values[i] is not None), None)
    if last is not None:
        value = line.values[last]
        assert value is not None
        parts.append(tag("circle", cx=percent(across[last]), cy=number(down(value)), r=3, class_="trend-dot main"))
    return frame(picture.name, picture.title, picture.description, "".join(parts), height=height, class_="trend small")
