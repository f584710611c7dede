"""The residents of one's own institutions: sorted, with the filters that people use and their counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import record
from opencmc.apps.network.api import institutions_within
from opencmc.apps.residents.lines import lines, places_by_code, village_name
from opencmc.apps.residents.models import Resident
from opencmc.apps.residents.words import PROGRAMMES

SIZE = 30
#: Age bands as the field uses them: [from, to) in whole years.
BANDS = {
    "0-6": (gettext_lazy("0–6岁"), 0, 7), "7-17": (gettext_lazy("7–17岁"), 7, 18),
    "18-64": (gettext_lazy("18–64岁"), 18, 65), "65-79": (gettext_lazy("65–79岁"), 65, 80),
    "80-": (gettext_lazy("80岁及以上"), 80, 200),
}  # fmt: skip
ORDERS = {
    "name": (gettext_lazy("按姓名"), ("name_initials", "name", "pk")),
    "oldest": (gettext_lazy("年长在前"), ("birth_date", "pk")),
    "youngest": (gettext_lazy("年幼在前"), ("-birth_date", "pk")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter: its address, whether it is on, and how many it leaves."""

    label: str
    href: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filters of a list, read from its address; what is not known there is left out."""

    village: str
    band: str
    programme: str
    order: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Chosen:
        return cls(
            query.get("village", "") if query.get("village", "").isdigit() else "",
            query.get("band", "") if query.get("band") in BANDS else "",
            query.get("programme", "") if query.get("programme") in PROGRAMMES else "",
            query.get("order", "") if query.get("order") in ORDERS else "name",
        )


def own_residents(actor: Actor, chosen: Chosen) -> QuerySet[Resident]:
    """The living residents for whom the reader's institutions are responsible, filtered and sorted."""
    rows = _of_reach(actor)
    if chosen.village:
        rows = rows.filter(village=chosen.village)
    if chosen.band:
        rows = rows.filter(born_within(chosen.band, actor.today))
    if chosen.programme:
        rows = rows.filter(programmes__contains=f"|{chosen.programme}|")
    return rows.order_by(*ORDERS[chosen.order][1])


def _of_reach(actor: Actor) -> QuerySet[Resident]:
    institutions = institutions_within(require(actor.holder, "residents.view"), actor.today)
    living = Resident.objects.filter(merged_into=None, death_date=None)
    return living if institutions is None else living.filter(institution_id__in=sorted(institutions))


def born_within(band: str, today: date) -> Q:
    """Born so that the age on ``today`` lies in the band."""
    _label, youngest, oldest = BANDS[band]
    return Q(birth_date__gt=_years_before(today, oldest), birth_date__lte=_years_before(today, youngest))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def shown(actor: Actor, rows: list[Resident]) -> list:
    """The lines of one page, with a line in the audit that the list was looked at."""
    record(actor, "residents.view", object_="list", reason=f"{len(rows)}")
    return lines(actor, rows, None)


def chips(actor: Actor, chosen: Chosen, address) -> list[tuple[str, list[Chip]]]:
    """Rows of filters: villages, age bands, programmes; ``address(**changes)`` makes the address of a choice."""
    rows = _of_reach(actor)
    today = actor.today
    counts = {f"band {band}": Count("pk", filter=born_within(band, today)) for band in BANDS}
    counts |= {f"programme {p}": Count("pk", filter=Q(programmes__contains=f"|{p}|")) for p in PROGRAMMES}
    found = rows.aggregate(
        all=Count("pk"), **{name.replace(" ", "_").replace("-", "_"): c for name, c in counts.items()}
    )

    def many(name: str) -> int:
        return found[name.replace(" ", "_").replace("-", "_")]

    places = places_by_code()
    by_village = rows.values_list("village").annotate(n=Count("pk")).order_by("-n", "village")[:13]
    villages = [
        Chip(village_name(places, code), address(village=code), chosen.village == code, n)
        for code, n in by_village
        if code
    ]
    everybody = Chip(
        _("全部"),
        address(village="", band="", programme=""),
        not (chosen.village or chosen.band or chosen.programme),
        found["all"],
    )
    bands = [
        Chip(str(label), address(band="" if chosen.band == band else band), chosen.band == band, many(f"band {band}"))
        for band, (label, _from, _to) in BANDS.items()
    ]
    programmes = [
        Chip(
            str(label),
            address(programme="" if chosen.programme == p else p),
            chosen.programme == p,
            many(f"programme {p}"),
        )
        for p, label in PROGRAMMES.items()
        if many(f"programme {p}")
    ]
    groups = [(_("村（社区）"), [everybody, *villages]), (_("年龄"), bands), (_("健康管理"), programmes)]
    orders = [Chip(str(label), address(order=name), chosen.order == name) for name, (label, _by) in ORDERS.items()]
    return [(label, found_) for label, found_ in [*groups, (_("排序"), orders)] if found_]
