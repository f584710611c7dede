"""The door of the audit slice."""

from opencmc.apps.audit.queries import list_lines
from opencmc.apps.audit.trail import Trail, audited, record

__all__ = ["Trail", "audited", "list_lines", "record"]
