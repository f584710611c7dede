"""The answer key: what was planted, and where. Written beside the lake, never read by a method."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from opencmc.synthetic.accounts import Takings
from opencmc.synthetic.identity import Twice
from opencmc.synthetic.months import Calendar
from opencmc.synthetic.people import People
from opencmc.synthetic.plan import Plan


@dataclass
class Truth:
    """Collects what is planted while the months are made."""

    outbreak_cards: list[str] = field(default_factory=list)
    coded_up: dict[str, list[str]] = field(default_factory=dict)
    coding_share: dict[str, tuple[int, int]] = field(default_factory=dict)
    pulled: dict[str, float] = field(default_factory=dict)
    unplaced: dict[str, dict[str, int]] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)

    def month(self, name: str, stays: pa.Table, coded_up: pa.Array, hospital: str) -> None:
        """Note which stays of a month were coded up."""
        ids = stays["stay_id"].filter(coded_up).to_pylist()
        here = pc.sum(pc.equal(stays["institution_id"], hospital)).as_py() or 0
        self.coding_share[name] = (len(ids), here)
        if ids:
            self.coded_up[name] = ids


def write_truth(
    home: Path,
    truth: Truth,
    *,
    arguments: dict[str, object],
    people: People,
    twice: Twice,
    plan: Plan,
    calendar: Calendar,
    takings: Takings,
    budgets: dict[int, dict[str, int]],
) -> Path:
    """Write ``HOME/truth.json``."""
    names = [month.name for month in calendar]

    def from_month(index: int) -> str | None:
        return names[index] if index < len(names) else None

    spent = {
        year: takings.community_fund([month.index for month in calendar if month.first.year == year])
        for year in calendar.years
    }
    key = {
        "made_with": arguments,
        "duplicates": {
            "what": "同一人在居民登记中有两个编号（姓名、出生日期或证件略有不同）",
            "count": len(twice.people),
            "pairs": twice.pairs(people),
        },
        "outbreak": {
            "what": "一个乡镇三周内的聚集性疫情",
            "disease": plan.outbreak_disease,
            "township": plan.outbreak_township,
            "month": from_month(plan.outbreak_month),
            "days": plan.outbreak_days,
            "count": len(truth.outbreak_cards),
            "card_ids": truth.outbreak_cards,
        },
        "upcoding": {
            "what": "一家医院从某月起给较轻病例添写并发症",
            "institution_id": plan.upcoding_hospital,
            "from": from_month(plan.upcoding_from),
            "by_month": {
                name: {"coded_up": count, "stays": stays} for name, (count, stays) in truth.coding_share.items()
            },
            "stay_ids": [id_ for name in names for id_ in truth.coded_up.get(name, [])],
        },
        "upward_pull": {
            "what": "牵头医院逐月吸走两个乡镇本应在基层的就诊与住院",
            "institution_id": plan.pull_hospital,
            "townships": list(plan.pull_townships),
            "from": from_month(plan.pull_from),
            "share_by_month": {name: f"{share:.4f}" for name, share in truth.pulled.items() if share},
        },
        "overrun": {
            "what": "一个共同体第二年的基金支付超出总额预算",
            "community_id": plan.overrun_community,
            "from": from_month(plan.overrun_from),
            "basis": "本县参保人在该共同体机构（牵头医院、成员单位及其村卫生室）的基金支付",
            "by_year": {
                str(year): {
                    id_: {
                        "budget_fen": budgets[year][id_],
                        "charged_fen": amount,
                        "result_fen": budgets[year][id_] - amount,
                    }
                    for id_, amount in spent[year].items()
                }
                for year in calendar.years
            },
        },
        "unplaced": {
            "what": "放不到位的门急诊行：机构不明、参保地缺失",
            "by_month": truth.unplaced,
            "total": _total(truth.unplaced),
        },
        "late": {"what": "迟到两个月的县外门急诊行", "by_month": truth.late, "total": sum(truth.late.values())},
    }
    path = home / "truth.json"
    path.write_text(json.dumps(key, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _total(by_month: dict[str, dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in by_month.values():
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return total
