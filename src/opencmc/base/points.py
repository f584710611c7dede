"""Points, weights and coefficients as fixed-point whole numbers with four decimals (``1.05`` is ``10500``)."""

from __future__ import annotations

import re

from opencmc.base.division import round_half_up

#: A fixed-point number, in ten-thousandths.
Points = int

SCALE = 10_000

_DECIMAL = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d+)(?:\.(?P<part>\d{1,4}))?")


def parse_points(text: str) -> Points:
    """Read a decimal with at most four places: ``"1.05"`` → ``10500``. Raises ``ValueError`` for anything else."""
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a number with at most four decimals, got {text!r}")
    value = int(match["whole"]) * SCALE + int((match["part"] or "0").ljust(4, "0"))
    return -value if match["sign"] == "-" else value


def format_points(value: Points) -> str:
    """The shortest exact decimal: ``10500`` → ``1.05``."""
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), SCALE)
    text = f"{whole}.{part:04d}".rstrip("0").rstrip(".")
    return f"{sign}{text}"


def multiply(left: Points, right: Points) -> Points:
    """The product of two non-negative fixed-point numbers, rounded half up to four decimals."""
    return round_half_up(left * right, SCALE)
