"""What is planted in the county, and when: known before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from opencmc.synthetic.months import Calendar


@dataclass(frozen=True, slots=True)
class Plan:
    """Months are positions in the period; a month past its end means that the thing does not happen."""

    #: The lead hospital draws patients from two townships, more from month to month.
    pull_from: int
    pull_months: int = 12
    pull_most: float = 0.42
    pull_hospital: str = "NH-H1"
    pull_townships: tuple[str, ...] = ("330226101", "330226112")
    #: A hospital writes complications that are not there.
    upcoding_from: int = 0
    upcoding_hospital: str = "NH-P1"
    upcoding_first: float = 0.25
    upcoding_most: float = 0.65
    #: An outbreak in one township.
    outbreak_month: int = 0
    outbreak_township: str = "330226111"
    outbreak_disease: str = "其他感染性腹泻病"
    outbreak_days: int = 21
    outbreak_share: float = 0.006
    #: A community spends more than its budget.
    overrun_from: int = 0
    overrun_community: str = "NH-G2"
    overrun_factor: float = 1.16
    #: Rows that cannot be placed, of all visits.
    unknown_institution: float = 0.0005
    no_insured_region: float = 0.001
    #: Of a month's visits outside the county, those that arrive two months later.
    late_share: float = 0.02
    late_months: int = 2

    @classmethod
    def of(cls, calendar: Calendar) -> Plan:
        months = calendar.months
        second_year = next((m.index for m in calendar if m.index and m.of_year == 0), months)
        return cls(
            pull_from=months * 3 // 8,
            upcoding_from=months * 7 // 12,
            outbreak_month=months * 7 // 8,
            overrun_from=second_year,
        )

    def pulled(self, month: int) -> float:
        """The share of the two townships' primary care that the lead hospital takes in a month."""
        if month < self.pull_from:
            return 0.0
        return self.pull_most * min(1.0, (month - self.pull_from + 1) / self.pull_months)

    def upcoded(self, month: int) -> float:
        """The share of the hospital's stays that get complications written to them."""
        if month < self.upcoding_from:
            return 0.0
        return min(self.upcoding_most, self.upcoding_first + 0.06 * (month - self.upcoding_from))
