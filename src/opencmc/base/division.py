"""The only rounding and the only splitting in the program.

Engines disagree about both (2.5 becomes 3 in one and 2 in another), so no engine rounds: expressions return whole
numbers and the one division happens here, or inside an engine in the whole-number form of :func:`round_half_up`, on
which all engines agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def round_half_up(numerator: int, denominator: int) -> int:
    """四舍五入 of ``numerator / denominator`` to a whole number: ``(2a + b) // (2b)``.

    Both operands must be whole; ``numerator >= 0`` and ``denominator > 0``. A negative amount has no agreed
    half (is −2.5 "up" −2 or −3?), so the caller says so by negating.
    """
    if denominator <= 0:
        raise ValueError(f"denominator must be positive, got {denominator}")
    if numerator < 0:
        raise ValueError(f"numerator must not be negative, got {numerator}")
    return (2 * numerator + denominator) // (2 * denominator)


def apportion(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Split ``total`` in proportion to ``weights`` by largest remainder; the parts add up to ``total`` exactly.

    Ties between equal remainders go to the earlier position, so the order of ``weights`` is the order of ties.
    Weights may be of any size (whole numbers or fractions) but not negative.

    * ``total`` zero: every part is zero.
    * ``total`` negative (a recovery): split as its absolute value, then negated, so that paying out and taking back
      are mirror images.
    * all weights zero: refused with ``ValueError`` unless ``total`` is zero, because there is no fair split.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    if total == 0:
        return [0] * len(weights)
    whole = sum(weights)
    if whole == 0:
        raise ValueError("cannot apportion a total over weights that are all zero")
    if total < 0:
        return [-part for part in apportion(-total, weights)]
    exact = [Fraction(total) * weight / whole for weight in weights]
    parts = [share.numerator // share.denominator for share in exact]
    missing = total - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[:missing]:
        parts[i] += 1
    return parts
