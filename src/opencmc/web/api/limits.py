"""How often a caller may ask: a bucket that fills at a steady rate, kept in the worker's own memory.

Each worker counts for itself, so over all workers a caller may reach the rate times their number and never less than
the rate. A connection that is kept open stays with one worker and is held to the rate exactly.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from django.conf import settings

from opencmc.web.api.problems import Problem

#: Callers remembered; when there are more, those with full buckets are forgotten first.
_KEPT = 20_000


class Buckets:
    """``rate()`` requests a second on average, ``burst()`` at once."""

    def __init__(self, rate: Callable[[], float], burst: Callable[[], float]) -> None:
        self._rate, self._burst = rate, burst
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, caller: str, now: float) -> float:
        """0 when the request may pass, otherwise the seconds to wait."""
        rate, burst = self._rate(), self._burst()
        level, since = self._levels.get(caller, (burst, now))
        level = min(burst, level + (now - since) * rate)
        if level < 1:
            self._levels[caller] = (level, now)
            return (1 - level) / rate
        if len(self._levels) >= _KEPT:
            self._forget(now, rate, burst)
        self._levels[caller] = (level - 1, now)
        return 0.0

    def empty(self, caller: str, now: float) -> float:
        """The seconds until this caller may ask again, without taking anything."""
        found = self._levels.get(caller)
        if found is None:
            return 0.0
        level = found[0] + (now - found[1]) * self._rate()
        return 0.0 if level >= 1 else (1 - level) / self._rate()

    def _forget(self, now: float, rate: float, burst: float) -> None:
        full = [name for name, (level, since) in list(self._levels.items()) if level + (now - since) * rate >= burst]
        for name in full or list(self._levels):
            self._levels.pop(name, None)

    def clear(self) -> None:
        self._levels.clear()


#: Whoever is signed in or has a token, by name.
callers = Buckets(lambda: settings.API_RATE, lambda: settings.API_BURST)
#: Wrong tokens, by address: guessing is slow.
failures = Buckets(lambda: settings.API_FAILURES_A_MINUTE / 60, lambda: settings.API_FAILURES_A_MINUTE)


def hold_caller(name: str) -> None:
    _held(callers.take(name, time.monotonic()))


def hold_failures(address: str) -> None:
    """Before a token is looked at."""
    _held(failures.empty(address, time.monotonic()))


def count_failure(address: str) -> None:
    failures.take(address, time.monotonic())


def _held(wait: float) -> None:
    if wait:
        raise Problem("too-many", headers={"Retry-After": str(math.ceil(wait))})
