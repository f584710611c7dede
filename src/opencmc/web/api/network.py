"""The network: institutions, memberships and communities of a day, and one reorganisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from opencmc.apps.network import api as network
from opencmc.base.errors import Refused
from opencmc.web.api import shapes
from opencmc.web.api.cursors import cursor, read_cursor
from opencmc.web.api.guard import Area, reply
from opencmc.web.api.problems import Problem

area = Area(tags=["机构网络"])


def _behind(
    rows: Sequence[Any], key: Callable[[Any], tuple[str, ...]], after: tuple[str, ...] | None, limit: int
) -> tuple[list[Any], str]:
    """One page of rows that are few enough to be read whole: those behind the key ``after``, in the order of the key."""
    left = sorted((row for row in rows if after is None or key(row) > after), key=key)
    return left[:limit], cursor(*key(left[limit - 1])) if len(left) > limit else ""


@area.operation("GET", "/institutions", action="network.view", response=shapes.InstitutionsOut, summary="机构")
def list_institutions(request: HttpRequest, asked: Query[shapes.UnitsAsked]) -> HttpResponse:
    """按机构编号排列。"""
    units = network.list_units(tiers=(asked.tier,)) if asked.tier else network.list_units()
    found, next_ = _behind(
        list(units.values()), lambda unit: (unit.institution_id,), read_cursor(asked.after, str), asked.limit
    )
    return reply({"items": [asdict(unit) for unit in found], "next": next_})


@area.operation(
    "GET", "/institutions/{institution_id}", action="network.view", response=shapes.InstitutionOut, summary="一家机构"
)
def read_institution(request: HttpRequest, institution_id: Path[shapes.Id]) -> HttpResponse:
    unit = network.list_units().get(institution_id)
    if unit is None:
        raise Problem("not-found")
    return reply(asdict(unit))


@area.operation(
    "GET", "/memberships", action="network.view", response=shapes.MembershipsOut, summary="某一天的共同体成员关系"
)
def list_memberships(request: HttpRequest, asked: Query[shapes.OnDay]) -> HttpResponse:
    """调整只从生效日起：问过去的一天，得到那一天的网络。"""
    day = asked.on or request.auth.actor.today
    found, next_ = _behind(
        network.members_on(day), lambda row: (row["community_id"], row["institution_id"]),
        read_cursor(asked.after, str, str), asked.limit,
    )  # fmt: skip
    return reply({"on": day, "items": found, "next": next_})


@area.operation("GET", "/communities", action="network.view", response=shapes.CommunitiesOut, summary="某一天的共同体")
def list_communities(request: HttpRequest, on: Query[shapes.Day | None] = None) -> HttpResponse:
    day: date = on or request.auth.actor.today
    found: dict[str, dict[str, Any]] = {}
    for row in network.members_on(day):
        community = found.setdefault(
            row["community_id"],
            {"community_id": row["community_id"], "name": row["community"], "kind": row["kind"],
             "kind_label": str(row["kind_label"]), "lead": None, "members": 0},
        )  # fmt: skip
        if row["role"] == "lead":
            community["lead"] = row["institution_id"]
        else:
            community["members"] += 1
    return reply({"on": day, "items": list(found.values())})


@area.operation(
    "GET", "/reorganisations/{number}", action="network.view", response=shapes.ReorganisationOut,
    summary="一项医共体调整",
)  # fmt: skip
def read_reorganisation(request: HttpRequest, number: Path[shapes.Number]) -> HttpResponse:
    """草稿、已登记与已撤销的都可以读；changes 按执行的先后排列。"""
    try:
        found = network.find_reorganisation(number)
    except Refused:
        raise Problem("not-found") from None
    changes = [{"kind": kind, "given": dict(given)} for kind, given in network.changes_of(found)]
    content = {
        "id": found.pk, "title": found.title, "effective": found.effective, "state": found.state,
        "version": found.version, "note": found.note, "changed_by": found.changed_by, "changed_at": found.changed_at,
        "changes": changes,
    }  # fmt: skip
    return reply(content, version=found.version)
