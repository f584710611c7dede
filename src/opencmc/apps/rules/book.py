"""The rule book: entries of a pack searched and filtered, as short rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from opencmc.apps.rules.queries import lineage_labels
from opencmc.policy.entry import DatedValue, Entry
from opencmc.policy.pack import Pack
from opencmc.policy.schema import KINDS
from opencmc.policy.wording import say_citation, say_value

PAGE = 60
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Row:
    entry_id: str
    label: str
    kind: str
    kind_label: str
    value: str
    standing: str
    source: str
    checked_on: date
    pack_label: str
    own: bool
    overrides: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. Empty means any."""

    text: str = ""
    kind: str = ""
    standing: str = ""
    document: str = ""
    pack: str = ""


def value_on(entry: Entry, day: date) -> DatedValue | None:
    """The value of the day; before the first or after the last one, the nearest."""
    return entry.on(day) or (
        entry.values[0] if entry.values and day < entry.values[0].start else entry.values[-1] if entry.values else None
    )


def _matches(entry: Entry, held: DatedValue | None, wanted: Wanted, pack: Pack, label: str) -> bool:
    if wanted.kind and entry.kind != wanted.kind:
        return False
    if wanted.pack and entry.pack != wanted.pack:
        return False
    if wanted.standing and (held is None or held.standing.value != wanted.standing):
        return False
    cited = {cite.document for value in entry.values for cite in value.cites}
    if wanted.document and wanted.document not in cited:
        return False
    if not wanted.text:
        return True
    quotes = " ".join(cite.quote for value in entry.values for cite in value.cites)
    said = say_value(entry, held.value) if held else ""
    whole = f"{entry.id} {label} {entry.label} {entry.note} {said} {quotes}".lower()
    return all(word in whole for word in wanted.text.lower().split())


def search(pack: Pack, wanted: Wanted, *, day: date, english: bool) -> list[Row]:
    """The rows that match, own entries first, then by kind and id."""
    order = {kind: i for i, kind in enumerate(KINDS)}
    rows = []
    labels = lineage_labels(pack)
    for entry in pack.entries.values():
        held = value_on(entry, day)
        label = entry.label_en if english and entry.label_en else entry.label
        if not _matches(entry, held, wanted, pack, label):
            continue
        said = say_value(entry, held.value) if held and entry.kind != "indicator" else ""
        first = held.cites[0] if held and held.cites else None
        rows.append(
            Row(
                entry.id,
                label,
                entry.kind,
                KINDS[entry.kind].label,
                said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…",
                held.standing.value if held else "unverified",
                say_citation(first, pack.documents) if first else (held.because if held else ""),
                entry.checked_on,
                labels.get(entry.pack, entry.pack),
                entry.pack == pack.id,
                entry.pack == pack.id and pack.inherited(entry.id) is not None,
            )
        )
    rows.sort(key=lambda r: (not r.own, order.get(r.kind, 99), r.entry_id))
    return rows
