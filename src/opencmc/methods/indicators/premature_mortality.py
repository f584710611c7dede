"""Premature mortality: the probability of dying within a range of ages (30 to 70: 40q30) from groups of chronic diseases.

WHO's life-table method on five-year ages: ``q = 5·M / (1 + 2.5·M)`` and ``40q30 = 1 − Π(1 − q)``, where ``M`` is the
death rate per person-year of one age group. Which ages and which causes count is the pack's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext


def probability(rates: Sequence[Decimal]) -> Decimal:
    """From the death rates of successive five-year ages (deaths per person-year), with 28 significant digits."""
    with localcontext() as context:
        context.prec = 28
        surviving = Decimal(1)
        for rate in rates:
            surviving *= 1 - 5 * rate / (1 + Decimal("2.5") * rate)
        return 1 - surviving
