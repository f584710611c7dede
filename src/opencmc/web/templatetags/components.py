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
from django.utils.translation import ngettext

from opencmc.apps.access.api import PURPOSES, Holder, refusal, role_label
from opencmc.apps.access.api import may as may_do
from opencmc.apps.audit import api as audit
from opencmc.apps.pictures import LEVELS
from opencmc.facts.tables import TABLES
from opencmc.web.charts import draw as draw_picture

register = template.Library()


@register.filter
def may(holder: Holder | None, action: str) -> bool:
    """``{% if holder|may:"network.edit" %}``: shows a button only to whom the table of rights lets do it."""
    return holder is not None and may_do(holder, action)


@register.filter
def why_not(holder: Holder | None, action: str) -> str:
    """``{{ holder|why_not:"network.edit" }}``: the sentence that the same right would be refused with; "" when it is held."""
    return "" if holder is None or may_do(holder, action) else str(refusal(holder, action))


@register.inclusion_tag("components/state_badge.html")
def clock(due: date | None, today: date) -> dict[str, str]:
    """``{% clock item.due today %}``: how much time is left, as a badge. Nothing to run out: a grey one."""
    if due is None:
        return {"tone": "none", "word": _("不限期")}
    days = (due - today).days
    if days < 0:
        return {"tone": "bad", "word": ngettext("逾期 %(n)s 天", "逾期 %(n)s 天", -days) % {"n": -days}}
    if days == 0:
        return {"tone": "due", "word": _("今天到期")}
    word = ngettext("还有 %(n)s 天", "还有 %(n)s 天", days) % {"n": days}
    return {"tone": "due" if days <= SOON else "none", "word": word}


#: Days from which on a due date is shown as near.
SOON = 3

#: The states that a badge can show: red, amber, green, blue, grey, each with its icon.
TONES = {"bad": "!", "due": "◔", "good": "✓", "active": "▸", "none": "–", "unknown": "?"}


@register.filter
def tone_icon(tone: str) -> str:
    return TONES.get(tone, "")


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


@register.filter
def action_label(action: str) -> str:
    """The name of an action of the audit."""
    return audit.action_label(action)


@register.filter
def object_words(line: audit.Line) -> str:
    """What an audit line is about, in words."""
    return audit.object_words(line.action, line.object)


@register.filter
def reason_words(line: audit.Line) -> str:
    """Why an audit line was written, in words."""
    return audit.reason_words(line.action, line.reason)


@register.filter
def unit_name(unit: str, names: dict[str, str] | None = None) -> str:
    """The name of the ``kind:id`` of an audit line; ``names`` are those of all units, read once for a list."""
    return audit.unit_label(unit, names)


@register.filter
def role_name(role: str) -> str:
    """The name of a role on an audit line; the program itself has one too."""
    return _("系统程序") if role == "system" else role_label(role)


@register.filter
def purpose_name(purpose: str) -> str:
    return str(PURPOSES.get(purpose, purpose))


@register.filter
def exact(value: datetime | None) -> str:
    """2025-03-08 14:05:09."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S") if value else ""
