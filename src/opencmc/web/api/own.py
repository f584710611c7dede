"""What is one's own: who one is here, posts, notices, background jobs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from opencmc.apps.access.api import ACTIONS, reach, role_label
from opencmc.apps.accounts.api import posts_of
from opencmc.apps.jobs import api as jobs
from opencmc.apps.notices import api as notices
from opencmc.web.api import shapes
from opencmc.web.api.cursors import cursor, read_cursor
from opencmc.web.api.guard import LARGEST, Area, reply
from opencmc.web.api.once import once

me = Area(tags=["我"])
notice_area = Area(tags=["通知"])
job_area = Area(tags=["后台任务"])


@me.operation("GET", "", action="home.view", response=shapes.MeOut, summary="我是谁，能做什么，限多快")
def read_me(request: HttpRequest) -> HttpResponse:
    actor = request.auth.actor
    holder = actor.holder
    rights = [
        {"action": action.id, "label": str(action.label), "reach": found.level.value}
        for action in ACTIONS.values()
        if (found := reach(holder, action.id))
    ]
    return reply(
        {
            "username": holder.username, "name": holder.name, "role": holder.role,
            "role_label": role_label(holder.role), "unit_kind": holder.unit_kind, "unit_id": holder.unit_id,
            "is_service": holder.is_service, "today": actor.today, "rights": rights,
            "limits": {
                "requests_a_second": settings.API_RATE, "burst": settings.API_BURST, "body_bytes": LARGEST,
                "idempotency_days": settings.API_KEPT_DAYS,
            },
        }
    )  # fmt: skip


@me.operation("GET", "/posts", action="home.view", response=shapes.PostsOut, summary="我今天的岗位")
def list_posts(request: HttpRequest) -> HttpResponse:
    """current 是现在以哪个岗位工作；接口账号只有一个，没有编号。"""
    holder = request.auth.actor.holder
    if holder.is_service:
        only = {"id": None, "role": holder.role, "role_label": role_label(holder.role), "unit_kind": holder.unit_kind,
                "unit_id": holder.unit_id, "start": None, "end": None, "current": True}  # fmt: skip
        return reply({"items": [only]})
    items = [
        {
            "id": post.pk, "role": post.role, "role_label": role_label(post.role), "unit_kind": post.unit_kind,
            "unit_id": post.unit_id, "start": post.start, "end": post.end, "current": post.pk == holder.post_id,
        }
        for post in posts_of(request.user, request.auth.actor.today)
    ]  # fmt: skip
    return reply({"items": items})


@notice_area.operation("GET", "", action="notices.view", response=shapes.NoticesOut, summary="给我的通知")
def list_notices(request: HttpRequest, asked: Query[shapes.Page]) -> HttpResponse:
    """新的在前；new 是未读的条数。"""
    actor = request.auth.actor
    rows = notices.notices_of(actor)
    if after := read_cursor(asked.after, int):
        rows = rows.filter(pk__lt=after[0])
    found = notices.notice_lines(rows[: asked.limit + 1])
    more = len(found) > asked.limit
    found = found[: asked.limit]
    content = {"items": [asdict(row) for row in found], "new": notices.unread_count(actor)}
    return reply(content | {"next": cursor(found[-1].id) if more else ""})


@notice_area.operation(
    "POST", "/read", action="notices.view", response=shapes.MarkedOut, summary="标为已读", writes=True
)
def mark_notices_read(request: HttpRequest, given: shapes.ReadNotices) -> HttpResponse:
    """别人的通知不受影响；再标一次没有变化。"""
    return once(request, lambda: reply({"marked": notices.mark_read(request.auth.actor, given.ids)}))


_JOB = tuple(shapes.JobOut.model_fields)


def _job(line: Any) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _JOB}


@job_area.operation("GET", "", action="jobs.view", response=shapes.JobsOut, summary="后台任务")
def list_jobs(request: HttpRequest, asked: Query[shapes.Page]) -> HttpResponse:
    """自己发起的；系统管理员看到全部。新的在前。"""
    rows = jobs.seen_by(request.auth.actor).order_by("-id")
    if after := read_cursor(asked.after, int):
        rows = rows.filter(pk__lt=after[0])
    found = jobs.job_lines(rows[: asked.limit + 1])
    more = len(found) > asked.limit
    found = found[: asked.limit]
    return reply({"items": [_job(line) for line in found], "next": cursor(found[-1].id) if more else ""})


@job_area.operation(
    "POST", "/{job_id}/retry", action="jobs.view", response=shapes.JobOut, summary="重试失败的任务", writes=True,
    has_body=False,
)  # fmt: skip
def retry_job(request: HttpRequest, job_id: Path[shapes.Number]) -> HttpResponse:
    """做完的步骤不重做。"""
    actor = request.auth.actor

    def work() -> HttpResponse:
        jobs.retry(actor, job_id)
        return reply(_job(jobs.job_lines(jobs.seen_by(actor).filter(pk=job_id))[0]))

    return once(request, work)
