"""Failed jobs as work: somebody has to look why, and try again."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from opencmc.apps.access.api import Actor, may
from opencmc.apps.jobs.queries import failed_count, lines, seen_by
from opencmc.apps.jobs.states import FAILED
from opencmc.apps.work import WorkGroup, WorkItem

SHOWN = 5


def work_of(actor: Actor) -> list[WorkGroup]:
    if not may(actor.holder, "jobs.view"):
        return []
    count = failed_count(actor)
    if not count:
        return []
    failed = seen_by(actor).filter(state=FAILED)
    href = reverse("jobs:jobs") + "?state=failed"
    items = [
        WorkItem(
            title=line.label, about=line.username, why=line.error,
            since=timezone.localdate(line.finished_at or line.asked_at), due=None, verb=_("查看"), href=href,
        )
        for line in lines(failed[:SHOWN])
    ]  # fmt: skip
    return [WorkGroup("jobs", _("失败的后台任务"), count, 0, 0, href, items)]
