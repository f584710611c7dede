"""The door of the monitoring slice."""

from opencmc.apps.monitoring.actions import publish_run
from opencmc.apps.monitoring.finding import find_indicators
from opencmc.apps.monitoring.own_unit import UnitFigure, UnitFigures, data_problems, missed_targets, unit_figures
from opencmc.apps.monitoring.queries import find_run

__all__ = [
    "UnitFigure",
    "UnitFigures",
    "data_problems",
    "find_indicators",
    "find_run",
    "missed_targets",
    "publish_run",
    "unit_figures",
]
