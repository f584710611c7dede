"""The door of the audit slice."""

from opencmc.apps.audit.actions import seal_at_start, verify_now
from opencmc.apps.audit.contracts import Fault, Line, ResidentHead, Verdict
from opencmc.apps.audit.engine import refuses_changes
from opencmc.apps.audit.labels import action_label, name_actions, name_units, unit_label
from opencmc.apps.audit.queries import Filters, last_verification, latest, leaf, lines_about, list_lines
from opencmc.apps.audit.reach import access_report_head, guard_residents
from opencmc.apps.audit.seals import Seal
from opencmc.apps.audit.seals import seal as seal_heads
from opencmc.apps.audit.trail import Trail, audited, record
from opencmc.apps.audit.wording import object_words, reason_words

__all__ = [
    "Fault",
    "Filters",
    "Line",
    "ResidentHead",
    "Seal",
    "Trail",
    "Verdict",
    "access_report_head",
    "action_label",
    "audited",
    "guard_residents",
    "last_verification",
    "latest",
    "leaf",
    "lines_about",
    "list_lines",
    "name_actions",
    "name_units",
    "object_words",
    "reason_words",
    "record",
    "refuses_changes",
    "seal_at_start",
    "seal_heads",
    "unit_label",
    "verify_now",
]
