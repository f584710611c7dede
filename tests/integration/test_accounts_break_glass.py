"""Emergency access: a reason, some hours, somebody else who reviews it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from people_of_a_county import FAST, NOW, actor_of, make_network, person

from opencmc.apps.accounts import break_glass
from opencmc.apps.accounts.api import has_broken_glass, open_break_glass, work_of
from opencmc.apps.accounts.models import BreakGlass, Post
from opencmc.apps.audit.models import AuditLine
from opencmc.base.errors import Refused
from opencmc.policy.pack import default_root, load_pack

REASON = "患者昏迷送来，需要查用药与过敏史"


@pytest.fixture
def people(db, settings, monkeypatch):
    settings.PASSWORD_HASHERS = FAST
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    make_network()
    person("wang", "township_doctor", "T1", name="王小明")
    person("li", "village_doctor", "V1")
    person("zhao", "village_doctor", "V3")
    person("yuan", "township_manager", "T1")
    person("xi", "township_manager", "T2")
    person("jian", "supervisor", demonstration=True)
    person("zhang", "county_director", demonstration=True)


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_it_opens_one_record_for_the_hours_of_the_pack(people):
    actor = actor_of("wang")
    access = open_break_glass(actor, "R1", REASON, "张**")
    hours = load_pack(default_root(), "national").value("access.break_glass_hours", NOW.date())
    assert access.until - access.at == timedelta(hours=hours)
    assert has_broken_glass(actor, "R1")
    assert not has_broken_glass(actor, "R2")
    assert not has_broken_glass(actor_of("li"), "R1")
    assert has_broken_glass(actor_of("wang", NOW + timedelta(hours=hours, seconds=-1)), "R1")
    assert not has_broken_glass(actor_of("wang", NOW + timedelta(hours=hours)), "R1")
    line = AuditLine.objects.get(action="break_glass.open")
    assert (line.actor, line.resident_id, line.reason) == ("wang", "R1", REASON)


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "  ",
        "急",
        "需要",
        "aaaaaaaaaaaa",
        "1234567890",
        "。。。。。。。。",
        "急急急急急急急急",
        "\x00\x00\x00\x00\x00\x00\x00",
    ],
)
def test_a_reason_that_says_nothing_opens_nothing(people, reason):
    with pytest.raises(Refused) as refused:
        open_break_glass(actor_of("wang"), "R1", reason)
    assert "写一句话" in refused.value.possible_when
    assert not BreakGlass.objects.exists()


@pytest.mark.parametrize("name", ["yuan", "jian", "zhang"])
def test_who_does_not_treat_people_breaks_no_glass(people, name):
    with pytest.raises(Refused):
        open_break_glass(actor_of(name), "R1", REASON)


@pytest.mark.parametrize("resident", ["", "R\x001", " R1", "R" * 61])
def test_what_is_no_number_of_a_record_opens_nothing(people, resident):
    with pytest.raises(Refused):
        open_break_glass(actor_of("wang"), resident, REASON)


def test_opening_again_gives_no_longer_access(people):
    first = open_break_glass(actor_of("wang"), "R1", REASON)
    again = open_break_glass(actor_of("wang", NOW + timedelta(hours=1)), "R1", REASON)
    assert again == first
    assert BreakGlass.objects.count() == 1


def test_it_is_gone_with_the_post_in_which_it_was_opened(people):
    open_break_glass(actor_of("wang"), "R1", REASON)
    Post.objects.filter(user__username="wang").update(end=NOW.date())
    assert not has_broken_glass(actor_of("wang"), "R1")


def test_a_reviewer_sees_those_of_the_own_institutions(people):
    open_break_glass(actor_of("wang"), "R1", REASON)
    open_break_glass(actor_of("li"), "R2", REASON)
    open_break_glass(actor_of("zhao"), "R3", REASON)
    assert {row.resident_id for row in break_glass.waiting(actor_of("yuan"))} == {"R1", "R2"}
    assert {row.resident_id for row in break_glass.waiting(actor_of("xi"))} == {"R3"}
    assert break_glass.waiting(actor_of("jian")).count() == 3
    foreign = BreakGlass.objects.get(resident_id="R3").pk
    answer = client_of("yuan").get(f"/break-glass/of/{foreign}/")
    assert answer.status_code == 403
    assert "R3" not in answer.content.decode()


def test_nobody_reviews_the_own_access(people):
    user = User.objects.get(username="wang")
    open_break_glass(actor_of("wang"), "R1", REASON)
    Post.objects.filter(user=user).update(role="township_manager")
    assert break_glass.waiting(actor_of("wang")).count() == 0
    with pytest.raises(Refused):
        break_glass.review(actor_of("wang"), str(BreakGlass.objects.get().pk), outcome="justified", note="")


def test_a_review_is_written_once_and_a_bad_one_says_why(people):
    open_break_glass(actor_of("wang"), "R1", REASON)
    address = f"/break-glass/of/{BreakGlass.objects.get().pk}/"
    client = client_of("yuan")
    assert client.post(address, {}).status_code == 422
    assert "请写明说明" in client.post(address, {"outcome": "unjustified"}).content.decode()
    assert client.post(address, {"outcome": "justified", "note": ""}).status_code == 302
    again = client_of("jian").post(address, {"outcome": "unjustified", "note": "没有必要看这份档案"})
    assert "已由别人复核" in again.content.decode()
    row = BreakGlass.objects.get()
    assert (row.outcome, row.reviewed_by, row.reviewed_at) == ("justified", "yuan", NOW)
    assert "属实合理" in client.get("/break-glass/?state=reviewed").content.decode()


def test_open_reviews_wait_on_the_home_of_the_reviewer_with_a_clock(people):
    assert work_of(actor_of("yuan")) == []
    open_break_glass(actor_of("wang"), "R1", REASON)
    (group,) = work_of(actor_of("yuan"))
    assert (group.count, group.overdue) == (1, 0)
    assert group.items[0].due == NOW.date() + timedelta(days=7)
    assert group.items[0].href.startswith("/break-glass/of/")
    (late,) = work_of(actor_of("yuan", NOW + timedelta(days=8)))
    assert late.overdue == 1
    assert work_of(actor_of("wang")) == []


def test_the_page_asks_for_the_reason_and_leads_back(people):
    client = client_of("wang")
    page = client.get("/break-glass/open/?resident=R9&about=张**&next=/me/").content.decode()
    assert "打开 4 小时" in page
    wrong = client.post("/break-glass/open/", {"resident": "R9", "reason": "急", "next": "/me/"})
    assert wrong.status_code == 422
    assert "急</textarea>" in wrong.content.decode()
    right = client.post("/break-glass/open/", {"resident": "R9", "reason": REASON, "next": "https://example.com/"})
    assert right["Location"] == "/"
    assert has_broken_glass(actor_of("wang"), "R9")
    assert client_of("zhang").get("/break-glass/open/?resident=R9").status_code == 403
