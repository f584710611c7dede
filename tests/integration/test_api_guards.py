"""Nobody passes the interface by: every operation asks who, and what they may, and answers in problems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from api_county import County, make_county
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone

from opencmc.apps.access.api import ACTIONS, ROLES
from opencmc.apps.accounts.models import ServiceAccount, ServiceToken
from opencmc.apps.audit.models import AuditLine
from opencmc.web.api import limits, sql
from opencmc.web.api.describing import schema
from opencmc.web.api.guard import Area, Guard
from opencmc.web.api.interface import api
from opencmc.web.api.problems import CONTENT_TYPE, KINDS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _full_buckets(settings: Any) -> None:
    settings.API_FAILURES_A_MINUTE = 100_000
    limits.callers.clear()
    limits.failures.clear()


@pytest.fixture
def county() -> County:
    return make_county()


def operations() -> Iterator[tuple[str, str, Guard]]:
    """(method, address with numbers filled in, guard) of everything that is registered."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                filled = "".join(part.partition("}")[2] if "}" in part else part for part in (prefix + path).split("{"))
                address = filled.replace("//", "/1/")
                address += "1" if address.endswith("/") else ""
                for method in operation.methods:
                    yield method, address, operation.auth_param


ALL = list(operations())


def ask(method: str, address: str, token: str | None, **headers: str) -> Any:
    given = {"Idempotency-Key": "k", "If-Match": '"1"', **headers}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    content = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
    return Client().generic(method, f"/api/v1{address}", headers=given, **content)


def problem(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == CONTENT_TYPE
    said = json.loads(answer.content)
    assert said["status"] == answer.status_code
    assert KINDS[said["type"].removeprefix("/problems/")].status == answer.status_code
    return said


def test_every_operation_has_a_guard_and_they_are_as_many_as_the_description_says():
    described = sum(len(item) for item in schema()["paths"].values())
    assert len(ALL) == described >= 25
    assert all(isinstance(guard, Guard) for _method, _address, guard in ALL)


@pytest.mark.parametrize("token", [None, "", "ocmc_" + "x" * 43, "Basic", "ocmc_短", "a\tb"])
def test_without_a_token_and_with_a_forged_one_every_operation_answers_401(county, token):
    for method, address, _guard in ALL:
        answer = ask(method, address, token)
        assert answer.status_code == 401, (method, address)
        problem(answer)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_and_a_revoked_token_and_a_blocked_account_open_nothing(county):
    over = {name: county.token("township_doctor", "T1") for name in ("expired", "revoked", "blocked", "until")}
    for token in over.values():  # each was good a moment ago, and is remembered
        assert ask("GET", "/tasks", token).status_code == 200
    rows = dict(zip(over, ServiceToken.objects.order_by("pk"), strict=True))
    ServiceAccount.objects.filter(tokens=rows["expired"]).update(expires=county.today)
    ServiceAccount.objects.filter(tokens=rows["blocked"]).update(blocked_at=timezone.now())
    ServiceToken.objects.filter(pk=rows["revoked"].pk).update(revoked_at=timezone.now())
    ServiceToken.objects.filter(pk=rows["until"].pk).update(until=county.today - timedelta(days=1))
    for method, address, _guard in ALL:
        for token in over.values():
            assert ask(method, address, token).status_code == 401, (method, address)


def test_a_role_without_the_right_is_refused_with_the_rule_and_who_may(county):
    tokens: dict[str, str] = {}
    for method, address, guard in ALL:
        roles = [role for role in ROLES if role not in ACTIONS[guard.action].at]
        if not roles:
            continue  # everybody may: the next test takes the right away
        role = roles[0]
        if role not in tokens:
            tokens[role] = county.token(role, "" if "county" in ROLES[role].held_at else "H1")
        answer = ask(method, address, tokens[role])
        assert answer.status_code == 403, (method, address, answer.content.decode())
        said = problem(answer)
        assert str(ACTIONS[guard.action].label) in said["rule"] or guard.action in said["rule"]
        assert said["possible_when"]


def test_a_service_account_does_nothing_beyond_the_actions_that_were_ticked(county):
    only = county.token("township_doctor", "T1", actions=["figures.view"])
    for method, address, guard in ALL:
        assert ask(method, address, only).status_code == 403, (method, address, guard.action)


def test_an_operation_without_an_action_cannot_be_registered():
    area = Area()
    with pytest.raises(TypeError, match="action"):
        area.get("/free")(lambda request: None)
    with pytest.raises(ValueError, match="no action"):
        area.operation("GET", "/x", action="everything.view", response=dict, summary="x")


def test_a_changed_account_and_a_reorganised_network_hold_with_the_next_request(county):
    from opencmc.apps.network.models import Attachment

    token = county.token("township_doctor", "T1")
    assert len(ask("GET", "/people", token).json()["items"]) == 3
    Attachment.objects.filter(institution_id="V1").delete()
    assert ask("GET", "/people", token).json()["items"] == []
    ServiceAccount.objects.update(actions=["tasks.view"])
    assert ask("GET", "/people", token).status_code == 403


def test_a_wrong_address_and_a_wrong_method_are_problems(county):
    assert problem(Client().get("/api/v1/nothing/here"))["type"] == "/problems/not-found"
    wrong = Client().delete("/api/v1/tasks")
    assert problem(wrong)["type"] == "/problems/method"
    assert set(wrong["Allow"].split(", ")) >= {"GET", "POST"}


def test_a_misspelt_parameter_and_an_unknown_field_are_refused(county):
    token = county.token("township_doctor", "T1")
    misspelt = problem(ask("GET", "/tasks?institution=V1", token))
    assert misspelt["errors"][0]["parameter"] == "institution"
    unknown = county.ask(
        token, "POST", "/tasks/1/postpone", {"due": "2026-03-01", "reason": "x", "dueu": 1}, If_Match='"1"'
    )
    assert problem(unknown)["errors"][0]["pointer"] == "/dueu"


def test_what_is_too_large_or_no_json_is_told_apart(county):
    token = county.token("township_doctor", "T1")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}

    def post(data: str, kind: str = "application/json") -> str:
        return problem(Client().generic("POST", "/api/v1/tasks", data, content_type=kind, headers=headers))["type"]

    assert post("x" * 70_000) == "/problems/too-large"
    assert post("{") == "/problems/malformed"
    assert post("a=1", "application/x-www-form-urlencoded") == "/problems/media-type"
    assert post("[]") == "/problems/invalid"
    assert post('{"kind":"' + "9" * 6000 + '"}') == "/problems/invalid"
    assert post("9" * 6000) == "/problems/malformed"


def test_characters_that_no_database_takes_are_refused_at_the_door(county):
    token = county.token("township_doctor", "T1")
    bad = {"kind": "other", "item": "a\0b", "label": "\ud800", "resident_id": "x", "institution_id": "V1",
           "due": "2026-03-01", "source": "s", "source_key": "k"}  # fmt: skip
    said = problem(county.ask(token, "POST", "/tasks", bad))
    assert {error["pointer"] for error in said["errors"]} == {"/item", "/label"}
    assert county.ask(token, "GET", "/people/a%00b").status_code == 422
    assert county.ask(token, "GET", f"/tasks/{2**70}").status_code == 422
    assert county.ask(token, "GET", "/tasks?after=WyIxMCIsIDFd").status_code == 422
    assert county.ask(token, "GET", "/tasks?after=%F0%9F%98%80").status_code == 422


def test_too_many_requests_are_held_and_told_when_to_go_on(county, settings):
    settings.API_RATE, settings.API_BURST = 1, 3
    token = county.token("township_doctor", "T1")
    limits.callers.clear()
    answers = [ask("GET", "/notices", token) for _ in range(5)]
    assert [a.status_code for a in answers].count(200) == 3
    assert problem(answers[-1])["type"] == "/problems/too-many"
    assert int(answers[-1]["Retry-After"]) >= 1
    other = county.token("township_doctor", "T2")
    assert ask("GET", "/notices", other).status_code == 200


def test_guessing_tokens_is_slow(county, settings):
    settings.API_FAILURES_A_MINUTE = 5
    limits.failures.clear()
    forged = [ask("GET", "/me", "ocmc_" + "x" * 43).status_code for _ in range(8)]
    assert forged == [401] * 5 + [429] * 3


def test_a_refused_write_leaves_a_line(county):
    token = county.token("township_doctor", "T1")
    out = {"kind": "other", "item": "x", "label": "x", "resident_id": "x", "institution_id": "V2", "due": "2026-03-01",
           "source": "s", "source_key": "k"}  # fmt: skip
    assert county.ask(token, "POST", "/tasks", out).status_code == 403
    line = AuditLine.objects.order_by("-at", "-id").first()
    assert line.action == "tasks.do"
    assert line.reason.startswith("refused:")


def test_a_database_that_is_busy_is_a_problem_that_says_to_come_again(county, monkeypatch):
    from opencmc.web.api import own

    def busy(*_given: Any) -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setattr(own.notices, "notices_of", busy)
    answer = ask("GET", "/notices", county.token("township_doctor", "T1"))
    assert problem(answer)["type"] == "/problems/busy"
    assert answer["Retry-After"]


def test_a_connection_that_was_cut_is_opened_anew_without_an_error(county, monkeypatch):
    if not sql.is_postgresql():
        pytest.skip("only a server can cut a connection")
    asked: list[int] = []
    send = sql.rows

    def cut_once(statement: str, values: Any) -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return send(statement, values)

    monkeypatch.setattr(sql, "rows", cut_once)
    monkeypatch.setattr(connections["default"], "in_atomic_block", False)
    monkeypatch.setattr(connections["default"], "close", lambda: None)
    assert sql.first_rows("SELECT 1", ()) == [(1,)]
    assert len(asked) == 2
