"""Names for what stands on a line: actions, purposes, units. A reader never sees a code without its name.

Slices that come later name what is theirs when they start (``AppConfig.ready``): actions that stand in no table of
rights, and the units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opencmc.apps.access.api import ACTIONS, PURPOSES, UNIT_KINDS

UnitNames = Callable[[], Mapping[tuple[str, str], str]]

#: Actions of a line that are no right of their own.
_actions: dict[str, str | Promise] = {
    "sign_in": _("登录"),
    "sign_in_refused": _("登录被拒"),
    "sign_out": _("退出登录"),
    "create_account": _("开设账号"),
    "create_demonstration_accounts": _("开设演示账号"),
    "publish_network": _("发布机构网络"),
    "publish_residents": _("发布居民"),
    "publish_run": _("发布运行"),
    "use_pack": _("启用政策包"),
    "change_password": _("修改密码"),
    "reset_password": _("重设密码"),
    "set_up_second_factor": _("设置第二因素"),
    "verify_second_factor": _("第二因素验证"),
    "second_factor_refused": _("第二因素验证被拒"),
    "reset_second_factor": _("取消第二因素"),
    "renew_recovery_codes": _("更换恢复码"),
    "switch_post": _("换岗位"),
    "give_post": _("授予岗位"),
    "end_post": _("结束岗位"),
    "block_account": _("停用账号"),
    "unblock_account": _("恢复账号"),
    "unlock_account": _("解除登录锁定"),
    "end_session": _("结束会话"),
    "residents.refused": _("查看居民被拒"),
    "notify": _("发出通知"),
    "notices.read": _("读通知"),
    "jobs.start": _("开始后台任务"),
    "jobs.retry": _("重试后台任务"),
    "tasks.create": _("产生待办"),
    "tasks.fill": _("生成待办清单"),
    "network.export": _("机构网络写入数据湖"),
    "network.export_workbook": _("导出机构网络表"),
    "exports.run": _("日常业务数据写入数据湖"),
    "audit.export": _("导出审计记录"),
    "audit.restored": _("声明数据库恢复到较早状态"),
}
_unit_names: list[UnitNames] = []


def name_actions(labels: Mapping[str, str | Promise]) -> None:
    """Names for actions of another slice: ``name_actions({"sessions.end": _("结束会话")})``."""
    _actions.update(labels)


def name_units(names: UnitNames) -> None:
    """Who knows the names of units: (unit_kind, unit_id) → name."""
    _unit_names.append(names)


def action_label(action: str) -> str:
    """The name of an action, or the action itself when nobody named it."""
    found = _actions.get(action)
    if found is None and action in ACTIONS:
        found = ACTIONS[action].label
    return str(found) if found is not None else action


def is_named(action: str) -> bool:
    return action in _actions or action in ACTIONS


def action_choices() -> list[tuple[str, str]]:
    """(action, name) for a filter, the names in order."""
    return sorted(((action, action_label(action)) for action in {*_actions, *ACTIONS}), key=lambda pair: pair[1])


def purpose_label(purpose: str) -> str:
    return str(PURPOSES.get(purpose, purpose))


def unit_names() -> dict[str, str]:
    """``kind:id`` → name, as far as a slice knows it."""
    return {f"{kind}:{id_}": name for names in _unit_names for (kind, id_), name in names().items()}


def unit_label(unit: str, names: Mapping[str, str] | None = None) -> str:
    """The name of the ``kind:id`` of a line; without one the kind with its number."""
    if not unit:
        return ""
    found = (unit_names() if names is None else names).get(unit)
    kind, _colon, id_ = unit.partition(":")
    return found or f"{UNIT_KINDS.get(kind, kind)} {id_}".strip()
