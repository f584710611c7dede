"""The interface as a whole: its areas, and how a wrong address or method is answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI

from opencmc.web.api import network, oversight, own, people, tasks
from opencmc.web.api.problems import Problem, answer, tell_as_problems

VERSION = "v1"

api = NinjaAPI(
    title="OpenCMC",
    version="1.0.0",
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    description="县域医共体系统的接口。与网页同一张权限表、同一条审计链。",
)
tell_as_problems(api)
for prefix, area in (
    ("/me", own.me),
    ("/people", people.area),
    ("/network", network.area),
    ("/tasks", tasks.area),
    ("/audit-lines", oversight.audit_area),
    ("/accounts", oversight.account_area),
    ("/notices", own.notice_area),
    ("/jobs", own.job_area),
):
    api.add_router(prefix, area)


def _told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The operations know who may; the pages' own redirection to the sign-in page does not apply to them."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            return answer(Problem("method", headers={"Allow": response["Allow"]}))
        return response

    told.login_required = False
    return told


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    return answer(Problem("not-found"))


nothing_here.login_required = False
nothing_here.csrf_exempt = True


def operations_urls() -> list[URLPattern]:
    """All operations, and an answer for every other address below."""
    found = []
    for pattern in api.urls[0]:
        if pattern.name == "api-root":
            continue
        pattern.callback = _told(pattern.callback)
        found.append(pattern)
    return [*found, path("<path:rest>", nothing_here), path("", nothing_here)]
