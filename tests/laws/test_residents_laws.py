"""What holds of sealed identifiers, masks and search keys, whatever is put in."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencmc.apps.residents.masking import mask_id, mask_name, mask_phone
from opencmc.apps.residents.readings import initials
from opencmc.apps.residents.sealing import CARD, ID_NUMBER, PHONE, Sealer
from opencmc.apps.residents.search_keys import keys_of, name_keys
from opencmc.apps.residents.typed import recognise
from opencmc.base.errors import DataError
from opencmc.web.keys import add_key, key, key_ring

KEYS = {1: bytes(range(32))}
SEALER = Sealer(KEYS, b"\x07" * 32)
VALUES = st.text(max_size=60).filter(lambda text: not any(0xD800 <= ord(c) <= 0xDFFF for c in text))
OWNERS = st.text("RP0123456789", min_size=1, max_size=12)
FIELDS = st.sampled_from([ID_NUMBER, PHONE, CARD])


@given(FIELDS, OWNERS, VALUES)
def test_what_is_sealed_opens_as_it_was(field, owner, value):
    sealed = SEALER.seal(field, owner, value)
    assert SEALER.open(field, owner, sealed) == value
    assert not value or len(value) < 4 or value.encode() not in sealed


@given(FIELDS, OWNERS, VALUES)
def test_the_same_value_sealed_twice_looks_different(field, owner, value):
    assert SEALER.seal(field, owner, value) != SEALER.seal(field, owner, value)


@given(OWNERS, OWNERS, VALUES)
def test_a_value_moved_to_another_person_or_field_does_not_open(owner, other, value):
    sealed = SEALER.seal(ID_NUMBER, owner, value)
    with pytest.raises(DataError):
        SEALER.open(PHONE, owner, sealed)
    if other != owner:
        with pytest.raises(DataError):
            SEALER.open(ID_NUMBER, other, sealed)


@given(VALUES, st.integers(0, 2000), st.integers(1, 255))
def test_one_changed_byte_does_not_open(value, at, change):
    sealed = bytearray(SEALER.seal(ID_NUMBER, "R1", value))
    sealed[at % len(sealed)] ^= change
    with pytest.raises(DataError):
        SEALER.open(ID_NUMBER, "R1", bytes(sealed))


@given(st.binary(max_size=60))
def test_what_was_never_sealed_does_not_open(found):
    with pytest.raises(DataError):
        SEALER.open(ID_NUMBER, "R1", found)


@given(VALUES, VALUES)
def test_indexes_are_equal_exactly_when_the_values_of_one_field_are(one, other):
    assert (SEALER.index(PHONE, one) == SEALER.index(PHONE, other)) == (one == other)
    assert SEALER.index(PHONE, one) != SEALER.index(CARD, one)
    assert SEALER.index(PHONE, one) != Sealer(KEYS, b"\x08" * 32).index(PHONE, one)


def test_old_keys_still_open_and_the_newest_seals():
    newer = Sealer({1: KEYS[1], 2: b"\x02" * 32}, b"\x07" * 32)
    old = SEALER.seal(PHONE, "R1", "13812345678")
    assert newer.open(PHONE, "R1", old) == "13812345678"
    fresh = newer.seal(PHONE, "R1", "13812345678")
    assert (newer.key_of(old), newer.key_of(fresh)) == (1, 2)
    with pytest.raises(DataError):
        SEALER.open(PHONE, "R1", fresh)


def test_many_at_once_are_sealed_like_one():
    sealed = SEALER.seal_all(PHONE, ["R1", "R2", "R3"], ["138", None, "139"])
    assert [SEALER.open(PHONE, owner, s) for owner, s in zip(["R1", "R2", "R3"], sealed, strict=True)] == [
        "138",
        "",
        "139",
    ]
    assert sealed[1] is None


@given(st.text("0123456789XA", max_size=40))
def test_a_mask_never_shows_more_than_it_may(number):
    for masked, most in (
        (mask_id(number), 10), (mask_id(number, tail=False), 6), (mask_phone(number), 7), (mask_phone(number, tail=False), 3),
    ):  # fmt: skip
        shown = len(masked.replace("*", ""))
        assert len(masked) == len(number)
        assert shown <= most
        assert shown <= len(number) * 2 / 3
        assert all(m in {"*", n} for m, n in zip(masked, number, strict=True))


@given(st.text(max_size=20))
def test_a_masked_name_tells_one_character_and_not_how_many_there_are(name):
    assert mask_name(name) == (name[0] + "**" if name else "")


@given(st.text(max_size=200))
def test_whatever_is_typed_is_recognised_or_called_unclear(text):
    found = recognise(text)
    assert found.kind in {"name", "initials", "id", "tail", "phone", "phone_name", "number", "empty", "unclear"}
    assert found.kind in {"empty", "unclear"} or found.value or text.strip("'’ ") == ""


@given(st.text(max_size=60), st.text("0123456789X", max_size=20), st.text("0123456789", max_size=12))
def test_keys_hold_no_identifier_in_plain(name, number, phone):
    for key_ in keys_of(SEALER, name, number, phone, ""):
        assert len(key_) <= 120
        if key_[:1] in {b"t", b"f", b"c"}:
            assert len(key_) == 9
            assert not any(len(tail) >= 4 and tail.encode() in key_ for tail in (number[-4:], number[-6:], phone[-4:]))


@given(st.text(max_size=30))
def test_every_name_has_few_readings_and_the_same_keys_each_time(name):
    assert len(initials(name)) <= 6
    assert name_keys(name) == name_keys(name)


def test_keys_are_made_once_for_their_owner_only(tmp_path):
    with ThreadPoolExecutor(8) as many:
        made = set(many.map(lambda _: key(tmp_path, "index"), range(40)))
    assert len(made) == 1
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]
    assert key(tmp_path, "sealing") != made.pop()


def test_a_key_added_to_a_ring_is_the_one_used_from_then_on(tmp_path):
    first = key_ring(tmp_path, "sealing")
    assert add_key(tmp_path, "sealing") == 2
    ring = key_ring(tmp_path, "sealing")
    assert set(ring) == {1, 2}
    assert ring[1] == first[1] != ring[2]
    assert len(list((tmp_path / "keys").iterdir())) == 2
