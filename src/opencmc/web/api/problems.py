"""Errors as RFC 9457 problems: stable types, and what a program needs to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from opencmc.apps.residents.api import SavedBefore, Unacceptable
from opencmc.base.errors import DataError, PolicyError, Refused

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: its address is ``/problems/<id>``; ``means`` says what to do about it."""

    id: str
    status: int
    title: str | Promise
    means: str | Promise


KINDS = {
    kind.id: kind
    for kind in (
        Kind("malformed", 400, gettext_lazy("读不懂的请求"), gettext_lazy("正文不是 JSON，或请求头写法不对。")),
        Kind("key-missing", 400, gettext_lazy("缺少 Idempotency-Key"),
             gettext_lazy("每次写入都要带 Idempotency-Key：换一件事换一个，重试同一件事用同一个。")),
        Kind("unauthenticated", 401, gettext_lazy("没有登录，或令牌无效"),
             gettext_lazy("令牌写错、已作废、已到期，或接口账号已停用；浏览器请重新登录。")),
        Kind("refused", 403, gettext_lazy("不可以这样做"),
             gettext_lazy("rule 写明依据，possible_when 写明怎样才可以。同样的请求再发一次不会有别的结果。")),
        Kind("not-found", 404, gettext_lazy("没有找到"), gettext_lazy("没有这个地址或这一条，或者它不在您的范围内。")),
        Kind("method", 405, gettext_lazy("这个地址不能这样用"), gettext_lazy("看响应头 Allow。")),
        Kind("conflict", 409, gettext_lazy("别人先改过了"),
             gettext_lazy("saved_by、saved_at 写明谁在何时保存，version 是现在的版本：重新读取，再决定。")),
        Kind("too-large", 413, gettext_lazy("正文太大"), gettext_lazy("一次请求的正文最多 64 KiB。")),
        Kind("media-type", 415, gettext_lazy("正文不是 JSON"), gettext_lazy("Content-Type 应为 application/json。")),
        Kind("invalid", 422, gettext_lazy("有的字段不能这样填"),
             gettext_lazy("errors 逐项写明位置（pointer 或 parameter）与原因。")),
        Kind("key-reused", 422, gettext_lazy("同一个 Idempotency-Key 用在了别的请求上"),
             gettext_lazy("换一个新的 Idempotency-Key。")),
        Kind("data", 422, gettext_lazy("数据有错"), gettext_lazy("reasons 写明原因与行数。")),
        Kind("version-missing", 428, gettext_lazy("缺少 If-Match"),
             gettext_lazy("修改前先读取，把读到的 ETag 原样写进 If-Match。")),
        Kind("too-many", 429, gettext_lazy("请求太快"), gettext_lazy("等 Retry-After 写的秒数再发。")),
        Kind("busy", 503, gettext_lazy("系统正忙"), gettext_lazy("等 Retry-After 写的秒数，用同一个 Idempotency-Key 重试。")),
        Kind("policy", 503, gettext_lazy("规则包有错"), gettext_lazy("请系统管理员按页面上的提示修正规则包。")),
    )
}  # fmt: skip


class Problem(Exception):
    """Raised anywhere below an operation; becomes the answer."""

    def __init__(self, kind: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        self.kind, self.detail, self.headers, self.more = KINDS[kind], detail, headers or {}, more
        super().__init__(detail)


def encoded(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), cls=DjangoJSONEncoder).encode()


def answer(problem: Problem) -> HttpResponse:
    kind = problem.kind
    content = {
        "type": f"/problems/{kind.id}",
        "title": str(kind.title),
        "status": kind.status,
        "detail": problem.detail or str(kind.means),
        **{name: value for name, value in problem.more.items() if value not in ("", None)},
    }
    response = HttpResponse(encoded(content), status=kind.status, content_type=CONTENT_TYPE, headers=problem.headers)
    if kind.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="OpenCMC"'
    response["Cache-Control"] = "no-store"
    return response


def pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) to a place in the body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _field(place: Sequence[str | int], message: str) -> dict[str, str]:
    """Where a field stands: ``("body", "given", "due")`` is ``/due`` in the body, all else a parameter by its name."""
    if place and place[0] == "body":
        return {"pointer": pointer(place[2:]), "detail": message}
    return {"parameter": str(place[-1]) if place else "", "detail": message}


_MESSAGES = {
    "missing": gettext_lazy("必须填写"),
    "extra_forbidden": gettext_lazy("没有这个字段，请核对拼写"),
    "string_too_long": gettext_lazy("太长"),
    "string_too_short": gettext_lazy("太短"),
    "string_pattern_mismatch": gettext_lazy("不是这种写法"),
    "date_from_datetime_parsing": gettext_lazy("日期应写成 2025-03-08"),
    "date_parsing": gettext_lazy("日期应写成 2025-03-08"),
    "int_parsing": gettext_lazy("应为整数"),
}


def _invalid(found: ValidationError) -> Problem:
    errors = []
    for error in found.errors[:50]:
        known = _MESSAGES.get(error["type"])
        errors.append(_field(error["loc"], f"{known}（{error['msg']}）" if known else error["msg"]))
    return Problem("invalid", _("有 %(n)d 处不能这样填") % {"n": len(found.errors)}, errors=errors)


def problem_of(error: Exception) -> Problem | None:
    """What the families of refusal are here; ``None`` for a fault, which stays one."""
    match error:
        case Problem():
            return error
        case SavedBefore():
            stale = error.stale
            theirs = [{"field": d.field, "theirs": d.theirs, "yours": d.mine} for d in stale.differences]
            return Problem("conflict", str(error), rule=error.rule, possible_when=error.possible_when,
                           version=stale.version, saved_by=stale.actor, saved_at=stale.at, differences=theirs)  # fmt: skip
        case Unacceptable():
            errors = [{"pointer": pointer([name]), "detail": text} for name, text in error.errors.items()]
            others = [{"resident_id": c.line.resident_id, "name": c.line.name, "birth_date": c.line.birth_date,
                       "why": str(c.why), "certain": c.certain} for c in error.candidates]  # fmt: skip
            return Problem("invalid", error.sentence, rule=error.rule, possible_when=error.possible_when,
                           errors=errors, asks=error.asks, candidates=others or None)  # fmt: skip
        case Refused():
            return Problem("refused", error.sentence, rule=error.rule, possible_when=error.possible_when)
        case DataError():
            reasons = [{"reason": r.reason, "count": r.count, "lines": list(r.lines)} for r in error.reasons]
            return Problem("data", error.sentence, table=error.table, reasons=reasons)
        case PolicyError():
            return Problem("policy", str(error.findings[0]) if error.findings else "")
        case ValidationError():
            return _invalid(error)
        case Http404():
            return Problem("not-found")
        case OperationalError():
            return Problem("busy", headers={"Retry-After": "1"})
        case HttpError() if error.status_code == 400:
            return Problem("malformed", _("正文不是 JSON"))
    return None


def tell_as_problems(api: NinjaAPI) -> None:
    """Every family of refusal that an operation can raise becomes a problem; whatever else is raised is a fault."""

    def told(request: HttpRequest, error: Exception) -> HttpResponse:
        problem = problem_of(error)
        if problem is None:
            raise error
        return answer(problem)

    for family in (Problem, Refused, DataError, PolicyError, ValidationError, Http404, OperationalError, HttpError):
        api.add_exception_handler(family, told)
