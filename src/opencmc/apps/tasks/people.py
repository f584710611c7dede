"""The residents that a list of tasks is about, named as the reader may see them."""

from __future__ import annotations

from collections.abc import Iterable

from opencmc.apps.access.api import Actor
from opencmc.apps.residents import api as residents
from opencmc.apps.residents.api import PersonLine


def lines_of(actor: Actor, resident_ids: Iterable[str], action: str = "tasks.view") -> dict[str, PersonLine]:
    """Resident → line; one that is not in the index is left out."""
    wanted = list(dict.fromkeys(resident_ids))
    return residents.lines_of(actor, wanted, action=action) if wanted else {}
