"""The door of the exports slice."""

from opencmc.apps.exports.actions import export_daily_work
from opencmc.apps.exports.contracts import Exported

__all__ = ["Exported", "export_daily_work"]
