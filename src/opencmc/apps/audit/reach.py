"""Whose record an access report may be about. Who knows residents says so; audit itself knows none."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, Level, require
from opencmc.apps.audit.contracts import ResidentHead
from opencmc.base.errors import Refused

#: (actor, resident_id, action) → whose record it is; raises Refused when it is not within the actor's reach.
Guard = Callable[[Actor, str, str], ResidentHead]

ACTION = "residents.access_report"
_guards: list[Guard] = []


def guard_residents(guard: Guard) -> None:
    """Called once by the slice of residents when it starts."""
    _guards[:] = [guard]


def access_report_head(actor: Actor, resident_id: str) -> ResidentHead:
    """Whose report ``actor`` asks for. While nobody knows where residents belong, only a county-wide right reaches."""
    reach = require(actor.holder, ACTION)
    if _guards:
        return _guards[0](actor, resident_id, ACTION)
    if reach.level is not Level.COUNTY:
        raise Refused(_("没有这位居民，或不在您的范围内"), rule=ACTION)
    return ResidentHead(resident_id, (resident_id,))
