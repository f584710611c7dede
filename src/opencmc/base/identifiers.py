"""Identifiers with check digits: citizen ID, unified social credit code, organisation code, division codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def citizen_id_check(first17: str) -> str:
    """The check character of a citizen ID (GB 11643-1999) from its first 17 digits."""
    if not re.fullmatch(r"[0-9]{17}", first17):
        raise ValueError("公民身份号码的前 17 位应全为数字")
    return "10X98765432"[sum(w * int(d) for w, d in zip(_CITIZEN_WEIGHTS, first17, strict=True)) % 11]


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A checked citizen ID in its 18-character form (GB 11643-1999)."""

    number: str

    @classmethod
    def parse(cls, text: str) -> CitizenId:
        """Read an 18- or 15-character number. Raises ``ValueError`` that names the fault, never the number."""
        text = text.strip().upper()
        if re.fullmatch(r"[0-9]{15}", text):
            text = f"{text[:6]}19{text[6:]}"
            text += citizen_id_check(text)
        if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
            raise ValueError("公民身份号码应为 18 位（末位可为 X）或旧式 15 位数字")
        try:
            date.fromisoformat(f"{text[6:10]}-{text[10:12]}-{text[12:14]}")
        except ValueError as error:
            raise ValueError("公民身份号码第 7–14 位不是一个日期") from error
        if citizen_id_check(text[:17]) != text[17]:
            raise ValueError("公民身份号码的校验码不符")
        return cls(text)

    @property
    def birth_date(self) -> date:
        return date.fromisoformat(f"{self.number[6:10]}-{self.number[10:12]}-{self.number[12:14]}")

    @property
    def sex(self) -> str:
        """``"1"`` male, ``"2"`` female (GB/T 2261.1), from the parity of the order code."""
        return "1" if int(self.number[16]) % 2 else "2"

    @property
    def division(self) -> str:
        """The county code of first registration (GB/T 2260)."""
        return self.number[:6]


def organisation_code_check(first8: str) -> str:
    """The check character of an organisation code (GB 11714) from its first eight characters."""
    if not re.fullmatch(r"[0-9A-Z]{8}", first8):
        raise ValueError("组织机构代码的本体应为 8 位数字或大写字母")
    total = sum(w * int(c, 36) for w, c in zip(_ORGANISATION_WEIGHTS, first8, strict=True))
    return "0123456789X0"[11 - total % 11]


def parse_organisation_code(text: str) -> str:
    """Check an organisation code, with or without the hyphen; returns the nine characters without it."""
    code = text.strip().upper().replace("-", "")
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", code):
        raise ValueError("组织机构代码应为 8 位本体加 1 位校验码")
    if organisation_code_check(code[:8]) != code[8]:
        raise ValueError("组织机构代码的校验码不符")
    return code


def credit_code_check(first17: str) -> str:
    """The check character of a unified social credit code (GB 32100-2015) from its first 17 characters."""
    if len(first17) != 17 or any(c not in _CREDIT_ALPHABET for c in first17):
        raise ValueError("统一社会信用代码的前 17 位只能是数字和不含 I、O、S、V、Z 的大写字母")
    total = sum(w * _CREDIT_ALPHABET.index(c) for w, c in zip(_CREDIT_WEIGHTS, first17, strict=True))
    return _CREDIT_ALPHABET[(31 - total % 31) % 31]


def parse_credit_code(text: str) -> str:
    """Check a unified social credit code; returns its 18 characters."""
    code = text.strip().upper()
    if len(code) != 18 or any(c not in _CREDIT_ALPHABET for c in code):
        raise ValueError("统一社会信用代码应为 18 位数字和不含 I、O、S、V、Z 的大写字母")
    if credit_code_check(code[:17]) != code[17]:
        raise ValueError("统一社会信用代码的校验码不符")
    return code


def parse_division_code(text: str) -> str:
    """Check the form of an administrative division code: province 2, city 4, county 6 (GB/T 2260), township 9,
    village 12 digits (statistics bureau). Longer forms filled with zeros are cut to their level."""
    code = text.strip()
    if not re.fullmatch(r"[1-8][0-9](?:[0-9]{2}){0,2}(?:[0-9]{3}){0,2}", code) or len(code) in (5, 7, 8, 10, 11):
        raise ValueError("行政区划代码应为 2、4、6、9 或 12 位数字")
    for length in (9, 6, 4, 2):
        if len(code) > length and set(code[length:]) == {"0"}:
            code = code[:length]
    return code


def division_level(code: str) -> str:
    """``province``, ``city``, ``county``, ``township`` or ``village``, by length."""
    levels = {2: "province", 4: "city", 6: "county", 9: "township", 12: "village"}
    return levels[len(parse_division_code(code))]
