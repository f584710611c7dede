"""What the slices above residents add to the resident's page and to a merge.

Residents stand below tasks and whatever comes later, so they are not imported by name: a slice that has something to say
offers in its ``api`` one of these, and is found when the page is first asked for:

* ``resident_part(actor, resident_ids) -> RecordPart``: open work and what was done;
* ``carry_resident(actor, from_id, to_id, keys=None) -> Moved``: open work goes along with a merge; with ``keys`` only those;
* ``carry_owner(actor, resident_ids, from_institution, to_institution, apply=True) -> Moved``: a change of address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from opencmc.apps.access.api import Actor
from opencmc.apps.residents.record_contracts import Moved, RecordPart


@cache
def _offers(name: str) -> dict[str, Callable[..., Any]]:
    """App label → what its api offers under ``name``."""
    found = {}
    for config in apps.get_app_configs():
        if config.name.startswith("opencmc.apps.") and module_has_submodule(config.module, "api"):
            offer = getattr(import_module(f"{config.name}.api"), name, None)
            if offer is not None:
                found[config.label] = offer
    return found


def parts_of(actor: Actor, resident_ids: Iterable[str]) -> list[RecordPart]:
    ids = tuple(resident_ids)
    return [offer(actor, ids) for offer in _offers("resident_part").values()]


def carry_resident(actor: Actor, from_id: str, to_id: str) -> dict[str, Moved]:
    """Label of the slice → what went along."""
    return {label: offer(actor, from_id, to_id) for label, offer in _offers("carry_resident").items()}


def carry_back(actor: Actor, from_id: str, to_id: str, keys: Mapping[str, Iterable[int]]) -> dict[str, Moved]:
    """Only what went along before; what was finished meanwhile stays, and the sentence says so."""
    offers = _offers("carry_resident")
    return {
        label: offers[label](actor, from_id, to_id, keys=tuple(held)) for label, held in keys.items() if label in offers
    }


def carry_owner(actor: Actor, resident_ids: Iterable[str], old: str, new: str, *, apply: bool) -> list[Moved]:
    """What moves, or would move, from one responsible institution to another."""
    ids, offers = tuple(resident_ids), _offers("carry_owner").values()
    return [moved for offer in offers if (moved := offer(actor, ids, old, new, apply=apply)).keys]
