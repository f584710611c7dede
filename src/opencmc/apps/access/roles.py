"""The roles of the field. A role is held at a unit for a dated period (a post, see ``accounts``)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

INSTITUTION, COMMUNITY, TOWNSHIP, COUNTY = "institution", "community", "township", "county"
UNIT_KINDS = {
    INSTITUTION: _("机构"), COMMUNITY: _("医共体"), TOWNSHIP: _("乡镇（街道）"), COUNTY: _("全县"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Role:
    """``held_at`` are the kinds of unit at which it may be held; ``second_factor`` says that a password is not enough."""

    id: str
    label: str | Promise
    held_at: tuple[str, ...]
    second_factor: bool = False


ROLES: dict[str, Role] = {
    role.id: role
    for role in (
        Role("village_doctor", _("乡村医生"), (INSTITUTION,)),
        Role("township_doctor", _("乡镇医生"), (INSTITUTION,)),
        Role("station_nurse", _("健康服务站护士"), (INSTITUTION,)),
        Role("township_manager", _("乡镇卫生院院长"), (INSTITUTION,)),
        Role("county_specialist", _("县级专科医生"), (INSTITUTION,)),
        Role("centre_reader", _("共享中心诊断医生"), (INSTITUTION,)),
        Role("lead_manager", _("牵头医院管理者"), (INSTITUTION, COMMUNITY)),
        Role("public_health_liaison", _("公共卫生联络员"), (INSTITUTION, TOWNSHIP)),
        Role("public_health_commissioner", _("公共卫生专员"), (INSTITUTION, COMMUNITY), second_factor=True),
        Role("fund_manager", _("医保基金管理"), (COUNTY,), second_factor=True),
        Role("county_director", _("县卫健局负责人"), (COUNTY,), second_factor=True),
        Role("planner", _("规划人员"), (COUNTY,), second_factor=True),
        Role("supervisor", _("监督员"), (COUNTY,), second_factor=True),
        Role("system_administrator", _("系统管理员"), (COUNTY,), second_factor=True),
    )
}


def role_label(role: str) -> str:
    found = ROLES.get(role)
    return str(found.label) if found else role
