"""What the shell of every page shows. Each part costs at most one indexed read, and only on pages that show it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from opencmc.apps.access.api import Holder, role_label
from opencmc.apps.monitoring.api import find_run
from opencmc.apps.network.api import unit_names
from opencmc.apps.notices.api import unread_count
from opencmc.web.help import help_for
from opencmc.web.navigation import PHONE, WIDE, bar, links

#: Seconds for which the names of units are kept; a renamed one shows its name after that.
NAMES_KEPT = 60


def shell(request: HttpRequest) -> dict[str, Any]:
    run = getattr(request, "run_shown", None) or find_run()
    context: dict[str, Any] = {
        "county": run.region_label if run else "",
        "run": run,
        "demo": settings.DEMO,
        "help": help_for(request),
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not hasattr(request, "holder"):
        return context
    found = links(request.holder, request.path)
    return context | {
        "holder": request.holder,
        "role_label": role_label(request.holder.role),
        "unit_name": SimpleLazyObject(lambda: _unit_name(request.holder)),
        "nav": bar(found, WIDE),
        "tabs": bar(found, PHONE),
        "unread": unread_count(request.actor),
        "today": request.today,
    }


def _unit_name(holder: Holder) -> str:
    if not holder.unit_id:
        return ""
    names = cache.get("unit_names")
    if names is None:
        names = unit_names()
        cache.set("unit_names", names, NAMES_KEPT)
    return str(names.get((holder.unit_kind, holder.unit_id), ""))
