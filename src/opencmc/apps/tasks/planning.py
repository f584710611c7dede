"""When the next contact is due: the intervals that were published with the run."""

from __future__ import annotations

from datetime import date, timedelta

from opencmc.apps.tasks.contracts import Interval
from opencmc.apps.tasks.kinds import Outcome
from opencmc.apps.tasks.models import FollowUpInterval


def interval_of(programme: str) -> Interval | None:
    row = FollowUpInterval.objects.filter(pk=programme).first()
    return Interval(row.programme, row.days, row.recheck_days, row.standing) if row else None


def next_day(programme: str, outcome: Outcome, done_on: date) -> date | None:
    """The day that the pack's interval proposes after ``outcome``; None when the pack has none."""
    interval = interval_of(programme)
    if interval is None:
        return None
    return done_on + timedelta(days=interval.recheck_days if outcome.recheck else interval.days)
