"""Who answers for a place: its grid area, otherwise the clinic of the village, otherwise the centre of the township."""

from __future__ import annotations

from dataclasses import dataclass

from opencmc.apps.network.api import list_units
from opencmc.apps.residents.lake_rows import places_of, responsible
from opencmc.apps.residents.models import GridArea, GridVillage


@dataclass(frozen=True, slots=True)
class Answerer:
    """The institution and team that answer for a place; ``grid`` is None where no grid area holds it."""

    institution_id: str
    team: str
    grid: GridArea | None


def answerer(township: str, village: str) -> Answerer:
    """ "" for a place for which nobody answers."""
    held = (
        GridVillage.objects.filter(village=village, grid__is_closed=False).select_related("grid").first()
        if village
        else None
    )
    if held is not None:
        return Answerer(held.grid.institution_id, held.grid.team, held.grid)
    units = list_units(tiers=("village", "township"))
    return Answerer(responsible(places_of(units.values()), "", village, township), "", None)
