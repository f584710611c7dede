"""Reads of the audit."""

from __future__ import annotations

from opencmc.apps.audit.contracts import Line
from opencmc.apps.audit.models import AuditLine


def list_lines(limit: int = 50) -> list[Line]:
    """The latest lines, newest first."""
    return [
        Line(
            at=line.at,
            actor=line.actor,
            role=line.role,
            unit=line.unit,
            action=line.action,
            object=line.object,
            resident_id=line.resident_id,
            purpose=line.purpose,
            reason=line.reason,
            address=line.address,
        )
        for line in AuditLine.objects.all()[:limit]
    ]
