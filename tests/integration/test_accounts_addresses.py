"""Every address with every role: it works or it is refused, it never fails, and a refusal shows nothing of what it hides."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from people_of_a_county import FAST, NOW, demonstration_people, make_network, person

from opencmc.apps.access.api import ACTIONS, ROLES, Holder, may
from opencmc.apps.accounts.models import BreakGlass, ServiceAccount

#: Open before sign-in, each with its reason. Nothing else may be.
OPEN = {
    "/sign-in/": "the way in",
    "/sign-in/demonstration/": "the way in of a demonstration; 404 elsewhere",
    "/language/": "the sign-in page can be read in English",
    "/api/v1/": "which addresses the interface has",
    "/api/v1/openapi.json": "what the interface is, not what it holds",
    "/api/v1/docs": "the same for people",
    "/problems/<slug:kind>": "what an error of the interface means",
}
SECRET = "不该看见的名字"


def addresses(patterns=None, prefix="/"):
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def filled(route: str) -> str:
    """A route with something in its places: the secret account, and otherwise what is not there."""
    known = {"username": "secret", "slug": "secret-his", "indicator": "m24_07", "entry_id": "budget.overrun_bearer"}

    def value(place: re.Match) -> str:
        kind, _colon, name = place[1].rpartition(":")
        return known.get(
            name, "7" if kind == "int" else "00000000-0000-0000-0000-000000000007" if kind == "uuid" else "7"
        )

    return re.sub(r"<([^>]+)>", value, route)


@pytest.fixture
def county(db, settings, monkeypatch, tmp_path):
    settings.PASSWORD_HASHERS = FAST
    settings.OPENCMC_HOME = tmp_path
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    make_network()
    names = demonstration_people()
    person("nobody")
    person("secret", "village_doctor", "V3", name=SECRET)
    ServiceAccount.objects.create(
        slug="secret-his", name=SECRET, role="county_specialist", unit_kind="institution", unit_id="H2", actions=[],
        expires="2026-12-31", made_at=NOW, made_by="x",
    )  # fmt: skip
    BreakGlass.objects.create(
        pk=7, resident_id="R-secret", about=SECRET, holder="secret", holder_name=SECRET, role="village_doctor",
        unit_kind="institution", unit_id="V3", reason=SECRET, at=NOW, until=NOW.replace(hour=5),
    )  # fmt: skip
    return names


def client_of(name: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_list_of_open_addresses_is_complete(county):
    open_ = set()
    for route in addresses():
        for method in ("get", "post", "put", "delete"):
            response = getattr(Client(raise_request_exception=False), method)(filled(route))
            if response.status_code < 400 and not response.get("Location", "").startswith("/sign-in/"):
                open_.add(route)
    assert open_ - set(OPEN) == set()


def test_every_address_with_every_role_works_or_is_refused(county):
    wrong, refused, seen = [], 0, 0
    for name in [*county, "nobody"]:
        client = client_of(name)
        for route in addresses():
            response = client.get(filled(route))
            if response.status_code == 403:
                refused += 1
                if SECRET in response.content.decode(errors="replace"):
                    wrong.append((name, route, "a refusal that tells"))
            elif response.status_code not in {200, 302, 400, 404, 405, 409, 410, 422, 503}:
                wrong.append((name, route, response.status_code))
            else:
                seen += response.status_code == 200
    assert wrong == []
    assert refused > 100
    assert seen > 100


def test_without_a_post_only_the_own_account_opens(county):
    client = client_of("nobody")
    open_ = [route for route in addresses() if client.get(filled(route)).status_code == 200]
    assert [route for route in open_ if route not in OPEN and not route.startswith("/me/")] == []


def test_who_may_see_the_secret_account_is_decided_by_the_table_alone(county):
    for name in county:
        role = name.removeprefix("a_")
        answers = {
            address: client_of(name).get(address)
            for address in ("/accounts/of/secret/", "/accounts/services/of/secret-his/", "/break-glass/of/7/")
        }
        shows = {address for address, answer in answers.items() if SECRET in answer.content.decode()}
        expected = set()
        if role == "system_administrator":
            expected = {"/accounts/of/secret/", "/accounts/services/of/secret-his/"}
        elif role == "supervisor":
            expected = {"/break-glass/of/7/"}
        assert shows == expected, role


#: Address, what stands there, and the action that it takes.
BUTTONS = (
    ("/me/", 'href="/accounts/"', "accounts.manage"),
    ("/accounts/", 'href="/accounts/services/"', "accounts.service"),
    ("/accounts/", 'href="/break-glass/"', "break_glass.review"),
    ("/accounts/", 'href="/accounts/new/"', "accounts.manage"),
)


@pytest.mark.parametrize(("address", "button", "action"), BUTTONS)
def test_a_button_is_there_exactly_when_its_action_is_allowed(county, address, button, action):
    shown, hidden = set(), set()
    for name in county:
        response = client_of(name).get(address)
        if response.status_code == 200:
            (shown if button in response.content.decode() else hidden).add(name.removeprefix("a_"))
    allowed = {role for role in ROLES if may(Holder("x", "x", role, "institution", "T1"), action)}
    assert shown == (shown | hidden) & allowed
    assert shown
    assert action in ACTIONS
