"""Tasks: the list of one's institutions, one task, making, finishing and postponing one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query

from opencmc.apps.audit.api import record
from opencmc.apps.tasks import api as tasks
from opencmc.base.errors import Refused
from opencmc.web.api import shapes, sql, task_shapes
from opencmc.web.api.callers import institutions
from opencmc.web.api.cursors import cursor, read_cursor
from opencmc.web.api.guard import Area, reply
from opencmc.web.api.making_tasks import create_hot
from opencmc.web.api.once import once
from opencmc.web.api.problems import Problem

area = Area(tags=["待办"])


@area.operation("GET", "", action="tasks.view", response=task_shapes.TasksOut, summary="未办结的待办", ahead=sql.TASKS)
def list_tasks(request: HttpRequest, asked: Query[task_shapes.TasksAsked]) -> HttpResponse:
    """范围内各机构的待办，先到期的在前。"""
    after = read_cursor(asked.after, str, int)
    more, values = "", []
    if asked.due_until:
        more += " AND due <= %s"
        values.append(asked.due_until)
    if asked.item:
        more += " AND item = %s"
        values.append(asked.item)
    scope = institutions(request.auth, request.reach)
    if asked.institution_id:
        scope = [asked.institution_id] if scope is None or asked.institution_id in scope else []
    statement = sql.TASKS.statement(scope, more=more, values=values, after=_key(after), limit=asked.limit)
    texts, last = sql.TASKS.page(statement, asked.limit, request.auth.ahead)
    record(request.auth.actor, "tasks.view", object_="list", reason=f"{len(texts)}")
    return reply(sql.listed(texts, cursor(*last) if last else ""))


def _key(after: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if after is None:
        return None
    try:
        return (date.fromisoformat(after[0]), after[1])
    except ValueError:
        raise Problem("invalid", errors=[{"parameter": "after", "detail": _("请原样使用上一页给的 next")}]) from None


@area.operation("GET", "/{task_id}", action="tasks.view", response=task_shapes.TaskOut, summary="一项待办")
def read_task(request: HttpRequest, task_id: Path[shapes.Number]) -> HttpResponse:
    """ETag 是版本，办理与改期时写进 If-Match。"""
    actor = request.auth.actor
    found = tasks.find_task(actor, task_id)
    if found is None:
        raise Problem("not-found", _("没有这项待办，或者它不在您的范围内"))
    record(actor, "tasks.view", object_=f"task:{found.id} {found.label}", resident_id=found.resident_id)
    return reply(task_shapes.task_out(found), version=found.version)


@area.operation(
    "POST", "", action="tasks.do", response=task_shapes.TaskOut, summary="新建待办", status=201, writes=True, hot=True
)
def create_task(request: HttpRequest, given: task_shapes.NewTask) -> HttpResponse:
    """同一 source 与 source_key 只有一项：已经有了，就答那一项。"""
    answer = create_hot(request, given)
    if answer is not None:
        return answer

    def work() -> HttpResponse:
        made = tasks.create_task(request.auth.actor, **given.model_dump())
        return reply(task_shapes.task_out(made), status=201, version=made.version, location=f"/api/v1/tasks/{made.id}")

    return once(request, work)


@area.operation(
    "POST", "/{task_id}/finish", action="tasks.do", response=task_shapes.TaskOut, summary="办理一项待办", writes=True,
    versioned=True,
)  # fmt: skip
def finish_task(request: HttpRequest, task_id: Path[shapes.Number], given: task_shapes.Finished) -> HttpResponse:
    """要测量的结果（如 controlled）必须带 values。随访办完后自动排下一次。"""
    return _changed(
        request, task_id, lambda: tasks.finish_task(request.auth.actor, task_id, request.version, **given.model_dump())
    )


@area.operation(
    "POST", "/{task_id}/postpone", action="tasks.do", response=task_shapes.TaskOut, summary="改期", writes=True,
    versioned=True,
)  # fmt: skip
def postpone_task(request: HttpRequest, task_id: Path[shapes.Number], given: task_shapes.Postponed) -> HttpResponse:
    """改到今天之后的一天，写明理由。"""
    return _changed(
        request,
        task_id,
        lambda: tasks.postpone_task(request.auth.actor, task_id, request.version, **given.model_dump()),
    )


def _changed(request: HttpRequest, task_id: int, change: Any) -> HttpResponse:
    """The task as ``change`` left it. The slice refuses an old version in words; here it is told as a conflict."""

    def work() -> HttpResponse:
        done = change()
        return reply(task_shapes.task_out(done), version=done.version)

    try:
        return once(request, work)
    except Refused as error:
        now = tasks.find_task(request.auth.actor, task_id, action=request.action)
        if now is None:
            raise Problem("not-found", error.sentence) from None
        if now.version != request.version:
            raise Problem(
                "conflict", error.sentence, possible_when=error.possible_when, version=now.version,
                saved_by=now.changed_by, saved_at=now.changed_at,
            ) from None  # fmt: skip
        raise
