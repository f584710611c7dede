"""How two records are compared: for every field, levels of agreement from the strongest to none.

A level is written twice: as SQL for whole registers (Splink, DuckDB) and as Python for single records; a test holds
them equal on many pairs. Levels are symmetric. The columns are those of :mod:`opencmc.methods.matching.records`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Prepared = Mapping[str, Any]
Test = Callable[[Prepared, Prepared], bool]

#: What a number is worth as evidence: its check character is right, it has none (15 digits, or repaired), it is wrong.
SOUND, PLAIN, UNSOUND = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a field: what it is called, its SQL over ``*_l`` and ``*_r`` columns, the same in Python.

    A level without a test is what remains.
    """

    name: str
    label: str
    sql: str
    test: Test | None


@dataclass(frozen=True, slots=True)
class Field:
    """A field and its levels in order; the first that holds counts. The first is always ``unknown``: no evidence."""

    name: str
    label: str
    levels: tuple[Level, ...]

    def level(self, left: Prepared, right: Prepared) -> Level:
        return next(level for level in self.levels if level.test is None or level.test(left, right))

    def names(self) -> tuple[str, ...]:
        return tuple(level.name for level in self.levels)


def edits(a: str, b: str, most: int = 1) -> bool:
    """Whether ``a`` becomes ``b`` by at most one wrong, missing, added or transposed character (``most`` is 1)."""
    if abs(len(a) - len(b)) > most:
        return False
    if a == b:
        return True
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    left, right = a[start : len(a) - end], b[start : len(b) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])


def _missing(column: str) -> tuple[str, Test]:
    return (
        f"{column}_l IS NULL OR {column}_r IS NULL",
        lambda left, right: left[column] is None or right[column] is None,
    )


def _equal(column: str) -> tuple[str, Test]:
    return (
        f"{column}_l = {column}_r",
        lambda left, right: left[column] is not None and left[column] == right[column],
    )


def _same_name(left: Prepared, right: Prepared) -> bool:
    return bool(left["name"] == right["name"])


#: The engine counts edits in bytes, not in characters; so names are compared without their last or first character,
#: and names of three by their ends.
_ONE_CHARACTER = (
    "greatest(name_length_l, name_length_r) >= 3 AND (head_l = head_r OR tail_l = tail_r OR head_l = name_r "
    "OR head_r = name_l OR (ends_l = ends_r AND greatest(name_length_l, name_length_r) = 3))"
)


def _one_character(left: Prepared, right: Prepared) -> bool:
    longer = max(len(left["name"]), len(right["name"]))
    if longer < 3:
        return False
    if left["head"] in (right["head"], right["name"]) or right["head"] == left["name"] or left["tail"] == right["tail"]:
        return True
    return bool(longer == 3 and left["ends"] == right["ends"])


NAME = Field(
    "name",
    "姓名",
    (
        Level("unknown", "缺姓名或尚未取名", *_missing("name")),
        Level(
            "same_rare", "相同（不常见的姓名）", "name_l = name_r AND NOT common_l",
            lambda left, right: _same_name(left, right) and not left["common"],
        ),
        Level("same_common", "相同（常见的姓名）", *_equal("name")),
        Level(
            "sound", "同音或字序颠倒", "sound_l = sound_r OR letters_l = letters_r",
            lambda left, right: left["sound"] == right["sound"] or left["letters"] == right["letters"],
        ),
        Level(
            "one_character", "只差一字",
            _ONE_CHARACTER, _one_character,
        ),
        Level(
            "part", "姓或名相同", "surname_l = surname_r OR given_l = given_r",
            lambda left, right: left["surname"] == right["surname"]
            or (left["given"] is not None and left["given"] == right["given"]),
        ),
        Level("different", "不同", "ELSE", None),
    ),
)  # fmt: skip

_NEAR_BIRTH = (
    "abs(birth_l - birth_r) <= 31 "
    "OR (month_day_l = month_day_r AND abs(birth_year_l - birth_year_r) IN (1, 2, 10, 20)) "
    "OR (birth_year_l = birth_year_r AND month_day_l // 100 = month_day_r % 100 "
    "AND month_day_r // 100 = month_day_l % 100)"
)


def _near_birth(left: Prepared, right: Prepared) -> bool:
    if abs(left["birth"] - right["birth"]) <= 31:
        return True
    years, this, other = abs(left["birth_year"] - right["birth_year"]), left["month_day"], right["month_day"]
    if this == other and years in (1, 2, 10, 20):
        return True
    return bool(years == 0 and divmod(this, 100) == divmod(other, 100)[::-1])


BIRTH = Field(
    "birth",
    "出生日期",
    (
        Level("unknown", "缺出生日期", *_missing("birth")),
        Level(
            "same", "相同", "birth_l = birth_r AND NOT default_day_l",
            lambda left, right: left["birth"] == right["birth"] and not left["default_day"],
        ),
        Level(
            "year_only", "年份相同，一方的月日为默认日（1 月 1 日）",
            "birth_year_l = birth_year_r AND (default_day_l OR default_day_r)",
            lambda left, right: left["birth_year"] == right["birth_year"]
            and (left["default_day"] or right["default_day"]),
        ),
        Level("near", "相近（差一月之内、年份差一位、月日颠倒）", _NEAR_BIRTH, _near_birth),
        Level("same_year", "只有年份相同", *_equal("birth_year")),
        Level("different", "不同", "ELSE", None),
    ),
)  # fmt: skip

DOCUMENT = Field(
    "document",
    "证件号码",
    (
        Level("unknown", "缺证件号码", *_missing("document")),
        Level("same", "相同（15 位与 18 位视同）", *_equal("document")),
        Level(
            "two_sound", "两个有效号码，不同", f"document_state_l = {SOUND} AND document_state_r = {SOUND}",
            lambda left, right: left["document_state"] == SOUND and right["document_state"] == SOUND,
        ),
        Level(
            "near", "只差一位或相邻两位颠倒，且一方校验码不符",
            f"least(document_state_l, document_state_r) = {UNSOUND} "
            "AND damerau_levenshtein(document_l::VARCHAR, document_r::VARCHAR) <= 1",
            lambda left, right: min(left["document_state"], right["document_state"]) == UNSOUND
            and edits(str(left["document"]), str(right["document"])),
        ),
        Level("different", "不同", "ELSE", None),
    ),
)  # fmt: skip

PHONE = Field(
    "phone",
    "电话",
    (
        Level("unknown", "缺电话", *_missing("phone")),
        Level("same", "相同", *_equal("phone")),
        Level(
            "near", "只差一位或相邻两位颠倒", "damerau_levenshtein(phone_l, phone_r) <= 1",
            lambda left, right: edits(left["phone"], right["phone"]),
        ),
        Level("different", "不同", "ELSE", None),
    ),
)  # fmt: skip

PLACE = Field(
    "place",
    "住址",
    (
        Level("unknown", "缺住址", *_missing("township")),
        Level("village", "同村", *_equal("village")),
        Level("township", "同乡镇", *_equal("township")),
        Level("different", "不同乡镇", "ELSE", None),
    ),
)

SEX = Field(
    "sex",
    "性别",
    (
        Level("unknown", "缺性别", *_missing("sex")),
        Level("same", "相同", *_equal("sex")),
        Level("different", "不同", "ELSE", None),
    ),
)

FIELDS = (NAME, BIRTH, DOCUMENT, PHONE, PLACE, SEX)


def compare(left: Prepared, right: Prepared) -> dict[str, str]:
    """The level of every field for two prepared records."""
    return {field.name: field.level(left, right).name for field in FIELDS}
