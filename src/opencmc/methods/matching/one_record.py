"""One record as it is compared: what :mod:`opencmc.methods.matching.records` does for columns, in plain Python and at
once. A test holds the two equal, but for numbers and telephones that many records bear, which only a register can tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from opencmc.base.errors import DataError
from opencmc.base.identifiers import citizen_id_check
from opencmc.methods.matching.comparisons import PLAIN, SOUND, UNSOUND
from opencmc.methods.matching.documents import DIFFERENT_DIGITS, FIRST_DAY, formed
from opencmc.methods.matching.names import cleaned, name_parts
from opencmc.methods.matching.records import COUNTRY, NO_PHONE

_EPOCH = date(1970, 1, 1).toordinal()
_YEARS = range(1850, 2100)
_MOST_WRONG = 2


def prepare_one(record: Mapping[str, Any], common_names: frozenset[str]) -> dict[str, Any]:
    """The values that a record is compared by; None where there is none. ``birth`` in days since 1970-01-01; names and
    places stay text. Raises :class:`DataError` when ``birth_date`` is not a date."""
    born = _born(record.get("birth_date"))
    digits, state = _number(record.get("document_number"), born)
    if born is None and digits is not None and state > UNSOUND:
        born = _date_in(digits)
    name = cleaned(record.get("full_name"))
    return {
        **name_parts(name),
        "common": None if name is None else name in common_names,
        "birth": None if born is None else born.toordinal() - _EPOCH,
        "birth_year": None if born is None else born.year,
        "month_day": None if born is None else born.month * 100 + born.day,
        "default_day": None if born is None else (born.month, born.day) == (1, 1),
        "document": None if digits is None else int(digits),
        "document_state": None if digits is None else state,
        "phone": _phone(record.get("phone")),
        "township": record.get("township") or None,
        "village": record.get("village") or None,
        "sex": _sex(record.get("sex"), digits, state),
    }


def _born(day: Any) -> date | None:
    if day is None:
        return None
    if isinstance(day, datetime) or not isinstance(day, date):
        raise DataError("身份记录的出生日期不是日期")
    return day if day.toordinal() - _EPOCH >= FIRST_DAY else None


def _number(text: str | None, born: date | None) -> tuple[str | None, int]:
    """The first 17 digits and what they are worth."""
    number = None if text is None else formed(text)
    if number is None:
        return None, UNSOUND
    digits = number[:17] if len(number) == 18 else f"{number[:6]}19{number[6:]}"
    if len(set(digits)) < DIFFERENT_DIGITS:
        return None, UNSOUND
    written = _date_in(digits)
    early = written is not None and written.toordinal() - _EPOCH < FIRST_DAY
    state = UNSOUND if written is None or len(number) == 18 else PLAIN
    if len(number) == 18:
        if written is not None and citizen_id_check(digits) == number[17]:
            state = SOUND
        elif born is not None and born != written:
            put = f"{digits[:6]}{born:%Y%m%d}{digits[14:]}"
            wrong = sum(a != b for a, b in zip(put, digits, strict=True))
            if wrong <= _MOST_WRONG and citizen_id_check(put) == number[17]:
                return put, PLAIN
    return (None, UNSOUND) if early else (digits, state)


def _date_in(digits: str) -> date | None:
    try:
        day = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _phone(text: str | None) -> str | None:
    if text is None:
        return None
    digits = re.sub(COUNTRY, r"\1", re.sub(r"[^0-9]", "", text))
    return None if re.match(NO_PHONE, digits) else digits


def _sex(written: str | None, digits: str | None, state: int) -> int | None:
    if written in ("1", "2"):
        return int(written)
    return None if digits is None or state == UNSOUND else 2 - int(digits[16]) % 2
