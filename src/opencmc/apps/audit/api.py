"""The door of the audit slice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from opencmc.apps.audit.contracts import Line
from opencmc.apps.audit.models import AuditLine


def append_line(*, at: datetime, actor: str, action: str, role: str = "", object_: str = "", reason: str = "") -> None:
    """Append a line. Refuses to run outside a transaction: a write and its line stand or fall together."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an audit line belongs into the transaction of the write that it records")
    AuditLine.objects.create(
        at=at, actor=actor[:150], role=role, action=action, object=object_[:200], reason=reason[:400]
    )


def list_lines(limit: int = 50) -> list[Line]:
    """The latest lines, newest first."""
    return [
        Line(at=line.at, actor=line.actor, role=line.role, action=line.action, object=line.object, reason=line.reason)
        for line in AuditLine.objects.all()[:limit]
    ]
