"""A small formula language for scores that a county writes itself.

Whole expressions over named numbers: ``+ - * /``, whole powers up to 9 (``^``), comparisons, 且 或 非, ``若(条件, 甲, 乙)``,
``最小 最大 绝对值 四舍五入 向上取整 向下取整`` (or ``if min max abs round ceil floor``), and ``65%`` for 0.65. Names
may be Chinese; full-width signs are read as the usual ones.

Arithmetic is exact (fractions): ``1/3*3`` is 1 and ``0.1+0.2`` is 0.3. Rounding is 四舍五入, half away from zero, and happens
only where the formula says so; a result without an end (1/3) is given to 28 significant digits, rounded likewise. There are no
attributes, no subscripts, no texts and no loops, and length, depth and size of numbers are bounded, so a formula can neither
reach anything nor keep a machine busy. Numbers and conditions are told apart before anything is computed.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from fractions import Fraction

from opencmc.base.outcomes import NotApplicable, Outcome, Unknown, combine
from opencmc.policy.arithmetic import FormulaError, NoResult, to_decimal, to_fraction
from opencmc.policy.grammar import read_formula

__all__ = ["Formula", "FormulaError", "NoResult"]


class Formula:
    """A formula that has been read and found sound. ``names`` are its inputs."""

    def __init__(self, text: str) -> None:
        self._compute, self.names = read_formula(text)
        self.text = text

    def __call__(self, **values: int | str | Decimal | Fraction) -> Decimal:
        """The result for ``values`` (whole numbers, decimals, or decimals in strings; no floats). Names that the formula
        does not use are ignored. Raises :class:`FormulaError` when one is missing or the result does not exist."""
        return to_decimal(self.exact(**values))

    def exact(self, **values: int | str | Decimal | Fraction) -> Fraction:
        """As :meth:`__call__`, before the result is written as a decimal."""
        given = {unicodedata.normalize("NFKC", name): value for name, value in values.items()}
        if missing := sorted(self.names - given.keys()):
            raise FormulaError(f"缺少输入：{'、'.join(missing)}")
        return self._compute({name: to_fraction(name, given[name]) for name in self.names})

    def outcome(self, **inputs: Outcome) -> Outcome:
        """The result for inputs that may be unknown or not applicable. A missing name is unknown, and a division by zero
        gives no value."""
        names = sorted(self.names)
        given = [inputs.get(name, Unknown((name,))) for name in names]
        try:
            return combine(lambda *values: self(**dict(zip(names, values, strict=True))), *given)
        except NoResult as error:
            return NotApplicable(str(error))

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"
