"""What was typed into the one search box: a name, initials, an identifier or the end of one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from opencmc.apps.residents.readings import clean_name
from opencmc.base.identifiers import CitizenId

#: Longer than any identifier or name: a paste that belongs somewhere else.
LONGEST = 80
_PHONE = re.compile(r"(?:\+?(?:00)?86)?(1[0-9]{10})")
_LANDLINE = re.compile(r"0[0-9]{2,3}-?[0-9]{7,8}")


@dataclass(frozen=True, slots=True)
class Typed:
    """``kind``: name, initials, id, tail (the last 4–10 characters of a number), phone, phone_name, number (another
    whole identifier: resident number, card, paper), empty, unclear. ``value`` as it is looked for; ``name`` beside a phone."""

    kind: str
    value: str = ""
    name: str = ""


def recognise(text: str) -> Typed:
    """Tell what ``text`` is. Full-width characters, blanks and lower case are read as they are meant."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return Typed("empty")
    if len(text) > LONGEST or any(unicodedata.category(c) in {"Cc", "Cs"} and not c.isspace() for c in text):
        return Typed("unclear")
    both = _with_phone(text)
    if both:
        return both
    compact = re.sub(r"[\s\-]", "", text)
    upper = compact.upper()
    if re.fullmatch(r"[0-9]{17}[0-9X]|[0-9]{15}", upper):
        return _citizen(upper)
    if found := _PHONE.fullmatch(compact):
        return Typed("phone", found[1])
    if _LANDLINE.fullmatch(text.replace(" ", "")):
        return Typed("phone", compact)
    if re.fullmatch(r"[0-9]{4,10}|[0-9]{3,5}X", upper):
        return Typed("tail", upper)
    if re.fullmatch(r"[a-zA-Z'’ ]+", text):
        return Typed("initials", re.sub(r"[^a-z]", "", text.lower()))
    if re.fullmatch(r"[0-9A-Z_./]+", upper) and any(c.isdigit() for c in upper):
        return Typed("number", upper) if len(upper) > 1 and not upper.isdigit() else Typed("unclear")
    name = clean_name(text)
    return Typed("name", name) if name else Typed("unclear")


def _with_phone(text: str) -> Typed | None:
    """A telephone and a name in either order, parted by a blank or a comma."""
    parts = [part for part in re.split(r"[\s,，;；]+", text) if part]
    if len(parts) != 2:
        return None
    for phone, name in (parts, parts[::-1]):
        found = _PHONE.fullmatch(phone)
        if found and not any(c.isdigit() for c in name):
            return Typed("phone_name", found[1], clean_name(name))
    return None


def _citizen(text: str) -> Typed:
    try:
        return Typed("id", CitizenId.parse(text).number)
    except ValueError:
        # Papers with a wrong check character exist in old registers, so it is looked for as it was typed.
        return Typed("id", text) if len(text) == 18 else Typed("number", text)
