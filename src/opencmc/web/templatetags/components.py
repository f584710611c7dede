"""Components that every template may use without loading them."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from opencmc.apps.pictures import LEVELS
from opencmc.facts.tables import TABLES
from opencmc.web.charts import draw as draw_picture

register = template.Library()


@register.simple_tag
def draw(picture: Any) -> SafeString:
    """The SVG of a picture; every text in it was escaped when it was drawn."""
    return mark_safe(draw_picture(picture))


@register.simple_tag
@lru_cache
def asset(path: str) -> str:
    """The address of a static file, named with its content's hash."""
    found = finders.find(path)
    if not found:
        raise FileNotFoundError(path)
    with open(found, "rb") as file:  # noqa: PTH123
        digest = hashlib.sha256(file.read()).hexdigest()[:12]
    return f"{static(path)}?v={digest}"


@register.filter
def day(value: date | datetime | None) -> str:
    """2025-03-08."""
    if value is None:
        return ""
    return (timezone.localtime(value) if isinstance(value, datetime) else value).strftime("%Y-%m-%d")


@register.filter
def moment(value: datetime | None) -> str:
    """2025-03-08 14:05."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


@register.filter
def thin(value: int | None) -> str:
    """Thousands apart by a narrow space; nothing stays nothing."""
    return "" if value is None else f"{value:,}".replace(",", "\u202f")


@register.filter
def spaced(value: Any) -> str:
    """Whole numbers with their thousands apart; anything else as it is."""
    return "—" if value is None else thin(value) if isinstance(value, int) else str(value)


@register.filter
def standing_label(standing: str) -> str:
    return {"sourced": _("有出处"), "unverified": _("待核实"), "proposed": _("拟定")}.get(str(standing), str(standing))


@register.filter
def state_label(state: str) -> str:
    return {"met": _("达到"), "missed": _("未达到"), "unknown": _("无法判断")}.get(state, state)


@register.filter
def state_icon(state: str) -> str:
    return {"met": "✓", "missed": "✗", "unknown": "?"}.get(state, "")


@register.filter
def item(mapping: Any, key: Any) -> Any:
    return mapping.get(key) if mapping else None


@register.simple_tag
def levels() -> tuple[tuple[str, str], ...]:
    labels = {"village": _("村级"), "township": _("乡镇级"), "county": _("县级"), "outside": _("县外")}
    return tuple((level, labels[level]) for level in LEVELS)


@register.filter
def card_label(label: str) -> str:
    """The label of a card's row, which the policy reader writes in Chinese."""
    return _(label)


@register.filter
def table_label(name: str) -> str:
    """The label of a logical table."""
    table = TABLES.get(name)
    return _(table.table_label) if table else name


ACTIONS = {
    "sign_in": gettext_lazy("登录"),
    "sign_in_refused": gettext_lazy("登录被拒"),
    "sign_out": gettext_lazy("退出登录"),
    "create_account": gettext_lazy("开设账号"),
    "create_demonstration_accounts": gettext_lazy("开设演示账号"),
    "publish_network": gettext_lazy("发布机构网络"),
    "publish_run": gettext_lazy("发布运行"),
    "use_pack": gettext_lazy("启用政策包"),
}


@register.filter
def action_label(action: str) -> str:
    return str(ACTIONS.get(action, action))
