"""Pictures drawn on the server as accessible SVG: pure functions from frozen values to text."""

from __future__ import annotations

from functools import singledispatch

from opencmc.apps.pictures import Bars, Bullet, Flow, Tiles, Trend
from opencmc.web.charts.bars import draw_bars
from opencmc.web.charts.bullet import draw_bullet
from opencmc.web.charts.flow import draw_flow
from opencmc.web.charts.tiles import draw_tiles
from opencmc.web.charts.trend import draw_trend


@singledispatch
def draw(picture: object) -> str:
    """The SVG of a picture."""
    raise TypeError(f"no drawing for {type(picture).__name__}")


draw.register(Bars, draw_bars)
draw.register(Bullet, draw_bullet)
draw.register(Flow, draw_flow)
draw.register(Tiles, draw_tiles)
draw.register(Trend, draw_trend)
