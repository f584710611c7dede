"""Townships as tiles where they lie; the colour says how far from the target, and so do a number and an icon."""

from __future__ import annotations

from html import escape

from opencmc.apps.pictures import Tile, Tiles
from opencmc.web.charts.svg import frame, number, percent, shortened, tag, words

SIZE, GAP = 74, 6
_ICONS = {"met": "✓", "missed": "✗", "unknown": "?", "none": ""}


def draw_tiles(picture: Tiles) -> str:
    columns = 1 + max((tile.column for tile in picture.tiles), default=0)
    rows = 1 + max((tile.row for tile in picture.tiles), default=0)
    parts = [_tile(tile, columns) for tile in sorted(picture.tiles, key=lambda t: (t.row, t.column))]
    height = rows * (SIZE + GAP) - GAP + 2
    return frame(
        picture.name, picture.title, picture.description, "".join(parts), height=height, class_="tiles", role="group"
    )


def _tile(tile: Tile, columns: int) -> str:
    shade = (
        "none"
        if tile.step is None
        else f"{'better' if tile.step > 0 else 'worse' if tile.step < 0 else 'even'}-{abs(tile.step)}"
    )
    inner = tag("rect", x="1", y="1", width="100%", height=SIZE - 2, rx=5, class_=f"tile {shade}", transform=None)
    inner += words(shortened(tile.label, 5), "50%", 24, "tile-label", "middle")
    inner += words(tile.text, "50%", 47, "tile-value", "middle")
    if icon := _ICONS.get(tile.state, ""):
        inner += words(icon, "50%", 66, "tile-icon", "middle")
    inner += tag("title", escape(f"{tile.label} {tile.text} {tile.note}".strip()))
    width = 1 / columns
    box = {
        "x": percent(tile.column * width),
        "y": number(tile.row * (SIZE + GAP)),
        "width": percent(width - 0.012),
        "height": SIZE,
    }
    if tile.href:
        inner = tag("a", inner, href=tile.href, aria_label=f"{tile.label} {tile.text} {tile.note}".strip())
    return tag("svg", inner, class_="tile-box", **box)
