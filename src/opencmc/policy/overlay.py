"""How one pack departs from another: a county's whole law on one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opencmc.policy.entry import Entry
from opencmc.policy.pack import Pack
from opencmc.policy.wording import say_citations, say_span, say_value

#: What a difference is called.
CHANGES = {"added": "新增", "changed": "改写", "removed": "没有"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that differs. ``old`` is what the other pack says and ``new`` what this one says, in words; ``aspects`` names
    what is not the same (取值, 依据, 名称 …) and is empty unless ``change`` is ``changed``."""

    change: str
    id: str
    kind: str
    label: str
    old: str
    new: str
    aspects: tuple[str, ...]
    cites: tuple[str, ...]
    where: str


def difference(pack: Pack, against: Pack) -> list[Difference]:
    """What ``pack`` says otherwise than ``against``, in the order of ids. Looks at names, attributes, values, dates, standing
    and citations; not at notes nor at the day of the last check."""
    found: list[Difference] = []
    for name in sorted(pack.entries.keys() | against.entries.keys()):
        mine, other = pack.entries.get(name), against.entries.get(name)
        if mine is None and other is not None:
            found.append(_made("removed", other, old=say_all(other), new="", pack=against))
        elif mine is not None and other is None:
            found.append(_made("added", mine, old="", new=say_all(mine), pack=pack))
        elif mine is not None and other is not None and (aspects := _aspects(mine, other)):
            found.append(_made("changed", mine, old=say_all(other), new=say_all(mine), pack=pack, aspects=aspects))
    return found


def same_count(pack: Pack, against: Pack) -> int:
    """How many entries say the same in both packs."""
    shared = pack.entries.keys() & against.entries.keys()
    return sum(not _aspects(pack.entries[name], against.entries[name]) for name in shared)


def say_all(entry: Entry) -> str:
    """All dated values in words, in order."""
    return "；".join(f"{say_span(value)}：{say_value(entry, value.value)}" for value in entry.values)


def _aspects(mine: Entry, other: Entry) -> tuple[str, ...]:
    if mine is other:
        return ()
    compared: dict[str, tuple[Any, Any]] = {
        "种类": (mine.kind, other.kind),
        "名称": (mine.label, other.label),
        "属性": (mine.attributes, other.attributes),
        "取值": ([value.value for value in mine.values], [value.value for value in other.values]),
        "期间": ([(v.start, v.until) for v in mine.values], [(v.start, v.until) for v in other.values]),
        "把握": ({value.standing for value in mine.values}, {value.standing for value in other.values}),
        "依据": (
            [(value.cites, value.because) for value in mine.values],
            [(value.cites, value.because) for value in other.values],
        ),
    }
    return tuple(aspect for aspect, (left, right) in compared.items() if left != right)


def _made(change: str, entry: Entry, *, old: str, new: str, pack: Pack, aspects: tuple[str, ...] = ()) -> Difference:
    cites = dict.fromkeys(cite for value in entry.values for cite in value.cites)
    return Difference(
        change=change,
        id=entry.id,
        kind=entry.kind,
        label=entry.label,
        old=old,
        new=new,
        aspects=aspects,
        cites=tuple(say_citations(cites, pack.documents)),
        where=entry.where,
    )
