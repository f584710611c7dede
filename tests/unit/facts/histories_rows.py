"""A small lake about a few people, written by hand, with one row of every kind of event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from facts_rows import KNOWN

from opencmc.facts.lake import Lake
from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES

Rows = list[dict[str, Any]]

VISIT = {
    "visit_id": "v1", "resident_id": "甲", "institution_id": "T1", "date": date(2025, 3, 1), "kind": "outpatient",
    "is_tcm": True, "diagnosis": "I10.x00", "total_fen": 100, "fund_fen": 60, "own_fen": 40,
}  # fmt: skip
STAY = {
    "stay_id": "s1", "resident_id": "甲", "institution_id": "H1", "admitted": date(2025, 4, 1),
    "discharged": date(2025, 4, 9), "sex": "1", "age_years": 64, "diagnoses": ["I63.900", "E11.900"],
    "procedures": ["38.9300"], "discharge_way": "1", "outflow": "none", "total_fen": 500000,
}  # fmt: skip
CONTRACT = {
    "contract_id": "k1", "resident_id": "甲", "institution_id": "T1", "team": "第一团队", "package": "基础包",
    "start": date(2025, 1, 1), "end": date(2026, 1, 1),
}  # fmt: skip
DUE = {"service_id": "p1", "contract_id": "k1", "item": "年度健康评估", "due": date(2025, 6, 30)}
DONE = {"service_id": "p1", "institution_id": "T1", "date": date(2025, 6, 2)}
ENROLMENT = {
    "enrolment_id": "m1", "programme": "hypertension", "resident_id": "甲", "institution_id": "T1",
    "start": date(2019, 5, 1),
}  # fmt: skip
FOLLOW_UP = {
    "follow_up_id": "f1", "programme": "hypertension", "resident_id": "甲", "institution_id": "T1",
    "date": date(2025, 5, 5), "systolic": 138, "diastolic": 86, "outcome": "controlled",
}  # fmt: skip
REFERRAL = {
    "referral_id": "r1", "direction": "up", "resident_id": "甲", "from_id": "T1", "to_id": "H1",
    "created": date(2025, 3, 30), "accepted": date(2025, 3, 31), "arrived": date(2025, 4, 1),
    "closed": date(2025, 4, 9), "state": "closed", "reason": "需进一步检查",
}  # fmt: skip
ORDER = {
    "order_id": "o1", "centre": "ecg", "kind": "常规心电图", "from_id": "T1", "to_id": "H1", "resident_id": "甲",
    "ordered": date(2025, 3, 1), "reported": date(2025, 3, 2), "recognised": False, "fee_fen": 2500,
}  # fmt: skip
INFECTION = {
    "card_id": "c1", "disease": "流行性感冒", "resident_id": "甲", "onset": date(2025, 1, 8),
    "diagnosed_at": date(2025, 1, 9), "reported_at": date(2025, 1, 10), "institution_id": "T1", "result": "confirmed",
}  # fmt: skip

EVERYTHING: dict[str, Rows] = {
    "visit": [VISIT], "stay": [STAY], "contract": [CONTRACT], "service_due": [DUE], "service_done": [DONE],
    "enrolment": [ENROLMENT], "follow_up": [FOLLOW_UP], "referral": [REFERRAL], "order": [ORDER],
    "infection": [INFECTION],
}  # fmt: skip


def put(home: Path, rows: Mapping[str, Rows], day: int = 0) -> None:
    """Load rows into the lake of ``home``, known ``day`` days after the first."""
    lake = Lake(home)
    for table, each in rows.items():
        path = home.parent / f"{home.name}-{table}-{day}.parquet"
        # The day in the file makes it another file than one with the same rows: the lake passes over files that it knows.
        schema = arrow_schema(TABLES[table]).with_metadata({"day": str(day)})
        pq.write_table(pa.Table.from_pylist(each, schema=schema), path)
        report = lake.load(table, [path], known_at=KNOWN + timedelta(days=day), actor="张三")
        assert report.refused == 0, report.reasons


def many(number: int, resident: str = "众", prefix: str = "w") -> Rows:
    """So many visits of one person, one a day."""
    first = date(1990, 1, 1)
    return [
        VISIT | {"visit_id": f"{prefix}{n:05d}", "resident_id": resident, "date": first + timedelta(days=n)}
        for n in range(number)
    ]
