"""Lines of the audit, and accounts within a manager's reach."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query

from opencmc.apps.access.api import Level
from opencmc.apps.accounts.api import list_accounts as accounts_within
from opencmc.apps.accounts.api import open_account
from opencmc.apps.audit.api import Filters, leaf, record
from opencmc.web.api import person_shapes, shapes
from opencmc.web.api.cursors import cursor, read_cursor
from opencmc.web.api.guard import Area, reply
from opencmc.web.api.once import once
from opencmc.web.api.people import line_out
from opencmc.web.api.problems import Problem

audit_area = Area(tags=["审计"])
account_area = Area(tags=["账号"])


@audit_area.operation("GET", "", action="audit.view", response=person_shapes.LinesOut, summary="审计行")
def list_audit_lines(request: HttpRequest, asked: Query[shapes.LinesAsked]) -> HttpResponse:
    """新的在前。查看审计本身也留下一行。"""
    for name in ("since", "until"):
        moment = getattr(asked, name)
        if moment is not None and (moment.tzinfo is None or not 1900 < moment.year < 2200):
            raise Problem(
                "invalid", errors=[{"parameter": name, "detail": _("请带时区，例如 2026-03-01T00:00:00+08:00")}]
            )
    actor, reach = request.auth.actor, request.reach
    unit = "" if reach.level is Level.COUNTY else f"{reach.unit_kind}:{reach.unit_id}"
    filters = Filters(
        actor=asked.actor, role=asked.role, unit=unit, action=asked.action, resident_id=asked.resident_id,
        since=asked.since, until=asked.until,
    )  # fmt: skip
    mark = read_cursor(asked.after, str)
    found = leaf(filters, before=mark[0] if mark else "", size=asked.limit)
    record(actor, "audit.view", object_="lines", resident_id=asked.resident_id, reason="api")
    next_ = cursor(found.older) if found.older else ""
    return reply({"items": [line_out(line) for line in found.lines], "next": next_})


@account_area.operation("GET", "", action="accounts.manage", response=shapes.AccountsOut, summary="账号")
def list_accounts(request: HttpRequest, asked: Query[shapes.AccountsAsked]) -> HttpResponse:
    """在您管理范围内任职的人，每页 50 个，按用户名排列。"""
    page = read_cursor(asked.after, int)
    query = {"q": asked.q, "role": asked.role, "state": asked.state, "page": str(max(1, page[0])) if page else "1"}
    found = accounts_within(request.auth.actor, query)
    items = [
        {
            "username": row.username, "name": row.name, "state": row.state, "last_login": row.last_login,
            "posts": [
                {"id": p.id, "role": str(p.role), "unit": p.unit, "start": p.start, "end": p.end, "state": p.state}
                for p in row.posts
            ],
        }
        for row in found.page.rows
    ]  # fmt: skip
    next_ = cursor(found.page.number + 1) if found.page.number < found.page.count else ""
    return reply({"items": items, "total": found.total, "next": next_})


@account_area.operation(
    "POST", "", action="accounts.manage", response=shapes.MadeAccountOut, summary="开设账号", status=201, writes=True
)
def create_account(request: HttpRequest, given: shapes.NewAccount) -> HttpResponse:
    """只能授予您有权授予的角色；答复里的一次性密码首次登录须改。接口账号不能做这件事。"""
    actor = request.auth.actor

    def work() -> HttpResponse:
        fields = given.model_dump() | {"start": given.start or actor.today}
        return reply({"username": given.username, "code": open_account(actor, **fields)}, status=201)

    return once(request, work, secret=True)
