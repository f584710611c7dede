"""Names as they are compared: cleaned, split, and as they sound."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
from pypinyin.constants import PINYIN_DICT

_COMPOUND = frozenset(
    re.findall(
        r"\w+",
        "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 宇文 长孙 端木 南宫 独孤 公羊 澹台 轩辕 第五 东郭 西门 呼延 "
        "申屠 太史 万俟 闻人 赫连 钟离 淳于 单于 仲孙 司空 濮阳 公冶 宗政 闾丘 鲜于 拓跋 百里 左丘",
    )
)
#: What is written where a name is not known.
_NOT_NAMES = frozenset(
    re.findall(r"\w+", "无 无名 无名氏 未知 不详 不明 佚名 未命名 未取名 暂无 空 待定 测试 某某 本人")
)
_NEWBORN = re.compile(
    r".(?:[之的](?:大|小|长|次|三|双)?(?:子|女|婴|儿子|女儿|儿|男婴|女婴|毛毛|宝宝|双胞胎)|男婴|女婴|儿子|女儿|毛毛|宝宝)[甲乙丙AB一二大小]?$"
)
_LAST_OF_NEWBORN = frozenset("子女婴儿毛宝胎甲乙丙AB一二大小")
_DROPPED = re.compile(r"[\s·・•．.。,，'’\-_/()（）\d*＊?？]+")
#: The parts of a name that are compared.
PARTS = ("name", "surname", "given", "sound", "letters", "head", "tail", "ends")
_FOLDED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("lü", "lu"), ("nü", "nu"), ("ü", "u"))


@cache
def sounds() -> dict[int, str]:
    """What every character sounds like: its first reading without tone, folded, and a blank."""
    folded: dict[str, str] = {}
    found = {}
    for code, readings in PINYIN_DICT.items():
        first = readings.split(",", 1)[0]
        if first not in folded:
            folded[first] = _fold(first)
        found[code] = folded[first]
    return found


def _fold(syllable: str) -> str:
    # The marks of tones go, the two dots of ü stay until they are folded.
    bare = unicodedata.normalize("NFD", syllable)
    bare = "".join(mark for mark in bare if not unicodedata.combining(mark) or mark == "\N{COMBINING DIAERESIS}")
    bare = unicodedata.normalize("NFC", bare)
    for old, new in _FOLDED:
        bare = bare.replace(old, new)
    return bare + " "


def cleaned(text: str | None) -> str | None:
    """A name without blanks, signs and figures; None where there is none yet (empty, a placeholder, a newborn named after
    its mother)."""
    if text is None:
        return None
    if not text.isalpha() or text.isascii() or not unicodedata.is_normalized("NFKC", text):
        text = _DROPPED.sub("", unicodedata.normalize("NFKC", text)).upper()
    if not text or text in _NOT_NAMES or (text[-1] in _LAST_OF_NEWBORN and is_newborn(text)):
        return None
    return text


def name_parts(name: str | None) -> dict[str, str | None]:
    """A cleaned name taken apart. ``sound`` ignores tones, 平翘舌 and 前后鼻音; ``letters`` are its characters sorted;
    ``head`` and ``tail`` lack the last and the first character."""
    if name is None:
        return dict.fromkeys(PARTS)
    split = 2 if len(name) > 2 and name[:2] in _COMPOUND else 1
    sound, letters = name.translate(sounds()), "".join(sorted(name))
    values = (name, name[:split], name[split:] or None, sound, letters, name[:-1], name[1:], name[0] + name[-1])
    return dict(zip(PARTS, values, strict=True))


def name_codes(names: pa.Array) -> dict[str, pa.Array]:
    """The same parts of many different cleaned names, as whole numbers: equal numbers are equal texts. ``head`` is
    numbered together with ``name``, as they are compared with each other."""
    compound = pc.and_(
        pc.is_in(pc.utf8_slice_codeunits(names, 0, 2), pa.array(sorted(_COMPOUND))),
        pc.greater(pc.utf8_length(names), 2),
    )
    first, tail = pc.utf8_slice_codeunits(names, 0, 1), pc.utf8_slice_codeunits(names, 1)
    given = pc.if_else(compound, pc.utf8_slice_codeunits(names, 2), tail)
    words, table = names.to_pylist(), sounds()
    whole = pa.concat_arrays([names, pc.utf8_slice_codeunits(names, 0, -1)]).dictionary_encode().indices
    texts = {
        "surname": pc.if_else(compound, pc.utf8_slice_codeunits(names, 0, 2), first),
        "given": pc.if_else(pc.equal(given, ""), pa.scalar(None, pa.string()), given),
        "sound": pa.array([word and word.translate(table) for word in words], type=pa.string()),
        "letters": pa.array([word and "".join(sorted(word)) for word in words], type=pa.string()),
        "tail": tail,
        "ends": pc.binary_join_element_wise(first, pc.utf8_slice_codeunits(names, -1), ""),
    }
    codes = {part: text.dictionary_encode().indices for part, text in texts.items()}
    return codes | {"name": whole[: len(names)], "head": whole[len(names) :], "name_length": pc.utf8_length(names)}


def is_newborn(name: str) -> bool:
    """Whether a child is named after its mother, such as “某某之子”. A child's own name may end in 子 or 女; only 之, or
    a word that is no name, tells."""
    return _NEWBORN.search(name) is not None
