"""The door of the access slice."""

from opencmc.apps.access.contracts import Actor, Holder, Reach
from opencmc.apps.access.decisions import may, reach, refusal, require, roles_given_by, rule_of
from opencmc.apps.access.grants import ACTIONS, GIVES, LEVEL_LABELS, NEVER_BY_SERVICE, PURPOSES, Action, Level
from opencmc.apps.access.roles import ROLES, UNIT_KINDS, Role, role_label

__all__ = [
    "ACTIONS",
    "GIVES",
    "LEVEL_LABELS",
    "NEVER_BY_SERVICE",
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
    "roles_given_by",
    "rule_of",
]
