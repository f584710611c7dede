"""How much of an identifier is shown. A mask never shows more than the page may, whatever was entered."""

from __future__ import annotations

_STAR = "*"


def mask_name(name: str) -> str:
    """张**: the first character, and two stars whatever the length."""
    return name[:1] + _STAR * 2 if name else ""


def mask_id(number: str, *, tail: bool = True) -> str:
    """330226********1234: area and last four of an 18-character number; less of a shorter one. Without ``tail`` the
    last four are hidden too."""
    if not number:
        return ""
    if len(number) == 18:
        return number[:6] + _STAR * 8 + (number[-4:] if tail else _STAR * 4)
    return _masked(number, tail)


def mask_phone(number: str, *, tail: bool = True) -> str:
    """138****5678; less of a shorter number."""
    if not number:
        return ""
    if len(number) == 11:
        return number[:3] + _STAR * 4 + (number[-4:] if tail else _STAR * 4)
    return _masked(number, tail)


def _masked(number: str, tail: bool) -> str:
    """At most a third of the characters, the last ones, and never more than four."""
    shown = min(4, len(number) // 3) if tail else 0
    return _STAR * (len(number) - shown) + (number[-shown:] if shown else "")
