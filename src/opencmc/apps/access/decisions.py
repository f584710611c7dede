"""May this holder do this, and how far? One answer for refusing, hiding a button and explaining why."""

from __future__ import annotations

from django.utils.translation import gettext as _

from opencmc.apps.access.contracts import Holder, Reach
from opencmc.apps.access.grants import ACTIONS, GIVES, LEVEL_LABELS, Level
from opencmc.apps.access.roles import COMMUNITY, COUNTY, ROLES, role_label
from opencmc.base.errors import Refused

SYSTEM = "system"


def reach(holder: Holder, action: str) -> Reach | None:
    """How far ``holder`` may do ``action``; ``None``: not at all. An unknown action is a fault."""
    at = ACTIONS[action].at
    if holder.role == SYSTEM:
        return Reach(action, Level.COUNTY, COUNTY, "")
    level = at.get(holder.role)
    if level is None or (holder.actions is not None and action not in holder.actions):
        return None
    # A post at a whole community or the county cannot be narrower than its unit.
    if level is Level.OWN and holder.unit_kind == COMMUNITY:
        level = Level.COMMUNITY
    return Reach(action, level, holder.unit_kind, holder.unit_id)


def may(holder: Holder, action: str) -> bool:
    return reach(holder, action) is not None


def rule_of(action: str) -> str:
    """The row of the table of rights as a reader knows it: by its name, never by its identifier."""
    return str(_("权限表：%(action)s") % {"action": ACTIONS[action].label})


def refusal(holder: Holder, action: str) -> Refused:
    """Why not, by which rule, and who may."""
    found = ACTIONS[action]
    roles = "、".join(f"{role_label(role)}（{LEVEL_LABELS[level]}）" for role, level in found.at.items())
    role = role_label(holder.role) if holder.role else _("没有岗位的账号")
    if holder.actions is not None and holder.role in found.at:
        return Refused(
            _("接口账号“%(name)s”没有“%(action)s”这一项") % {"name": holder.name, "action": found.label},
            rule=rule_of(action),
            possible_when=_("请系统管理员在“接口账号”中勾选这一项。"),
        )
    return Refused(
        _("%(role)s不能%(action)s") % {"role": role, "action": found.label},
        rule=rule_of(action),
        possible_when=_("可以这样做的角色：%(roles)s。如工作需要，请联系本单位的账号管理人。") % {"roles": roles},
    )


def roles_given_by(holder: Holder) -> tuple[str, ...]:
    """The roles that ``holder`` may give to others; the unit must lie in the reach of ``accounts.manage`` as well."""
    if holder.role == SYSTEM:
        return tuple(ROLES)
    return GIVES.get(holder.role, ()) if may(holder, "accounts.manage") else ()


def require(holder: Holder, action: str) -> Reach:
    """The reach of ``action``, or :class:`Refused`."""
    found = reach(holder, action)
    if found is None:
        raise refusal(holder, action)
    return found
