"""The one way to register an operation: with the action of the table of rights that it is.

Who asks, how often, whether the table allows it and whether the request is well formed is settled before anything of the
operation runs, in this order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.params.models import QueryModel

from opencmc.apps.access.api import ACTIONS, require
from opencmc.web.api import callers, limits
from opencmc.web.api.once import key_text
from opencmc.web.api.problems import Problem, encoded
from opencmc.web.api.sql import Listing

#: Bytes of a body.
LARGEST = 64 * 1024
_ETAG = re.compile(r'(?:W/)?"?([0-9]{1,9})"?\Z')


class Guard:
    """Stands before an operation (as ninja's ``auth``)."""

    def __init__(
        self, action: str, *, writes: bool, versioned: bool, has_body: bool, hot: bool, ahead: Listing | None
    ) -> None:
        if action not in ACTIONS:
            raise ValueError(f"the table of rights has no action {action}")
        self.action, self.writes, self.versioned, self.has_body, self.hot = action, writes, versioned, has_body, hot
        self.ahead = (action, ahead) if ahead is not None else None
        self.parameters: frozenset[str] = frozenset()

    def __call__(self, request: HttpRequest) -> callers.Asked:
        if "HTTP_AUTHORIZATION" in request.META:
            ahead = self.ahead if not request.META.get("QUERY_STRING") else None
            asked = callers.of_token(request, kept=self._kept(request), ahead=ahead)
        else:
            asked = callers.of_session(request)
        holder = asked.actor.holder
        limits.hold_caller(holder.username)
        request.action, request.reach = self.action, require(holder, self.action)
        self._well_formed(request)
        return asked

    def _kept(self, request: HttpRequest) -> str | None:
        """The Idempotency-Key of a hot write: its answer is looked for in the statement that reads who asks."""
        return key_text(request) if self.hot and "HTTP_IDEMPOTENCY_KEY" in request.META else None

    def _well_formed(self, request: HttpRequest) -> None:
        unknown = [name for name in request.GET if name not in self.parameters] if request.GET else []
        if unknown:
            errors = [{"parameter": name[:60], "detail": _("没有这个参数，请核对拼写")} for name in unknown[:20]]
            raise Problem("invalid", errors=errors)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > LARGEST:
            raise Problem("too-large")
        if self.has_body and request.content_type != "application/json":
            raise Problem("media-type")
        if self.writes:
            key_text(request)
        if self.versioned:
            request.version = _version(request.META.get("HTTP_IF_MATCH", ""))


def _version(text: str) -> int:
    if not text:
        raise Problem("version-missing")
    found = _ETAG.match(text)
    if found is None:
        raise Problem("malformed", _('If-Match 应原样写读到的 ETag，例如 "3"'))
    return int(found[1])


_KEY_PARAMETER = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "这一次写入的编号，由调用方取（例如 UUID）。重试时用同一个：只做一次，答复相同。",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[\\x21-\\x7e]+$"},
    "example": "0b7e6f0e-6a0e-4d35-9a5e-6c1f2b3a4d5e",
}  # fmt: skip
_VERSION_PARAMETER = {
    "name": "If-Match", "in": "header", "required": True,
    "description": "读到的 ETag：只在这个版本上修改；别人先改过则答 409。",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'}, "example": '"3"',
}  # fmt: skip


class Area(Router):
    """Operations of one area. Ninja's own ways to register (``get``, ``post`` …) are refused."""

    def operation(
        self,
        method: str,
        path: str,
        *,
        action: str,
        response: Any,
        summary: str,
        description: str = "",
        status: int = 200,
        writes: bool = False,
        versioned: bool = False,
        has_body: bool | None = None,
        hot: bool = False,
        ahead: Listing | None = None,
    ) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
        """``action``: the right that it takes. ``writes``: it asks for an Idempotency-Key; ``versioned``: for If-Match.
        ``hot``: its kept answer is read together with who asks; ``ahead``: the first page of this list is."""
        guard = Guard(
            action,
            writes=writes,
            versioned=versioned,
            has_body=writes if has_body is None else has_body,
            hot=hot,
            ahead=ahead,
        )
        headers = [_KEY_PARAMETER] * writes + [_VERSION_PARAMETER] * versioned

        def register(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            self.add_api_operation(
                path, [method], view, auth=guard, response={status: response}, summary=summary,
                description=f"{description}\n\n权限：`{action}`（{ACTIONS[action].label}）".strip(),
                operation_id=view.__name__, openapi_extra={"parameters": headers} if headers else None,
            )  # fmt: skip
            return view

        return register

    def add_api_operation(self, path: str, methods: list[str], view_func: Callable, **given: Any) -> None:
        guard = given.get("auth")
        if not isinstance(guard, Guard):
            raise TypeError(f"{methods} {path}: an operation is registered with its action (Area.operation)")
        super().add_api_operation(path, methods, view_func, **given)
        for model in self.path_operations[path].operations[-1].models:
            if issubclass(model, QueryModel):
                guard.parameters |= frozenset(model.__ninja_flatten_map__)


def reply(content: Any, *, status: int = 200, version: int | None = None, location: str = "") -> HttpResponse:
    """``content`` (or its JSON as bytes) as the answer; with ``version`` as its ETag."""
    body = content if isinstance(content, bytes) else encoded(content)
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    if version is not None:
        response["ETag"] = f'"{version}"'
    if location:
        response["Location"] = location
    return response
