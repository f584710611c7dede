"""The way to the pages: at most seven entries, decided by the rights of the holder and never by the name of a role."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opencmc.apps.access.api import Holder, may

#: Entries beside each other on a wide page; what is beyond stands below 更多.
WIDE = 7
#: Tabs in the bar of a phone.
PHONE = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """``short`` is the label of a phone's tab; ``right`` the action that must be allowed ("" for everybody)."""

    id: str
    label: str | Promise
    url: str
    right: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    id: str
    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """``shown`` beside each other, ``more`` in a menu."""

    shown: tuple[Link, ...]
    more: tuple[Link, ...]

    @property
    def more_is_current(self) -> bool:
        return any(link.current for link in self.more)


_TODAY = Entry("home", _("今天"), "home:home")
_WORK = (
    Entry("residents", _("居民"), "residents:search", "residents.search"),
    Entry("tasks", _("待办"), "tasks:worklist", "tasks.view"),
)
_FIGURES = (
    Entry("cockpit", _("总览"), "monitoring:cockpit", "figures.view"),
    Entry("indicators", _("指标"), "monitoring:indicators", "figures.view"),
    Entry("network", _("网络"), "network:network", "network.view"),
    Entry("rules", _("规则库"), "rules:book", "rules.view"),
    Entry("data", _("数据"), "monitoring:data", "figures.rows"),
)
_OPERATION = (
    Entry("accounts", _("账号"), "accounts:accounts", "accounts.manage"),
    Entry("audit", _("审计"), "audit:lines", "audit.view"),
    Entry("jobs", _("后台任务"), "jobs:jobs", "operations.view"),
)


def _ordered(holder: Holder) -> tuple[Entry, ...]:
    """Who runs the system finds its upkeep first; everybody else the work and the figures."""
    if may(holder, "operations.view"):
        return (_TODAY, *_OPERATION, *_WORK, *_FIGURES)
    return (_TODAY, *_WORK, *_FIGURES, *_OPERATION)


def links(holder: Holder, path: str) -> list[Link]:
    """The entries that ``holder`` may open, the one of ``path`` marked: the longest address that ``path`` begins with."""
    found = []
    for entry in _ordered(holder):
        if entry.right and not may(holder, entry.right):
            continue
        try:
            found.append((entry, reverse(entry.url)))
        except NoReverseMatch:
            continue  # a slice that is not installed here
    here = max((href for _e, href in found if path == href or (href != "/" and path.startswith(href))), default="")
    return [Link(entry.id, str(entry.label), href, href == here) for entry, href in found]


def bar(found: list[Link], room: int) -> Bar:
    """As many as there is room for; when some are left, the last place is 更多."""
    if len(found) <= room:
        return Bar(tuple(found), ())
    return Bar(tuple(found[: room - 1]), tuple(found[room - 1 :]))
