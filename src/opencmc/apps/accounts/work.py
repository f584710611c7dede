"""What waits in this slice: emergency accesses to review."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may, role_label
from opencmc.apps.accounts import break_glass
from opencmc.apps.accounts.names import unit_label
from opencmc.apps.work import WorkGroup, WorkItem

SHOWN = 5


def work_of(actor: Actor) -> list[WorkGroup]:
    """One group, or none when nothing waits or ``actor`` reviews nothing."""
    if not may(actor.holder, "break_glass.review"):
        return []
    rows = list(break_glass.waiting(actor)[:SHOWN])
    if not rows:
        return []
    days = break_glass.review_days(timezone.localdate(actor.at))
    items = [
        WorkItem(
            title=_("复核紧急查看：%(name)s") % {"name": row.holder_name},
            about=f"{unit_label(row.unit_kind, row.unit_id)} · {role_label(row.role)}",
            why=row.reason,
            since=timezone.localdate(row.at),
            due=timezone.localdate(row.at) + timedelta(days=days),
            verb=_("复核"),
            href=reverse("accounts:break_glass_review", args=[str(row.pk)]),
        )
        for row in rows
    ]
    counted = break_glass.count_waiting(actor)
    today = timezone.localdate(actor.at)
    return [
        WorkGroup(
            id="break_glass",
            label=_("待复核的紧急查看"),
            count=counted.count,
            overdue=sum(
                1 for row in break_glass.waiting(actor) if timezone.localdate(row.at) + timedelta(days=days) < today
            ),
            due_today=sum(1 for item in items if item.due == today),
            href=reverse("accounts:break_glass"),
            items=items,
        )
    ]
