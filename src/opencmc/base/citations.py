"""Where a value comes from, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How sure a value is. Screens show it as 有出处 / 待核实 / 拟定."""

    SOURCED = "sourced"
    UNVERIFIED = "unverified"
    PROPOSED = "proposed"

    @property
    def label(self) -> str:
        return {"sourced": "有出处", "unverified": "待核实", "proposed": "拟定"}[self.value]


@dataclass(frozen=True, slots=True)
class Citation:
    """A clause of a document. ``quote`` is the document's own words and is checked where its text is at hand."""

    document: str
    clause: str
    quote: str = ""
