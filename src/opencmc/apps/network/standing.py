"""How institutions stand to the standards that bind them: item by item, with the one change that would fulfil it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from opencmc.apps.network.models import AdoptedStandard, Institution, InstitutionService, StandardAnswer
from opencmc.apps.network.packs import Standard, StandardItem, standard_of


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """``result`` is met, not_met or unknown; ``by_area``: nobody answered, the institution's own area answers it."""

    item: StandardItem
    result: str
    since: date | None
    evidence: str
    by_area: bool


@dataclass(frozen=True, slots=True)
class Standing:
    institution_id: str
    standard: Standard
    items: tuple[ItemStanding, ...]

    @property
    def failed(self) -> tuple[ItemStanding, ...]:
        return tuple(i for i in self.items if i.result == "not_met")

    @property
    def unknown(self) -> tuple[ItemStanding, ...]:
        return tuple(i for i in self.items if i.result == "unknown")

    @property
    def met(self) -> int:
        return sum(i.result == "met" for i in self.items)

    @property
    def single_change(self) -> str:
        """The change that alone makes the standard whole, when there is one."""
        open_ = [*self.failed, *self.unknown]
        return open_[0].item.remedy if len(open_) == 1 else ""


def adopted_standards(day: date) -> list[Standard]:
    """The standards that bind the county on ``day``, as they read on that day."""
    held = AdoptedStandard.objects.filter(Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gt=day))).order_by("id")
    return [s for a in held if (s := standard_of(a.pack, a.entry_id, day)) is not None]


def standings(institutions: Iterable[Institution], standards: Iterable[Standard], day: date) -> list[Standing]:
    """For each institution of a kind that a standard is about. Two queries for all of them."""
    chosen = list(institutions)
    ids = [i.pk for i in chosen]
    answers: dict[tuple[str, str, str, str], StandardAnswer] = {}
    for answer in StandardAnswer.objects.filter(institution_id__in=ids, since__lte=day).order_by("since", "id"):
        answers[answer.institution_id, answer.pack, answer.entry_id, answer.item] = answer
    areas: dict[str, dict[str, date]] = defaultdict(dict)
    on = Q(start__lte=day) & (Q(end__isnull=True) | Q(end__gt=day))
    for row in InstitutionService.objects.filter(on, kind="area", institution_id__in=ids):
        areas[row.institution_id][row.code] = row.start
    found = []
    for standard in standards:
        for institution in chosen:
            if institution.kind in standard.kinds:
                items = []
                for item in standard.items:
                    answer = answers.get((institution.pk, standard.pack, standard.entry_id, item.item))
                    if answer is not None and answer.result != "unknown":
                        items.append(ItemStanding(item, answer.result, answer.since, answer.evidence, False))
                    elif item.area and item.area in areas[institution.pk]:
                        items.append(ItemStanding(item, "met", areas[institution.pk][item.area], "", True))
                    else:
                        items.append(ItemStanding(item, "unknown", None, "", False))
                found.append(Standing(institution.pk, standard, tuple(items)))
    return found
