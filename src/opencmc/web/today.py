"""Which day it is. A demonstration county's data end on a day of their own: there, and only there, that day is today.

Moments (audit lines, sessions, time limits) are always the real ones; only what is *due* is held against this day, and
the shell says so on every page.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings

from opencmc.apps.monitoring.api import find_run


def demonstration_day() -> date | None:
    """The as-of day of the published run of a demonstration; ``None`` in a real county or before anything is published."""
    if not settings.DEMO:
        return None
    run = find_run()
    return run.as_of if run else None
