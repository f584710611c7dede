"""A result is a value, *not applicable* (because …) or *unknown* (what is missing). Unknown is not zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Value:
    value: Decimal

    status = "value"


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not arise here, for example an outflow share of one clinic."""

    because: str

    status = "not_applicable"


@dataclass(frozen=True, slots=True)
class Unknown:
    """The question arises, but something is missing: the names of what."""

    missing: tuple[str, ...]

    status = "unknown"


Outcome = Value | NotApplicable | Unknown


def combine(compute: Callable[..., Decimal], *inputs: Outcome) -> Outcome:
    """Apply ``compute`` to the decimals of ``inputs``; an unknown input makes the result unknown and names all that
    is missing, otherwise a not-applicable input makes it not applicable."""
    missing = tuple(dict.fromkeys(name for item in inputs if isinstance(item, Unknown) for name in item.missing))
    if missing:
        return Unknown(missing)
    for item in inputs:
        if isinstance(item, NotApplicable):
            return item
    return Value(compute(*(item.value for item in inputs if isinstance(item, Value))))
