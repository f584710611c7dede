"""What passes through the door of the accounts slice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is asking: a user name, a role and the unit that the role is about."""

    username: str
    name: str
    role: str
    unit_kind: str
    unit_id: str
    institutions_seen: str
    may_list_rows: bool
