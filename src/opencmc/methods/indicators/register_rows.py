"""What is read of registers: staff and postings, contracts, enrolments and follow-ups, deaths, populations.

Each is one Ibis expression over logical tables that returns few rows; the judging of dates is done on them afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

from opencmc.methods.indicators.grains import GRAINS, Grain, Tables, in_months, month_number, partial_sums
from opencmc.methods.indicators.parameters import CHRONIC
from opencmc.methods.indicators.partials import Source


def _lasting(t: ir.Table) -> dict[str, ir.Value]:
    """Months of the first and (half-open) the last day: on a month's last day, ``start ≤ month < end`` says whether it
    lasts, because only a first of the next month or later survives the last day."""
    return {"start_month": month_number(t.start), "end_month": month_number(t.end).fill_null(999912)}


def contracts(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """Contracted residents by institution, first and last month."""
    t = tables("contract")
    t = t.mutate(**_lasting(t))
    t = t.filter(t.start_month < t.end_month)
    return t.group_by("institution_id", "start_month", "end_month").aggregate(
        rows=t.resident_id.nunique().cast("int64")
    )


def enrolments(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """Persons in programmes by programme, institution, first and last month."""
    t = tables("enrolment")
    t = t.mutate(**_lasting(t))
    t = t.filter(t.start_month < t.end_month)
    return t.group_by("programme", "institution_id", "start_month", "end_month").aggregate(
        rows=t.resident_id.nunique().cast("int64")
    )


def chronic(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """Each person under management for hypertension or diabetes, with the months of start and end."""
    t = tables("enrolment")
    t = t.filter(t.programme.isin(CHRONIC)).mutate(**_lasting(t))
    return t.select("programme", "institution_id", "start_month", "end_month", "start", person=t.resident_id)


def chronic_follow_ups(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """In which months a person was followed up for hypertension or diabetes."""
    t = tables("follow_up")
    t = t.filter(t.programme.isin(CHRONIC))
    if months is not None:
        t = in_months(t, _FOLLOW_UP, months)
    return t.select("programme", person=t.resident_id, month=month_number(t.date)).distinct()


def chronic_admissions(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """In which months a person under management was discharged from a hospital anywhere."""
    t = tables("stay")
    if months is not None:
        t = in_months(t, GRAINS["stay"], months)
    managed = tables("enrolment")
    managed = managed.filter(managed.programme.isin(CHRONIC)).select("resident_id")
    t = t.semi_join(managed, "resident_id")
    return t.select(person=t.resident_id, month=month_number(t.discharged)).distinct()


def deaths(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """Each death of a resident: its month, the five-year age group and the first three characters of the cause."""
    t = tables("resident")
    t = t.filter(t.death_date.notnull() & t.cause_of_death.notnull())
    had_birthday = (t.death_date.month() * 100 + t.death_date.day()) >= (
        t.birth_date.month() * 100 + t.birth_date.day()
    )
    age = (t.death_date.year() - t.birth_date.year() - had_birthday.ifelse(0, 1)).cast("int64")
    return t.select(
        "resident_id", month=month_number(t.death_date), age_from=(age // 5 * 5).cast("int64"),
        cause=t.cause_of_death.substr(0, 3).upper(),
    )  # fmt: skip


def postings(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """Every posting with what the staff register says of the person."""
    p = tables("posting")
    s = tables("staff").select(
        "profession", "title", gp="is_general_practitioner", tcm="is_tcm", known_staff="staff_id"
    )
    t = p.left_join(s, p.staff_id == s.known_staff)
    return t.select(
        "staff_id", "institution_id", "from_id", "kind", "share_percent", "start", "end", "profession", "title", "gp",
        "tcm", known=t.known_staff.notnull(),
    )  # fmt: skip


def equipment(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """ECG equipment by institution."""
    t = tables("equipment")
    return t.filter(t.kind == "ecg").select("institution_id", "connected", "start", "end")


def population(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    """Counts of residents (常住) of the county and its townships."""
    t = tables("population")
    t = t.filter((t.kind == "resident") & (t.region.substr(0, 6) == region))
    return t.select("region", "date", "sex", "age_from", "age_to", "count", "source")


def assessments(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    t = tables("assessment")
    return t.select("unit_id", "item", "date", "result")


def institutions(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    return tables("institution")


def memberships(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    return tables("membership")


def attachments(tables: Tables, region: str, months: Sequence[int] | None) -> ir.Table:
    return tables("attachment")


def _sums(grain: Grain) -> Source:
    return Source(
        grain.name, grain.table, (), grain.monthly,
        lambda tables, region, months: partial_sums(tables, grain, region, months),
        onwards=("contract",) if grain.contracted else (), homes=grain.resident, adds=True,
    )  # fmt: skip


_FOLLOW_UP = Grain("follow_up", "follow_up", "date")

#: Everything that the indicators read, by name.
SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        *(_sums(grain) for grain in GRAINS.values()),
        Source("institutions", "institution", (), False, institutions),
        Source("memberships", "membership", (), False, memberships),
        Source("attachments", "attachment", (), False, attachments),
        Source("contracts", "contract", (), False, contracts),
        Source("enrolments", "enrolment", (), False, enrolments),
        Source("chronic", "enrolment", (), False, chronic, adds=True),
        Source("chronic_follow_ups", "follow_up", (), True, chronic_follow_ups),
        Source("chronic_admissions", "stay", ("enrolment",), True, chronic_admissions),
        Source("deaths", "resident", (), False, deaths, key="resident_id"),
        Source("postings", "posting", ("staff",), False, postings),
        Source("equipment", "equipment", (), False, equipment),
        Source("population", "population", (), False, population),
        Source("assessments", "assessment", (), False, assessments),
    )
}
