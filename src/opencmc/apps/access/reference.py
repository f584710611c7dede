"""The table of rights as a page of the documentation: generated, and read again by its test."""

from __future__ import annotations

from opencmc.apps.access.grants import ACTIONS, GIVES, PURPOSES, Level
from opencmc.apps.access.roles import ROLES, UNIT_KINDS, role_label

#: How a level stands in the table; a dash is "may not".
SIGNS = {Level.OWN: "本", Level.COMMUNITY: "共", Level.COUNTY: "县"}
NONE = "—"


def rights_reference() -> str:
    """Markdown: roles with where they are held, the table action × role, and who gives which role."""
    lines = [
        "# 权限表 · Table of rights",
        "",
        "本页由 `tools/generate_docs.py` 从 `src/opencmc/apps/access/grants.py` 生成，测试逐格核对。页面的按钮、拒绝与说明都出自同一张表。",
        "",
        "**本**：本机构及下属机构；**共**：所在医共体；**县**：全县；**—**：不能。带 ● 的操作会打开个人档案，每一次都留下审计记录。",
        "",
        "## 角色",
        "",
        "| 角色 | 标识 | 任职于 | 两步验证 |",
        "|---|---|---|---|",
    ]
    for role in ROLES.values():
        held_at = "、".join(str(UNIT_KINDS[kind]) for kind in role.held_at)
        lines.append(f"| {role.label} | `{role.id}` | {held_at} | {'必须' if role.second_factor else '自愿'} |")
    lines += ["", "## 操作 × 角色", ""]
    heads = " | ".join(str(role.label) for role in ROLES.values())
    lines += [f"| 操作 | 标识 | 目的 | {heads} |", "|---|---|---|" + ":-:|" * len(ROLES)]
    for action in ACTIONS.values():
        cells = " | ".join(SIGNS[action.at[role]] if role in action.at else NONE for role in ROLES)
        mark = " ●" if action.personal else ""
        lines.append(f"| {action.label}{mark} | `{action.id}` | {PURPOSES[action.purpose]} | {cells} |")
    lines += ["", "## 谁可以授予哪些角色", "", "| 账号管理人 | 可以授予 |", "|---|---|"]
    for giver, gifts in GIVES.items():
        given = "全部角色" if set(gifts) == set(ROLES) else "、".join(role_label(role) for role in gifts)
        lines.append(f"| {role_label(giver)} | {given} |")
    return "\n".join(lines) + "\n"
