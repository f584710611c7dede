"""The door of the accounts slice."""

from opencmc.apps.accounts.actions import create_account, create_demonstration_accounts
from opencmc.apps.accounts.break_glass import has_broken_glass, open_break_glass
from opencmc.apps.accounts.break_glass import own as own_break_glass
from opencmc.apps.accounts.contracts import EmergencyAccess
from opencmc.apps.accounts.listing import list_accounts
from opencmc.apps.accounts.machines import holder_of_token
from opencmc.apps.accounts.managing import create as open_account
from opencmc.apps.accounts.queries import holder_of, posts_of
from opencmc.apps.accounts.work import work_of

__all__ = [
    "EmergencyAccess",
    "create_account",
    "create_demonstration_accounts",
    "has_broken_glass",
    "holder_of",
    "holder_of_token",
    "list_accounts",
    "open_account",
    "open_break_glass",
    "own_break_glass",
    "posts_of",
    "work_of",
]
