"""Notices reach those whom they concern, once, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from opencmc.apps.access.api import Actor, Holder
from opencmc.apps.audit.api import audited, list_lines
from opencmc.apps.notices.api import mark_read, notify, unread_count
from opencmc.apps.notices.models import Notice
from opencmc.apps.notices.queries import lines, notices_of

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def at_work(username: str, role: str, unit: str) -> Actor:
    return Actor(Holder(username, username, role, "institution", unit), NOW)


ZHOU = at_work("zhou", "village_doctor", "V1")
WU = at_work("wu", "village_doctor", "V1")
LI = at_work("li", "village_doctor", "V2")


def test_a_notice_to_a_person_reaches_that_person_alone(db):
    notify(WU, to_username="zhou", text="检查报告已回", href="/tasks/")
    assert [unread_count(actor) for actor in (ZHOU, WU, LI)] == [1, 0, 0]


def test_a_notice_to_a_role_is_read_by_each_holder_for_themselves(db):
    notify(LI, to_role="village_doctor", unit_id="V1", text="转来一项待办")
    assert [unread_count(actor) for actor in (ZHOU, WU, LI)] == [1, 1, 0]
    assert mark_read(ZHOU) == 1
    assert mark_read(ZHOU) == 0
    assert [unread_count(actor) for actor in (ZHOU, WU)] == [0, 1]
    (line,) = lines(notices_of(ZHOU))
    assert line.read_at == NOW


def test_a_notice_to_a_role_everywhere_reaches_every_unit(db):
    notify(LI, to_role="village_doctor", text="今晚停机维护")
    assert [unread_count(actor) for actor in (ZHOU, WU, LI)] == [1, 1, 1]


def test_marking_the_notice_of_another_read_changes_nothing(db):
    notify(ZHOU, to_username="zhou", text="只给周")
    assert mark_read(LI, [Notice.objects.get().pk]) == 0
    assert unread_count(ZHOU) == 1


def test_a_notice_falls_with_the_change_that_caused_it(db):
    def change_of_mind():
        with audited(ZHOU) as trail:
            notify(ZHOU, to_username="wu", text="不会发生的事")
            trail.add("tasks.create", object_="x")
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        change_of_mind()
    assert not Notice.objects.exists()


@pytest.mark.parametrize("wrong", [
    {}, {"to_username": "a", "to_role": "village_doctor"}, {"to_role": "emperor"},
    {"to_username": "a", "href": "//elsewhere.example/"}, {"to_username": "a", "href": "javascript:alert(1)"},
])  # fmt: skip
def test_a_notice_without_one_addressee_or_with_a_foreign_address_is_a_fault(db, wrong):
    with pytest.raises(ValueError, match="a notice"):
        notify(ZHOU, text="x", **wrong)


def test_the_database_itself_holds_one_addressee(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(text="x", at=NOW, sent_by="zhou")


def test_sending_and_reading_leave_lines(db):
    notify(WU, to_username="zhou", text="检查报告已回")
    mark_read(ZHOU)
    assert [line.action for line in list_lines(2)] == ["notices.read", "notify"]
