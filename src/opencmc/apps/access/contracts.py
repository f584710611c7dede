"""Who is asking, and from where: what a guarded function takes as its first argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from opencmc.apps.access.grants import Level


@dataclass(frozen=True, slots=True)
class Holder:
    """A user in the role of one post, at the unit that the post is about. Without a post the role is "".

    ``actions`` narrows a service account to some of its role's actions; ``None``: all of them. ``needs_second_factor``:
    one of the posts that the person holds asks for more than a password.
    """

    username: str
    name: str
    role: str
    unit_kind: str
    unit_id: str
    post_id: int | None = None
    is_service: bool = False
    actions: frozenset[str] | None = None
    needs_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """A holder at work: when, and from which address. ``day`` is set only where a demonstration has its own today."""

    holder: Holder
    at: datetime
    address: str = ""
    day: date | None = None

    @property
    def today(self) -> date:
        """The day against which work is due: the local day of ``at``, or the day that the demonstration plays on."""
        return self.day or timezone.localdate(self.at)

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
