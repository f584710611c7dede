"""Two entries side by side: field by field with the characters that differ, and what is recorded under each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.residents.contracts import PersonLine
from opencmc.apps.residents.lines import lines
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.record import entries_of, histories, names_of_units
from opencmc.apps.residents.review import score
from opencmc.methods.matching import Scored

#: A piece of a value, and whether it differs from the other side.
Piece = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Row:
    """A field of both: the pieces of each value, how they agree in words, and whether that speaks for or against."""

    label: str
    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    agreement: str
    tone: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the lake holds under an entry."""

    visits: int
    stays: int
    contracts: int
    follow_ups: int
    last: date | None
    where: str


@dataclass(frozen=True, slots=True)
class Comparison:
    left: PersonLine
    right: PersonLine
    versions: tuple[int, int]
    rows: tuple[Row, ...]
    recorded: tuple[Recorded, Recorded]
    scored: Scored


def compare(actor: Actor, left: Resident, right: Resident) -> Comparison:
    """Both entries, as the reader may see them: identifiers stay masked, their agreement is told in words."""
    one, other = lines(actor, [left, right], None)
    scored = score(left, right, actor.today)
    units = names_of_units()
    said = {reason.field: reason for reason in scored.reasons}

    def row(label: str, field: str, a: str, b: str) -> Row:
        reason = said.get(field)
        tone = "" if reason is None or reason.level == "unknown" else "good" if reason.weight > 0 else "bad"
        return Row(label, *pieces(a, b), reason.level_label if reason else "", tone)

    rows = (
        row(_("姓名"), "name", one.name, other.name),
        row(_("性别"), "sex", one.sex, other.sex),
        row(_("出生日期"), "birth", str(one.birth_date), str(other.birth_date)),
        row(_("证件号码"), "document", one.id_masked, other.id_masked),
        row(_("电话"), "phone", one.phone_masked, other.phone_masked),
        row(_("住址"), "place", one.township_name + one.village_name, other.township_name + other.village_name),
        row(_("详细住址"), "", left.address, right.address),
        row(_("责任机构"), "", units.get(left.institution_id, ""), units.get(right.institution_id, "")),
        row(_("死亡日期"), "", str(left.death_date or ""), str(right.death_date or "")),
        row(_("来源"), "", str(left.get_source_display()), str(right.get_source_display())),
        row(_("编号"), "", left.pk, right.pk),
    )
    kept = tuple(each for each in rows if _text(each.left) or _text(each.right))
    return Comparison(one, other, (left.version, right.version), kept, (_recorded(left), _recorded(right)), scored)


def pieces(a: str, b: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts cut where they differ; a text without a counterpart is not marked as different."""
    if not a or not b or a == b:
        return ((a, False),), ((b, False),)
    left, right = [], []
    for word, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        differs = word != "equal"
        if a2 > a1:
            left.append((a[a1:a2], differs))
        if b2 > b1:
            right.append((b[b1:b2], differs))
    return tuple(left), tuple(right)


def _text(parts: tuple[Piece, ...]) -> str:
    return "".join(text for text, _differs in parts)


def _recorded(row: Resident) -> Recorded:
    history = histories().of_many(entries_of(row))
    contacts = history.of("visit", "stay", "follow_up")
    last = contacts[0] if contacts else None
    where = names_of_units().get(last.institution_id or "", "") if last else ""
    return Recorded(
        len(history.of("visit")), len(history.of("stay")), len(history.of("contract")), len(history.of("follow_up")),
        last.date if last else None, where,
    )  # fmt: skip
