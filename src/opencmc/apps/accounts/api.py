"""The door of the accounts slice."""

from opencmc.apps.accounts.actions import create_account, create_demonstration_accounts
from opencmc.apps.accounts.permissions import ROLES, check_can_list_rows
from opencmc.apps.accounts.queries import holder_of

__all__ = ["ROLES", "check_can_list_rows", "create_account", "create_demonstration_accounts", "holder_of"]
