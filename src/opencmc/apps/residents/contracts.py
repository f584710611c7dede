"""What passes through the door of the residents slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from opencmc.base.errors import Refused

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A resident as this reader may see them: out of reach the name is 张** and identifiers show no tail."""

    resident_id: str
    name: str
    sex: str
    birth_date: date
    age_text: str
    village_name: str
    township_name: str
    institution_id: str
    id_masked: str
    phone_masked: str
    deceased: bool
    merged_into: str
    in_reach: bool = True
    programmes: tuple[str, ...] = ()
    team: str = ""
    conflict: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page of who was found. ``total`` is exact unless there are more than the cap; ``kind`` says as what the text was
    read; ``problem`` says what to type instead when nothing could be looked for."""

    rows: tuple[PersonLine, ...]
    total: int
    total_is_exact: bool
    page: int
    kind: str
    problem: str = ""
    size: int = 20


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did."""

    read: int
    created: int
    updated: int
    unchanged: int
    differences: int
    conflicts: int
    relations: int


@dataclass(frozen=True, slots=True)
class Identifiers:
    """The identifiers of one resident in full, shown once after an audited request."""

    id_number: str
    phone: str
    card: str
    mother_id: str


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field that somebody else changed meanwhile."""

    field: str
    label: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody saved before: who, when, and what differs."""

    version: int
    actor: str
    at: datetime | None
    differences: tuple[FieldDifference, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be the same person, and why."""

    line: PersonLine
    why: str
    certain: bool


class Unacceptable(Refused):
    """Fields that cannot be taken as they are. ``errors``: field → sentence; ``asks``: the confirmation that would let it
    pass (``duplicate``), with the ``candidates`` to look at first."""

    def __init__(
        self, errors: Mapping[str, str], *, asks: str = "", candidates: Sequence[Candidate] = (), sentence: str = ""
    ) -> None:
        self.errors, self.asks, self.candidates = dict(errors), asks, tuple(candidates)
        super().__init__(sentence or "；".join(text.rstrip("。") for text in self.errors.values()))


class SavedBefore(Refused):
    """Somebody else saved this resident since it was opened."""

    def __init__(self, sentence: str, possible_when: str, stale: Stale) -> None:
        self.stale = stale
        super().__init__(sentence, possible_when=possible_when)
