"""One pass over each table: every flow measure of the table at the grain month × institution × township × insured where.

The expressions are Ibis over logical tables and return whole numbers only. Nothing is judged here: unknown
institutions, rows without a township or without 参保地 stay in the result under their own keys, to be counted later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from opencmc.facts.tables import TABLES
from opencmc.methods.indicators.homes import NOBODY
from opencmc.methods.indicators.measures import Flow, flows

Tables = Callable[[str], ir.Table]

#: The key ``insured``: elsewhere, in this county, not recorded.
ELSEWHERE, HERE, NOT_RECORDED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Grain:
    """How rows of ``table`` are placed.

    ``day`` is the date that says in which month a row falls, ``institution`` the column of its place. ``monthly``
    says that ``day`` is the table's event date, so that a load changes only the months that it names. ``resident``
    says that measures may place a row where its resident lives, ``contracted`` that only visits of residents under
    contract on the day count.
    """

    name: str
    table: str
    day: str
    institution: str = "institution_id"
    resident: bool = True
    insured: bool = False
    monthly: bool = True
    contracted: bool = False
    distinct: bool = False


GRAINS: dict[str, Grain] = {
    grain.name: grain
    for grain in (
        Grain("visit", "visit", "date", insured=True),
        Grain("contracted_visit", "visit", "date", resident=False, contracted=True),
        Grain("stay", "stay", "discharged", insured=True),
        Grain("inpatient", "stay", "discharged", insured=True, distinct=True),
        Grain("referral", "referral", "created", institution="from_id", resident=False),
        Grain("order", "order", "reported", institution="from_id", resident=False, monthly=False),
        Grain("ledger", "ledger", "month", resident=False),
    )
}

#: The keys of every result of :func:`partial_sums`.
KEYS = ("month", "institution_id", "township", "insured")


def month_number(day: ir.DateColumn) -> ir.IntegerColumn:
    """``2025-03-14`` → ``202503``."""
    return (day.year().cast("int32") * 100 + day.month().cast("int32")).cast("int32")


def rows_of(tables: Tables, grain: Grain, months: Sequence[int] | None = None) -> ir.Table:
    """The rows that the grain is about, before any measure's condition; only those of ``months`` when they are given."""
    t = tables(grain.table)
    if months is not None:
        t = in_months(t, grain, months)
    if grain.contracted:
        contract = tables("contract").select("resident_id", "start", "end")
        if months is not None:  # contracts of other years cannot cover a day of these months
            begun = contract.start < first_day(next_month(max(months)))
            contract = contract.filter(begun & (contract.end.isnull() | (contract.end > first_day(min(months)))))
        t = t.semi_join(
            contract,
            [
                t.resident_id == contract.resident_id,
                t.date >= contract.start,
                (contract.end.isnull()) | (t.date < contract.end),
            ],
        )
    return t.filter(t[grain.day].notnull())


def first_day(month: int) -> ir.DateScalar:
    return ibis.date(month // 100, month % 100, 1)


def next_month(month: int) -> int:
    """``202412`` → ``202501``."""
    return month + 1 if month % 100 < 12 else (month // 100 + 1) * 100 + 1


def in_months(t: ir.Table, grain: Grain, months: Sequence[int]) -> ir.Table:
    """The rows of ``months``: a range of days, which files can be skipped by, and within it the months themselves."""
    first, last = min(months), max(months)
    day = t[grain.day]
    t = t.filter((day >= first_day(first)) & (day < first_day(next_month(last))))
    every, month = {first}, first
    while month < last:
        month = next_month(month)
        every.add(month)
    return t if every == set(months) else t.filter(month_number(t[grain.day]).isin(sorted(months)))


def keyed(tables: Tables, grain: Grain, region: str, months: Sequence[int] | None = None) -> ir.Table:
    """The rows of the grain with their keys: ``key_month``, ``key_institution``, ``key_township`` (where the resident
    lives; nothing when that is not recorded, :data:`NOBODY` when the resident is not) and ``key_insured``."""
    t = rows_of(tables, grain, months)
    township: ir.StringValue = ibis.null("string")
    if grain.resident:
        homes = tables("resident").select(home_of="resident_id", home="township")
        t = t.left_join(homes, t.resident_id == homes.home_of)
        township = (t.resident_id.notnull() & t.home_of.isnull()).ifelse(NOBODY, t.home)
    where = (
        ibis.cases((t.insured_region.isnull(), NOT_RECORDED), (t.insured_region == region, HERE), else_=ELSEWHERE)
        if grain.insured
        else ibis.literal(ELSEWHERE)
    )
    return t.mutate(
        key_month=month_number(t[grain.day]), key_institution=t[grain.institution], key_township=township,
        key_insured=where.cast("int8"),
    )  # fmt: skip


def partial_sums(tables: Tables, grain: Grain, region: str, months: Sequence[int] | None = None) -> ir.Table:
    """All flow measures of ``grain`` in one aggregation; for a ``distinct`` grain, its distinct persons.

    Columns: :data:`KEYS`, then one whole number per :attr:`Flow.column`. For amounts that may be missing in a row,
    ``<column>.missing`` counts the rows without it. A distinct grain has ``person`` and the number of its ``rows``.
    """
    t = keyed(tables, grain, region, months)
    by = {
        "month": t.key_month,
        "institution_id": t.key_institution,
        "township": t.key_township,
        "insured": t.key_insured,
    }
    if grain.distinct:
        return t.group_by(**by, person=t.resident_id).aggregate(rows=t.count().cast("int64"))
    return t.group_by(**by).aggregate(**columns(t, grain))


def columns(t: ir.Table, grain: Grain) -> dict[str, ir.IntegerScalar]:
    """The aggregates of a grain by column name; measures that share rows and amount share a column."""
    found: dict[str, ir.IntegerScalar] = {}
    for measure in flows(grain.name):
        condition = measure.rows(t)
        found[f"{measure.rows.__name__}.rows"] = t.count(where=condition).cast("int64")
        if measure.amount == "rows":
            continue
        amount = t[measure.what] if isinstance(measure.what, str) else measure.what(t)
        found[measure.column] = amount.sum(where=condition).fill_null(0).cast("int64")
        if may_be_missing(grain, measure):
            found[f"{measure.column}.missing"] = t.count(where=condition & amount.isnull()).cast("int64")
    return found


def may_be_missing(grain: Grain, measure: Flow) -> bool:
    """Whether an accepted row may lack the amount of ``measure``."""
    return (
        isinstance(measure.what, str)
        and measure.what != "rows"
        and not TABLES[grain.table].columns[measure.what].required
    )
