"""Where patients go: home township → level → hospital, as streams whose width is the number of patients.

A phone has no room for three columns of names; there each township is one bar, divided by level.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from opencmc.apps.pictures import LEVELS, Flow
from opencmc.web.charts.bars import fill_of
from opencmc.web.charts.svg import frame, number, percent, shortened, stretched, tag, words

_COLUMNS = (0.145, 0.465, 0.775)
_WIDTH = 0.014
_HEIGHT, _TOP = 560, 30
_SLOT = 17


@dataclass(slots=True)
class _Block:
    """A node of a column: ``y`` and ``size`` in pixels; ``used`` counts what has left and arrived."""

    label: str
    count: int
    level: str = ""
    y: float = 0.0
    size: float = 0.0
    out: float = 0.0
    into: float = 0.0


def _stack(blocks: list[_Block], per_pixel: float, height: float) -> None:
    """Place the blocks one below the other; a small one still gets the room of its name."""
    slots = []
    for block in blocks:
        block.size = max(block.count * per_pixel, 1.0)
        slots.append(max(block.size + 3, _SLOT))
    spare = max(0.0, height - sum(slots)) / max(1, len(blocks))
    y = float(_TOP)
    for block, slot in zip(blocks, slots, strict=True):
        block.y = y + (slot + spare - block.size) / 2
        y += slot + spare


def draw_flow(picture: Flow) -> str:
    homes: dict[str, _Block] = {}
    levels: dict[str, _Block] = {}
    hospitals: dict[tuple[str, str], _Block] = {}
    first: dict[tuple[str, str], int] = defaultdict(int)
    for stream in picture.streams:
        homes.setdefault(stream.home, _Block(stream.home, 0)).count += stream.count
        level = levels.setdefault(stream.level, _Block(picture.level_labels[stream.level], 0, stream.level))
        level.count += stream.count
        key = (stream.level, stream.institution)
        hospitals.setdefault(key, _Block(stream.institution, 0, stream.level)).count += stream.count
        first[stream.home, stream.level] += stream.count
    total = sum(block.count for block in homes.values()) or 1
    home_list = sorted(homes.values(), key=lambda b: -b.count)
    level_list = [levels[level] for level in LEVELS if level in levels]
    hospital_list = [
        block
        for level in LEVELS
        for (of, _), block in sorted(hospitals.items(), key=lambda item: -item[1].count)
        if of == level
    ]
    rows = max(len(home_list), len(hospital_list))
    height = max(_HEIGHT, rows * (_SLOT + 4))
    per_pixel = (height - rows * 14) / total
    for blocks in (home_list, level_list, hospital_list):
        _stack(blocks, per_pixel, height)
    streams = ""
    for block in home_list:
        for level in level_list:
            if count := first.get((block.label, level.level), 0):
                streams += _stream(_COLUMNS[0], block, _COLUMNS[1], level, count * per_pixel, level.level)
    for level in level_list:
        level.out = 0.0
        for block in hospital_list:
            if block.level == level.level:
                streams += _stream(_COLUMNS[1], level, _COLUMNS[2], block, block.count * per_pixel, level.level)
    parts = [stretched(streams, height + _TOP)]
    for head, x, anchor in zip(
        picture.heads, (_COLUMNS[0], _COLUMNS[1], _COLUMNS[2]), ("end", "middle", "start"), strict=True
    ):
        parts.append(words(head, percent(x + _WIDTH), 14, "flow-head", anchor))
    for column, blocks in zip(_COLUMNS, (home_list, level_list, hospital_list), strict=True):
        for block in blocks:
            parts.append(
                tag(
                    "rect",
                    x=percent(column),
                    y=number(block.y),
                    width=percent(_WIDTH),
                    height=number(block.size),
                    class_=f"level {block.level or 'home'}",
                    fill=fill_of(block.level),
                )
            )
    for block in home_list:
        parts.append(_name(block, percent(_COLUMNS[0] - 0.008), "end", 7))
    for block in level_list:
        label = f"{block.label} {_share(block.count, total)}"
        parts.append(words(label, percent(_COLUMNS[1] + _WIDTH / 2), block.y - 5, "flow-label strong", "middle"))
    for block in hospital_list:
        parts.append(
            _name(block, percent(_COLUMNS[2] + _WIDTH + 0.008), "start", 12, f" {block.count:,}".replace(",", "\u202f"))
        )
    wide = frame(
        picture.name, picture.title, picture.description, "".join(parts), height=height + _TOP, class_="flow wide-only"
    )
    return wide + _narrow(picture, home_list, first)


def _name(block: _Block, x: str, anchor: str, length: int, more: str = "") -> str:
    return words(shortened(block.label, length) + more, x, block.y + block.size / 2 + 4.5, "flow-label", anchor)


def _share(count: int, total: int) -> str:
    tenths = (2000 * count + total) // (2 * total)
    return f"{tenths // 10}.{tenths % 10}%"


def _stream(x0: float, left: _Block, x1: float, right: _Block, size: float, level: str) -> str:
    a, b = (x0 + _WIDTH) * 100, x1 * 100
    y0, y1 = left.y + left.out, right.y + right.into
    left.out += size
    right.into += size
    middle = (a + b) / 2
    n = number
    path = (
        f"M{n(a)} {n(y0)}C{n(middle)} {n(y0)} {n(middle)} {n(y1)} {n(b)} {n(y1)}L{n(b)} {n(y1 + size)}"
        f"C{n(middle)} {n(y1 + size)} {n(middle)} {n(y0 + size)} {n(a)} {n(y0 + size)}Z"
    )
    return tag("path", d=path, class_=f"stream {level}")


def _narrow(picture: Flow, homes: list[_Block], first: dict[tuple[str, str], int]) -> str:
    row, top = 28, 8
    parts = []
    for i, block in enumerate(homes):
        y, at = top + row * i, 0.30
        parts.append(words(shortened(block.label, 6), percent(0.285), y + 16, "bar-label", "end"))
        for level in LEVELS:
            if count := first.get((block.label, level), 0):
                width = 0.70 * count / block.count
                parts.append(
                    tag(
                        "rect",
                        x=percent(at),
                        y=y + 2,
                        width=percent(width),
                        height=row - 8,
                        class_=f"level {level}",
                        fill=fill_of(level),
                    )
                )
                if width > 0.12:
                    parts.append(
                        words(_share(count, block.count), percent(at + width / 2), y + 16, "on-level", "middle")
                    )
                at += width
    height = top + row * len(homes)
    return frame(
        f"{picture.name}-n",
        picture.title,
        picture.description,
        "".join(parts),
        height=height,
        class_="flow narrow-only",
    )
