"""A branch that changes hands: its months before stay where they were."""

from datetime import date

import numpy as np
import pyarrow as pa
from tiny_county import NETWORK, REGION, parse_table

from opencmc.facts.schemas import arrow_schema
from opencmc.facts.tables import TABLES
from opencmc.methods.indicators.places import Places
from opencmc.methods.indicators.spans import Spans


def places(attachments, extra=()):
    rows = {name: parse_table(name, NETWORK[name]) for name in ("institution", "membership")}
    rows["membership"] += extra
    rows["attachment"] = [
        {"institution_id": i, "attached_to": to, "kind": "clinic", "start": start, "end": end}
        for i, to, start, end in attachments
    ]
    tables = {name: pa.Table.from_pylist(found, schema=arrow_schema(TABLES[name])) for name, found in rows.items()}
    return Places(
        tables["institution"], tables["membership"], REGION, Spans.between(202501, 202504), tuple, tables["attachment"]
    )


def communities(found, institution):
    of_month = found.community_of[found.ids.index(institution)]
    return [found.communities[c] if c >= 0 else "" for c in of_month]


def test_a_clinic_counts_with_the_centre_that_it_is_attached_to_in_each_month():
    moved = places([("V1", "T1", date(1900, 1, 1), date(2025, 3, 1)), ("V1", "T2", date(2025, 3, 1), None)])
    assert communities(moved, "V1") == ["G1", "G1", "G2", "G2"]


def test_without_dated_rows_the_register_of_institutions_says_it():
    assert communities(places([]), "V1") == ["G1"] * 4


def test_a_clinic_that_was_let_go_belongs_nowhere_from_then_on():
    assert communities(places([("V1", "T1", date(1900, 1, 1), date(2025, 2, 1))]), "V1") == ["G1", "", "", ""]


def test_a_link_into_a_general_community_does_not_place_an_institution():
    link = {"community_id": "G2", "community_name": "第二", "community_kind": "general", "institution_id": "T1",
            "role": "linked", "start": date(2017, 1, 1)}  # fmt: skip
    assert communities(places([], [link]), "T1") == ["G1"] * 4


def test_a_circle_of_attachments_ends():
    found = places([("T1", "V1", date(2020, 1, 1), None), ("V1", "T1", date(2020, 1, 1), None)])
    assert np.all(found.community_of[found.ids.index("V1")] == found.communities.index("G1"))
