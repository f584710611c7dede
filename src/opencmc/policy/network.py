"""The value of a network entry: communities, their lead and members, and the institutions they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opencmc.policy import shapes
from opencmc.policy.shapes import Key, Unreadable
from opencmc.policy.source import Fields, FileReport, Items, Node

COMMUNITY_KINDS = {"general": "综合医共体", "specialty": "专科医共体", "alliance": "联盟"}
ROLES = {"member": "成员单位", "linked": "医联单位"}
#: An institution that a document names by its kind alone: in each county the one of that kind, or every one.
STANDS_FOR = {"one": "本县这一类机构中的一家", "every": "本县这一类机构的每一家"}
TIERS = {"county": "县级", "township": "乡镇级", "village": "村级", "outside": "县外"}

_MEMBER = shapes.record(
    {
        "institution": Key(shapes.code, required=True, example="NH-T330226101"),
        "role": Key(shapes.one_of(ROLES), required=True, example="member"),
        "attached_to": Key(shapes.code),
    },
    what="成员",
)
_COMMUNITY = shapes.record(
    {
        "id": Key(shapes.code, required=True, example="NH-G1"),
        "name": Key(shapes.text, required=True),
        "kind": Key(shapes.one_of(COMMUNITY_KINDS), required=True, example="general"),
        "lead": Key(shapes.code, required=True, example="NH-H1"),
        "members": Key(shapes.list_of(_MEMBER, at_least=0, what="成员列表"), required=True),
    },
    what="共同体",
)
_INSTITUTION = shapes.record(
    {
        "id": Key(shapes.code, required=True, example="NH-H1"),
        "name": Key(shapes.text, required=True),
        "short_name": Key(shapes.text),
        "tier": Key(shapes.one_of(TIERS), required=True, example="township"),
        "kind": Key(shapes.identifier, required=True, example="township_health_centre"),
        "township": Key(shapes.matching(r"[0-9]{9}", "乡镇代码", '乡镇代码是 9 位数字，例如 "330226101"')),
        "attached_to": Key(shapes.code),
        "stands_for": Key(shapes.one_of(STANDS_FOR)),
        "note": Key(shapes.text),
    },
    what="机构",
)
_NETWORK = shapes.record(
    {
        "communities": Key(shapes.list_of(_COMMUNITY, what="共同体列表"), required=True),
        "institutions": Key(shapes.list_of(_INSTITUTION, what="机构列表"), required=True),
    },
    what="网络",
)


def read_network(node: Node, report: FileReport) -> dict[str, Any]:
    """``{communities: (…), institutions: (…)}``. Every institution named must be in the list, ids must be unique, and
    nobody is twice in one community or a member of two general communities."""
    value = _NETWORK(node, report)
    assert isinstance(node, Fields)
    before = len(report.findings)
    institutions = _unique(value["institutions"], node.fields["institutions"], report)
    _unique(value["communities"], node.fields["communities"], report)

    def known(institution: str, line: int, role: str) -> None:
        if institution not in institutions:
            hint = shapes.near(institution, institutions)
            report.add(
                "unknown-reference",
                line,
                f"{role}“{institution}”不在 institutions 里",
                f"{hint}请先把这家机构写进 institutions",
            )

    for institution, line in _with_lines(value["institutions"], node.fields["institutions"], "attached_to"):
        if "attached_to" in institution:
            known(institution["attached_to"], line, "所附属的机构")
    home: dict[str, str] = {}
    communities = node.fields["communities"]
    assert isinstance(communities, Items)
    for community, community_node in zip(value["communities"], communities.items, strict=True):
        assert isinstance(community_node, Fields)
        known(community["lead"], community_node.lines["lead"], "牵头医院")
        inside = {community["lead"]}
        for member, line in _with_lines(community["members"], community_node.fields["members"], "institution"):
            name = member["institution"]
            known(name, line, "成员")
            if "attached_to" in member:
                known(member["attached_to"], line, "所附属的机构")
            if name in inside:
                report.add(
                    "duplicate-id",
                    line,
                    f"“{name}”在{community['name']}里出现两次",
                    "一家机构在一个共同体里只有一个角色，请只留一处",
                )
            inside.add(name)
            if community["kind"] == "general" and member["role"] == "member":
                if name in home:
                    correction = "一家机构只能是一个综合医共体的成员；若只是技术联系，请把 role 写作 linked"
                    report.add("conflict", line, f"“{name}”已是{home[name]}的成员", correction)
                home.setdefault(name, community["name"])
    if len(report.findings) > before:
        raise Unreadable
    return value


def _with_lines(values: tuple[Mapping[str, Any], ...], node: Node, key: str) -> list[tuple[Mapping[str, Any], int]]:
    """Each record with the line of ``key``, or its own line where it has no such key."""
    assert isinstance(node, Items)
    return [
        (value, each.lines.get(key, each.line))
        for value, each in zip(values, node.items, strict=True)
        if isinstance(each, Fields)
    ]


def _unique(values: tuple[Mapping[str, Any], ...], node: Node, report: FileReport) -> dict[str, int]:
    seen: dict[str, int] = {}
    for value, line in _with_lines(values, node, "id"):
        if value["id"] in seen:
            report.add(
                "duplicate-id",
                line,
                f"编号“{value['id']}”用了两次（第一次在第 {seen[value['id']]} 行）",
                "每个编号只用一次，请改一个",
            )
        seen.setdefault(value["id"], line)
    return seen
