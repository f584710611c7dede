"""What passes through the door of the audit slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    actor: str
    role: str
    action: str
    object: str
    reason: str
