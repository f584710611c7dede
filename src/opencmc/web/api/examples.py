"""Examples in the description: for an operation a body and an answer. No real person stands here."""

from __future__ import annotations

from typing import Any

_TASK_ROW = {
    "id": 1042, "kind": "follow_up", "item": "hypertension", "label": "高血压随访", "why": "上次随访 2025-12-02",
    "resident_id": "R-000123", "village": "330226101201", "institution_id": "NH-V330226101201", "assigned_to": "",
    "since": "2025-12-02", "due": "2026-03-02", "state": "open", "version": 1,
}  # fmt: skip
_TASK = _TASK_ROW | {
    "outcome": "", "values": {}, "note": "", "done_on": None, "next_due": None,
    "changed_at": "2026-03-01T00:31:07.512Z", "changed_by": "service:county-his",
}  # fmt: skip
_FINISHED = _TASK | {
    "state": "done", "version": 2, "outcome": "controlled", "values": {"systolic": 128, "diastolic": 78},
    "done_on": "2026-03-01", "next_due": "2026-05-30",
}  # fmt: skip

#: "method address" → (body, answer).
EXAMPLES: dict[str, tuple[Any, Any]] = {
    "get /tasks": (None, {"items": [_TASK_ROW], "next": ""}),
    "get /tasks/{task_id}": (None, _TASK),
    "post /tasks": (
        {"kind": "follow_up", "item": "hypertension", "label": "高血压随访", "resident_id": "R-000123",
         "institution_id": "NH-V330226101201", "due": "2026-03-02", "source": "county-his", "source_key": "20260301-17"},
        _TASK,
    ),
    "post /tasks/{task_id}/finish": ({"outcome": "controlled", "values": {"systolic": 128, "diastolic": 78}}, _FINISHED),
    "post /tasks/{task_id}/postpone": (
        {"due": "2026-03-16", "reason": "居民外出务工，月中回来"},
        _TASK | {"due": "2026-03-16", "version": 2, "note": "居民外出务工，月中回来"},
    ),
    "post /people/search": (
        {"text": "zsf", "limit": 20},
        {"items": [], "total": 0, "total_is_exact": True, "read_as": "initials",
         "problem": "您的范围内没有找到。可以少输入几个字，或改用证件号末 4–6 位；要查找范围外的居民，请输入完整证件号。",
         "next": ""},
    ),
    "patch /people/{resident_id}": ({"phone": "13800000000", "address": "东岙村 12 号"}, None),
    "post /accounts": (
        {"username": "v12", "name": "村卫生室值班", "role": "village_doctor", "unit_kind": "institution",
         "unit_id": "NH-V330226101201"},
        {"username": "v12", "code": "••••-••••-••••"},
    ),
    "post /notices/read": ({"ids": None}, {"marked": 3}),
    "get /network/communities": (
        None,
        {"on": "2026-03-01", "items": [
            {"community_id": "NH-G1", "name": "第一医疗健康集团", "kind": "general", "kind_label": "综合医共体",
             "lead": "NH-H1", "members": 12}]},
    ),
}  # fmt: skip
