"""Rows as a county brings them, and the moment at which it came to know them."""

from __future__ import annotations

from datetime import UTC, datetime

KNOWN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

VISIT = {
    "visit_id": "v1",
    "institution_id": "I1",
    "date": "2025-03-01",
    "kind": "outpatient",
    "is_tcm": "否",
    "total_fen": "12340",
    "fund_fen": "10000",
    "own_fen": "2340",
}
STAY = {
    "stay_id": "s1",
    "institution_id": "I1",
    "admitted": "2025-03-01",
    "discharged": "2025-03-05",
    "diagnoses": "I10.x00|E11.900",
    "total_fen": "500000",
}


def csv_of(*rows: dict[str, str]) -> str:
    """A CSV file with the columns of the first row."""
    lines = [",".join(rows[0])] + [",".join(row.values()) for row in rows]
    return "\n".join(lines) + "\n"
