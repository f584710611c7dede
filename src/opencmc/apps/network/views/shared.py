"""What the pages of the network share: the day asked for, the way into the lake after a write, suggestions."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from opencmc.apps.network.exporting import export_pending
from opencmc.base.errors import DataError, Refused


def today_of(request: HttpRequest) -> date:
    return request.today


def asked_day(request: HttpRequest) -> tuple[date, str]:
    """``?on=DATE``, today when it is not given; with a sentence when it is no date."""
    text, today = request.GET.get("on", "").strip(), today_of(request)
    if not text:
        return today, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return today, _("“%(text)s”不是日期；请写成 2025-03-08 这样的年-月-日。现在显示的是 %(day)s。") % {
            "text": text[:20],
            "day": today.isoformat(),
        }


def send_to_lake(request: HttpRequest) -> None:
    """After a write: bring it to the lake. What cannot go now waits in the database and is sent with the next write."""
    try:
        export_pending(settings.OPENCMC_HOME, actor=request.actor)
    except (Refused, DataError, OSError) as error:
        reason = error.sentence if isinstance(error, (Refused, DataError)) else _("数据目录暂时不能写")
        messages.warning(request, _("已保存；写入数据湖还要稍后再试（%(reason)s），不会丢失。") % {"reason": reason})


def done(request: HttpRequest, sentence: str) -> None:
    messages.success(request, sentence)


def number_of(text: str) -> int:
    """A number from a form; −1 for what is none, so that the write finds nothing rather than something else."""
    return int(text) if text.isdecimal() else -1


def context_of(request: HttpRequest, **more: Any) -> dict[str, Any]:
    return {"section": "network", "today": today_of(request), **more}
