"""The open work of every slice, laid out by clock.

A slice that has work offers ``work_of(actor) -> list[WorkGroup]`` in its ``api``; nobody has to be told about it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor
from opencmc.apps.work import WorkGroup, WorkItem

#: Lines shown for each clock.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Clock:
    """Work of one urgency: ``count`` of it in all, the first few shown; ``more`` are the groups that hold the rest."""

    id: str
    label: str
    count: int
    items: tuple[WorkItem, ...]
    more: tuple[WorkGroup, ...]


@cache
def _offers() -> tuple[Callable[[Actor], list[WorkGroup]], ...]:
    found = []
    for config in apps.get_app_configs():
        if config.name.startswith("opencmc.apps.") and module_has_submodule(config.module, "api"):
            offer = getattr(import_module(f"{config.name}.api"), "work_of", None)
            if offer is not None:
                found.append(offer)
    return tuple(found)


def groups_of(actor: Actor) -> list[WorkGroup]:
    """The open work of ``actor``, slice by slice; empty groups left out."""
    return [group for offer in _offers() for group in offer(actor) if group.count]


def _clock(item: WorkItem, today: date) -> str:
    if item.due is None:
        return "open"
    return "overdue" if item.due < today else "today" if item.due == today else "week"


def by_clock(groups: list[WorkGroup], today: date) -> list[Clock]:
    """Overdue, today, this week, and what waits without a date. A slice counts; here the shown lines are put in order."""
    labels = {"overdue": _("逾期"), "today": _("今天"), "week": _("本周"), "open": _("等您处理")}
    shown: dict[str, list[WorkItem]] = {clock: [] for clock in labels}
    counts = dict.fromkeys(labels, 0)
    held: dict[str, list[WorkGroup]] = {clock: [] for clock in labels}
    for group in groups:
        dated = any(item.due for item in group.items) or group.overdue or group.due_today
        parts = {"overdue": group.overdue, "today": group.due_today}
        parts["week" if dated else "open"] = group.count - group.overdue - group.due_today
        for clock, count in parts.items():
            counts[clock] += count
            if count:
                held[clock].append(group)
        for item in group.items:
            shown[_clock(item, today)].append(item)
    far = today + timedelta(days=3660)
    for items in shown.values():
        items.sort(key=lambda item: (item.due or far, item.since))
    return [
        Clock(clock, label, max(counts[clock], len(shown[clock])), tuple(shown[clock][:SHOWN]), tuple(held[clock]))
        for clock, label in labels.items()
        if counts[clock] or shown[clock]
    ]
