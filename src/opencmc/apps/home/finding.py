"""One search over everything that the reader may see: residents, institutions, indicators, rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may
from opencmc.apps.monitoring.api import find_indicators
from opencmc.apps.network.api import list_units
from opencmc.apps.residents.api import search
from opencmc.apps.rules.api import find_rules

#: Longer texts are no search; they are cut.
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Hit:
    text: str
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class Section:
    """Hits of one kind; ``total`` of all, ``more`` the address of the full list ("" when all are here)."""

    id: str
    label: str
    hits: tuple[Hit, ...]
    total: int
    more: str = ""
    problem: str = ""


def find(actor: Actor, text: str, *, limit: int) -> list[Section]:
    """Sections in the order of daily use, the empty ones left out; up to ``limit`` hits each."""
    text = " ".join(text.split())[:LONGEST]
    if not text:
        return []
    offers: tuple[Callable[[Actor, str, int], Section | None], ...] = (_residents, _institutions, _indicators, _rules)
    found = [offer(actor, text, limit) for offer in offers]
    return [section for section in found if section and (section.hits or section.problem)]


def _residents(actor: Actor, text: str, limit: int) -> Section | None:
    if not may(actor.holder, "residents.search"):
        return None
    found = search(actor, text, size=limit)
    hits = tuple(
        Hit(
            row.name, " ".join(part for part in (row.sex, row.age_text, row.village_name, row.id_masked) if part),
            _address("residents:record", row.resident_id),
        )
        for row in found.rows[:limit]
    )  # fmt: skip
    more = f"{_address('residents:search')}?{urlencode({'q': text})}"
    return Section("residents", _("居民"), hits, found.total, more if found.total > len(hits) else "", found.problem)


def _address(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _institutions(actor: Actor, text: str, limit: int) -> Section | None:
    if not may(actor.holder, "network.view"):
        return None
    words = text.lower().split()
    rows = [
        unit for unit in list_units().values()
        if all(w in f"{unit.name} {unit.short_name} {unit.institution_id}".lower() for w in words)
    ]  # fmt: skip
    order = {"county": 0, "township": 1, "village": 2, "outside": 3}
    rows.sort(key=lambda unit: (order.get(unit.tier, 9), unit.institution_id))
    tiers = {"county": _("县级"), "township": _("乡镇级"), "village": _("村级"), "outside": _("县外")}
    hits = tuple(
        Hit(
            unit.name, tiers.get(unit.tier, unit.tier),
            _address("network:institution", unit.institution_id) or reverse("network:network"),
        )
        for unit in rows[:limit]
    )  # fmt: skip
    return Section("institutions", _("机构"), hits, len(rows))


def _indicators(actor: Actor, text: str, limit: int) -> Section | None:
    if not may(actor.holder, "figures.view"):
        return None
    rows, total = find_indicators(text, limit)
    return Section("indicators", _("指标"), tuple(Hit(d.label, d.pack_label, href) for d, href in rows), total)


def _rules(actor: Actor, text: str, limit: int) -> Section | None:
    if not may(actor.holder, "rules.view"):
        return None
    english = (get_language() or "").startswith("en")
    rows, total = find_rules(text, day=actor.today, english=english, limit=limit)
    hits = tuple(
        Hit(row.label, row.value or row.kind_label, reverse("rules:entry", args=[row.entry_id])) for row in rows
    )
    more = f"{reverse('rules:book')}?{urlencode({'q': text})}"
    return Section("rules", _("规则"), hits, total, more if total > len(hits) else "")
