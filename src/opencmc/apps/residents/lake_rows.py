"""What the lake knows of residents, as columns: who they are, who answers for them, and who has treated them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from opencmc.facts.engines import DuckDB
from opencmc.facts.lake import Lake

TABLES = ("resident", "identity", "contract", "enrolment", "visit", "stay", "institution")
_VILLAGE = re.compile(r"[0-9]{12}$")


@dataclass(frozen=True, slots=True)
class LakeResidents:
    """``people``: one row a resident with the columns of the database's fields (text; "" or null where nothing is known),
    in the order of their ids. ``relations``: (resident, institution, kind, first day, last day) columns. ``day``: the last
    day that the lake tells of."""

    people: pa.Table
    relations: pa.Table
    day: date


def fingerprint(home: Path, known_at: datetime) -> str:
    """The same as long as nothing was loaded into the tables that residents are published from."""
    loads = [str(load.load) for load in Lake(home).loads(known_at) if load.table in TABLES]
    return f"2:{len(loads)}:{','.join(loads[-8:])}"[:64]


def read_lake(home: Path, known_at: datetime, *, today: date, months: int) -> LakeResidents:
    """Everything that publishing needs, read once. ``months`` is how long a visit or stay keeps a record open."""
    with DuckDB(Lake(home), known_at=known_at) as engine:
        day = _last_day(engine, today)
        institutions = engine.collect(engine.table("institution")).to_pylist()
        inside = [row["institution_id"] for row in institutions if row["tier"] != "outside"]
        people = _people(engine, day)
        programmes = _programmes(engine, day)
        found = pa.concat_tables(
            [
                _contracts(engine, day, inside),
                _contacts(engine, "visit", "date", "date", day, months, inside),
                _contacts(engine, "stay", "admitted", "discharged", day, months, inside),
            ]
        )
    # In the order of their key in the database, in which they are written quickest.
    relations = found.sort_by([(name, "ascending") for name in ("resident_id", "institution_id", "kind")])
    return LakeResidents(
        _completed(
            people, programmes, places_of(SimpleNamespace(**row) for row in institutions if row["closed"] is None)
        ),
        relations,
        day,
    )


def _last_day(engine: DuckDB, today: date) -> date:
    """Today, or the last day with a visit or stay when the lake ends before: a county that was loaded last year is seen
    as of then, and its relations do not all look expired."""
    days = [
        engine.collect(engine.table(name)[column].max().name("day"))["day"][0].as_py()
        for name, column in (("visit", "date"), ("stay", "discharged"))
    ]
    return min(max((day for day in days if day is not None), default=today), today)


def _people(engine: DuckDB, day: date) -> pa.Table:
    resident, identity, contract = (engine.table(name) for name in ("resident", "identity", "contract"))
    held = contract.filter((contract.start <= day) & (contract.end.isnull() | (contract.end > day)))
    latest = held.group_by("resident_id").aggregate(
        contract_institution=held.institution_id.argmax(held.start), team=held.team.argmax(held.start)
    )
    named = identity.select(
        "resident_id", "full_name", "document_type", "document_number", identity_phone=identity.phone
    )
    people = resident.left_join(named, "resident_id").left_join(latest, "resident_id")
    text = people.select(
        "resident_id",
        name=_text(people.full_name),
        sex=_text(people.sex),
        birth_date=people.birth_date.cast("string"),
        death_date=people.death_date.cast("string"),
        township=_text(people.township),
        village=_text(people.village),
        insurance_type=_text(people.insurance_type),
        insured_region=_text(people.insured_region),
        document_type=_text(people.document_type),
        id_number=_text(people.document_number),
        phone=_text(people.identity_phone),
        contract_institution=_text(people.contract_institution),
        team=_text(people.team),
    )
    return engine.collect(text.order_by("resident_id"))


def _text(column: ir.StringColumn) -> ir.StringColumn:
    return ibis.coalesce(column, ibis.literal(""))


def _programmes(engine: DuckDB, day: date) -> dict[str, str]:
    enrolment = engine.table("enrolment")
    held = enrolment.filter((enrolment.start <= day) & (enrolment.end.isnull() | (enrolment.end > day)))
    rows = engine.collect(held.select("resident_id", "programme").distinct())
    found: dict[str, list[str]] = defaultdict(list)
    for resident_id, programme in zip(rows["resident_id"].to_pylist(), rows["programme"].to_pylist(), strict=True):
        found[resident_id].append(programme)
    return {resident_id: "|" + "|".join(sorted(names)) + "|" for resident_id, names in found.items()}


def _contracts(engine: DuckDB, day: date, inside: list[str]) -> pa.Table:
    contract = engine.table("contract")
    held = contract.filter(
        (contract.start <= day) & (contract.end.isnull() | (contract.end > day)) & contract.institution_id.isin(inside)
    )
    joined = held.group_by(["resident_id", "institution_id"]).aggregate(
        kind=ibis.literal("contract"),
        start=held.start.max().cast("string"),
        end=held.end.argmax(held.start).cast("string"),
    )
    return engine.collect(joined)


def _contacts(engine: DuckDB, name: str, first: str, last: str, day: date, months: int, inside: list[str]) -> pa.Table:
    """Who was treated where. A record stays open for ``months`` after the last day."""
    table = engine.table(name)
    recent = table.filter(
        (table[last] > day - timedelta(days=31 * months + 1))
        & (table[last] <= day)
        & table.resident_id.notnull()
        & table.institution_id.isin(inside)
    )
    end = (recent[last].max() + ibis.interval(months=months) + ibis.interval(days=1)).cast("date")
    grouped = recent.group_by(["resident_id", "institution_id"]).aggregate(
        kind=ibis.literal(name), start=recent[first].min().cast("string"), until=end
    )
    kept = grouped.filter(grouped.until > day)
    return engine.collect(kept.select("resident_id", "institution_id", "kind", "start", end=kept.until.cast("string")))


@dataclass(frozen=True, slots=True)
class _Places:
    clinic: Mapping[str, str]
    centre: Mapping[str, str]
    above: Mapping[str, str]


class _Institution(Protocol):
    institution_id: str
    tier: str
    township: str
    attached_to: str


def places_of(institutions: Iterable[_Institution]) -> _Places:
    """The clinic of each village (its number ends with the village's code) and the one centre of each township."""
    clinic, centres, above = {}, defaultdict(list), {}
    for row in institutions:
        above[row.institution_id] = row.attached_to or ""
        if row.tier == "village" and (found := _VILLAGE.search(row.institution_id)):
            clinic[found[0]] = row.institution_id
        if row.tier == "township" and row.township:
            centres[row.township].append(row.institution_id)
    return _Places(clinic, {township: min(ids) for township, ids in centres.items()}, above)


def responsible(places: _Places, contract: str, village: str, township: str) -> str:
    """The institution of the contract; the village's clinic where that hangs on it or where there is no contract; the
    township's centre otherwise."""
    clinic = places.clinic.get(village, "")
    if contract and (not clinic or places.above.get(clinic) != contract):
        return contract
    return clinic or places.centre.get(township, "")


def _completed(people: pa.Table, programmes: dict[str, str], places: _Places) -> pa.Table:
    known: dict[tuple[str, str, str], str] = {}
    answers = []
    for key in zip(
        *(people[name].to_pylist() for name in ("contract_institution", "village", "township")), strict=True
    ):
        found = known.get(key)
        if found is None:
            found = known[key] = responsible(places, *key)
        answers.append(found)
    held = [programmes.get(resident_id, "") for resident_id in people["resident_id"].to_pylist()]
    people = people.append_column("institution_id", pa.array(answers, pa.string()))
    people = people.append_column("programmes", pa.array(held, pa.string()))
    dead = pc.fill_null(people["death_date"], "")
    return people.drop_columns(["contract_institution", "death_date"]).append_column("death_date", dead)
