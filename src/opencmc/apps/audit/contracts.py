"""What passes through the door of the audit slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """Who (in which role, from where) did what, to what, whose, why and when."""

    at: datetime
    actor: str
    role: str
    unit: str
    action: str
    object: str
    resident_id: str
    purpose: str
    reason: str
    address: str
