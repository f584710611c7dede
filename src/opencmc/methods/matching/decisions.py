"""What is decided of a pair: exact keys first, then the model's probability; some pairs go to people whatever it says.

Every rule is written once, over the levels of agreement of :mod:`opencmc.methods.matching.comparisons`, and is used by
whole registers and by single records alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SAME, REVIEW, DIFFERENT = "same", "review", "different"
#: The decisions, as people read them.
DECISIONS = {SAME: "同一人", REVIEW: "待人工核对", DIFFERENT: "不是同一人"}

EXACT_KEY, MODEL = "exact key", "model"
KINDS = {EXACT_KEY: "精确键", MODEL: "概率模型"}

#: A probability of one, in the fixed point of this package (parts per million).
CERTAIN = 1_000_000


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a pair is decided, in parts per million: ``same`` and above are one person, ``review``
    and above are for people to decide, below that they are different people.

    Raises ``ValueError`` unless 0 < review <= same <= 1,000,000.
    """

    same: int
    review: int

    def __post_init__(self) -> None:
        if not 0 < self.review <= self.same <= CERTAIN:
            raise ValueError("阈值应满足 0 < review <= same <= 1000000（百万分之一）")


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds of a pair when every named field is at one of the named levels."""

    name: str
    label: str
    levels: Mapping[str, frozenset[str]]

    def holds(self, found: Mapping[str, str]) -> bool:
        return all(found[field] in allowed for field, allowed in self.levels.items())


def _rule(rule: str, label: str, /, **levels: str) -> Rule:
    return Rule(rule, label, {field: frozenset(words.split()) for field, words in levels.items()})


_AGREES = "same_rare same_common sound"
_NOT_OPPOSED = "unknown same near different"

#: Pairs that are one person by exact keys, in this order.
KEYS = (
    _rule("number_name", "证件号码一致，姓名一致或同音", document="same", name=_AGREES),
    _rule(
        "number_birth",
        "证件号码、出生日期一致，姓名只差一字或姓、名之一相同",
        document="same", name="one_character part", birth="same year_only", sex="same unknown",
    ),
    _rule(
        "name_birth_phone",
        "姓名、出生日期、电话一致，证件不相抵触",
        name="same_rare same_common", birth="same", phone="same", sex="same unknown", document=_NOT_OPPOSED,
    ),
    _rule(
        "name_birth_village",
        "姓名、出生日期、村一致，证件不相抵触",
        name="same_rare same_common", birth="same", place="village", sex="same unknown", document=_NOT_OPPOSED,
    ),
)  # fmt: skip

_NO_SAME_NUMBER = "unknown near different two_sound"

#: Pairs that are two people whatever the model says.
OPPOSED = (
    _rule(
        "two_people",
        "两个证件号码都有效而不同，姓名也不同",
        document="two_sound", name="unknown one_character part different",
    ),
)  # fmt: skip

#: One number belongs to one person; where two seem to bear it, people decide, however unlikely the pair.
SHARED_NUMBER = (
    _rule("number_only", "证件号码一致而姓名完全不同（可能冒用或误用证件）", document="same", name="different"),
    _rule(
        "number_other_birth",
        "证件号码一致而姓名、出生日期都对不上（可能误用家人的证件）",
        document="same", name="unknown one_character part", birth="unknown same_year different",
    ),
)  # fmt: skip

#: Pairs that the model alone may not join: they are at most for people to decide.
CAUTIONS = (
    _rule("two_sound_numbers", "两个证件号码都有效而不同（如双胞胎）", document="two_sound"),
    _rule(
        "no_name",
        "姓名对不上或尚未取名，又无一致的证件号码",
        document=_NO_SAME_NUMBER, name="unknown one_character part different",
    ),
    _rule("other_sex", "性别不同，又无一致的证件号码", document=_NO_SAME_NUMBER, sex="different"),
    _rule("other_birth", "出生日期对不上，又无一致的证件号码", document=_NO_SAME_NUMBER, birth="same_year different"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of one pair, by which rule (its name; empty when the model decided)."""

    decision: str
    kind: str
    rule: str


def decide(levels: Mapping[str, str], probability: int, thresholds: Thresholds) -> Decision:
    """Decide a pair from its levels (by field) and its probability (parts per million)."""
    for key in KEYS:
        if key.holds(levels):
            return Decision(SAME, EXACT_KEY, key.name)
    for rule in OPPOSED:
        if rule.holds(levels):
            return Decision(DIFFERENT, EXACT_KEY, rule.name)
    for rule in SHARED_NUMBER:
        if rule.holds(levels):
            return Decision(REVIEW, EXACT_KEY, rule.name)
    if probability < thresholds.review:
        return Decision(DIFFERENT, MODEL, "")
    for caution in CAUTIONS:
        if caution.holds(levels):
            return Decision(REVIEW, MODEL, caution.name)
    return Decision(SAME if probability >= thresholds.same else REVIEW, MODEL, "")


def rule_label(name: str) -> str:
    """How people read a rule; empty for no rule."""
    return next((rule.label for rule in (*KEYS, *OPPOSED, *SHARED_NUMBER, *CAUTIONS) if rule.name == name), "")
