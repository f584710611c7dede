"""What reviewers found of each general community: unified management, votes in the council, services that work together."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from opencmc.synthetic.county import County
from opencmc.synthetic.months import Month
from opencmc.synthetic.sampling import stream
from opencmc.synthetic.staging import build

UNIFIED = ("hr", "finance", "assets", "business", "drugs", "information", "logistics")
COORDINATION = ("referral", "remote_diagnosis", "recognition", "surveillance", "shared_centres")
VOTES = "democracy.member_votes"
#: Months after the start in which a community reaches an item (0: from the beginning, 99: not in the period).
_REACHED = {
    "NH-G1": {"unified": (0, 0, 12, 0, 0, 6, 18), "coordination": (0, 0, 6, 12, 0)},
    "NH-G2": {"unified": (6, 0, 99, 0, 0, 12, 99), "coordination": (0, 6, 12, 99, 0)},
}
_EVIDENCE = {"met": "制度文件与抽查记录", "not_met": "现场抽查未见落实"}


def assessment_table(county: County, seed: int, month: Month) -> pa.Table:
    """Judgements made in ``month``: all items half-yearly on the 15th of January and July, council decisions every
    second month on the 20th."""
    rows: list[tuple[str, str, date, bool]] = []
    for community in county.communities:
        if community.kind != "general":
            continue
        reached = _REACHED.get(community.id, _REACHED["NH-G1"])
        if month.first.month in (1, 7) or month.index == 0:
            day = month.first.replace(day=15)
            for area, items in (("unified", UNIFIED), ("coordination", COORDINATION)):
                rows += [
                    (community.id, f"{area}.{item}", day, month.index >= at)
                    for item, at in zip(items, reached[area], strict=True)
                ]
        if month.first.month % 2 == 1:
            rng = stream(seed, "council", community.id, month.index)
            rows.append((community.id, VOTES, month.first.replace(day=20), bool(rng.random() < 0.8)))
    results = ["met" if row[3] else "not_met" for row in rows]
    return build(
        "assessment",
        {
            "unit_id": [row[0] for row in rows],
            "item": [row[1] for row in rows],
            "date": pa.array([row[2] for row in rows], type=pa.date32()),
            "result": results,
            "evidence": [_EVIDENCE[result] for result in results],
        },
    )
