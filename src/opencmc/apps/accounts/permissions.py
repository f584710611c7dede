"""Roles, and what a role may see. One table; pages and queries ask it, they do not compare role names."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from opencmc.base.errors import Refused

ROLES = {
    "county_director": _("县卫健局负责人"),
    "fund_manager": _("医保基金管理"),
    "lead_manager": _("牵头医院管理者"),
    "township_manager": _("乡镇卫生院院长"),
    "village_doctor": _("乡村医生"),
    "planner": _("规划人员"),
    "system_administrator": _("系统管理员"),
}

#: Whose institution figures a role sees: those of all, of its communities, or its own (with the clinics attached to it).
INSTITUTIONS_SEEN = {
    "county_director": "all",
    "fund_manager": "all",
    "planner": "all",
    "system_administrator": "all",
    "lead_manager": "community",
    "township_manager": "own",
    "village_doctor": "own",
}

#: Who may list the row numbers behind a figure (numbers only, no person data).
MAY_LIST_ROWS = frozenset({"county_director", "fund_manager", "lead_manager", "system_administrator"})


def can_list_rows(role: str) -> bool:
    return role in MAY_LIST_ROWS


def check_can_list_rows(role: str) -> None:
    if not can_list_rows(role):
        raise Refused(
            str(_("您的角色不能查看数字背后的记录编号。")),
            rule=str(_("记录编号限县卫健局、医保基金管理、牵头医院管理和系统管理员查看")),
            possible_when=str(_("如工作需要，请联系县卫健局负责人查看。")),
        )
