"""What passes through the door of the audit slice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """Who (in which role, from where) did what, to what, whose, why and when; and its place in the chain."""

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
    lane: int
    serial: int

    @property
    def place(self) -> str:
        """``3-18``: lane and serial."""
        return f"{self.lane}-{self.serial}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the chain that is not as it was written, and where; a notice breaks nothing."""

    kind: str
    lane: int | None
    serial: int | None
    at: str
    actor: str
    action: str
    text: str
    is_notice: bool = False


@dataclass(slots=True)
class Verdict:
    """What a verification found: ``faults`` are the first of ``problems``; the chain is whole when there is none."""

    lines: int = 0
    lanes: int = 0
    seals: int = 0
    problems: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return self.problems == 0


@dataclass(frozen=True, slots=True)
class ResidentHead:
    """Whose record an access report is about: the name as the reader may see it, and all numbers under which it was kept."""

    name: str
    resident_ids: tuple[str, ...]
