"""What passes through the door of the notices slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice as its reader sees it; ``read_at`` is ``None`` while it is new."""

    id: int
    text: str
    href: str
    at: datetime
    read_at: datetime | None
