"""A small county with residents: two townships, their clinics, a hospital that leads a community of the first."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.network.models import Attachment, Institution, Membership, Township
from opencmc.apps.residents.lake_rows import LakeResidents
from opencmc.apps.residents.publishing import publish_rows
from opencmc.base.identifiers import citizen_id_check

#: The moment at which the tests happen to look. No test reads the clock.
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
TODAY = date(2026, 3, 1)
SYSTEM = Actor.system(NOW)
EAST, WEST = "330226101", "330226102"
CLINIC, OTHER_CLINIC, FAR_CLINIC = "V-330226101201", "V-330226101202", "V-330226102201"
CENTRE, FAR_CENTRE, HOSPITAL, COMMUNITY = "T-330226101", "T-330226102", "H1", "C1"


def number(birth: str, order: int) -> str:
    """A citizen ID with a right check character, of an area that no place has."""
    first = f"390226{birth.replace('-', '')}{order:03}"
    return first + citizen_id_check(first)


def holder(role: str, unit_id: str, unit_kind: str = "institution") -> Holder:
    return Holder(f"{role}@{unit_id}"[:150], role, role, unit_kind, unit_id)


def actor(
    role: str = "township_doctor", unit_id: str = CENTRE, unit_kind: str = "institution", at: datetime = NOW
) -> Actor:
    return Actor(holder(role, unit_id, unit_kind), at, "127.0.0.1")


def make_network() -> None:
    Township.objects.bulk_create([Township(code=EAST, name="东镇"), Township(code=WEST, name="西镇")])
    rows = [
        (HOSPITAL, "县第一医院", "county", "general_hospital", "330226001", ""),
        (CENTRE, "东镇卫生院", "township", "township_health_centre", EAST, ""),
        (FAR_CENTRE, "西镇卫生院", "township", "township_health_centre", WEST, ""),
        (CLINIC, "东一村", "village", "village_clinic", EAST, CENTRE),
        (OTHER_CLINIC, "东二村", "village", "village_clinic", EAST, CENTRE),
        (FAR_CLINIC, "西一村", "village", "village_clinic", WEST, FAR_CENTRE),
    ]
    for institution_id, name, tier, kind, township, above in rows:
        Institution.objects.create(
            institution_id=institution_id, name=name, short_name=name, tier=tier, kind=kind, region="330226",
            township=township, attached_to=above,
        )  # fmt: skip
        if above:
            Attachment.objects.create(
                institution_id=institution_id, attached_to=above, kind="clinic", start=date(2018, 1, 1)
            )
    for institution_id, role in ((HOSPITAL, "lead"), (CENTRE, "member")):
        Membership.objects.create(
            community_id=COMMUNITY, community_name="第一医共体", community_kind="general", institution_id=institution_id,
            role=role, start=date(2018, 1, 1),
        )  # fmt: skip


#: number → (name, birth, village, phone). Those of 东一村, 东二村 and 西一村.
PEOPLE = {
    "R1": ("张三", "1950-05-06", EAST + "201", "13812345678"),
    "R2": ("张三丰", "1961-07-08", EAST + "202", "13812345679"),
    "R3": ("单雄信", "1970-01-02", EAST + "201", "13900000001"),
    "R4": ("解晓东", "1980-03-04", EAST + "201", "13900000002"),
    "R5": ("曾国强", "1990-05-06", EAST + "201", "13900000003"),
    "R6": ("仇英", "2000-07-08", EAST + "201", "13900000004"),
    "R7": ("李𬭎", "1985-09-10", EAST + "201", "13900000005"),
    "R8": ("欧阳锋", "1949-11-12", EAST + "201", ""),
    "R9": ("张三", "1955-02-03", WEST + "201", "13700000009"),
    "R10": ("诸葛小明", "2024-02-29", WEST + "201", "13700000010"),
}


def id_of(resident_id: str) -> str:
    return number(PEOPLE[resident_id][1], int(resident_id[1:]) * 10 + 1)


def lake(people: dict | None = None, relations: list[tuple[str, ...]] = (), **changed) -> LakeResidents:
    """What publishing would read of a lake: ``changed`` is resident → {column: value}."""
    rows = []
    for resident_id, (name, birth, village, phone) in (PEOPLE if people is None else people).items():
        row = {
            "resident_id": resident_id, "name": name, "sex": "1", "birth_date": birth, "township": village[:9],
            "village": village, "insurance_type": "390", "insured_region": "330226", "document_type": "citizen_id",
            "id_number": id_of(resident_id) if resident_id in PEOPLE else "", "phone": phone, "team": "",
            "institution_id": f"V-{village}", "programmes": "|elderly|" if birth < "1961" else "", "death_date": "",
        }  # fmt: skip
        rows.append(row | changed.get(resident_id, {}))
    columns = ("resident_id", "institution_id", "kind", "start", "end")
    table = pa.table({name: pa.array([row[at] for row in relations], pa.string()) for at, name in enumerate(columns)})
    return LakeResidents(pa.Table.from_pylist(rows), table, TODAY)


def publish(found: LakeResidents | None = None, at: datetime = NOW):
    return publish_rows(found or lake(), "county", "1", at, Actor.system(at), lambda step, share: None)
