"""The door of the notices slice."""

from opencmc.apps.notices.actions import mark_read, notify
from opencmc.apps.notices.contracts import NoticeLine
from opencmc.apps.notices.queries import lines as notice_lines
from opencmc.apps.notices.queries import notices_of, unread_count

__all__ = ["NoticeLine", "mark_read", "notice_lines", "notices_of", "notify", "unread_count"]
