"""What the shell of every page shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from opencmc.apps.access.api import role_label
from opencmc.apps.monitoring.api import find_run


def shell(request: HttpRequest) -> dict[str, Any]:
    run = getattr(request, "run_shown", None) or find_run()
    context: dict[str, Any] = {"county": run.region_label if run else "", "run": run, "demo": settings.DEMO}
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context |= {"holder": request.holder, "role_label": role_label(request.holder.role)}
    return context
