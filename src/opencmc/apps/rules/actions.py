"""Writes of the rules slice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from opencmc.apps.audit.api import append_line
from opencmc.apps.rules.models import PackInUse


def use_pack(pack_id: str, *, actor: str, at: datetime) -> None:
    """Name the pack that pages open the rule book with."""
    with transaction.atomic():
        if PackInUse.objects.filter(pack=pack_id).exists():
            return
        PackInUse.objects.all().delete()
        PackInUse.objects.create(pack=pack_id)
        append_line(at=at, actor=actor, action="use_pack", object_=pack_id)
