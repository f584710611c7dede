"""Premature mortality 40q30: the probability of dying between 30 and 70 from four groups of chronic diseases.

WHO's life-table method on five-year ages: ``q = 5·M / (1 + 2.5·M)`` and ``40q30 = 1 − Π(1 − q)``, where ``M`` is the
death rate per person-year of one age group.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

#: Lower ends of the eight age groups.
AGES = (30, 35, 40, 45, 50, 55, 60, 65)


def probability(rates: Sequence[Decimal]) -> Decimal:
    """40q30 from the eight death rates (deaths per person-year), with 28 significant digits."""
    if len(rates) != len(AGES):
        raise ValueError(f"expected {len(AGES)} rates, got {len(rates)}")
    with localcontext() as context:
        context.prec = 28
        surviving = Decimal(1)
        for rate in rates:
            surviving *= 1 - 5 * rate / (1 + Decimal("2.5") * rate)
        return 1 - surviving
