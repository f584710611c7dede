"""Histories: everything that the lake knows about one resident, ready to be read.

A cache under ``HOME/cache/histories``, never the truth: it may be deleted at any time and is built again from the lake.
"""

from opencmc.facts.histories.derived import (
    CHRONIC,
    Measurement,
    Problem,
    glucoses,
    open_contracts,
    pressures,
    problems,
    recent_stays,
)
from opencmc.facts.histories.history import MEDICINES, Event, History
from opencmc.facts.histories.reading import Histories, read_lake
from opencmc.facts.histories.refresh import Report, refresh_histories

__all__ = [
    "CHRONIC",
    "MEDICINES",
    "Event",
    "Histories",
    "History",
    "Measurement",
    "Problem",
    "Report",
    "glucoses",
    "open_contracts",
    "pressures",
    "problems",
    "read_lake",
    "recent_stays",
    "refresh_histories",
]
