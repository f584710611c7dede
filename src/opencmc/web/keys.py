"""The keys of one home: made at first use, each in a file of its own that only the owner may read, never in a database."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

#: Bytes of a key.
LENGTH = 32
_NUMBERED = re.compile(r"(?P<name>[a-z]+)(?:-(?P<number>[0-9]{1,3}))?\.key")


def key(home: Path, name: str) -> bytes:
    """The key ``HOME/keys/<name>.key`` (32 random bytes, hex in the file), made when it is not there.

    Safe with several workers: the file appears whole or not at all, and the first one stays.
    """
    folder = Path(home) / "keys"
    path = folder / f"{name}.key"
    if not path.exists():
        _make(folder, path)
    return _read(path)


def key_ring(home: Path, name: str) -> dict[int, bytes]:
    """All keys called ``name`` by number: ``name.key`` is 1 (made when it is not there), ``name-2.key`` is 2, and so on.
    What was sealed by an old one stays readable; the highest number is used from now on."""
    ring = {1: key(home, name)}
    for path in sorted((Path(home) / "keys").glob(f"{name}-*.key")):
        found = _NUMBERED.fullmatch(path.name)
        if found and found["number"] and int(found["number"]) in range(2, 256):
            ring[int(found["number"])] = _read(path)
    return ring


def add_key(home: Path, name: str) -> int:
    """One more key on the ring ``name``; its number."""
    number = max(key_ring(home, name)) + 1
    if number > 255:
        raise ValueError("a ring holds at most 255 keys")
    key(home, f"{name}-{number}")
    return number


def _read(path: Path) -> bytes:
    found = bytes.fromhex(path.read_text(encoding="ascii").strip())
    if len(found) != LENGTH:
        raise ValueError(f"{path.name}: a key of {LENGTH} bytes is expected")
    return found


def _make(folder: Path, path: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    draft = folder / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(LENGTH))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails when another worker was first: its key stays
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
