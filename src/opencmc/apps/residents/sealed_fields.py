"""Identifiers in the one form in which they are sealed and indexed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from opencmc.base.identifiers import CitizenId

_SIGNS = re.compile(r"[\s\-—–_()（）]")
_COUNTRY = re.compile(r"(?:00|\+)?86(1[0-9]{10})")


def normal_id(text: str | None) -> str:
    """An ID number without blanks, in capitals; the old form of 15 digits in its 18 characters where it holds together."""
    if not text:
        return ""
    if len(text) == 18 and text.isascii() and text.isalnum():
        return text.upper()
    text = _SIGNS.sub("", unicodedata.normalize("NFKC", text)).upper()
    if len(text) == 15 and text.isdigit():
        try:
            return CitizenId.parse(text).number
        except ValueError:
            return text
    return text


@lru_cache(maxsize=100_000)
def normal_phone(text: str | None) -> str:
    """A telephone number as digits (a leading + of another country stays)."""
    if not text:
        return ""
    text = _SIGNS.sub("", unicodedata.normalize("NFKC", text))
    found = _COUNTRY.fullmatch(text)
    return found[1] if found else text


def normal_card(text: str | None) -> str:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text)).upper() if text else ""
