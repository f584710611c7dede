"""The network of a policy pack brought into a home: new rows only, and never against what is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from opencmc.apps.access.api import Actor, require
from opencmc.apps.audit.api import audited
from opencmc.apps.network.checks import new_problems
from opencmc.apps.network.models import Township
from opencmc.apps.network.packs import Planned, network_entries, pack_of, planned
from opencmc.apps.network.rows import SINCE_EVER, Rows
from opencmc.apps.network.writing import lock_network, read_rows, write_network
from opencmc.base.errors import Refused
from opencmc.policy.pack import Pack

ACTION = "network.import"


def load_pack_network(
    actor: Actor, pack_id: str, *, day: date, chosen: Mapping[str, str] | None = None, entry_id: str = ""
) -> list[tuple[str, Planned]]:
    """Add what the networks of a pack say and the home does not have. Doing it twice adds nothing.

    Returns (label, what was planned) of each. :class:`Refused` with every contradiction when there is one: then
    nothing is written.
    """
    require(actor.holder, ACTION)
    pack = pack_of(pack_id)
    entries = [entry for entry in network_entries(pack) if not entry_id or entry.id == entry_id]
    if not entries:
        raise Refused(f"政策包“{pack.label}”没有网络条目。", possible_when="用 opencmc pack show 查看它有哪些条目。")
    with audited(actor) as trail:
        lock_network()
        before = read_rows()
        after = before.copy()
        region = _region(before) or pack.region.ljust(6, "0")[:6]
        done = []
        for entry in entries:
            plan = planned(pack, entry, after, day, chosen or {}, region)
            done.append((entry.label, plan))
            for row in plan.rows:
                after.put(row)
        conflicts = [c for _, plan in done for c in plan.conflicts]
        conflicts += [p.sentence for p in new_problems(before, after, SINCE_EVER)]
        if conflicts:
            raise Refused(
                f"政策包“{pack.label}”的网络与现有网络有 {len(conflicts)} 处不合：{'；'.join(conflicts[:8])}",
                possible_when="先在“医共体调整”里理顺现有网络，或用 --as 指明是本县的哪一家。",
            )
        write_network(before.moved_to(after), actor)
        _townships(pack, day)
        trail.add(ACTION, object_=pack_id, reason=f"{sum(len(plan.rows) for _, plan in done)}")
    return done


def _region(rows: Rows) -> str:
    regions = [row.region for row in rows.institutions.values() if row.tier != "outside" and row.region]
    return max(set(regions), key=regions.count) if regions else ""


def _townships(pack: Pack, day: date) -> None:
    """The pack's townships, where the home knows none of them yet."""
    entry = pack.entries.get("division.townships")
    held = (entry.on(day) or entry.values[-1]) if entry else None
    if entry is None or held is None or Township.objects.exists():
        return
    columns = list(entry.attributes["columns"])
    Township.objects.bulk_create(
        [Township(code=str(row[columns.index("code")]), name=str(row[columns.index("name")])) for row in held.value]
    )
