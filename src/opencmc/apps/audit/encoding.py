"""How a line becomes bytes and its digest: HMAC-SM3 (GB/T 32905-2016) over all its fields and the digest before it.

The number of a line is its place: ``lane << 40 | serial``, so that the primary key alone keeps a place from being
taken twice, and a line that moves is a line that changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

#: The present form of :func:`message`. A line keeps the form in which it was written.
VERSION = 1
#: Lanes in which is written. Lane 0 holds the lines of the time before there was a chain; nothing is added to it.
LANES = 32
FIRST_LAYOUT = 0
#: The digest before the first line of a lane.
BEGINNING = bytes(32)

_SERIAL_BITS = 40
_SERIALS = (1 << _SERIAL_BITS) - 1

#: The fields of a line in the order of its digest, after its number, version and time.
TEXTS = ("actor", "role", "unit", "action", "object", "resident_id", "purpose", "reason", "address")


def place(lane: int, serial: int) -> int:
    """The number of the line ``serial`` (from 1) of ``lane``."""
    return lane << _SERIAL_BITS | serial


def lane_of(number: int) -> int:
    return number >> _SERIAL_BITS


def serial_of(number: int) -> int:
    return number & _SERIALS


def time_text(at: datetime) -> str:
    """``2026-03-01 08:00:00.000000`` in UTC."""
    return at.astimezone(UTC).isoformat(sep=" ", timespec="microseconds")[:26]


def message(previous: bytes, number: int, version: int, at: str, texts: Sequence[str]) -> bytes:
    """The bytes that are signed. Lengths stand before the texts, so no character can move from one field into the next."""
    a, b, c, d, e, f, g, h, i = texts
    return (
        previous
        + (
            f"opencmc.audit.{version}\n{number},{at},{len(a)},{len(b)},{len(c)},{len(d)},{len(e)},{len(f)},{len(g)},"
            f"{len(h)},{len(i)}\n{a}{b}{c}{d}{e}{f}{g}{h}{i}"
        ).encode()
    )


class Signer:
    """HMAC-SM3 with one key. The keyed state is made once and copied for each line."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        self._keyed = HMAC(key, SM3())

    def sign(self, content: bytes) -> bytes:
        """32 bytes."""
        mac: Any = self._keyed.copy()
        mac.update(content)
        return mac.finalize()

    def digest(self, previous: bytes, number: int, version: int, at: str, texts: Sequence[str]) -> bytes:
        return self.sign(message(previous, number, version, at, texts))
