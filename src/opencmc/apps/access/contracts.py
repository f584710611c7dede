"""Who is asking, and from where: what a guarded function takes as its first argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opencmc.apps.access.grants import Level


@dataclass(frozen=True, slots=True)
class Holder:
    """A user in the role of one post, at the unit that the post is about. Without a post the role is ""."""

    username: str
    name: str
    role: str
    unit_kind: str
    unit_id: str
    post_id: int | None = None
    is_service: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """A holder at work: when, and from which address."""

    holder: Holder
    at: datetime
    address: str = ""

    @classmethod
    def system(cls, at: datetime, name: str = "opencmc") -> Actor:
        """The program itself, from the command line or a background job. It stands outside the table of rights."""
        return cls(Holder(name, name, "system", "county", ""), at)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an action goes for a holder: a level, seen from a unit. ``network`` turns it into institutions."""

    action: str
    level: Level
    unit_kind: str
    unit_id: str
