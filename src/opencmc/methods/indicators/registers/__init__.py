"""What registers hold on the last day of each month: beds, staff, postings, contracts, people under management, and so on.

Something lasts on a day when ``start ≤ day < end``; the day here is always a month's last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from opencmc.methods.indicators.measures import Stock
from opencmc.methods.indicators.places import Places
from opencmc.methods.indicators.registers.facilities import Facilities
from opencmc.methods.indicators.registers.judgements import Judgements
from opencmc.methods.indicators.registers.management import Management
from opencmc.methods.indicators.registers.population import People
from opencmc.methods.indicators.registers.register import Found
from opencmc.methods.indicators.registers.workforce import Workforce
from opencmc.methods.indicators.spans import Flags, Spans

Reader = Callable[[Stock, str, Flags, Mapping[str, str]], Found]

_CHRONIC = ("chronic", "chronic_admissions", "chronic_follow_ups")
#: By register the sources that it is read from, beside institutions and memberships.
READS: dict[str, tuple[str, ...]] = {
    "beds": (), "bed_days": (), "clinics": (), "clinics_with_ecg": ("equipment",),
    "staff": ("postings",), "payroll": ("postings",), "stationed": ("postings",), "stationed_days": ("postings",),
    "contract": ("contracts",), "elderly": ("enrolments",), "managed": ("enrolments",),
    "chronic": _CHRONIC, "chronic_admitted": (*_CHRONIC, "stay"), "norm_due": _CHRONIC, "norm_met": _CHRONIC,
    "population": ("population",), "population_65": ("population",), "population_of_ages": ("population",),
    "premature_deaths": ("deaths", "population"),
    "items_met": ("assessments",), "items_due": ("assessments",), "votes_shared": ("assessments",),
    "votes": ("assessments",),
}  # fmt: skip


class Registers:
    """All registers of one county; :attr:`readers` has one reader for each ``Stock.register``."""

    def __init__(self, read: Mapping[str, pa.Table], spans: Spans, places: Places) -> None:
        self.people = People(read, spans, places)
        facilities = Facilities(read, spans, places)
        workforce = Workforce(read, spans, places)
        management = Management(read, spans, places)
        judgements = Judgements(read, spans, places)
        self.readers: dict[str, Reader] = {
            "beds": facilities.beds,
            "bed_days": facilities.bed_days,
            "clinics": facilities.clinics,
            "clinics_with_ecg": facilities.clinics_with_ecg,
            "staff": workforce.staff,
            "payroll": workforce.payroll,
            "stationed": workforce.stationed,
            "stationed_days": workforce.stationed_days,
            "contract": management.contract,
            "elderly": management.elderly,
            "managed": management.managed,
            "chronic": management.chronic,
            "chronic_admitted": management.chronic_admitted,
            "norm_due": management.norm_due,
            "norm_met": management.norm_met,
            "population": self.people.population,
            "population_65": self.people.population_65,
            "population_of_ages": self.people.population_of_ages,
            "premature_deaths": self.people.premature_deaths,
            "items_met": judgements.items_met,
            "items_due": judgements.items_due,
            "votes_shared": judgements.votes_shared,
            "votes": judgements.votes,
        }


__all__ = ["READS", "Found", "Registers"]
