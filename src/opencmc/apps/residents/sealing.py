"""Identifiers at rest: sealed with SM4-GCM (GB/T 32907), found by a blind index with HMAC-SM3 (GB/T 32905, GB/T 15852.2).

A sealed value is ``1 | number of the key | nonce (12) | ciphertext | tag (16)``. What it belongs to (a frozen name of the
field and the resident's id) is authenticated with it, so a value moved to another field or person does not open.
The index key is another than the sealing keys, and neither is ever in the database.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.utils.module_loading import import_string

from opencmc.base.errors import DataError

#: Names that are authenticated with a value. They are frozen: changing one makes what was sealed unreadable.
ID_NUMBER, PHONE, CARD, MOTHER_ID = "resident.id_number", "resident.phone", "resident.card", "resident.mother_id"
IMPORT_ROWS = "import.rows"
_FORM = 1
_NONCE, _TAG = 12, 16
#: Bytes kept of an index: of a whole identifier, and of the last characters of one.
_INDEX_BYTES, _TAIL_BYTES = 16, 8


#: The sealing keys by number, and the index key: what a :class:`Sealer` is made from.
Keys = tuple[dict[int, bytes], bytes]


class Sealer:
    """Seals, opens and indexes with the keys of one home."""

    def __init__(self, sealing: dict[int, bytes], index: bytes) -> None:
        self.keys: Keys = (sealing, index)
        self.current = max(sealing)
        self._keys = {number: algorithms.SM4(_derived(key, b"opencmc sealing")) for number, key in sealing.items()}
        self._index = hmac.HMAC(_derived(index, b"opencmc index", 32), hashes.SM3())
        self._tails: dict[bytes, bytes] = {}

    def seal(self, field: str, owner: str, value: str) -> bytes:
        return self._seal(field, owner, value, os.urandom(_NONCE))

    def seal_all(self, field: str, owners: Sequence[str], values: Iterable[str | None]) -> list[bytes | None]:
        """Many at once; nothing stays nothing."""
        nonces = os.urandom(_NONCE * len(owners))
        return [
            None if not value else self._seal(field, owner, value, nonces[at * _NONCE : (at + 1) * _NONCE])
            for at, (owner, value) in enumerate(zip(owners, values, strict=True))
        ]

    def _seal(self, field: str, owner: str, value: str, nonce: bytes) -> bytes:
        work = Cipher(self._keys[self.current], modes.GCM(nonce)).encryptor()
        work.authenticate_additional_data(f"{field}:{owner}".encode())
        sealed = work.update(value.encode()) + work.finalize()
        return b"%c%c%b%b%b" % (_FORM, self.current, nonce, sealed, work.tag)

    def open(self, field: str, owner: str, sealed: bytes | memoryview | None) -> str:
        """The value; "" for nothing. Raises :class:`DataError` when it was altered, moved, or its key is gone."""
        if sealed is None:
            return ""
        sealed = bytes(sealed)
        key = self._keys.get(sealed[1]) if len(sealed) >= 2 + _NONCE + _TAG and sealed[0] == _FORM else None
        if key is None:
            raise DataError(
                "密封的标识没有可用的密钥，不能读出。请检查数据目录 keys/ 下的密钥文件是否与数据库配套。", table=field
            )
        work = Cipher(key, modes.GCM(sealed[2 : 2 + _NONCE], sealed[-_TAG:])).decryptor()
        work.authenticate_additional_data(f"{field}:{owner}".encode())
        try:
            return (work.update(sealed[2 + _NONCE : -_TAG]) + work.finalize()).decode()
        except InvalidTag:
            raise DataError("密封的标识与它所属的居民不符，或已被改动，不能读出。", table=field) from None

    def key_of(self, sealed: bytes | memoryview) -> int:
        """The number of the key by which ``sealed`` was made."""
        return bytes(sealed[1:2])[0]

    def index(self, field: str, value: str) -> str:
        """The blind index of a whole identifier: 32 hexadecimal characters, equal for equal values of one field."""
        return self._digest(f"{field}={value}".encode())[:_INDEX_BYTES].hex()

    def tail(self, field: str, characters: str) -> bytes:
        """The blind index of the last characters of an identifier: 8 bytes. Few differ, so they are remembered."""
        text = f"{field}~{characters}".encode()
        found = self._tails.get(text)
        if found is None:
            found = self._digest(text)[:_TAIL_BYTES]
            if len(self._tails) < 2_000_000:
                self._tails[text] = found
        return found

    def _digest(self, text: bytes) -> bytes:
        work = self._index.copy()
        work.update(text)
        return work.finalize()


def _derived(key: bytes, purpose: bytes, length: int = 16) -> bytes:
    work = hmac.HMAC(key, hashes.SM3())
    work.update(purpose)
    return work.finalize()[:length]


@lru_cache(maxsize=8)
def _sealer(home: Path, stamp: int) -> Sealer:
    ring, single = import_string(settings.KEY_RING), import_string(settings.KEY)
    return Sealer(ring(home, "sealing"), single(home, "index"))


def sealer() -> Sealer:
    """With the keys of the installation's home; a key added on the ring is taken up at once."""
    home = Path(settings.OPENCMC_HOME)
    folder = home / "keys"
    stamp = folder.stat().st_mtime_ns if folder.is_dir() else 0
    found = _sealer(home, stamp)
    if not stamp:  # the keys were made just now, and the folder with them
        found = _sealer(home, folder.stat().st_mtime_ns)
    return found
