"""Exact arithmetic on bounded fractions, for formulas: what may go in, the operations, and how a result is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

HIGHEST_POWER, MOST_BITS = 9, 2048
SIGNIFICANT_DIGITS = 28


class FormulaError(ValueError):
    """A formula cannot be read or computed. The message says why and how to write it instead."""


class NoResult(FormulaError):
    """The formula is sound, but has no result for these inputs: a division by zero."""


def bounded(value: Fraction) -> Fraction:
    """The value, unless it has grown past all sense."""
    if value.numerator.bit_length() > MOST_BITS or value.denominator.bit_length() > MOST_BITS:
        raise FormulaError("数太大或太长，算不下去；请检查乘方和连乘")
    return value


def to_fraction(name: str, value: int | str | Decimal | Fraction) -> Fraction:
    """An input as a fraction. Floats, truth values, infinities and words are refused; ``name`` is for the message."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal | Fraction):
        raise FormulaError(f"“{name}”应为整数或小数，不收{type(value).__name__}")
    if isinstance(value, str):
        if not re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", value, re.ASCII) or len(value) > 600:
            raise FormulaError(f"“{name}”的取值不是一个数")
        return bounded(Fraction(value))
    if isinstance(value, Decimal) and not (
        value.is_finite() and abs(value.adjusted()) + len(value.as_tuple().digits) < 600
    ):
        raise FormulaError(f"“{name}”的取值不是一个有限的数")
    return bounded(Fraction(value))


def to_decimal(value: Fraction) -> Decimal:
    """Exact where the decimal ends, otherwise 28 significant digits, half up."""
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest == 1:
        places = max(twos, fives)
        return _decimal_of(value.numerator * 10**places // value.denominator, places)
    places = SIGNIFICANT_DIGITS - _magnitude(abs(value))
    return _decimal_of(_round(value * Fraction(10) ** places), places)


def _magnitude(value: Fraction) -> int:
    """The number of digits before the point of a positive fraction (0 or less below 0.1)."""
    digits = len(str(value.numerator)) - len(str(value.denominator))
    return digits + 1 if value >= Fraction(10) ** digits else digits


def _decimal_of(whole: int, places: int) -> Decimal:
    return Decimal((int(whole < 0), tuple(int(digit) for digit in str(abs(whole))), -places))


def _round(value: Fraction) -> int:
    """四舍五入 to a whole number: half goes away from zero."""
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -whole if value < 0 else whole


def _divide(left: Fraction, right: Fraction) -> Fraction:
    if right == 0:
        raise NoResult("除数为零，没有结果")
    return left / right


def _power(left: Fraction, right: Fraction) -> Fraction:
    if right.denominator != 1 or not 0 <= right <= HIGHEST_POWER:
        raise FormulaError(f"乘方的指数应为 0 到 {HIGHEST_POWER} 的整数")
    if max(left.numerator.bit_length(), left.denominator.bit_length()) * int(right) > MOST_BITS:
        raise FormulaError("数太大或太长，算不下去；请检查乘方和连乘")
    return Fraction(left ** int(right))


OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "^": _power,
    "**": _power,
}
COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _round_to(value: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    if places.denominator != 1 or not -6 <= places <= 6:
        raise FormulaError("四舍五入的位数应为 -6 到 6 的整数")
    scale = Fraction(10) ** int(places)
    return _round(value * scale) / scale


FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "abs": lambda value: abs(value),
    "round": _round_to,
    "ceil": lambda value: Fraction(-(-value.numerator // value.denominator)),
    "floor": lambda value: Fraction(value.numerator // value.denominator),
}
