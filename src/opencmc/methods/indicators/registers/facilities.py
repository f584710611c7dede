"""Beds, village clinics and their equipment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from opencmc.methods.indicators import amounts as reasons
from opencmc.methods.indicators.measures import Stock
from opencmc.methods.indicators.places import positions
from opencmc.methods.indicators.registers.register import Found, Register, day_number, days
from opencmc.methods.indicators.spans import Flags

#: Institutions that are expected to state their beds.
WITH_BEDS = (
    "general_hospital", "tcm_hospital", "mch_hospital", "specialty_hospital", "private_hospital",
    "township_health_centre", "community_health_centre",
)  # fmt: skip


class Facilities(Register):
    """What institutions have."""

    def beds(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        stated = np.array([beds is not None for beds in self.places.beds], bool)
        beds = np.array([beds or 0 for beds in self.places.beds], np.int64)
        counted = where & self.places.open
        values = self.by_institution(kind, np.where(counted, beds[:, None], 0))
        should = np.array([kind in WITH_BEDS for kind in self.places.kinds], bool) & ~stated
        blank = (counted & should[:, None]).sum(axis=0)
        return Found(
            values, "institution", missing="" if stated.any() else "机构的开放床位",
            unplaced={reasons.NO_BEDS: blank.astype(np.int64)} if blank.any() else {},
        )  # fmt: skip

    def bed_days(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        found = self.beds(measure, kind, where, parameters)
        found.values = found.values * np.array([day.day for day in self.month_ends], np.int64)
        return found

    def clinics(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        return Found(self.by_institution(kind, (where & self.places.open).astype(np.int64)), "institution")

    def clinics_with_ecg(self, measure: Stock, kind: str, where: Flags, parameters: Mapping[str, str]) -> Found:
        table = self.read["equipment"]
        has: Flags = np.zeros(where.shape, bool)
        institution = positions(table["institution_id"], self.places.ids)
        start, end = days(table["start"], date(1, 1, 1)), days(table["end"], date(9999, 1, 1))
        connected = table["connected"].to_numpy().astype(bool)
        lost = np.zeros(len(self.month_ends), np.int64)
        for month, last in enumerate(self.month_ends):
            lasts = connected & (start <= day_number(last)) & (day_number(last) < end)
            has[institution[lasts & (institution >= 0)], month] = True
            lost[month] = int((lasts & (institution < 0)).sum())
        values = self.by_institution(kind, (has & where & self.places.open).astype(np.int64))
        return Found(
            values, "equipment", missing="" if table.num_rows else "心电设备",
            unplaced={reasons.NO_INSTITUTION: lost} if lost.any() else {},
        )  # fmt: skip
