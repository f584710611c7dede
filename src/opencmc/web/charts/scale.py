"""Where values lie: round marks for an axis."""

from __future__ import annotations

import math


def round_marks(low: float, high: float, wanted: int = 4) -> list[float]:
    """About ``wanted`` round numbers that enclose ``[low, high]``."""
    if high <= low:
        spread = abs(high) * 0.1 or 1.0
        low, high = low - spread / 2, high + spread / 2
    rough = (high - low) / wanted
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def mark_text(value: float, step: float) -> str:
    places = next(places for places in range(9) if abs(step * 10**places - round(step * 10**places)) < 1e-6)
    text = f"{abs(value):,.{places}f}".replace(",", "\u202f")
    return f"−{text}" if value < 0 else text
