"""What passes through the door of the accounts slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """An open break-glass access: whose record, until when, and the reason that was given."""

    id: int
    resident_id: str
    about: str
    reason: str
    at: datetime
    until: datetime
