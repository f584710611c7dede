"""The parameters that a definition may give to its measures and its method: how each is read, and what it may be.

A parameter is text, written in the definition or taken from the pack's entry that it refers to. Several things stand
with spaces between them; a pair is written ``age_from=30 age_to=70``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from opencmc.facts.tables import TABLES

#: Programmes of chronic-disease management that the registers read.
CHRONIC = ("hypertension", "diabetes")

_CAUSES = re.compile(r"([A-Z])([0-9]{2})(?:-\1([0-9]{2}))?")
_AGES = re.compile(r"age_from=([0-9]+) age_to=([0-9]+)")


def words(text: str) -> tuple[str, ...]:
    """The single words of a parameter."""
    return tuple(re.split(r"[\s,，]+", text.strip())) if text.strip() else ()


def age_range(text: str) -> tuple[int, int]:
    """``(from, to)``, the upper end not included, both whole five years. Raises ``ValueError`` for anything else."""
    found = _AGES.fullmatch(text.strip())
    if found is None:
        raise ValueError("年龄范围写作 age_from 和 age_to 两个整数")
    low, high = int(found[1]), int(found[2])
    if low >= high or low % 5 or high % 5:
        raise ValueError("寿命表法按5岁组：年龄下限、上限（不含）都要是5的倍数，且下限小于上限")
    return low, high


def cause_codes(text: str) -> frozenset[str]:
    """The three-character codes of ranges like ``I00-I99``. Raises ``ValueError`` for anything else."""
    codes: set[str] = set()
    for each in words(text):
        found = _CAUSES.fullmatch(each)
        if found is None:
            raise ValueError(f"死因编码“{each}”应写作 I00-I99 或 E10")
        first, last = int(found[2]), int(found[3] or found[2])
        codes |= {f"{found[1]}{n:02d}" for n in range(first, last + 1)}
    return frozenset(codes)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter is called on cards; ``fault`` says what is wrong with a text, or nothing."""

    label: str
    fault: Callable[[str], str]


def _anything(text: str) -> str:
    return "" if text.strip() else "不能为空"


def _whole(text: str) -> str:
    return "" if re.fullmatch(r"[1-9][0-9]*", text) else f"“{text}”不是大于 0 的整数"


def _among(known: Iterable[str]) -> Callable[[str], str]:
    allowed = tuple(known)

    def fault(text: str) -> str:
        strange = [word for word in words(text) if word not in allowed]
        return f"不认识“{strange[0]}”，可用：{'、'.join(allowed)}" if strange else _anything(text)

    return fault


def _only(value: str, because: str) -> Callable[[str], str]:
    """A rule that the program can carry out in one way so far: another value is refused, not passed over."""
    return lambda text: "" if text == value else f"程序目前只会按 {value} 计算：{because}"


def _readable(read: Callable[[str], object]) -> Callable[[str], str]:
    def fault(text: str) -> str:
        try:
            read(text)
        except ValueError as error:
            return str(error)
        return _anything(text)

    return fault


def _codes(table: str, column: str) -> Mapping[str, str]:
    return TABLES[table].columns[column].one_of or {}


_TIERS = tuple(code for code in _codes("institution", "tier") if code != "outside")

#: Every parameter by name.
PARAMETERS: dict[str, Parameter] = {
    "ages": Parameter("年龄范围", _readable(age_range)),
    "causes": Parameter("死因编码", _readable(cause_codes)),
    "counts": Parameter("按人数还是人次", _only("persons", "在管人群的住院按人数去重")),
    "denominator_staff_months": Parameter("分母的人月", _anything),
    "divisor": Parameter("除数", _whole),
    "excludes_pharmacies": Parameter("是否不含药店", _only("true", "购药记录不计入诊疗")),
    "includes_stays": Parameter("是否计入住院", _only("false", "住院病例表没有中医类标记")),
    "item": Parameter("评判项目", _anything),
    "items": Parameter("评判项目", _anything),
    "min_days": Parameter("最短天数", _whole),
    "missing": Parameter("缺少的资料", _anything),
    "of": Parameter("哪个指标的增长", _anything),
    "primary_tiers": Parameter("基层的机构层级", _among(_TIERS)),
    "programmes": Parameter("健康管理项目", _among(CHRONIC)),
    "senders": Parameter("派出机构的层级", _among(_TIERS)),
    "staff_months": Parameter("分子的人月", _anything),
    "titles": Parameter("职称", _among(_codes("staff", "title"))),
}
