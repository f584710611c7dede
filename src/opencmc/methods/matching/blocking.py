"""Which records are compared at all: those that share a block. The same blocks for registers and for single records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Block:
    """Records with the same values in all of ``columns`` (none of them missing) are compared."""

    name: str
    columns: tuple[str, ...]

    def key(self, prepared: Mapping[str, Any]) -> str | None:
        """The block of a prepared record as text, such as ``phone_year:11012345678|1970``; None for none."""
        values = [prepared[column] for column in self.columns]
        return None if None in values else f"{self.name}:{'|'.join(str(value) for value in values)}"


#: In the order in which pairs are looked for; a pair is compared once.
BLOCKS = (
    Block("number", ("document",)),
    Block("name_birth", ("name", "birth")),
    Block("birth_village", ("birth", "sex", "township")),
    Block("phone_year", ("phone", "birth_year", "sex")),
    Block("phone_sound", ("phone", "sound")),
    Block("sound_year", ("sound", "birth_year", "sex")),
    Block("sound_township", ("sound", "township", "sex")),
    Block("given_birth", ("given", "birth")),
)


def keys_of(prepared: Mapping[str, Any]) -> list[str]:
    """The blocks of a prepared record, as text."""
    return [key for block in BLOCKS if (key := block.key(prepared)) is not None]
