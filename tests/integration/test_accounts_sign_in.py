"""Signing in, as people do it and as others try to."""

from __future__ import annotations

import re
import unicodedata

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from people_of_a_county import FAST, NOW, PASSWORD, Clock, actor_of, make_network, person, sign_in

from opencmc.apps.accounts import managing, second_factor
from opencmc.apps.accounts.models import Account, BrowserSession, Post, RecoveryCode
from opencmc.apps.audit.models import AuditLine


@pytest.fixture
def clock(db, settings, monkeypatch, tmp_path):
    settings.PASSWORD_HASHERS = FAST
    settings.OPENCMC_HOME = tmp_path
    make_network()
    return Clock(monkeypatch)


def text_of(response) -> str:
    return response.content.decode()


def guess(username: str, times: int, address: str = "10.0.0.1"):
    client = Client(REMOTE_ADDR=address)
    for _n in range(times):
        response = client.post("/sign-in/", {"username": username, "password": "guess"})
    return response


def code_at(secret_text: str, clock: Clock) -> str:
    import base64

    totp = TOTP(base64.b32decode(secret_text.replace(" ", "")))
    totp.time = clock.now.timestamp()
    return f"{totp.token():06d}"


def secret_on(page: str) -> str:
    return re.search(r"<code>([A-Z2-7 ]{32,})</code>", page)[1]


# passwords and locks


def test_after_six_wrong_passwords_the_right_one_waits_and_the_page_says_until_when(clock):
    person("wang", "township_doctor", "T1")
    assert guess("wang", 5).status_code == 422
    locked = guess("wang", 1)
    assert locked.status_code == 429
    assert "暂停登录到 09:15（约 15 分钟）" in text_of(locked)
    assert "账号管理人解锁" in text_of(locked)
    client = Client(REMOTE_ADDR="10.0.0.1")
    assert sign_in("wang", client=client)[1].status_code == 429
    clock.pass_by(minutes=16)
    assert sign_in("wang", client=client)[1].status_code == 302


def test_while_it_is_locked_nothing_is_tried_and_the_lock_does_not_grow(clock):
    person("wang", "township_doctor", "T1")
    guess("wang", 6)
    lines = AuditLine.objects.count()
    clock.pass_by(minutes=10)
    assert "约 5 分钟" in text_of(guess("wang", 20))
    assert AuditLine.objects.count() == lines


def test_a_lock_from_one_address_leaves_the_person_free_at_another(clock):
    person("wang", "township_doctor", "T1")
    guess("wang", 6, "10.0.0.66")
    assert sign_in("wang", REMOTE_ADDR="10.0.0.1")[1].status_code == 302


def test_guessing_one_name_from_many_addresses_locks_the_name(clock):
    person("wang", "township_doctor", "T1")
    for number in range(10):
        guess("wang", 3, f"10.9.0.{number}")
    assert sign_in("wang", REMOTE_ADDR="10.0.0.1")[1].status_code == 429


def test_one_password_tried_on_many_names_locks_the_address(clock, settings):
    settings.SIGN_IN_FAILURES_OF_AN_ADDRESS = 12
    for number in range(12):
        answer = guess(f"name{number}", 1, "10.0.0.66")
    assert "这个网络地址" in text_of(answer)
    person("wang", "township_doctor", "T1")
    assert sign_in("wang", REMOTE_ADDR="10.0.0.66")[1].status_code == 429
    assert sign_in("wang", REMOTE_ADDR="10.0.0.1")[1].status_code == 302


def test_a_name_that_nobody_has_is_answered_like_one_that_exists(clock):
    person("wang", "township_doctor", "T1")
    there, nowhere = guess("wang", 1), guess("nobody", 1)
    assert there.status_code == nowhere.status_code == 422
    assert "用户名或密码不对" in text_of(there)
    assert "用户名或密码不对" in text_of(nowhere)
    assert guess("wang", 5).status_code == guess("nobody", 5).status_code == 429


def test_a_right_password_forgets_the_slips_before_it(clock):
    person("wang", "township_doctor", "T1")
    guess("wang", 5)
    assert sign_in("wang", REMOTE_ADDR="10.0.0.1")[1].status_code == 302
    assert guess("wang", 5).status_code == 422


def test_a_manager_unlocks_a_locked_account(clock):
    person("wang", "township_doctor", "T1")
    person("yuan", "township_manager", "T1")
    guess("wang", 6)
    managing.unlock(actor_of("yuan"), "wang", 1)
    assert sign_in("wang", REMOTE_ADDR="10.0.0.1")[1].status_code == 302
    assert AuditLine.objects.filter(action="unlock_account", actor="yuan", object="wang").exists()


def test_a_wrong_password_is_never_called_an_expired_session(clock):
    strict = Client(enforce_csrf_checks=True)
    person("wang", "township_doctor", "T1")
    assert "过期" not in text_of(guess("wang", 1))
    stale = strict.post("/sign-in/", {"username": "wang", "password": PASSWORD})
    assert stale.status_code == 403
    page = text_of(stale)
    assert "登录页打开得太久" in page
    assert 'value="wang"' in page
    assert "过期" not in page


@pytest.mark.parametrize("typed", ["王小店", " 王小店 ", "ｗａｎｇ", "WANG", "Ño-ño"])
def test_user_names_of_any_script_sign_in_as_they_are_typed(clock, typed):
    person(unicodedata.normalize("NFKC", typed.strip()), "township_doctor", "T1")
    assert sign_in(typed)[1].status_code == 302


@pytest.mark.parametrize("typed", ["x" * 5000, "a\x00b", "'; DROP TABLE auth_user; --", "\u202ewang", "😀" * 50])
def test_odd_names_are_refused_in_words_and_never_break_the_page(clock, typed):
    assert sign_in(typed)[1].status_code == 422


def test_a_blocked_account_hears_so_only_with_the_right_password(clock):
    user = person("wang", "township_doctor", "T1")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert "已停用" in text_of(sign_in("wang")[1])
    assert "已停用" not in text_of(sign_in("wang", "guess-guess-guess")[1])


def test_blocking_throws_out_who_is_in_at_the_next_request(clock):
    person("wang", "township_doctor", "T1")
    person("yuan", "township_manager", "T1")
    client, _answer = sign_in("wang")
    assert client.get("/me/").status_code == 200
    managing.block(actor_of("yuan"), "wang", 1, "离职")
    assert client.get("/me/")["Location"].startswith("/sign-in/")


# one-time codes and the own password


def test_a_one_time_code_opens_nothing_but_the_page_for_a_new_password(clock):
    person("yuan", "township_manager", "T1")
    person("wang", "township_doctor", "T1")
    code = managing.reset_password(actor_of("yuan"), "wang", 1)
    assert sign_in("wang")[1].status_code == 422
    client, answer = sign_in("wang", code)
    assert answer.status_code == 302
    for address in ("/me/", "/", "/rules/"):
        assert client.get(address)["Location"].startswith("/me/password/")
    weak = client.post("/me/password/", {"old": code, "new": "12345678", "again": "12345678"})
    assert weak.status_code == 422
    assert 'id="new_error"' in text_of(weak)
    other = client.post("/me/password/", {"old": code, "new": "quite-another-88", "again": "quite-another-89"})
    assert 'id="again_error"' in text_of(other)
    done = client.post("/me/password/", {"old": code, "new": "quite-another-88", "again": "quite-another-88"})
    assert done.status_code == 302
    assert client.get("/me/").status_code == 200
    assert sign_in("wang", code)[1].status_code == 422
    assert sign_in("wang", "quite-another-88")[1].status_code == 302


def test_a_one_time_code_runs_out(clock):
    person("yuan", "township_manager", "T1")
    person("wang", "township_doctor", "T1")
    code = managing.reset_password(actor_of("yuan"), "wang", 1)
    clock.pass_by(hours=73)
    assert "一次性密码已过期" in text_of(sign_in("wang", code)[1])


def test_a_new_password_ends_every_other_session_and_keeps_this_one(clock):
    person("wang", "township_doctor", "T1")
    here, _a = sign_in("wang")
    there, _b = sign_in("wang", HTTP_USER_AGENT="Mozilla/5.0 (Android 14) Chrome/130")
    here.post("/me/password/", {"old": PASSWORD, "new": "quite-another-88", "again": "quite-another-88"})
    assert here.get("/me/").status_code == 200
    assert there.get("/me/")["Location"].startswith("/sign-in/")
    assert BrowserSession.objects.filter(user__username="wang", ended_why="password").count() == 1


def test_a_guess_at_the_old_password_changes_nothing(clock):
    person("wang", "township_doctor", "T1")
    client, _a = sign_in("wang")
    answer = client.post("/me/password/", {"old": "guess", "new": "quite-another-88", "again": "quite-another-88"})
    assert 'id="old_error"' in text_of(answer)
    assert User.objects.get(username="wang").check_password(PASSWORD)


# the second factor


def bind(client: Client, clock: Clock) -> tuple[str, list[str]]:
    """Bind a phone as a person does: the secret of the page, and the recovery codes that are shown."""
    secret = secret_on(text_of(client.get("/me/second-factor/")))
    answer = client.post("/me/second-factor/", {"code": code_at(secret, clock)})
    assert answer.status_code == 200, text_of(answer)
    return secret, re.findall(r"<code>([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})</code>", text_of(answer))


def test_a_county_wide_role_binds_a_phone_before_it_sees_anything(clock):
    person("zhang", "county_director")
    client, _a = sign_in("zhang")
    for address in ("/me/", "/", "/rules/", "/me/post/", "/me/password/", "/accounts/"):
        assert client.get(address)["Location"].startswith("/sign-in/second-factor/"), address
    page = client.get("/sign-in/second-factor/")
    assert page["Location"].startswith("/me/second-factor/")
    assert "<svg" in text_of(client.get("/me/second-factor/"))
    assert client.post("/me/second-factor/", {"code": "000000"}).status_code == 422
    before = client.session.session_key
    _secret, codes = bind(client, clock)
    assert len(set(codes)) == 10
    assert client.session.session_key != before
    assert client.get("/me/").status_code == 200


def test_signing_in_again_asks_for_the_code_and_takes_it_once(clock):
    person("zhang", "county_director")
    client, _a = sign_in("zhang")
    secret, _codes = bind(client, clock)
    clock.pass_by(minutes=2)
    first, _b = sign_in("zhang")
    second, _c = sign_in("zhang")
    assert first.get("/me/")["Location"].startswith("/sign-in/second-factor/")
    code = code_at(secret, clock)
    assert first.post("/sign-in/second-factor/", {"code": f" {code[:3]} {code[3:]} "}).status_code == 302
    assert first.get("/me/").status_code == 200
    assert second.post("/sign-in/second-factor/", {"code": code}).status_code == 422
    assert second.get("/me/").status_code == 302


def test_a_recovery_code_stands_in_once(clock):
    person("zhang", "county_director")
    client, _a = sign_in("zhang")
    _secret, codes = bind(client, clock)
    first, _b = sign_in("zhang")
    assert first.post("/sign-in/second-factor/", {"code": codes[0].lower().replace("-", " ")}).status_code == 302
    second, _c = sign_in("zhang")
    assert second.post("/sign-in/second-factor/", {"code": codes[0]}).status_code == 422
    assert RecoveryCode.objects.filter(user__username="zhang", used_at=None).count() == 9


def test_guessing_codes_is_shut_after_five(clock):
    person("zhang", "county_director")
    client, _a = sign_in("zhang")
    secret, _codes = bind(client, clock)
    clock.pass_by(minutes=2)
    other, _b = sign_in("zhang")
    for _n in range(5):
        other.post("/sign-in/second-factor/", {"code": "000000"})
    answer = other.post("/sign-in/second-factor/", {"code": code_at(secret, clock)})
    assert "连续多次不对" in text_of(answer)
    clock.pass_by(minutes=16)
    assert other.post("/sign-in/second-factor/", {"code": code_at(secret, clock)}).status_code == 302


def test_only_the_session_that_verified_may_bind_another_phone(clock):
    """A stolen password alone must not put the thief's phone in place of the owner's."""
    person("zhang", "county_director")
    client, _a = sign_in("zhang")
    bind(client, clock)
    thief, _b = sign_in("zhang")
    assert thief.get("/me/second-factor/")["Location"].startswith("/sign-in/second-factor/")
    assert thief.post("/me/second-factor/", {"code": "123456"})["Location"].startswith("/sign-in/second-factor/")
    assert thief.post("/me/recovery-codes/").status_code == 302
    assert TOTPDevice.objects.count() == 1


def test_the_secret_in_the_database_is_of_no_use_without_the_key(clock):
    user = person("zhang", "county_director")
    client, _a = sign_in("zhang")
    secret, _codes = bind(client, clock)
    import base64

    stored = TOTPDevice.objects.get(user=user).key
    assert base64.b32decode(secret.replace(" ", "")) not in base64.b64decode(stored)
    assert not second_factor._spend_step(user, "000000", clock.now)


def test_a_village_doctor_may_bind_a_phone_and_is_then_always_asked(clock):
    person("li", "village_doctor", "V1")
    client, _a = sign_in("li")
    assert client.get("/me/").status_code == 200
    bind(client, clock)
    again, _b = sign_in("li")
    assert again.get("/me/")["Location"].startswith("/sign-in/second-factor/")


def test_demonstration_accounts_need_no_second_factor(clock, settings):
    settings.DEMO = True
    person("director", "county_director", demonstration=True)
    client = Client()
    client.post("/sign-in/demonstration/", {"username": "director"})
    assert client.get("/me/").status_code == 200


# sessions


def test_a_cookie_carried_to_another_browser_opens_nothing(clock):
    person("wang", "township_doctor", "T1")
    owner, _a = sign_in("wang", HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/130.0")
    thief = Client(HTTP_USER_AGENT="curl/8.1")
    thief.cookies["sessionid"] = owner.cookies["sessionid"].value
    assert "why=browser" in thief.get("/me/")["Location"]
    assert owner.get("/me/").status_code == 302
    assert AuditLine.objects.filter(action="sign_out", actor="wang", reason="browser").exists()


def test_a_newer_version_of_the_same_browser_stays_signed_in(clock):
    person("wang", "township_doctor", "T1")
    client, _a = sign_in("wang", HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/130.0")
    assert client.get("/me/", HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/131.0").status_code == 200


def test_the_key_of_a_session_changes_at_sign_in(clock):
    person("wang", "township_doctor", "T1")
    client = Client()
    client.get("/sign-in/")
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    sign_in("wang", client=client)
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_session_left_alone_for_half_an_hour_is_over_and_says_so(clock):
    person("wang", "township_doctor", "T1")
    client, _a = sign_in("wang")
    clock.pass_by(minutes=29)
    assert client.get("/me/").status_code == 200
    clock.pass_by(minutes=31)
    answer = client.get("/me/?x=1")
    assert "why=idle" in answer["Location"]
    assert "next=%2Fme%2F%3Fx%3D1" in answer["Location"]
    assert "为安全已退出" in text_of(client.get(answer["Location"]))


def test_a_session_in_use_ends_after_half_a_day(clock):
    person("wang", "township_doctor", "T1")
    client, _a = sign_in("wang")
    for _n in range(30):
        clock.pass_by(minutes=25)
        answer = client.get("/me/")
        if answer.status_code == 302:
            break
    assert "why=age" in answer["Location"]
    assert (clock.now - NOW).total_seconds() / 3600 == pytest.approx(12.5, abs=0.5)


def test_the_list_of_sessions_ends_one_or_all_others(clock):
    person("wang", "township_doctor", "T1")
    here, _a = sign_in("wang", HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/130")
    phone, _b = sign_in("wang", HTTP_USER_AGENT="Mozilla/5.0 (Linux; Android 14) MicroMessenger/8")
    third, _c = sign_in("wang", HTTP_USER_AGENT="Mozilla/5.0 (iPhone) Safari/605")
    page = text_of(here.get("/me/"))
    for label in ("Firefox · Windows", "微信 · Android", "Safari · iPhone"):
        assert label in page
    row = BrowserSession.objects.get(browser="微信 · Android")
    here.post("/me/sessions/", {"session": str(row.pk)})
    assert phone.get("/me/").status_code == 302
    assert third.get("/me/").status_code == 200
    here.post("/me/sessions/", {"session": "others"})
    assert third.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(clock):
    person("wang", "township_doctor", "T1")
    person("li", "township_doctor", "T1")
    wang, _a = sign_in("wang")
    li, _b = sign_in("li")
    row = BrowserSession.objects.get(user__username="wang")
    for wanted in (str(row.pk), "0", "-1", "x", "9" * 30):
        li.post("/me/sessions/", {"session": wanted})
    assert wang.get("/me/").status_code == 200


def test_signing_out_ends_the_session_in_the_database_too(clock):
    person("wang", "township_doctor", "T1")
    client, _a = sign_in("wang")
    stolen = client.cookies["sessionid"].value
    client.post("/sign-out/")
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/me/")["Location"].startswith("/sign-in/")
    assert BrowserSession.objects.get(user__username="wang").ended_why == "signed_out"


# posts


def test_with_two_posts_one_is_picked_after_signing_in_and_may_be_switched(clock):
    user = person("wang", "township_doctor", "T1")
    second = Post.objects.create(
        user=user, role="township_manager", unit_kind="institution", unit_id="T2", start=NOW.date()
    )
    client, answer = sign_in("wang")
    assert answer["Location"].startswith("/me/post/")
    page = text_of(client.get("/me/post/"))
    assert "东镇卫生院" in page
    assert "西镇卫生院" in page
    assert client.get("/accounts/").status_code == 403
    assert client.post("/me/post/", {"post": second.pk, "next": "/accounts/"})["Location"] == "/accounts/"
    assert client.get("/accounts/").status_code == 200
    assert AuditLine.objects.filter(action="switch_post", actor="wang").exists()


def test_a_post_of_somebody_else_or_of_another_day_cannot_be_taken(clock):
    user = person("wang", "township_doctor", "T1")
    person("zhang", "county_director")
    coming = Post.objects.create(
        user=user, role="township_manager", unit_kind="institution", unit_id="T1", start=NOW.date().replace(month=9)
    )
    client, _a = sign_in("wang")
    for wanted in (Post.objects.get(user__username="zhang").pk, coming.pk, "", "x", 10**20):
        answer = client.post("/me/post/", {"post": wanted})
        assert answer.status_code == 403
        assert "您今天没有这个岗位" in text_of(answer)
    assert client.get("/accounts/").status_code == 403


def test_an_expired_post_has_no_rights_at_the_next_request(clock):
    person("yuan", "township_manager", "T1", end=NOW.date().replace(day=3))
    client, _a = sign_in("yuan")
    assert client.get("/accounts/").status_code == 200
    clock.pass_by(hours=16)  # midnight in Beijing
    client, _a = sign_in("yuan")
    assert client.get("/accounts/").status_code == 403
    assert "您今天没有岗位" in text_of(client.get("/accounts/"))
    assert "您今天没有岗位" in text_of(client.get("/me/"))


def test_ending_a_post_takes_its_rights_within_the_same_session(clock):
    user = person("yuan", "township_manager", "T1")
    client, _a = sign_in("yuan")
    assert client.get("/accounts/").status_code == 200
    Post.objects.filter(user=user).update(end=NOW.date())
    assert client.get("/accounts/").status_code == 403


def test_when_the_chosen_post_ends_the_next_one_is_picked_knowingly(clock):
    user = person("wang", "township_doctor", "T1")
    second = Post.objects.create(
        user=user, role="township_manager", unit_kind="institution", unit_id="T2", start=NOW.date()
    )
    client, _a = sign_in("wang")
    client.post("/me/post/", {"post": second.pk})
    Post.objects.filter(pk=second.pk).delete()
    assert client.get("/rules/")["Location"].startswith("/me/post/")


def test_signing_in_leaves_who_when_and_from_where(clock):
    person("wang", "township_doctor", "T1")
    sign_in("wang", REMOTE_ADDR="10.7.7.7")
    line = AuditLine.objects.get(action="sign_in")
    assert (line.actor, line.address, line.at) == ("wang", "10.7.7.7", NOW)
    assert Account.objects.get(user__username="wang").user.last_login == NOW
