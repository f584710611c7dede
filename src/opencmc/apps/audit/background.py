"""A verification in the background: the page shows how far it is. Done again after a kill it gives the same answer."""

from __future__ import annotations

from datetime import datetime

from django_tasks import task

from opencmc.apps.audit.actions import run_verification


@task()
def verify_in_background(number: int, at: str) -> None:
    run_verification(number, datetime.fromisoformat(at))
