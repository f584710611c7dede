"""The interface described: OpenAPI for programs, and a page for people made from the same description."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_GET

from opencmc.web.api.examples import EXAMPLES
from opencmc.web.api.interface import api
from opencmc.web.api.problems import CONTENT_TYPE, KINDS
from opencmc.web.api.shapes import ProblemOut

#: Problems that every operation may answer with, those of writes, and those of writes to a version.
_ALWAYS = ("malformed", "unauthenticated", "refused", "not-found", "invalid", "too-many", "busy")
_WRITES = ("conflict", "too-large", "media-type")
_METHODS = ("get", "post", "put", "patch", "delete")

_INTRODUCTION = """县域医共体系统的接口，与网页同一张权限表、同一条审计链。

* 认证：`Authorization: Bearer ocmc_…`（系统管理员在“接口账号”发放），或浏览器的登录会话；会话写入时另带 `X-CSRFToken`。
* 错误：`application/problem+json`（RFC 9457），`type` 是稳定的类别，见 `/problems/…`。
* 写入：必须带 `Idempotency-Key`；修改已有的记录另带 `If-Match`（读取时的 `ETag`）。
* 列表：`limit` 与 `after`；答复里的 `next` 原样写进下一次的 `after`，空串表示到底。
* 日期 `2026-03-01`，时刻带时区；金额为整数分；没有的值是 `null` 或空串，不是 0。
"""


@cache
def schema() -> dict[str, Any]:
    """OpenAPI 3.1, in Chinese, the same text on every installation."""
    with translation.override("zh-hans"):
        found = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    found["info"]["description"] = _INTRODUCTION
    components = found.setdefault("components", {})
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "接口账号的令牌 ocmc_…"},
        "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "浏览器的登录会话"},
    }
    problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs", {})
    components["schemas"]["Problem"] = problem
    components["responses"] = {f"Problem{status}": _response(status) for status in _by_status()}
    for address, item in found["paths"].items():
        for method in _METHODS:
            if method in item:
                _complete(item[method], item[method].get("requestBody") is not None or method != "get")
                _exemplify(item[method], EXAMPLES.get(f"{method} {address.removeprefix('/api/v1')}"))
    return found


def _by_status() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for kind in KINDS.values():
        found.setdefault(kind.status, []).append(kind.id)
    return found


def _response(status: int) -> dict[str, Any]:
    kinds = [KINDS[name] for name in _by_status()[status]]
    with translation.override("zh-hans"):
        said = "；".join(f"/problems/{kind.id} {kind.title}" for kind in kinds)
        example = {"type": f"/problems/{kinds[0].id}", "title": str(kinds[0].title), "status": status,
                   "detail": str(kinds[0].means)}  # fmt: skip
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {"description": said, "content": {CONTENT_TYPE: content}}


def _complete(operation: dict[str, Any], writes: bool) -> None:
    operation["security"] = [{"token": []}, {"session": []}]
    names = {*_ALWAYS, *(_WRITES if writes else ())}
    versioned = any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ()))
    statuses = {KINDS[name].status for name in names} | ({428} if versioned else set())
    for status in sorted(statuses):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    for status, response in operation["responses"].items():
        if status.isdecimal() and int(status) < 300:
            response["description"] = "成功"


def _exemplify(operation: dict[str, Any], examples: tuple[Any, Any] | None) -> None:
    if examples is None:
        return
    asked, answered = examples
    if asked is not None and "requestBody" in operation:
        operation["requestBody"]["content"]["application/json"]["example"] = asked
    for status, response in operation["responses"].items():
        if answered is not None and status in {"200", "201"}:
            response["content"]["application/json"]["example"] = answered


def schema_text() -> str:
    """What stands in ``docs/openapi.json``."""
    return json.dumps(schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """Public: it describes the program, not the county."""
    return HttpResponse(schema_text(), content_type="application/json")


def _named(schema_: dict[str, Any]) -> dict[str, Any]:
    """A schema behind its reference."""
    reference = schema_.get("$ref", "")
    return schema()["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema_


def _type(field: dict[str, Any]) -> str:
    for several in ("anyOf", "allOf", "oneOf"):
        if several in field:
            return " | ".join(dict.fromkeys(_type(one) for one in field[several]))
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2]
    if "enum" in field:
        return " | ".join(f'"{value}"' for value in field["enum"])
    if field.get("type") == "array":
        return f"[{_type(field.get('items', {}))}]"
    return field.get("format") or field.get("type") or "any"


def _bounds(field: dict[str, Any]) -> str:
    parts = [field, *field.get("anyOf", ())]
    said = [f"{word} {part[name]}" for part in parts for name, word in
            (("minimum", "≥"), ("maximum", "≤"), ("maxLength", "最多"), ("minLength", "最少")) if part.get(name)]  # fmt: skip
    return "，".join(said)


def _fields(schema_: dict[str, Any]) -> list[dict[str, Any]]:
    found = _named(schema_)
    required = set(found.get("required", ()))
    return [
        {"name": name, "type": _type(field), "bounds": _bounds(field), "required": name in required,
         "description": field.get("description", "")}
        for name, field in found.get("properties", {}).items()
    ]  # fmt: skip


def _operation(address: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    good = next((r for status, r in operation["responses"].items() if status in {"200", "201"}), {})
    content = good.get("content", {}).get("application/json", {})
    description, _blank, right = operation.get("description", "").rpartition("权限：")
    return {
        "id": operation["operationId"], "method": method.upper(), "address": address,
        "summary": operation["summary"], "description": description.strip(),
        "action": right.partition("`")[2].partition("`")[0], "right": right.rpartition("`")[2],
        "parameters": [
            {"name": p["name"], "in": p["in"], "type": _type(p.get("schema", {})), "required": p.get("required", False),
             "bounds": _bounds(p.get("schema", {})),
             "description": p.get("description") or p.get("schema", {}).get("description", "")}
            for p in operation.get("parameters", ())
        ],
        "fields": _fields(body["schema"]) if body else [],
        "example": _pretty(body.get("example")) if body else "",
        "answer": _fields(content["schema"]) if content else [],
        "answer_example": _pretty(content.get("example")) if content else "",
        "statuses": list(operation["responses"]),
    }  # fmt: skip


def _pretty(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) if content is not None else ""


@require_GET
def documentation(request: HttpRequest) -> HttpResponse:
    """The page: areas, operations with fields and examples, and what the types of problems mean."""
    found = schema()
    areas: dict[str, list[dict[str, Any]]] = {}
    for address, item in found["paths"].items():
        for method in _METHODS:
            if method in item:
                areas.setdefault(item[method]["tags"][0], []).append(_operation(address, method, item[method]))
    context = {
        "areas": [{"name": name, "operations": operations} for name, operations in areas.items()],
        "kinds": list(KINDS.values()), "version": found["info"]["version"], "section": "api",
    }  # fmt: skip
    return render(request, "api/documentation.html", context)


@require_GET
def problem_page(request: HttpRequest, kind: str) -> HttpResponse:
    """The address of a type of problem leads to what it means."""
    anchor = f"#problem-{kind}" if kind in KINDS else "#problems"
    return HttpResponseRedirect(reverse("api:docs") + anchor)
