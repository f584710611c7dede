"""The pinyin initials of a name: every combination under which people look for it.

A surname is indexed under its reading as a surname (单 Shàn, 解 Xiè, 曾 Zēng, 仇 Qiú …) and under the common one, because a
desk types either. A character without a known reading stands as ``*`` and is matched by any letter.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import product

from pypinyin.constants import PINYIN_DICT

ANY = "*"
#: Surnames whose reading differs from the first one of the character: their initial.
_SURNAMES = {
    "单": "s", "解": "x", "曾": "z", "仇": "q", "查": "z", "盖": "g", "翟": "z", "乐": "y", "区": "o", "召": "s",
    "尉": "y", "缪": "m", "朴": "p", "洗": "x", "冼": "x", "折": "s", "员": "y", "种": "c", "重": "c", "繁": "p",
    "覃": "q", "秘": "b", "祭": "z", "车": "c", "隗": "w", "尹": "y", "晁": "c", "褚": "c", "谌": "c", "洪": "h",
    "会": "g", "贾": "j", "纪": "j", "柏": "b", "任": "r", "葛": "g", "句": "g", "黑": "h", "过": "g", "都": "d",
    "那": "n", "宓": "m", "逄": "p", "郗": "x", "郄": "q", "长": "z", "石": "s", "叶": "y", "沈": "s", "俞": "y",
    "占": "z", "应": "y", "相": "x", "哈": "h", "钻": "z", "弗": "f", "尧": "y", "谭": "t", "藏": "z", "臧": "z",
}  # fmt: skip
#: Surnames of two characters whose first reads otherwise than alone.
_COMPOUND = {
    "尉迟": "yc",
    "万俟": "mq",
    "单于": "cy",
    "澹台": "tt",
    "长孙": "zs",
    "令狐": "lh",
    "鲜于": "xy",
    "澹臺": "tt",
}
#: Characters of given names with two readings in use: both initials.
_GIVEN = {
    "乐": "ly", "长": "cz", "重": "zc", "朝": "cz", "行": "xh", "曾": "zc", "单": "ds", "解": "jx", "盛": "sc", "晟": "sc",
    "省": "sx", "茜": "qx", "藏": "cz", "传": "cz", "校": "xj", "降": "jx", "调": "dt", "强": "qj", "翟": "zd", "石": "sd",
    "参": "cs", "车": "cj", "大": "d", "恪": "k", "给": "gj", "朴": "p", "俞": "ys", "宿": "sx", "属": "sz", "识": "sz",
    "铅": "qy", "率": "ls", "蔓": "mw", "秘": "mb", "便": "bp", "伯": "b", "柏": "b", "屏": "pb", "祭": "jz", "系": "xj",
    "虹": "hj", "契": "qx", "圈": "qj", "隽": "j", "牟": "m", "彤": "t", "尉": "wy", "颉": "xj", "暇": "x", "荇": "x",
    "呈": "c", "珩": "h", "桁": "h", "卡": "k", "莘": "xs", "栖": "qx", "沓": "t", "殷": "y", "薄": "b", "卜": "b",
}  # fmt: skip
_LIMIT = 6


@lru_cache(maxsize=50_000)
def _letter(character: str) -> str:
    """The initial of the first reading; a Latin letter is its own; ``*`` where no reading is known."""
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    found = PINYIN_DICT.get(ord(character))
    if not found:
        # Co: places for characters of one's own, which old registers use for rare ones.
        return ANY if unicodedata.category(character)[0] == "L" or unicodedata.category(character) == "Co" else ""
    letter = unicodedata.normalize("NFD", found[0])[0]
    return letter if letter.isascii() and letter.isalpha() else ANY


@lru_cache(maxsize=200_000)
def initials(name: str) -> tuple[str, ...]:
    """The initials of ``name``, the likeliest first: ``单国强`` gives ``sgq``, ``dgq``, ``sgj``, ``dgj``."""
    name = clean_name(name)
    if not name:
        return ()
    choices: list[str] = []
    rest = name
    if name[:2] in _COMPOUND:
        found = _COMPOUND[name[:2]]
        for place, letter in enumerate(found):
            choices.append("".join(dict.fromkeys(letter + _letter(name[place]))))
        rest = name[2:]
    elif name[0] in _SURNAMES:
        choices.append("".join(dict.fromkeys(_SURNAMES[name[0]] + _letter(name[0]) + _GIVEN.get(name[0], ""))))
        rest = name[1:]
    for at, character in enumerate(rest):
        if at or choices:
            choices.append(_GIVEN.get(character) or _letter(character))
        else:
            choices.append(_letter(character))
    combined = ("".join(letters) for letters in product(*(choice for choice in choices if choice)))
    return tuple(dict.fromkeys(found for found, _ in zip(combined, range(_LIMIT), strict=False)))


@lru_cache(maxsize=200_000)
def clean_name(name: str) -> str:
    """A name as it is compared: NFKC, no blanks, one kind of middle dot, Latin letters in capitals."""
    name = unicodedata.normalize("NFKC", name).upper()
    return "".join("·" if c in "・•‧∙·.．" else c for c in name if not c.isspace())


@lru_cache(maxsize=200_000)
def given_name(name: str) -> str:
    """The name without its surname; "" for a name of one character and for names written otherwise."""
    name = clean_name(name)
    if "·" in name:
        return name.split("·", 1)[1]
    if len(name) < 2 or name.isascii():
        return ""
    return name[2:] if len(name) > 2 and name[:2] in _TWO else name[1:]


_TWO = frozenset(
    [
        "欧阳",
        "上官",
        "司马",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "夏侯",
        "宇文",
        "长孙",
        "端木",
        "南宫",
        "独孤",
        "澹台",
        "轩辕",
        "东郭",
        "西门",
        "呼延",
        "申屠",
        "万俟",
        "闻人",
        "赫连",
        "钟离",
        "淳于",
        "单于",
        "司空",
        "濮阳",
        "宗政",
        "闾丘",
        "鲜于",
        "拓跋",
        "左丘",
    ]
)
