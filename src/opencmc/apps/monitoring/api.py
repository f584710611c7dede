"""The door of the monitoring slice."""

from opencmc.apps.monitoring.actions import publish_run
from opencmc.apps.monitoring.queries import find_run

__all__ = ["find_run", "publish_run"]
