"""Networks and facility standards that policy packs hold. A pack is read once a process until one of its files changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from opencmc.apps.network.rows import AttachmentRow, InstitutionRow, MembershipRow, Rows, overlap
from opencmc.base.errors import Refused
from opencmc.policy.entry import Entry
from opencmc.policy.pack import Pack, default_root, list_packs, load_pack

#: Tables whose id begins so are facility standards.
STANDARD = "standard."


@lru_cache(maxsize=32)
def _read(pack_id: str, newest: int) -> Pack:
    return load_pack(default_root(), pack_id)


def pack_of(pack_id: str) -> Pack:
    """The pack, or ``PolicyError`` with its findings. :class:`Refused` when there is none of this name."""
    root = default_root()
    if pack_id not in list_packs(root):
        raise Refused(f"没有名为“{pack_id}”的政策包。", possible_when=f"现有：{'、'.join(list_packs(root))}。")
    return _read(pack_id, max(path.stat().st_mtime_ns for path in root.glob("*/**/*.yaml")))


def county_pack(region: str) -> Pack | None:
    """The pack of a county by its region, if there is one."""
    for pack_id in list_packs(default_root()):
        pack = pack_of(pack_id)
        if pack.region == region:
            return pack
    return None


def community_indicators(pack: Pack | None) -> list[str]:
    """The labels of the pack's indicators that are told by community."""
    return [e.label for e in pack.all("indicator") if "community" in e.attributes["by"]] if pack else []


def network_entries(pack: Pack) -> list[Entry]:
    """The pack's own networks, and its parents'."""
    return pack.all("network")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a pack's network asks of this county: the rows to add, and what stands in the way, in sentences."""

    rows: tuple[InstitutionRow | MembershipRow | AttachmentRow, ...]
    there: int
    conflicts: tuple[str, ...]
    notes: tuple[str, ...]


def planned(pack: Pack, entry: Entry, rows: Rows, day: date, chosen: Mapping[str, str], region: str) -> Planned:
    """The rows that the network of ``entry`` as of ``day`` adds to ``rows``.

    ``chosen`` names for an institution of the pack the one that it is here. An institution that stands for a kind
    (``stands_for``) is the county's own of that kind: the only one, or every one; where there is none, it is made
    under the name that the document gives it.
    """
    dated = entry.on(day)
    if dated is None:
        starts = "、".join(str(value.start) for value in entry.values)
        raise Refused(f"“{entry.label}”在 {day} 没有取值。", possible_when=f"换一天：{starts} 起有取值。")
    value, start = dated.value, dated.start
    new: dict[Any, Any] = {}
    conflicts: list[str] = []
    notes: list[str] = []
    here: dict[str, list[str]] = {}
    for given in value["institutions"]:
        here[given["id"]] = _who(given, rows, chosen, conflicts, notes)
        for institution_id in here[given["id"]]:
            if institution_id not in rows.institutions:
                new[institution_id] = InstitutionRow(
                    institution_id, given["name"], given.get("short_name", ""), given["tier"], given["kind"], region,
                    given.get("township", ""), given.get("attached_to", ""))  # fmt: skip
    memberships, there = _memberships(value, start, rows, here, conflicts)
    attachments = _attachments(value, start, rows, here)
    return Planned((*new.values(), *attachments, *memberships), there, tuple(conflicts), tuple(notes))


def _who(
    given: Mapping[str, Any], rows: Rows, chosen: Mapping[str, str], conflicts: list[str], notes: list[str]
) -> list[str]:
    name = given["id"]
    if name in chosen:
        if chosen[name] not in rows.institutions:
            conflicts.append(f"--as {name}={chosen[name]}：没有编号为“{chosen[name]}”的机构")
        return [chosen[name]]
    stands = given.get("stands_for")
    if stands is None or name in rows.institutions:
        return [name]
    alike = sorted(
        row.institution_id
        for row in rows.institutions.values()
        if row.tier == given["tier"]
        and (row.kind == given["kind"] or (stands == "every" and given["tier"] == "township"))
    )
    if not alike:
        notes.append(f"本县没有“{given['name']}”这一类机构，按文件的称谓新建一家（{name}）")
        return [name]
    if stands == "one" and len(alike) > 1:
        conflicts.append(f"“{given['name']}”在本县有 {len(alike)} 家（{'、'.join(alike)}）：用 --as {name}=编号 指明")
        return []
    notes.append(f"“{given['name']}”即本县的{'、'.join(rows.institutions[i].name for i in alike[:5])}"
                 + (f"等 {len(alike)} 家" if len(alike) > 5 else ""))  # fmt: skip
    return alike


def _memberships(
    value: Mapping[str, Any], start: date, rows: Rows, here: Mapping[str, list[str]], conflicts: list[str]
) -> tuple[list[MembershipRow], int]:
    made, there = [], 0
    for community in value["communities"]:
        roles = [(community["lead"], "lead"), *((m["institution"], m["role"]) for m in community["members"])]
        for name, role in roles:
            for institution_id in here.get(name, ()):
                row = MembershipRow(community["id"], community["name"], community["kind"], institution_id, role, start)
                same = [m for m in rows.memberships.values() if m.institution_id == institution_id and overlap(m, row)]
                if any(m.community_id == row.community_id for m in same):
                    there += 1  # it has its role already, from another day perhaps: what is known better stays
                elif row.binds and (other := [m for m in same if m.binds]):
                    conflicts.append(
                        f"{institution_id} 已属于{other[0].community_name}，不能再加入{row.community_name}"
                    )
                elif not any(m.key == row.key for m in made):
                    made.append(row)
    return made, there


def _attachments(
    value: Mapping[str, Any], start: date, rows: Rows, here: Mapping[str, list[str]]
) -> list[AttachmentRow]:
    wanted = {i["id"]: i["attached_to"] for i in value["institutions"] if "attached_to" in i}
    for community in value["communities"]:
        wanted |= {m["institution"]: m["attached_to"] for m in community["members"] if "attached_to" in m}
    made = []
    for name, parent in wanted.items():
        for child in here.get(name, ()):
            has_one = any(a.institution_id == child for a in rows.attachments.values())
            if not has_one and here.get(parent):
                made.append(AttachmentRow(child, here[parent][0], "branch", start))
    return made


# standards ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StandardItem:
    """One item of a standard: what is required, and the one change that fulfils it. ``area`` names the area
    (:class:`InstitutionService`) whose presence answers it where nobody has."""

    item: str
    label: str
    requirement: str
    remedy: str
    area: str


@dataclass(frozen=True, slots=True)
class Standard:
    """A facility standard of a pack: for which kinds of institution, since when, its items, and where it stands."""

    pack: str
    pack_label: str
    entry_id: str
    label: str
    kinds: tuple[str, ...]
    start: date
    items: tuple[StandardItem, ...]
    note: str


def standard_of(pack_id: str, entry_id: str, day: date) -> Standard | None:
    """The standard as it holds on ``day``; ``None`` when it says nothing about that day."""
    pack = pack_of(pack_id)
    entry = pack.entries.get(entry_id)
    held = entry.on(day) if entry else None
    if entry is None or held is None:
        return None
    columns = list(entry.attributes["columns"])
    lines = [dict(zip(columns, row, strict=True)) for row in held.value]
    blank = {"—": ""}
    items = tuple(
        StandardItem(
            line["item"], line["label"], line["requirement"], line["remedy"], blank.get(line["area"], line["area"])
        )
        for line in lines
    )
    kinds = tuple(dict.fromkeys(kind for line in lines for kind in line["kinds"].split("|")))
    return Standard(pack.id, pack.label, entry.id, entry.label, kinds, held.start, items, entry.note)


def list_standards(day: date) -> list[Standard]:
    """The facility standards of all packs on ``day``."""
    found = []
    for pack_id in list_packs(default_root()):
        pack = pack_of(pack_id)
        names = [e.id for e in pack.own.values() if e.kind == "table" and e.id.startswith(STANDARD)]
        found += [s for name in sorted(names) if (s := standard_of(pack_id, name, day)) is not None]
    return found
