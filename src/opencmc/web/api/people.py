"""People: the residents of one's institutions, the search, one person's summary, registering and changing one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query

from opencmc.apps.audit.api import access_report_head, action_label, lines_about, record
from opencmc.apps.residents import api as residents
from opencmc.web.api import person_shapes, shapes, sql
from opencmc.web.api.callers import institutions
from opencmc.web.api.cursors import cursor, read_cursor
from opencmc.web.api.guard import Area, reply
from opencmc.web.api.once import once
from opencmc.web.api.problems import Problem

area = Area(tags=["居民"])

#: Lines of an access report.
_REPORTED = 2000


@area.operation(
    "GET", "", action="residents.view", response=person_shapes.PeopleOut, summary="本机构的居民", ahead=sql.PEOPLE
)
def list_people(request: HttpRequest, asked: Query[shapes.Page]) -> HttpResponse:
    """责任机构在您范围内的在世居民，按姓名排列；不含证件号与电话。"""
    after = read_cursor(asked.after, str, str)
    statement = sql.PEOPLE.statement(institutions(request.auth, request.reach), after=after, limit=asked.limit)
    texts, last = sql.PEOPLE.page(statement, asked.limit, request.auth.ahead)
    record(request.auth.actor, "residents.view", object_="list", reason=f"{len(texts)}")
    return reply(sql.listed(texts, cursor(*last) if last else ""))


@area.operation(
    "POST", "/search", action="residents.search", response=person_shapes.SearchOut, summary="查找居民", has_body=True
)
def search_people(request: HttpRequest, wanted: person_shapes.Looked) -> HttpResponse:
    """一个框：姓名、拼音首字母、证件号或末几位、电话、健康卡号。放在正文里，地址和日志里不留姓名与号码。"""
    found_page = read_cursor(wanted.after, int)
    page = found_page[0] if found_page else 1
    found = residents.search(request.auth.actor, wanted.text, page=page, size=wanted.limit)
    more = found.page * found.size < found.total
    return reply(
        {"items": [_line(row) for row in found.rows], "total": found.total, "total_is_exact": found.total_is_exact, "read_as": found.kind,
         "problem": found.problem, "next": cursor(found.page + 1) if more else ""}
    )  # fmt: skip


def _line(row: Any) -> dict[str, Any]:
    return {
        "resident_id": row.resident_id, "name": row.name, "sex": row.sex, "birth_date": row.birth_date,
        "age": row.age_text, "village": row.village_name, "township": row.township_name,
        "institution_id": row.institution_id, "id_masked": row.id_masked, "phone_masked": row.phone_masked,
        "deceased": row.deceased, "merged_into": row.merged_into, "in_reach": row.in_reach,
    }  # fmt: skip


def _summary(request: HttpRequest, resident: Any) -> dict[str, Any]:
    line = residents.lines_of(request.auth.actor, [resident.pk], action=request.action)[resident.pk]
    return {
        "resident_id": resident.pk, "version": resident.version, "name": resident.name, "sex": resident.sex,
        "birth_date": resident.birth_date, "birth_is_estimated": resident.birth_is_estimated,
        "death_date": resident.death_date, "age": line.age_text, "township": resident.township,
        "township_name": line.township_name, "village": resident.village, "village_name": line.village_name,
        "address": resident.address, "institution_id": resident.institution_id, "team": resident.team,
        "programmes": list(line.programmes), "insurance_type": resident.insurance_type, "id_type": resident.id_type,
        "id_masked": line.id_masked, "phone_masked": line.phone_masked, "merged_into": line.merged_into,
        "conflict": line.conflict, "changed_at": resident.changed_at, "changed_by": resident.changed_by,
    }  # fmt: skip


@area.operation(
    "GET", "/{resident_id}", action="residents.view", response=person_shapes.PersonOut, summary="一位居民的摘要"
)
def read_person(request: HttpRequest, resident_id: Path[shapes.Id]) -> HttpResponse:
    """证件号与电话遮蔽；ETag 是版本，修改时写进 If-Match。每次读取都留下审计行；读到范围以外的人与查无此人同样答复。"""
    resident = residents.access_resident(request.auth.actor, resident_id, object_="api")
    return reply(_summary(request, resident), version=resident.version)


def _texts(given: person_shapes.PersonFields) -> dict[str, str]:
    """As the slice takes them: texts, dates in ISO form, "" for nothing."""
    found = given.model_dump(exclude_unset=True)
    return {
        name: "" if value is None or value is False else "1" if value is True
        else value.isoformat() if isinstance(value, date) else value
        for name, value in found.items()
    }  # fmt: skip


@area.operation(
    "POST",
    "",
    action="residents.create",
    response=person_shapes.SavedPersonOut,
    summary="新建居民",
    status=201,
    writes=True,
)
def create_person(request: HttpRequest, given: person_shapes.NewPerson) -> HttpResponse:
    """可能已有同一人时答 422，candidates 列出是谁；核对后带 confirm_duplicate 与 duplicate_reason 再发（换一个 Idempotency-Key）。"""

    def work() -> HttpResponse:
        line = residents.create_resident(request.auth.actor, _texts(given), source="entered")
        return _saved(line, 201)

    return once(request, work)


def _saved(line: Any, status: int) -> HttpResponse:
    location = f"/api/v1/people/{line.resident_id}" if status == 201 else ""
    content = {**_line(line), "version": line.version}
    return reply(content, status=status, version=line.version, location=location)


@area.operation(
    "PATCH", "/{resident_id}", action="residents.edit", response=person_shapes.SavedPersonOut, summary="修改居民信息", writes=True,
    versioned=True,
)  # fmt: skip
def edit_person(request: HttpRequest, resident_id: Path[shapes.Id], given: person_shapes.PersonFields) -> HttpResponse:
    """只改写出来的字段；别人先改过则答 409，differences 列出不同之处。"""
    fields = _texts(given)
    if not set(fields) - {"confirm_duplicate", "duplicate_reason"}:
        raise Problem("invalid", errors=[{"pointer": "", "detail": _("请至少写一个要改的字段")}])

    def work() -> HttpResponse:
        return _saved(residents.edit_resident(request.auth.actor, resident_id, request.version, fields), 200)

    return once(request, work)


@area.operation(
    "GET", "/{resident_id}/care-relations", action="residents.view", response=person_shapes.RelationsOut,
    summary="哪些机构因何可以查看这位居民",
)  # fmt: skip
def list_care_relations(request: HttpRequest, resident_id: Path[shapes.Id]) -> HttpResponse:
    actor = request.auth.actor
    resident = residents.access_resident(actor, resident_id, object_="care-relations")
    items = [
        {
            "institution_id": row.institution_id, "kind": row.kind, "label": str(row.get_kind_display()),
            "start": row.start, "end": row.end,
            "open": row.start <= actor.today and (row.end is None or row.end > actor.today),
        }
        for row in resident.relations.order_by("kind", "-start", "institution_id")
    ]  # fmt: skip
    return reply({"items": items})


@area.operation(
    "GET", "/{resident_id}/audit-lines", action="residents.access_report", response=person_shapes.LinesOut,
    summary="谁看过这位居民的档案",
)  # fmt: skip
def list_access_lines(request: HttpRequest, resident_id: Path[shapes.Id], asked: Query[shapes.Page]) -> HttpResponse:
    """含合并前各编号下的记录，新的在前。"""
    found_at = read_cursor(asked.after, int)
    skipped = found_at[0] if found_at else 0
    if skipped > _REPORTED:
        raise Problem("invalid", errors=[{"parameter": "after", "detail": _("请原样使用上一页给的 next")}])
    head = access_report_head(request.auth.actor, resident_id)
    found = lines_about(head.resident_ids, limit=min(_REPORTED, skipped + asked.limit + 1))[skipped:]
    record(request.auth.actor, "residents.access_report", resident_id=resident_id)
    more = len(found) > asked.limit
    return reply(
        {
            "items": [line_out(line) for line in found[: asked.limit]],
            "next": cursor(skipped + asked.limit) if more else "",
        }
    )


def line_out(line: Any) -> dict[str, Any]:
    return {
        "at": line.at, "actor": line.actor, "role": line.role, "unit": line.unit, "action": line.action,
        "action_label": str(action_label(line.action)), "object": line.object, "resident_id": line.resident_id,
        "purpose": line.purpose, "reason": line.reason, "address": line.address, "place": line.place,
    }  # fmt: skip
