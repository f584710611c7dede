"""The one table of rights: action × role → how far it reaches. Pages hide, refuse and explain by it alone.

A role that stands in no row of an action may not do it. The reach is the unit of the post seen from the action:
``own`` is the institution with all that is attached to it (for a township post: the township's institutions),
``community`` the communities in which it stands, ``county`` everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opencmc.apps.access.roles import ROLES


class Level(StrEnum):
    OWN = "own"
    COMMUNITY = "community"
    COUNTY = "county"


LEVEL_LABELS = {
    Level.OWN: _("本机构及下属机构"),
    Level.COMMUNITY: _("所在医共体"),
    Level.COUNTY: _("全县"),
}

#: What a right is for: written on every audit line of an action.
PURPOSES = {
    "care": _("诊疗与随访"), "public_health": _("公共卫生"), "management": _("管理"), "payment": _("医保支付"),
    "supervision": _("监督"), "operation": _("系统运行"), "own": _("本人账号"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """``personal`` actions open a person's record; ``at`` says for each role how far it reaches."""

    id: str
    label: str | Promise
    purpose: str
    at: dict[str, Level]
    personal: bool = False


def _all(level: Level) -> dict[str, Level]:
    return dict.fromkeys(ROLES, level)


_own, _community, _county = Level.OWN, Level.COMMUNITY, Level.COUNTY
_FRONT_LINE = {"village_doctor": _own, "township_doctor": _own, "station_nurse": _own}
_CLINICAL = {**_FRONT_LINE, "county_specialist": _own, "centre_reader": _own}

ACTIONS: dict[str, Action] = {
    action.id: action
    for action in (
        # people
        Action(
            "residents.search", _("查找居民"), "care",
            {**_CLINICAL, "township_manager": _own, "public_health_liaison": _own,
             "public_health_commissioner": _community},
            personal=True,
        ),
        Action(
            "residents.view", _("查看居民档案"), "care",
            {**_CLINICAL, "township_manager": _own, "public_health_liaison": _own,
             "public_health_commissioner": _community},
            personal=True,
        ),
        Action("residents.reveal", _("显示完整证件号与电话"), "care",
               {**_CLINICAL, "public_health_commissioner": _community}, personal=True),
        Action("residents.sensitive", _("查看敏感健康记录"), "care",
               {"township_doctor": _own, "county_specialist": _own, "public_health_liaison": _own,
                "public_health_commissioner": _community}, personal=True),
        Action("residents.create", _("新建居民"), "care", _CLINICAL, personal=True),
        Action("residents.edit", _("修改居民信息"), "care", {**_FRONT_LINE, "township_manager": _own}, personal=True),
        Action("residents.import", _("导入居民"), "management",
               {"township_manager": _own, "system_administrator": _county}, personal=True),
        Action("residents.merge", _("合并与拆分重复居民"), "management",
               {"township_manager": _own, "public_health_commissioner": _community, "system_administrator": _county},
               personal=True),
        Action("residents.grid", _("划分网格片区与责任团队"), "management",
               {"township_manager": _own, "county_director": _county}),
        Action("residents.access_report", _("查看谁看过某位居民的档案"), "supervision",
               {"township_manager": _own, "supervisor": _county}, personal=True),
        Action("break_glass.open", _("紧急查看档案"), "care", dict.fromkeys(_CLINICAL, _county), personal=True),
        Action("break_glass.review", _("复核紧急查看"), "supervision",
               {"township_manager": _own, "lead_manager": _community, "supervisor": _county}),
        # work
        Action("tasks.view", _("查看待办"), "care", {**_CLINICAL, "township_manager": _own,
               "public_health_liaison": _own}, personal=True),
        Action("tasks.do", _("办理待办"), "care", _CLINICAL, personal=True),
        Action("tasks.assign", _("转交与取消待办"), "care", {**_CLINICAL, "township_manager": _own}, personal=True),
        # network
        Action("network.view", _("查看机构网络"), "management", _all(_county)),
        Action("network.edit", _("修改机构信息"), "management",
               {"township_manager": _own, "lead_manager": _community, "county_director": _county}),
        Action("network.reorganise", _("调整医共体"), "management", {"county_director": _county}),
        Action("network.import", _("导入机构网络"), "management",
               {"county_director": _county, "system_administrator": _county}),
        Action("governance.record", _("记录治理决定"), "management",
               {"lead_manager": _community, "county_director": _county}),
        Action("public_health.record", _("记录公共卫生专员、联络员的列席与建议"), "public_health",
               {"public_health_liaison": _own, "public_health_commissioner": _community, "lead_manager": _community,
                "county_director": _county}),
        # figures and rules
        Action("figures.view", _("查看监测指标"), "management", _all(_county)),
        Action(
            "figures.institutions", _("查看各机构的指标"), "management",
            {**_CLINICAL, "township_manager": _own, "public_health_liaison": _own, "lead_manager": _community,
             "public_health_commissioner": _community, "fund_manager": _county, "county_director": _county,
             "planner": _county, "supervisor": _county, "system_administrator": _county},
        ),
        Action("figures.rows", _("查看数字背后的记录编号"), "management",
               {"lead_manager": _community, "fund_manager": _county, "county_director": _county,
                "supervisor": _county, "system_administrator": _county}),
        Action("rules.view", _("查看规则库"), "management", _all(_county)),
        # accounts, audit, operation
        Action("accounts.manage", _("管理账号与岗位"), "operation",
               {"township_manager": _own, "lead_manager": _own, "system_administrator": _county}),
        Action("accounts.service", _("管理接口账号"), "operation", {"system_administrator": _county}),
        Action("audit.view", _("查看审计记录"), "supervision",
               {"county_director": _county, "supervisor": _county, "system_administrator": _county}),
        Action("audit.verify", _("核验审计链"), "supervision",
               {"supervisor": _county, "system_administrator": _county}),
        Action("home.view", _("打开今天的工作和查找"), "own", _all(_own)),
        Action("notices.view", _("查看通知"), "own", _all(_own)),
        Action("jobs.view", _("查看自己的后台任务"), "own", _all(_own)),
        Action("operations.view", _("查看系统运行状况"), "operation", {"system_administrator": _county}),
    )
}  # fmt: skip

#: Which roles a manager of accounts may give: never one that reaches further than the own.
GIVES: dict[str, tuple[str, ...]] = {
    "township_manager": tuple(_FRONT_LINE),
    "lead_manager": tuple(_CLINICAL),
    "system_administrator": tuple(ROLES),
}

#: What a machine never does: people answer for these.
NEVER_BY_SERVICE = frozenset({"accounts.manage", "accounts.service", "break_glass.open", "break_glass.review"})
