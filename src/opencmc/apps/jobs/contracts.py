"""What passes through the door of the jobs slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as its page shows it. ``total`` 0: not known yet how much there is."""

    id: int
    label: str
    state: str
    state_label: str
    tone: str
    done: int
    total: int
    step: str
    outcome: str
    error: str
    href: str
    username: str
    asked_at: datetime
    finished_at: datetime | None
    attempts: int

    @property
    def is_open(self) -> bool:
        return self.state in {"waiting", "running"}
