"""The door of the accounts slice."""

from opencmc.apps.accounts.actions import create_account, create_demonstration_accounts
from opencmc.apps.accounts.queries import holder_of

__all__ = ["create_account", "create_demonstration_accounts", "holder_of"]
