"""The audit's pages, as those who check ask them."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.accounts.models import Post
from opencmc.apps.audit import engine, queries, reach, views
from opencmc.apps.audit.api import ResidentHead, guard_residents, record
from opencmc.apps.audit.background import verify_in_background
from opencmc.apps.audit.models import AuditLine, Verification
from opencmc.apps.audit.queries import Filters, leaf
from opencmc.base.errors import Refused

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def look(
    resident: str,
    *,
    who: str = "doctor1",
    role: str = "township_doctor",
    unit: str = "A",
    days: int = 0,
    action: str = "residents.view",
    reason: str = "",
) -> None:
    holder = Holder(who, who, role, "institution", unit)
    record(Actor(holder, NOW + timedelta(days=days), "10.0.0.7"), action, resident_id=resident, reason=reason)


@pytest.fixture
def visit(db, settings, tmp_path):
    """``visit("supervisor", "/audit/")``: the page as one in that role sees it."""
    settings.OPENCMC_HOME = tmp_path
    # No background worker in the tests: a job is done at once.
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    engine.allow_changes(connection)
    AuditLine.objects.all()._raw_delete("default")
    connection.cursor().execute(f"DELETE FROM {engine.HEADS}")
    engine.make_append_only(connection)

    def go(role: str, address: str, status: int = 200, post: dict | None = None):
        user, made = User.objects.get_or_create(username=f"the-{role}", defaults={"first_name": "某人"})
        if made:
            kind, unit = ("county", "") if role in {"supervisor", "county_director"} else ("institution", "A")
            Post.objects.create(user=user, role=role, unit_kind=kind, unit_id=unit, start=date(2020, 1, 1))
        client = Client()
        client.force_login(user)
        session = client.session
        session["verified"] = True  # the second factor is the accounts' matter
        session.save()
        response = client.get(address) if post is None else client.post(address, post)
        assert response.status_code == status, address
        return response

    return go


@pytest.fixture
def guard():
    """What residents say of R1 and R2, which were merged; everybody else is out of reach."""

    def head(actor: Actor, resident_id: str, action: str) -> ResidentHead:
        if resident_id not in {"R1", "R2"}:
            raise Refused("没有这位居民，或不在您的范围内")
        return ResidentHead("张**", ("R1", "R2"))

    before = list(reach._guards)
    guard_residents(head)
    yield
    reach._guards[:] = before


def text_of(response) -> str:
    return response.content.decode()


def body(response) -> str:
    return re.search(r"<tbody>(.*)</tbody>", text_of(response), re.DOTALL)[1]


def test_lines_are_shown_with_the_names_of_action_role_and_purpose(visit):
    look("R1", reason="复诊")
    page = body(visit("supervisor", "/audit/"))
    for words in ("查看居民档案", "乡镇医生", "诊疗与随访", "复诊", "10.0.0.7", "2026-03-01 16:00:00"):
        assert words in page
    assert "residents.view<" not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("actor=doctor2", {"R2"}),
        ("resident=R3", {"R3"}),
        ("role=village_doctor", {"R4"}),
        ("action=residents.edit", {"R5"}),
        ("unit=B", {"R6"}),
        ("since=2026-03-08&until=2026-03-08", {"R7"}),
        ("purpose=care&since=2026-03-08", {"R7"}),
    ],
)
def test_each_filter_finds_its_lines_and_no_others(visit, monkeypatch, asked, found):
    monkeypatch.setattr("opencmc.apps.audit.forms.unit_names", lambda: {"institution:B": "B"})
    look("R1")
    look("R2", who="doctor2")
    look("R3")
    look("R4", role="village_doctor")
    look("R5", action="residents.edit")
    look("R6", unit="B")
    look("R7", days=7)
    since = "" if "since" in asked else "&since=2026-01-01"
    page = visit("supervisor", f"/audit/?{asked}{since}")
    assert set(re.findall(r"\bR\d\b", body(page))) == found


def test_a_mistake_in_a_filter_stands_at_its_field_and_nothing_typed_is_lost(visit):
    page = text_of(visit("supervisor", "/audit/?unit=nowhere&since=2026-03-05&until=2026-03-01&actor=me", status=422))
    assert "没有叫“nowhere”的机构或单位" in page
    assert "应不早于" in page
    for typed in ('value="nowhere"', 'value="2026-03-05"', 'value="me"'):
        assert typed in page


def test_pages_go_older_and_come_back_without_a_line_lost_or_doubled(db, visit):
    for n in range(23):
        look(f"R{n}", days=n // 4)  # several lines at one moment
    seen, pages, mark = [], [], ""
    while True:
        page = leaf(Filters(), before=mark, size=5)
        seen += [line.resident_id for line in page.lines]
        pages.append(page)
        if not page.older:
            break
        mark = page.older
    assert sorted(seen) == sorted(f"R{n}" for n in range(23))
    assert pages[0].newer == ""
    back = leaf(Filters(), after=pages[2].newer, size=5)
    assert back.lines == pages[1].lines
    assert leaf(Filters(), after=back.newer, size=5).lines == pages[0].lines
    assert leaf(Filters(), after=back.newer, size=5).newer == ""


@pytest.mark.parametrize("mark", ["nonsense", "2026-13-01~5", "2026-03-01T00:00:00~x", "~", "2026-03-01~1"])
def test_a_forged_page_mark_shows_the_newest(visit, mark):
    look("R1")
    assert "R1" in body(visit("supervisor", f"/audit/?before={mark}"))


def test_every_page_is_found_by_an_index_however_long_the_history(visit):
    for filters in (
        Filters(),
        Filters(actor="a"),
        Filters(unit="institution:A"),
        Filters(action="x"),
        Filters(resident_id="R1"),
    ):
        mark = f"{NOW.isoformat()}~{1 << 41}"
        for page in ({}, {"before": mark}, {"after": mark}):
            found: list[str] = []
            real = queries._lines

            def explain(query, found=found, real=real):
                if connection.vendor == "sqlite":  # PostgreSQL rightly reads a table of five rows without one
                    found.append(query.explain())
                return real(query)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(queries, "_lines", explain)
                leaf(filters, **page)
            assert all("USING INDEX audit_" in plan and "TEMP B-TREE" not in plan for plan in found), found


def test_looking_at_the_audit_leaves_a_line_itself(visit):
    look("R1")
    visit("supervisor", "/audit/?resident=R1")
    line = AuditLine.objects.get(action="audit.view")
    assert (line.actor, line.resident_id, line.reason) == ("the-supervisor", "R1", "resident=R1")


@pytest.mark.parametrize("address", ["/audit/", "/audit/export.xlsx", "/audit/verify/", "/audit/residents/R1/"])
def test_who_has_no_right_is_refused_and_told_who_has(visit, address):
    page = text_of(visit("village_doctor", address, status=403))
    assert "可以这样做的角色" in page


def test_the_workbook_holds_what_the_filters_find_and_is_itself_audited(visit):
    look("R1", reason="=1+1")
    look("R2")
    content = visit("supervisor", "/audit/export.xlsx?resident=R1").content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert [(row[1], row[5], row[6], row[8]) for row in rows] == [("doctor1", "查看居民档案", "R1", "=1+1")]
    assert sheet["I4"].data_type == "s"
    line = AuditLine.objects.get(action="audit.export")
    assert (line.object, line.resident_id) == ("1", "R1")


def test_a_workbook_too_long_says_what_is_missing(visit, monkeypatch):
    monkeypatch.setattr(views, "EXPORTED", 3)
    for n in range(5):
        look(f"R{n}", days=n)
    sheet = openpyxl.load_workbook(io.BytesIO(visit("supervisor", "/audit/export.xlsx").content)).active
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert len(rows) == 3
    assert "只含最新的 3 行" in sheet["A2"].value


def test_a_resident_is_told_who_looked_at_their_record_when_and_why(visit, guard):
    look("R1", reason="签约随访")
    look("R2", who="doctor2", days=1)
    look("R3", who="doctor3")
    page = text_of(visit("township_manager", "/audit/residents/R1/"))
    for words in ("张**", "doctor1", "doctor2", "签约随访", "2 人，2 次", "data-print"):
        assert words in page
    assert "doctor3" not in page
    assert AuditLine.objects.get(action="residents.access_report").resident_id == "R1"


def test_an_access_report_out_of_reach_is_refused_and_shows_nothing(visit, guard):
    look("R9")
    page = text_of(visit("township_manager", "/audit/residents/R9/", status=403))
    assert "没有这位居民，或不在您的范围内" in page
    assert "doctor1" not in page


def test_while_nobody_knows_where_residents_belong_only_a_county_right_reaches(visit):
    look("R1")
    before = list(reach._guards)
    reach._guards.clear()
    try:
        visit("township_manager", "/audit/residents/R1/", status=403)
        assert "doctor1" in text_of(visit("supervisor", "/audit/residents/R1/"))
    finally:
        reach._guards[:] = before


def test_the_button_verifies_and_the_page_says_that_nothing_was_altered(visit):
    for n in range(5):
        look(f"R{n}")
    assert "还没有核验过" in text_of(visit("supervisor", "/audit/verify/"))
    visit("supervisor", "/audit/verify/", status=302, post={})
    page = text_of(visit("supervisor", "/audit/verify/"))
    assert (
        re.search(r"最近一次核验：(\d+) 行完整，没有被改动", page)[1] == "5"
    )  # its own line is written with it, at the end
    assert "the-supervisor" in page
    assert Verification.objects.get().whole is True


def test_the_page_names_a_forged_line(visit):
    for n in range(5):
        look(f"R{n}")
    engine.allow_changes(connection)
    connection.cursor().execute(f"UPDATE {engine.LINES} SET actor = 'doctor9' WHERE resident_id = 'R3'")
    visit("supervisor", "/audit/verify/", status=302, post={})
    page = text_of(visit("supervisor", "/audit/verify/"))
    assert "发现 1 处问题" in page
    assert "这一行被改动过" in page
    assert "doctor9" in page


def test_a_verification_that_was_killed_is_said_to_have_no_result_and_can_be_started_again(visit):
    Verification.objects.create(started=NOW - timedelta(days=2), actor="before")
    page = text_of(visit("supervisor", "/audit/verify/"))
    assert "中断，没有结果" in page
    assert "现在核验" in page


def test_a_verification_done_twice_after_a_kill_gives_the_same_answer(visit):
    look("R1")
    visit("supervisor", "/audit/verify/", status=302, post={})
    number = Verification.objects.get().pk
    verify_in_background.func(number, NOW.isoformat())
    row = Verification.objects.get()
    assert (row.whole, row.problems) == (True, 0)
