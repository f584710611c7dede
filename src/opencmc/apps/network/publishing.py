"""The network out of the lake into the pages' database: after what daily work has written is in the lake as well."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from opencmc.apps.access.api import Actor
from opencmc.apps.audit.api import audited
from opencmc.apps.network.checks import cyclic
from opencmc.apps.network.exporting import export_pending, lake_rows, waiting_loads
from opencmc.apps.network.models import Township, UnpublishedRow
from opencmc.apps.network.rows import KINDS, PRIMARY_UNITS, SINCE_EVER, AttachmentRow, Row, Rows, overlap, plain, row_of
from opencmc.apps.network.writing import lock_network, read_rows, write_moved
from opencmc.base.errors import Refused
from opencmc.facts.daily_work import SOURCE
from opencmc.facts.lake import Lake

LAYOUTS = Path(__file__).parent / "layouts"
_TRIES = 3


def _layout(region: str) -> dict[str, tuple[int, int]]:
    """Township → (column, row) on the schematic map, where somebody has drawn one for this county."""
    path = LAYOUTS / f"{region}.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {line["code"]: (int(line["column"]), int(line["row"])) for line in csv.DictReader(file)}


def _known_by(home: Path, known_at: datetime) -> datetime:
    """The run's moment, or the last export of daily work if that came later: an edit never disappears again."""
    exported = [load.known_at for load in Lake(home).loads() if load.source == SOURCE and load.table in KINDS]
    return max([known_at, *exported])


def rows_of_lake(home: Path, known_at: datetime | None) -> tuple[Rows, list[tuple[Row, str]]]:
    """The network of the lake, and the rows that contradict others with the reason why they are left out. An
    institution without a row in ``attachment`` is attached as the register of institutions says, since ever."""
    found = lake_rows(home, KINDS, known_at)
    rows, refused = Rows(), []
    for given in found["institution"]:
        rows.put(row_of("institution", given))
    attached: dict[str, list[AttachmentRow]] = defaultdict(list)
    for given in found["attachment"]:
        row = row_of("attachment", given)
        assert isinstance(row, AttachmentRow)
        attached[row.institution_id].append(row)
    for row in list(rows.institutions.values()):
        if row.attached_to and row.attached_to != row.institution_id and row.institution_id not in attached:
            kind = "clinic" if row.kind in PRIMARY_UNITS else "branch"
            attached[row.institution_id] = [AttachmentRow(row.institution_id, row.attached_to, kind, SINCE_EVER)]
    for of_one in attached.values():
        kept: list[AttachmentRow] = []
        for each in sorted(of_one, key=lambda a: a.start):
            if each.empty:
                continue
            if each.attached_to == each.institution_id or any(overlap(each, other) for other in kept):
                refused.append((each, "同一天附属于两家机构，或附属于自己"))
                continue
            kept.append(each)
            rows.put(each)
    for key in cyclic(rows):
        refused.append((rows.attachments.pop(key), "附属关系成了一个圈"))
    _read_memberships(rows, [row_of("membership", given) for given in found["membership"]], refused)
    return rows, refused


def _read_memberships(rows: Rows, found: list, refused: list[tuple[Row, str]]) -> None:
    by_institution: dict[str, list] = defaultdict(list)
    leads: dict[str, list] = defaultdict(list)
    for row in sorted(
        (row for row in found if not row.empty), key=lambda m: (m.start, m.community_id, m.institution_id)
    ):
        together = [other for other in by_institution[row.institution_id] if overlap(row, other)]
        if any(other.community_id == row.community_id for other in together):
            refused.append((row, "同一天在同一个共同体里有两个角色"))
        elif row.binds and any(other.binds for other in together):
            refused.append((row, "同一天属于两个综合医共体"))
        elif row.role == "lead" and any(overlap(row, other) for other in leads[row.community_id]):
            refused.append((row, "同一天有两家牵头机构"))
        else:
            by_institution[row.institution_id].append(row)
            if row.role == "lead":
                leads[row.community_id].append(row)
            rows.put(row)


def publish_network(home: Path, *, known_at: datetime, region: str, townships: dict[str, str], actor: Actor) -> int:
    """Make the published network what the lake of ``home`` knew at ``known_at`` and what daily work has written since.

    Changes that wait are exported first; should somebody write meanwhile, it begins anew. ``townships`` names the
    county's townships by code. Returns the number of institutions. What only the pages hold (names, services,
    standards, decisions, posts, drafts) stays.
    """
    for _ in range(_TRIES):
        export_pending(home, actor=actor)
        rows, refused = rows_of_lake(home, _known_by(home, known_at))
        with audited(actor) as trail:
            lock_network()
            if waiting_loads():
                trail.add("publish_network", object_="again")
                continue
            _replace(rows, refused)
            _townships(region, townships)
            trail.add("publish_network", object_=f"{len(rows.institutions)}")
        return len(rows.institutions)
    raise Refused("发布网络时一直有人在修改网络。", possible_when="稍后再发布一次；已作的修改都在。")


def _replace(rows: Rows, refused: list[tuple[Row, str]]) -> None:
    write_moved(read_rows().moved_to(rows))
    UnpublishedRow.objects.all().delete()
    UnpublishedRow.objects.bulk_create(
        [UnpublishedRow(table=row.table, row=plain(row), reason=reason) for row, reason in refused]
    )


def _townships(region: str, townships: dict[str, str]) -> None:
    if not townships:  # the pack names none: those that are known stay
        return
    places = _layout(region)
    wanted = [
        Township(code=code, name=name, column=places.get(code, (None, None))[0], row=places.get(code, (None, None))[1])
        for code, name in townships.items()
    ]
    Township.objects.exclude(code__in=townships).delete()
    Township.objects.bulk_create(
        wanted, update_conflicts=True, unique_fields=["code"], update_fields=["name", "column", "row"]
    )
