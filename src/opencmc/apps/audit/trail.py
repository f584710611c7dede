"""The block in which a write and its audit lines stand or fall together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import transaction

from opencmc.apps.access.api import ACTIONS, Actor
from opencmc.apps.audit.models import AuditLine


@dataclass
class Trail:
    """The lines of one transaction, written at its end."""

    actor: Actor
    lines: list[AuditLine] = field(default_factory=list)

    def add(self, action: str, *, object_: str = "", resident_id: str = "", reason: str = "") -> None:
        """One thing done: ``action`` (an id of the table of rights, or a name of its own), to what, whose and why."""
        holder = self.actor.holder
        known = ACTIONS.get(action)
        self.lines.append(
            AuditLine(
                at=self.actor.at,
                actor=holder.username[:150],
                role=holder.role,
                unit=f"{holder.unit_kind}:{holder.unit_id}"[:80] if holder.unit_id else "",
                action=action,
                object=object_[:200],
                resident_id=resident_id,
                purpose=known.purpose if known else "",
                reason=reason[:400],
                address=self.actor.address,
            )
        )


_open: ContextVar[Trail | None] = ContextVar("open_trail", default=None)


@contextmanager
def audited(actor: Actor) -> Iterator[Trail]:
    """A transaction that leaves at least one line. Inside another such block the lines join the outer one's.

    Lines are written last, so that the tail of the chain is locked for as short as may be.
    """
    outer = _open.get()
    if outer is not None:
        before = len(outer.lines)
        with transaction.atomic():
            yield outer
        if len(outer.lines) == before:
            raise RuntimeError("a write without an audit line")
        return
    trail = Trail(actor)
    token = _open.set(trail)
    try:
        with transaction.atomic():
            yield trail
            if not trail.lines:
                raise RuntimeError("a write without an audit line")
            AuditLine.objects.bulk_create(trail.lines)
    finally:
        _open.reset(token)


def record(actor: Actor, action: str, *, object_: str = "", resident_id: str = "", reason: str = "") -> None:
    """One line on its own: a view of a person's record, a sign-in."""
    with audited(actor) as trail:
        trail.add(action, object_=object_, resident_id=resident_id, reason=reason)
