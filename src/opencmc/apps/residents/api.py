"""The door of the residents slice."""

from opencmc.apps.residents.actions import create_resident, edit_resident
from opencmc.apps.residents.changed import changed_after, last_change
from opencmc.apps.residents.contracts import (
    Candidate,
    Identifiers,
    PersonLine,
    Published,
    SavedBefore,
    SearchResult,
    Stale,
    Unacceptable,
)
from opencmc.apps.residents.guarded import access_resident, reveal
from opencmc.apps.residents.lines import age_text, in_reach, lines_of, within
from opencmc.apps.residents.publishing import publish_residents
from opencmc.apps.residents.record_contracts import Moved, RecordPart, TimelineEvent
from opencmc.apps.residents.resealing import reseal
from opencmc.apps.residents.review import work_of
from opencmc.apps.residents.searching import search

__all__ = [
    "Candidate",
    "Identifiers",
    "Moved",
    "PersonLine",
    "Published",
    "RecordPart",
    "SavedBefore",
    "SearchResult",
    "Stale",
    "TimelineEvent",
    "Unacceptable",
    "access_resident",
    "age_text",
    "changed_after",
    "create_resident",
    "edit_resident",
    "in_reach",
    "last_change",
    "lines_of",
    "publish_residents",
    "reseal",
    "reveal",
    "search",
    "within",
    "work_of",
]
