"""What a run's indicators are called and measured against: the run's own definitions with the targets of its pack, kept with
the published figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from opencmc.apps.rules.api import pack_by_id
from opencmc.policy.entry import DatedValue
from opencmc.policy.pack import Pack

#: The pack's table of townships.
TOWNSHIPS = "division.townships"


def _dated(value: DatedValue) -> dict[str, Any]:
    return {
        "from": value.start.isoformat(),
        "until": value.until.isoformat() if value.until else None,
        "value": str(value.value),
        "standing": value.standing.value,
    }


def snapshot(found: Mapping[str, Mapping[str, Any]], pack: Pack) -> dict[str, dict[str, Any]]:
    """Definitions (as a run stores them), each with its English label and its targets, as plain JSON values.
    ``own`` marks those of the county's own pack; a run may hold those of other counties beside them."""
    labels = {name: pack_by_id(name).label for name in {record["pack"] for record in found.values()}}
    kept = {}
    for indicator, record in found.items():
        entry = pack.entries.get(indicator)
        kept[indicator] = {
            **record,
            "label_en": entry.label_en if entry else "",
            "targets": [],
            "pack_label": labels[record["pack"]],
            "own": entry is not None,
        }
    for entry in pack.targets():
        indicator = entry.attributes["indicator"]
        if indicator in kept:
            due = entry.attributes.get("due")
            kept[indicator]["targets"].append(
                {
                    "id": entry.id,
                    "label": entry.label,
                    "label_en": entry.label_en,
                    "comparator": entry.attributes["comparator"],
                    "due": due.isoformat() if due else None,
                    "values": [_dated(value) for value in entry.values],
                }
            )
    return kept


def townships_of(pack: Pack, as_of: date) -> dict[str, str]:
    """Township code → name, from the pack's table; empty when it has none."""
    entry = pack.entries.get(TOWNSHIPS)
    held = entry.on(as_of) if entry else None
    if entry is None or held is None:
        return {}
    columns = list(entry.attributes["columns"])
    return {str(row[columns.index("code")]): str(row[columns.index("name")]) for row in held.value}
