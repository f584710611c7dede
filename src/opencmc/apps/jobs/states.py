"""The states of a job, as one table."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"

LABELS = {WAITING: _("排队中"), RUNNING: _("进行中"), DONE: _("已完成"), FAILED: _("失败")}
TONES = {WAITING: "none", RUNNING: "active", DONE: "good", FAILED: "bad"}

#: state → what may follow. Running follows itself: a job whose worker was killed is run again.
MOVES: dict[str, frozenset[str]] = {
    WAITING: frozenset({RUNNING, FAILED}),
    RUNNING: frozenset({RUNNING, WAITING, DONE, FAILED}),
    DONE: frozenset(),
    FAILED: frozenset({WAITING}),
}
OPEN = (WAITING, RUNNING)
