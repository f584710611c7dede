"""Accounts of other systems: what a token opens, and what ends it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from people_of_a_county import FAST, NOW, TODAY, actor_of, make_network, person

from opencmc.apps.access.api import ACTIONS, NEVER_BY_SERVICE, ROLES, may, require
from opencmc.apps.accounts import machines
from opencmc.apps.accounts.api import holder_of_token, open_break_glass
from opencmc.apps.accounts.models import ServiceAccount, ServiceToken
from opencmc.apps.audit.models import AuditLine
from opencmc.base.errors import Refused


@pytest.fixture
def admin(db, settings, monkeypatch):
    settings.PASSWORD_HASHERS = FAST
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    make_network()
    person("admin", "system_administrator", demonstration=True)
    return actor_of("admin")


def make(actor, **more):
    wanted = {"slug": "first-his", "name": "县第一医院 HIS", "role": "county_specialist", "unit_kind": "institution",
              "unit_id": "H1", "actions": ["residents.search", "residents.view"],
              "expires": TODAY + timedelta(days=100)}  # fmt: skip
    return machines.create(actor, **{**wanted, **more})


def test_a_token_is_a_holder_with_some_actions_of_its_role(admin, django_assert_num_queries):
    _account, token = make(admin)
    assert holder_of_token(token, TODAY)
    with django_assert_num_queries(1):
        holder = holder_of_token(token, TODAY)
    assert (holder.username, holder.role, holder.unit_id, holder.is_service) == (
        "service:first-his", "county_specialist", "H1", True,
    )  # fmt: skip
    assert may(holder, "residents.view")
    assert not may(holder, "residents.create")
    assert "residents.create" in machines.actions_of("county_specialist")
    with pytest.raises(Refused) as refused:
        require(holder, "residents.create")
    assert "接口账号" in refused.value.sentence


def test_the_database_keeps_no_token(admin):
    _account, token = make(admin)
    row = ServiceToken.objects.get()
    assert token not in " ".join(str(value) for value in vars(row).values())
    assert len(row.digest) == 64
    assert token.startswith(row.prefix)
    assert len(row.prefix) < 12
    assert not AuditLine.objects.filter(reason__contains=token[10:]).exists()


def test_a_forged_token_opens_nothing(admin, django_assert_num_queries):
    _account, token = make(admin)
    with django_assert_num_queries(0):
        for forged in (
            "",
            "x",
            token[:-1],
            token + "A",
            token.upper(),
            "Bearer " + token,
            "ocmc_" + "é" * 43,
            "\x00" * 48,
        ):
            assert holder_of_token(forged, TODAY) is None
    assert holder_of_token("ocmc_" + "A" * 43, TODAY) is None
    assert holder_of_token(ServiceToken.objects.get().digest, TODAY) is None


def test_a_token_ends_with_its_account_its_day_and_its_revocation(admin):
    account, token = make(admin, expires=TODAY + timedelta(days=2))
    assert holder_of_token(token, TODAY + timedelta(days=1))
    assert holder_of_token(token, TODAY + timedelta(days=2)) is None
    machines.block(admin, account.slug, blocked=True)
    assert holder_of_token(token, TODAY) is None
    machines.block(admin, account.slug, blocked=False)
    machines.revoke(admin, account.slug, token[:10])
    assert holder_of_token(token, TODAY) is None


def test_after_a_rotation_the_former_token_goes_on_for_a_week(admin):
    account, former = make(admin)
    new = machines.rotate(admin, account.slug)
    assert new != former
    for token, day, opens in ((new, 0, True), (former, 6, True), (former, 7, False), (new, 7, True)):
        assert bool(holder_of_token(token, TODAY + timedelta(days=day))) is opens


def test_a_machine_never_manages_people_and_breaks_no_glass(admin):
    for role in ROLES:
        assert not set(machines.actions_of(role)) & NEVER_BY_SERVICE
    for action in NEVER_BY_SERVICE:
        with pytest.raises(Refused):
            make(admin, role="system_administrator", unit_kind="county", unit_id="", actions=[action])
    account, token = make(admin)
    ServiceAccount.objects.filter(pk=account.pk).update(actions=["break_glass.open"])
    holder = holder_of_token(token, TODAY)
    assert holder.actions == frozenset()
    with pytest.raises(Refused):
        open_break_glass(type(admin)(holder, NOW), "R1", "患者昏迷送来，需要查用药与过敏史")


def test_an_action_that_the_role_does_not_have_cannot_be_given(admin):
    foreign = next(name for name, action in ACTIONS.items() if "county_specialist" not in action.at)
    with pytest.raises(Refused):
        make(admin, actions=[foreign])


@pytest.mark.parametrize("expires", [TODAY, TODAY - timedelta(days=1), TODAY + timedelta(days=367), date(9999, 12, 31)])
def test_no_service_account_is_for_ever(admin, expires):
    with pytest.raises(Refused):
        make(admin, expires=expires)


def test_the_day_of_the_last_use_is_kept(admin):
    _account, token = make(admin)
    for day in (TODAY, TODAY + timedelta(days=3)):
        holder_of_token(token, day)
        assert ServiceToken.objects.get().last_used == day


def test_the_pages_make_show_and_end_it(admin):
    client = Client()
    client.force_login(User.objects.get(username="admin"), backend="django.contrib.auth.backends.ModelBackend")
    assert "以哪个角色访问" in client.get("/accounts/services/new/").content.decode()
    form = {"name": "检验系统", "slug": "lab", "unit": "县第一医院", "expires": "2026-12-31",
            "actions": ["residents.search"]}  # fmt: skip
    address = "/accounts/services/new/?role=county_specialist"
    wrong = client.post(address, {**form, "actions": ["accounts.manage"], "expires": "2030-01-01"})
    assert wrong.status_code == 422
    made = client.post(address, form)
    token = re.search(r"ocmc_[A-Za-z0-9_-]{43}", made.content.decode())[0]
    assert holder_of_token(token, TODAY).name == "检验系统"
    page = client.get("/accounts/services/of/lab/").content.decode()
    assert token not in page
    assert token[:10] in page
    changed = {"do": "change", "expires": "2026-06-30", "actions": ["residents.view"]}
    assert client.post("/accounts/services/of/lab/", changed).status_code == 302
    assert holder_of_token(token, TODAY).actions == {"residents.view"}
    client.post("/accounts/services/of/lab/", {"do": "revoke", "prefix": token[:10]})
    assert holder_of_token(token, TODAY) is None


def test_only_the_system_administrator_opens_service_accounts(admin):
    person("yuan", "township_manager", "T1")
    with pytest.raises(Refused):
        make(actor_of("yuan"))
