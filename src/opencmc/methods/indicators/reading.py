"""In which order sources are read, and in which order indicators are evaluated meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pyarrow as pa

from opencmc.methods.indicators.definitions import Definition, measures_of
from opencmc.methods.indicators.grains import GRAINS
from opencmc.methods.indicators.measures import MEASURES, Flow, Persons, Stock, Total
from opencmc.methods.indicators.partials import Partials
from opencmc.methods.indicators.register_rows import SOURCES
from opencmc.methods.indicators.registers import READS
from opencmc.methods.indicators.where import WHERE

#: All sources: first what registers are evaluated from, then what happened, last what little depends on.
READ_ORDER = (
    "institutions", "memberships", "attachments", "postings", "equipment", "population", "contracts", "chronic",
    "chronic_admissions", "chronic_follow_ups", "stay", "visit", "inpatient", "ledger", "contracted_visit", "enrolments", "deaths", "referral",
    "order", "assessments",
)  # fmt: skip
#: Where townships are seen: whatever is placed by the township waits for these.
TOWNSHIPS_SEEN_IN = ("visit", "stay", "population")


class Read(Mapping[str, pa.Table]):
    """The sources by name, each read when it is first asked for.

    :meth:`ahead` has them read by a thread of its own while figures are made of those already there; from then on only
    that thread uses the engine.
    """

    def __init__(self, partials: Partials) -> None:
        self._partials = partials
        self._read: dict[str, pa.Table] = {}
        self._coming: dict[str, Future[pa.Table]] = {}

    @contextmanager
    def ahead(self, names: Sequence[str]) -> Iterator[None]:
        with ThreadPoolExecutor(max_workers=1) as reader:
            self._coming = {name: reader.submit(self._partials.read, SOURCES[name]) for name in names}
            try:
                yield
            finally:
                reader.shutdown(cancel_futures=True)

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._read:
            coming = self._coming.get(name)
            self._read[name] = coming.result() if coming else self._partials.read(SOURCES[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(SOURCES)

    def __len__(self) -> int:
        return len(SOURCES)


def in_order_of_reading(
    wanted: Sequence[tuple[Definition, str]], definitions: Mapping[str, Definition]
) -> list[tuple[Definition, str]]:
    """Indicators with their kinds of unit, those first that wait for the fewest sources. The order follows from the
    definitions alone, not from what happened to be read: a run is written the same way every time."""

    def last_read(pair: tuple[Definition, str]) -> int:
        definition, kind = pair
        return max(map(READ_ORDER.index, sources_of(definition, kind, definitions)), default=0)

    return sorted(wanted, key=last_read)


def sources_of(definition: Definition, kind: str, definitions: Mapping[str, Definition]) -> set[str]:
    """What an indicator waits for, beside institutions, memberships and attachments."""
    found = _sources_of_definition(definition, definitions)
    # The population of a community is the sum of its townships.
    by_township = kind == "township" or (kind == "community" and "population" in found)
    return found | set(TOWNSHIPS_SEEN_IN) if by_township else found


def _sources_of_definition(definition: Definition, definitions: Mapping[str, Definition]) -> set[str]:
    found: set[str] = set()
    for formula in definition.formulas:
        for name in measures_of(formula).values():
            found |= _sources_of_measure(name)
        if formula.method == "growth":
            found |= _sources_of_definition(definitions[formula.parameters["of"]], definitions)
    return found


def _sources_of_measure(name: str) -> set[str]:
    measure = MEASURES[name]
    match measure:
        case Flow() | Persons():
            contracts = {"contracts"} if GRAINS[measure.grain].contracted else set()
            found = {measure.grain, *TOWNSHIPS_SEEN_IN, *contracts}
        case Stock():
            found = set(READS[measure.register])
        case Total():
            return {source for part in (*measure.parts, *measure.minus) for source in _sources_of_measure(part)}
    return found | {"ledger", *TOWNSHIPS_SEEN_IN} if WHERE[measure.where].paid else found
