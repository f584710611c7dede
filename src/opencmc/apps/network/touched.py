"""What else a reorganisation touches: other parts of the system tell it themselves.

The network stands below accounts, contracts and money and does not know them. Each of them registers one function when
it starts (``AppConfig.ready``); a preview asks all, and says of the rest that it is not known yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Touched:
    """``count`` things of a kind that institutions or communities of a reorganisation hold; ``None``: not known."""

    label: str
    count: int | None
    sentence: str


type Reporter = Callable[[frozenset[str], frozenset[str], date], Touched]

#: What a reorganisation is known to touch in the field, by the part that will tell.
EXPECTED: dict[str, str | Promise] = {
    "accounts": _("账号与岗位"), "contracts": _("家庭医生签约"), "budget": _("医保总额预算份额"),
    "referrals": _("转诊病名清单"), "tasks": _("未办结的待办"),
}  # fmt: skip
_REPORTERS: dict[str, Reporter] = {}


def report_touched(part: str, reporter: Reporter) -> None:
    """Register what ``part`` (a key of :data:`EXPECTED` or a new word) says of (institutions, communities, day)."""
    _REPORTERS[part] = reporter


def touched_by(institutions: frozenset[str], communities: frozenset[str], day: date) -> list[Touched]:
    found = [reporter(institutions, communities, day) for reporter in _REPORTERS.values()]
    missing = [Touched(str(label), None, str(_("还不知道：这部分尚未接入预览，请人工核对。")))
               for part, label in EXPECTED.items() if part not in _REPORTERS]  # fmt: skip
    return found + missing
