"""Kinds of tasks: what can come out of one, and what is measured with it.

Outcomes and limits of a follow-up are those of the logical table ``follow_up`` (facts); nothing is written down twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opencmc.facts.tables.programmes import PROGRAMMES, FollowUp

SERVICE, FOLLOW_UP, OTHER = "service", "follow_up", "other"
KINDS = {SERVICE: _("签约服务"), FOLLOW_UP: _("随访"), OTHER: _("其他")}


@dataclass(frozen=True, slots=True)
class Outcome:
    """``measured``: values are asked with it. ``exported``: it becomes a row of the lake. ``recheck``: the next contact
    is due after the shorter interval."""

    id: str
    label: str | Promise
    tone: str
    exported: bool = True
    measured: bool = False
    recheck: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """A value asked with a follow-up. Kept as a whole number in the table's unit; ``tenths`` is typed with one decimal."""

    name: str
    label: str
    unit: str
    low: int
    high: int
    tenths: bool = False

    def text(self, value: int) -> str:
        return str(Decimal(value) / 10) if self.tenths else str(value)

    @property
    def bounds(self) -> str:
        return f"{self.text(self.low)}–{self.text(self.high)}"


def _measure(name: str, label: str, unit: str = "", *, tenths: bool = False) -> Measure:
    column = FollowUp.columns[name]
    return Measure(name, label or column.label, unit or column.unit, column.minimum or 0, column.maximum or 0, tenths)


_PRESSURE = (_measure("systolic", "收缩压"), _measure("diastolic", "舒张压"))
_GLUCOSE = (_measure("glucose_tenth", "空腹血糖", "mmol/L", tenths=True),)
MEASURES: dict[str, tuple[Measure, ...]] = {"hypertension": _PRESSURE, "diabetes": _GLUCOSE}

#: Programmes whose contacts say whether the illness is controlled.
_CONTROLLED = ("hypertension", "diabetes", "severe_mental_disorder", "tuberculosis")

_FOLLOW_UP = {
    "controlled": Outcome("controlled", _("控制满意"), "good", measured=True),
    "uncontrolled": Outcome("uncontrolled", _("控制不满意"), "due", measured=True, recheck=True),
    "referred": Outcome("referred", _("建议转诊"), "bad", measured=True, recheck=True),
    "seen": Outcome("seen", _("已随访"), "good"),
    "lost": Outcome("lost", _("失访"), "none"),
}
_DONE = Outcome("done", _("已完成"), "good")
_DECLINED = Outcome("declined", _("居民不愿做"), "none", exported=False)
#: Outcomes that no person chooses: what another system has already done or made void.
ELSEWHERE = Outcome("elsewhere", _("别处已完成"), "good", exported=False)
_VOID = Outcome("void", _("不再需要"), "none", exported=False)


def outcomes_of(kind: str, item: str) -> tuple[Outcome, ...]:
    """The outcomes that a person chooses from, the usual one first."""
    if kind == FOLLOW_UP:
        names = (
            ("controlled", "uncontrolled", "referred", "lost") if item in _CONTROLLED else ("seen", "referred", "lost")
        )
        return tuple(_FOLLOW_UP[name] for name in names)
    return (_DONE, _DECLINED)


def measures_of(kind: str, item: str) -> tuple[Measure, ...]:
    return MEASURES.get(item, ()) if kind == FOLLOW_UP else ()


def outcome_label(kind: str, item: str, outcome: str) -> str:
    known = {o.id: o for o in (*_FOLLOW_UP.values(), _DONE, _DECLINED, ELSEWHERE, _VOID)}
    return str(known[outcome].label) if outcome in known else outcome


def label_of(kind: str, item: str) -> str:
    """高血压随访; a contract's service is called as its package calls it."""
    if kind == FOLLOW_UP:
        return f"{PROGRAMMES.get(item, item)}随访"
    return item
