"""Which events are sensitive, and for whom they are left out (table ``residents.sensitive`` of the pack in use).

Whoever holds ``residents.sensitive`` sees all. Others see a programme that their own institution keeps, since they
wrote it themselves, and nothing else of it; the page then says that something is withheld, and not what.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from opencmc.apps.access.api import Actor, may, reach
from opencmc.apps.network.api import institutions_within
from opencmc.facts.histories import Event, History

ACTION = "residents.sensitive"


def parameter(entry_id: str, day: date) -> Any:
    """A value of the pack in use, no earlier than the first day on which any holds."""
    return import_string(settings.PACK_IN_USE)().value(entry_id, max(day, date(2017, 1, 1)))


@dataclass(frozen=True, slots=True)
class Sensitive:
    """What counts as sensitive: names of notifiable diseases, beginnings of diagnosis codes, programmes."""

    infections: tuple[str, ...]
    codes: tuple[str, ...]
    programmes: frozenset[str]

    @classmethod
    def on(cls, day: date) -> Sensitive:
        rows = parameter("residents.sensitive", day)
        kinds: dict[str, list[str]] = {"infection": [], "diagnosis": [], "programme": []}
        for kind, match, _label in rows:
            kinds[kind].append(match)
        return cls(tuple(kinds["infection"]), tuple(kinds["diagnosis"]), frozenset(kinds["programme"]))

    def is_sensitive(self, event: Event) -> bool:
        match event.table:
            case "infection":
                disease = str(event["disease"]).upper()
                return any(name.upper() in disease for name in self.infections)
            case "visit":
                return self.has_code((str(event["diagnosis"] or ""),))
            case "stay":
                listed = event["diagnoses"]
                return self.has_code(listed[:1] if isinstance(listed, tuple) else ())
            case "enrolment" | "follow_up":
                return event["programme"] in self.programmes
        return False

    def has_code(self, codes: Iterable[str]) -> bool:
        return bool(self.codes) and any(code.startswith(self.codes) for code in codes)

    def other_codes(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(code for code in codes if not code.startswith(self.codes)) if self.codes else codes


def visible(actor: Actor, history: History) -> tuple[History, bool]:
    """The history that ``actor`` may see, and whether anything was left out. A sensitive diagnosis beside another
    principal one goes from the list; the stay itself stays."""
    if may(actor.holder, ACTION):
        return history, False
    rules = Sensitive.on(actor.today)
    own = reach(actor.holder, "residents.view")
    institutions = institutions_within(own, actor.today) if own else frozenset()
    kept, withheld = [], False
    for event in history.events:
        if rules.is_sensitive(event):
            mine = institutions is None or event.institution_id in institutions
            if not (event.table in ("enrolment", "follow_up") and mine):
                withheld = True
                continue
        elif event.table == "stay":
            codes = event["diagnoses"] if isinstance(event["diagnoses"], tuple) else ()
            others = rules.other_codes(codes)
            if len(others) < len(codes):
                withheld = True
                event = _with(event, diagnoses=others)
        kept.append(event)
    return History(history.resident_ids, tuple(kept), history.latest_load), withheld


def _with(event: Event, **columns: Any) -> Event:
    return Event(
        event.resident_id, event.table, event.key, event.date, event.until, event.institution_id,
        {**event.columns, **columns},
    )  # fmt: skip


def programmes_seen(actor: Actor, programmes: Iterable[str], history: History) -> tuple[tuple[str, ...], bool]:
    """The programmes that the banner may name: the sensitive ones only when the visible history does, too."""
    names = tuple(programmes)
    if may(actor.holder, ACTION):
        return names, False
    hidden = Sensitive.on(actor.today).programmes - {str(event["programme"]) for event in history.of("enrolment")}
    kept = tuple(name for name in names if name not in hidden)
    return kept, len(kept) < len(names)
