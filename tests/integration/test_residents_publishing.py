"""A first publishing is quick by other ways than a later one; what is there afterwards is the same."""

from __future__ import annotations

import pytest
from django.db import connection
from residents_of_a_county import CLINIC, EAST, PEOPLE, TODAY, actor, lake, make_network, publish

from opencmc.apps.residents import preparing
from opencmc.apps.residents.api import search
from opencmc.apps.residents.key_scan import found_by_keys
from opencmc.apps.residents.models import CareRelation, Resident, SearchKey
from opencmc.apps.residents.preparing import Identity, prepare, prepare_all
from opencmc.apps.residents.sealing import ID_NUMBER, PHONE, Sealer
from opencmc.base.errors import DataError

SEALER = Sealer({1: bytes(range(16)), 2: bytes(range(16, 32))}, b"\x07" * 32)
IDENTITIES = [
    Identity("R1", "单雄信", "390226197001020011", "13900000001"),
    Identity("R2", "李𬭎", "", "13900000002"),
    Identity("R3", "", "", ""),
]


@pytest.fixture
def empty(db, settings, tmp_path):
    settings.OPENCMC_HOME = tmp_path
    make_network()


def indexes() -> dict[str, tuple[object, ...]]:
    """Every index and key of the tables that publishing fills: name → columns, uniqueness."""
    found = {}
    with connection.cursor() as cursor:
        for model in (Resident, SearchKey, CareRelation):
            table = model._meta.db_table
            for name, held in connection.introspection.get_constraints(cursor, table).items():
                # A key without a name of its own is called by its place in a list, which may change.
                key = name if not name.startswith("__unnamed") else f"{table}{held['columns']}{held['check']}"
                found[key] = (tuple(held["columns"]), held["unique"], held["primary_key"], held["index"], held["check"])
    return found


def test_all_indexes_and_keys_stand_again_after_the_first_publishing(empty):
    before = indexes()
    assert {"one_living_entry_an_id", "relation_of_institution", "search_keys_of", "resident_by_phone"} <= set(before)
    publish()
    assert Resident.objects.count() == len(PEOPLE)
    assert indexes() == before


def test_a_county_in_which_somebody_is_registered_already_is_published_around_them(empty):
    publish(lake({"R1": PEOPLE["R1"]}))
    before = indexes()
    publish()
    assert indexes() == before
    assert set(Resident.objects.values_list("pk", flat=True)) == set(PEOPLE)


def test_a_second_process_seals_indexes_and_finds_keys_as_this_one_does():
    people = [each._replace(resident_id=f"{each.resident_id}-{n}") for n in range(2_000) for each in IDENTITIES]
    lots = list(prepare_all(SEALER, people, preparing.MANY))
    assert len(lots) == 2
    there = [each for lot in lots for each in lot]
    here = prepare(SEALER, people)
    assert [(p.initials, p.id_index, p.phone_index, p.keys) for p in there] == [
        (p.initials, p.id_index, p.phone_index, p.keys) for p in here
    ]
    for person, found in zip(people, there, strict=True):
        assert SEALER.open(ID_NUMBER, person.resident_id, found.id_sealed) == person.id_number
        assert SEALER.open(PHONE, person.resident_id, found.phone_sealed) == person.phone
        assert found.id_sealed is None or SEALER.key_of(found.id_sealed) == 2


def test_a_second_process_that_stops_is_told_and_not_waited_for(monkeypatch, capfd):
    monkeypatch.setattr(preparing.os, "cpu_count", lambda: 2)
    broken = [Identity("R1", None, "", "")] * 20_000
    with pytest.raises(DataError, match="中途停止"):
        list(prepare_all(SEALER, broken, preparing.MANY))


def test_residents_that_a_second_process_sealed_are_found(empty, monkeypatch):
    monkeypatch.setattr(preparing, "MANY", 1)
    publish()
    assert [row.resident_id for row in search(actor(), "单雄信").rows] == ["R3"]
    assert [row.resident_id for row in search(actor(), PEOPLE["R4"][3]).rows] == ["R4"]


def test_who_is_found_under_two_readings_counts_once_towards_the_cap(empty):
    first, second = ("单国强", "1970-01-02", f"{EAST}201", ""), ("孙和", "1971-01-02", f"{EAST}201", "")
    publish(lake({"P1": first, "P2": second}))
    assert {b"psgq", b"psgj"} <= {
        bytes(key) for key in SearchKey.objects.filter(resident="P1").values_list("key", flat=True)
    }
    for reach in (None, [CLINIC]):
        assert found_by_keys([(b"ps", b"ps\xff")], [], reach, TODAY, 1) == ["P1", "P2"]
