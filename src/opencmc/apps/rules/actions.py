"""Writes of the rules slice."""

from __future__ import annotations

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.rules.models import PackInUse


def use_pack(pack_id: str, *, actor: Actor) -> None:
    """Name the pack that pages open the rule book with."""
    if PackInUse.objects.filter(pack=pack_id).exists():
        return
    with audited(actor) as trail:
        PackInUse.objects.all().delete()
        PackInUse.objects.create(pack=pack_id)
        trail.add("use_pack", object_=pack_id)
