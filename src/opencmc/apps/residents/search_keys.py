"""The keys under which a resident stands in the search table. Names in plain, tails of identifiers as blind indexes."""

from __future__ import annotations

from functools import lru_cache

from opencmc.apps.residents.readings import clean_name, given_name, initials
from opencmc.apps.residents.sealing import CARD, ID_NUMBER, PHONE, Sealer

NAME, GIVEN, INITIALS, ID_TAIL, PHONE_TAIL, CARD_TAIL = b"n", b"g", b"p", b"t", b"f", b"c"
#: How many last characters have a key of their own; five are found by four and checked.
ID_TAILS, PHONE_TAILS, CARD_TAILS = (4, 6), (4,), (6,)
_LONGEST = 110


@lru_cache(maxsize=300_000)
def name_keys(name: str) -> tuple[bytes, ...]:
    """The keys of a name: whole, without the surname, and every reading of its initials."""
    whole = clean_name(name)
    if not whole:
        return ()
    given = given_name(name)
    keys = [NAME + whole.encode(), *([GIVEN + given.encode()] if given else [])]
    keys += [INITIALS + letters.encode() for letters in initials(name)]
    return tuple(dict.fromkeys(key[:_LONGEST] for key in keys))


def keys_of(sealer: Sealer, name: str, id_number: str, phone: str, card: str) -> list[bytes]:
    """All keys of one resident."""
    keys = list(name_keys(name))
    for kind, field, value, tails in (
        (ID_TAIL, ID_NUMBER, id_number, ID_TAILS),
        (PHONE_TAIL, PHONE, phone, PHONE_TAILS),
        (CARD_TAIL, CARD, card, CARD_TAILS),
    ):
        if value:
            keys += [kind + sealer.tail(field, value[-length:]) for length in tails if len(value) > length]
    return keys
