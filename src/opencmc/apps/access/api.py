"""The door of the access slice."""

from opencmc.apps.access.contracts import Actor, Holder, Reach
from opencmc.apps.access.decisions import may, reach, refusal, require
from opencmc.apps.access.grants import ACTIONS, LEVEL_LABELS, PURPOSES, Action, Level
from opencmc.apps.access.roles import ROLES, UNIT_KINDS, Role, role_label

__all__ = [
    "ACTIONS",
    "LEVEL_LABELS",
    "PURPOSES",
    "ROLES",
    "UNIT_KINDS",
    "Action",
    "Actor",
    "Holder",
    "Level",
    "Reach",
    "Role",
    "may",
    "reach",
    "refusal",
    "require",
    "role_label",
]
