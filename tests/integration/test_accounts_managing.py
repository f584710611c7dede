"""Managing accounts: who may give what to whom, two managers at once, ten thousand accounts."""

from __future__ import annotations

import sqlite3
import threading
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from people_of_a_county import FAST, NOW, TODAY, actor_of, make_network, person, sign_in

from opencmc.apps.access.api import GIVES, ROLES
from opencmc.apps.accounts import listing, managing
from opencmc.apps.accounts.constraints import overlaps
from opencmc.apps.accounts.models import Account, Post
from opencmc.apps.audit.models import AuditLine
from opencmc.base.errors import Refused


@pytest.fixture
def people(db, settings, monkeypatch):
    settings.PASSWORD_HASHERS = FAST
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    make_network()
    person("yuan", "township_manager", "T1", name="袁东")
    person("xi", "township_manager", "T2", name="席西")
    person("lead", "lead_manager", "H1", name="牵头")
    person("admin", "system_administrator", demonstration=True, name="管理")
    person("wang", "township_doctor", "T1", name="王小明")
    person("li", "village_doctor", "V1", name="李村")
    person("zhao", "village_doctor", "V3", name="赵西")


def give(manager: str, to: str, role: str, unit_id: str, **more):
    version = Account.objects.get(user__username=to).version
    wanted = {"role": role, "unit_kind": "institution" if unit_id else "county", "unit_id": unit_id,
              "start": TODAY, "end": None}  # fmt: skip
    managing.give_post(actor_of(manager), to, version, **{**wanted, **more})


def as_manager(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    return client


# who sees whom


def test_a_township_manager_sees_the_people_of_the_own_institutions_only(people):
    seen = {line.username for line in listing.list_accounts(actor_of("yuan"), {}).page.rows}
    assert seen == {"yuan", "wang", "li"}
    assert {line.username for line in listing.list_accounts(actor_of("xi"), {}).page.rows} == {"xi", "zhao"}
    assert len(listing.list_accounts(actor_of("admin"), {}).page.rows) == 7


@pytest.mark.parametrize("wanted", ["zhao", "nobody", "../admin", "%00", "王'--"])
def test_an_account_elsewhere_is_refused_like_one_that_does_not_exist(people, wanted):
    answer = as_manager("yuan").get(f"/accounts/of/{wanted}/")
    assert answer.status_code in {403, 404}
    assert "赵西" not in answer.content.decode()
    assert "西一村" not in answer.content.decode()


def test_a_village_doctor_manages_nobody(people):
    client = as_manager("li")
    for address in ("/accounts/", "/accounts/new/", "/accounts/of/wang/", "/accounts/services/", "/break-glass/"):
        assert client.get(address).status_code == 403, address
    answer = client.post("/accounts/of/wang/change/", {"do": "reset_password", "version": 1})
    assert answer.status_code == 403
    assert User.objects.get(username="wang").check_password("a-long-odd-password-71")


# who gives what


def test_what_a_manager_may_give_never_reaches_further_than_the_manager(people):
    for giver, gifts in GIVES.items():
        if giver == "system_administrator":
            continue
        for role in gifts:
            assert not ROLES[role].second_factor
            assert "county" not in ROLES[role].held_at
            assert role not in GIVES, "a manager who gives managers has no end"


@pytest.mark.parametrize("role", [role for role in ROLES if role not in GIVES["township_manager"]])
def test_a_township_manager_gives_front_line_roles_only(people, role):
    with pytest.raises(Refused) as refused:
        give("yuan", "li", role, "T1" if "institution" in ROLES[role].held_at else "")
    assert "您不能授予" in refused.value.sentence
    assert Post.objects.filter(user__username="li").count() == 1


@pytest.mark.parametrize("unit_id", ["T2", "V3", "H1", "nowhere"])
def test_a_township_manager_gives_posts_at_the_own_institutions_only(people, unit_id):
    with pytest.raises(Refused) as refused:
        give("yuan", "li", "village_doctor", unit_id)
    assert "不在您的管理范围内" in refused.value.sentence


def test_a_township_manager_gives_and_ends_a_post_at_a_clinic(people):
    give("yuan", "li", "station_nurse", "V2")
    post = Post.objects.get(user__username="li", role="station_nurse")
    managing.end_post(actor_of("yuan"), "li", 2, post_id=str(post.pk), day=TODAY + timedelta(days=5))
    post.refresh_from_db()
    assert post.end == date(2026, 3, 7)
    assert set(AuditLine.objects.values_list("action", flat=True)) >= {"give_post", "end_post"}


def test_a_forged_form_gives_no_more_than_the_page_offers(people):
    client = as_manager("yuan")
    for role, unit in (("system_administrator", ""), ("township_manager", "东镇卫生院"), ("village_doctor", "西一村")):
        answer = client.post("/accounts/of/li/", {"version": 1, "role": role, "unit": unit, "start": "2026-03-02"})
        assert answer.status_code == 422, role
    new = {"name": "甲", "username": "jia", "role": "county_director", "unit": "", "start": "2026-03-02"}
    assert client.post("/accounts/new/", new).status_code == 422
    assert Post.objects.count() == 7


def test_nobody_gives_a_post_to_oneself_or_blocks_oneself(people):
    with pytest.raises(Refused):
        give("admin", "admin", "supervisor", "", unit_kind="county")
    with pytest.raises(Refused):
        managing.block(actor_of("admin"), "admin", 1, "离职")
    with pytest.raises(Refused):
        managing.reset_password(actor_of("admin"), "admin", 1)


def test_a_manager_cannot_take_over_somebody_with_rights_elsewhere(people):
    """A county director who is also a doctor at the centre: a reset there would hand the county over."""
    Post.objects.create(user=User.objects.get(username="wang"), role="county_director", start=TODAY)
    for act in (
        lambda: managing.reset_password(actor_of("yuan"), "wang", 1),
        lambda: managing.block(actor_of("yuan"), "wang", 1, "x"),
        lambda: managing.reset_second_factor(actor_of("yuan"), "wang", 1),
        lambda: managing.unlock(actor_of("yuan"), "wang", 1),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert "系统管理员办理" in refused.value.sentence
    assert "系统管理员办理" in as_manager("yuan").get("/accounts/of/wang/").content.decode()
    assert managing.reset_password(actor_of("admin"), "wang", 1)


def test_a_post_to_come_counts_as_well(people):
    Post.objects.create(user=User.objects.get(username="wang"), role="county_director", start=TODAY + timedelta(days=3))
    with pytest.raises(Refused):
        managing.reset_password(actor_of("yuan"), "wang", 1)


def test_a_manager_cannot_end_a_post_that_another_gave(people):
    post = Post.objects.get(user__username="yuan")
    person("wu", "township_manager", "T1")
    with pytest.raises(Refused):
        managing.end_post(actor_of("wu"), "yuan", 1, post_id=str(post.pk), day=TODAY)


# a new account


def test_a_new_account_shows_its_code_once_and_signs_in_with_it(people):
    client = as_manager("yuan")
    form = {"name": "周新", "username": "周新", "role": "village_doctor", "unit": "东二村", "start": "2026-03-02"}
    answer = client.post("/accounts/new/", form)
    page = answer.content.decode()
    code = page.split('class="once-code">')[2].split("<")[0]
    assert "no-store" in answer["Cache-Control"]
    assert code not in client.get("/accounts/of/周新/").content.decode()
    newcomer, answer = sign_in("周新", code)
    assert answer.status_code == 302
    assert newcomer.get("/me/")["Location"].startswith("/me/password/")
    assert not AuditLine.objects.filter(reason__contains=code).exists()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("username", "wang", "已有人用"), ("username", "WANG", "已有人用"), ("username", "two words", "不能作用户名"),
        ("username", "opencmc", "不能作用户名"), ("username", "\u200bwang", "不能作用户名"), ("name", " ", "请填写姓名"),
        ("unit", "不存在的村", "没有“不存在的村”"), ("start", "昨天", "这不是日期"), ("end", "2026-03-01", "止日"),
        ("role", "", "请选择角色"),
    ],
)  # fmt: skip
def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(people, field, value, says):
    form = {"name": "周新", "username": "zhouxin", "role": "village_doctor", "unit": "东二村", "start": "2026-03-02",
            "end": ""}  # fmt: skip
    answer = as_manager("yuan").post("/accounts/new/", {**form, field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert f'id="{field}_error"' in page
    if field != "name":
        assert 'value="周新"' in page
    assert not User.objects.filter(username="zhouxin").exists()


# two at once


def test_the_second_of_two_managers_is_told_who_did_what(people):
    first, second = as_manager("yuan"), as_manager("admin")
    first.post("/accounts/of/wang/change/", {"do": "block", "version": 1, "reason": "离职"})
    answer = second.post("/accounts/of/wang/change/", {"do": "reset_password", "version": 1})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "袁东" in page
    assert "已改过这个账号：停用" in page
    assert not Account.objects.get(user__username="wang").must_change


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_a_version_that_makes_no_sense_changes_nothing(people, version):
    answer = as_manager("yuan").post("/accounts/of/wang/change/", {"do": "block", "version": version, "reason": "离职"})
    assert answer.status_code == 422
    assert User.objects.get(username="wang").is_active


def test_blocking_asks_for_a_reason(people):
    answer = as_manager("yuan").post("/accounts/of/wang/change/", {"do": "block", "version": 1, "reason": " "})
    assert "请写明停用的理由" in answer.content.decode()


# no post twice


def test_one_post_is_not_held_twice_on_a_day(people):
    give("yuan", "li", "station_nurse", "V1", start=date(2026, 4, 1), end=date(2026, 5, 1))
    for start, end in (
        (date(2026, 3, 2), None),
        (date(2026, 4, 30), date(2026, 6, 1)),
        (date(2026, 4, 5), date(2026, 4, 6)),
    ):
        with pytest.raises(Refused) as refused:
            give("yuan", "li", "station_nurse", "V1", start=start, end=end)
        assert "在这段时间已经是" in refused.value.sentence
    give("yuan", "li", "station_nurse", "V1", start=date(2026, 5, 1))
    give("yuan", "li", "station_nurse", "V2", start=date(2026, 3, 2))


def test_the_database_itself_refuses_the_second_post(people):
    user = User.objects.get(username="li")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Post.objects.create(user=user, role="village_doctor", unit_kind="institution", unit_id="V1", start=TODAY)
    assert overlaps(error.value)
    other = Post.objects.create(
        user=user,
        role="village_doctor",
        unit_kind="institution",
        unit_id="V1",
        start=date(2020, 1, 1),
        end=date(2021, 1, 1),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.filter(pk=other.pk).update(end=None)


RACERS = 8


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the same race on PostgreSQL stands below")
def test_of_many_writers_at_once_one_gives_the_post(people, tmp_path):
    """Real connections to a real file, with the schema that the migrations made."""
    file = tmp_path / "race.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'accounts_post' AND sql IS NOT NULL "
            "ORDER BY type = 'trigger', type = 'index'"
        )
        schema = [row[0] for row in cursor.fetchall()]
    assert sum("TRIGGER" in statement for statement in schema) == 2
    with sqlite3.connect(file) as made:
        made.execute("PRAGMA journal_mode=WAL")
        for statement in schema:
            made.execute(statement)
    user_id = User.objects.get(username="wang").pk
    gate, answers = threading.Barrier(RACERS), []

    def race(number: int) -> None:
        own = sqlite3.connect(file, timeout=20, isolation_level=None)
        gate.wait()
        try:
            own.execute("BEGIN IMMEDIATE")
            own.execute(
                'INSERT INTO accounts_post (user_id, role, unit_kind, unit_id, start, "end", is_demonstration) '
                "VALUES (?, 'station_nurse', 'institution', 'V1', ?, NULL, 0)",
                (user_id, f"2026-03-{number + 1:02d}"),
            )
            own.execute("COMMIT")
            answers.append("given")
        except sqlite3.IntegrityError as error:
            answers.append("refused" if overlaps(error) else str(error))
        finally:
            own.close()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["given"] + ["refused"] * (RACERS - 1)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the same race on SQLite stands above")
@pytest.mark.django_db(transaction=True)
def test_of_many_writers_at_once_one_gives_the_post_on_postgresql(settings):
    settings.PASSWORD_HASHERS = FAST
    user = person("wang")
    gate, answers = threading.Barrier(RACERS), []

    def race(number: int) -> None:
        gate.wait()
        try:
            with transaction.atomic():
                Post.objects.create(
                    user=user,
                    role="station_nurse",
                    unit_kind="institution",
                    unit_id="V1",
                    start=date(2026, 3, number + 1),
                )
            answers.append("given")
        except IntegrityError as error:
            answers.append("refused" if overlaps(error) else str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["given"] + ["refused"] * (RACERS - 1)


# ten thousand


@pytest.fixture
def ten_thousand(people):
    users = User.objects.bulk_create(
        [User(username=f"yi{n:05d}", first_name=f"医生{n:05d}", password="!") for n in range(10_000)], batch_size=1000
    )
    Account.objects.bulk_create([Account(user=user, initials="ys") for user in users], batch_size=1000)
    Post.objects.bulk_create(
        [
            Post(user=user, role="village_doctor", unit_kind="institution", unit_id=f"V{n % 3 + 1}", start=TODAY)
            for n, user in enumerate(users)
        ],
        batch_size=1000,
    )


def test_ten_thousand_accounts_are_listed_a_page_at_a_time_and_found(ten_thousand, django_assert_max_num_queries):
    actor = actor_of("admin")
    with django_assert_max_num_queries(12):
        found = listing.list_accounts(actor, {"page": "3"})
    assert (found.total, len(found.page.rows), found.page.count) == (10_007, 50, 201)
    for text, expected in (("医生00777", 1), ("yi0077", 10), ("ys", 10_000), ("没有这个人", 0), ("wxm", 1)):
        assert listing.list_accounts(actor, {"q": text}).total == expected, text
    assert listing.list_accounts(actor, {"q": "医生", "role": "village_doctor", "state": "active"}).total == 10_000
    last = listing.list_accounts(actor, {"page": "99999"})
    assert last.page.number == 201
    assert listing.list_accounts(actor_of("yuan"), {}).total == 3 + 6667


def test_initials_of_a_name_find_the_person(people):
    Account.objects.filter(user__username="wang").update(initials="wxm")
    found = listing.list_accounts(actor_of("yuan"), {"q": "WX"})
    assert [line.name for line in found.page.rows] == ["王小明"]


@pytest.mark.parametrize("page", ["0", "-5", "x", "9" * 40, "²"])
def test_a_page_that_makes_no_sense_is_a_page(people, page):
    assert as_manager("yuan").get("/accounts/", {"page": page}).status_code == 200
