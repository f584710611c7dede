"""The states of a task, as one table: what may be done to it, and what it becomes."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.base.errors import Refused

OPEN, DONE, CANCELLED = "open", "done", "cancelled"

LABELS = {OPEN: gettext_lazy("待办"), DONE: gettext_lazy("已完成"), CANCELLED: gettext_lazy("已取消")}
TONES = {OPEN: "active", DONE: "good", CANCELLED: "none"}

#: state → (what is done → what it becomes).
MOVES: dict[str, dict[str, str]] = {
    OPEN: {"finish": DONE, "postpone": OPEN, "hand_over": OPEN, "cancel": CANCELLED},
    DONE: {},
    CANCELLED: {"reopen": OPEN},
}


def after(state: str, what: str) -> str:
    """The state after ``what``; refused, in words, when it cannot be done to a task in ``state``."""
    if what not in MOVES[state]:
        raise Refused(
            _("这项待办%(state)s，不能再这样办") % {"state": LABELS[state]},
            possible_when=_("请回到待办清单，看它现在的状态。"),
        )
    return MOVES[state][what]
