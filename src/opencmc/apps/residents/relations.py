"""Care relations: which institution may open whose record, from when until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain

from opencmc.apps.residents import bulk
from opencmc.apps.residents.lake_rows import LakeResidents
from opencmc.apps.residents.models import CareRelation, Resident

_TABLE = "residents_carerelation"
_SAME = "s.resident_id = r.resident_id AND s.institution_id = r.institution_id AND s.kind = r.kind"


def replace_relations(lake: LakeResidents) -> int:
    """Make the relations that come from the lake those of ``lake``, touching only rows that differ. Those that daily work
    made stay. Returns how many there are."""
    names = ("resident", "institution_id", "kind", "start", "end", "from_lake")
    responsible = list(_responsible())  # read before: a connection that copies rows in cannot answer questions
    if not CareRelation.objects.exists():
        return bulk.insert_rows(CareRelation, names, chain(responsible, _of_lake(lake)))
    date_type = "date" if bulk.is_postgresql() else "text"
    bulk.staged(
        "staged_relation",
        f'resident_id varchar(60), institution_id varchar(60), kind varchar(20), start {date_type}, "end" {date_type},'
        " from_lake boolean, PRIMARY KEY (resident_id, institution_id, kind)",
    )
    columns = ("resident_id", "institution_id", "kind", "start", "end", "from_lake")
    count = bulk.insert_into("staged_relation", columns, chain(responsible, _of_lake(lake)))
    bulk.run(
        f"DELETE FROM {_TABLE} AS r WHERE r.from_lake AND NOT EXISTS (SELECT 1 FROM staged_relation AS s WHERE {_SAME})"
    )
    bulk.run(
        f'INSERT INTO {_TABLE} (resident_id, institution_id, kind, start, "end", from_lake)'
        f' SELECT s.resident_id, s.institution_id, s.kind, s.start, s."end", s.from_lake FROM staged_relation AS s'
        f" WHERE NOT EXISTS (SELECT 1 FROM {_TABLE} AS r WHERE {_SAME} AND r.start = s.start"
        f" AND coalesce(CAST(r.\"end\" AS text), '') = coalesce(CAST(s.\"end\" AS text), ''))"
        ' ON CONFLICT (resident_id, institution_id, kind) DO UPDATE SET start = excluded.start, "end" = excluded."end"'
    )
    bulk.run("DROP TABLE staged_relation")
    return count


def _responsible() -> Iterator[tuple[str, str, str, str, str | None, bool]]:
    """Everybody who has a responsible institution, as the database says now: daily work may have changed it."""
    for resident_id, institution_id, birth in bulk.rows_of(
        "SELECT resident_id, institution_id, birth_date FROM residents_resident"
        " WHERE institution_id <> '' AND merged_into_id IS NULL"
    ):
        yield resident_id, institution_id, "responsible", str(birth), None, True


def _of_lake(lake: LakeResidents) -> Iterator[tuple[str, str, str, str, str | None, bool]]:
    for batch in lake.relations.to_batches(max_chunksize=50_000):
        columns = (batch.column(name).to_pylist() for name in ("resident_id", "institution_id", "kind", "start", "end"))
        for row in zip(*columns, strict=True):
            yield (*row, True)


def set_responsible(resident: Resident, day: date) -> None:
    """After a write: the responsible institution of ``resident`` holds the relation, and no other."""
    of_resident = CareRelation.objects.filter(resident=resident, kind="responsible")
    of_resident.exclude(institution_id=resident.institution_id).delete()
    if resident.institution_id:
        CareRelation.objects.update_or_create(
            resident=resident,
            institution_id=resident.institution_id,
            kind="responsible",
            defaults={"start": min(resident.birth_date, day), "end": None, "from_lake": True},
        )
