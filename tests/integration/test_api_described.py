"""The interface does what its description says, whatever is sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from api_county import County, make_county
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from opencmc.web.api import limits
from opencmc.web.api.describing import schema, schema_text
from opencmc.web.api.problems import KINDS

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection,
]  # fmt: skip
METHODS = {"get", "post", "patch", "put", "delete"}
OPERATIONS = [(path, method) for path, item in schema()["paths"].items() for method in item if method in METHODS]
#: A role that may do each: the widest first.
ROLES = ("township_manager", "township_doctor", "supervisor", "system_administrator")


@pytest.fixture
def county(db: Any, settings: Any) -> Iterator[County]:
    settings.API_RATE = settings.API_BURST = 1_000_000
    limits.callers.clear()
    signals = (request_started, request_finished)
    for signal in signals:  # as the test client does: the test's transaction lives on the connection
        signal.disconnect(close_old_connections)
    yield make_county()
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_nothing_that_is_sent_is_ever_answered_with_a_fault_or_outside_the_description(
    county: County, path: str, method: str, settings: Any
) -> None:
    from opencmc.apps.access.api import NEVER_BY_SERVICE
    from opencmc.web.wsgi import application

    operation = schemathesis.openapi.from_dict(schema())[path][method.upper()]
    right = operation.definition.raw["description"].rpartition("权限：`")[2].partition("`")[0]
    role = next(role for role in ROLES if _may(role, right))
    if right in NEVER_BY_SERVICE:
        client = Client()
        client.force_login(county.person("manager", role, "T1"))
        headers = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
        headers |= {"Cookie": headers["Cookie"] + "; csrftoken=" + "a" * 32, "X-CSRFToken": "a" * 32}
    else:
        unit = "" if role in {"supervisor", "system_administrator"} else "T1"
        headers = {"Authorization": f"Bearer {county.token(role, unit)}"}
    real = {"resident_id": county.people[0], "task_id": county.tasks[0], "institution_id": "T1"}

    @given(data=st.data())
    @_settings
    def ask(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        known = {name: value for name, value in real.items() if name in case.path_parameters}
        if mode is GenerationMode.POSITIVE and known and data.draw(st.booleans()):
            case.path_parameters.update(known)
        response = case.call(app=application, headers=headers)
        case.validate_response(response, checks=CHECKS, headers=headers)

    ask()


_settings = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)  # fmt: skip


def _may(role: str, right: str) -> bool:
    from opencmc.apps.access.api import ACTIONS

    return role in ACTIONS[right].at


def test_the_description_in_the_documents_is_the_one_that_is_served(repository: Path) -> None:
    """``python tools/generate_openapi.py`` writes it anew."""
    assert (repository / "docs" / "openapi.json").read_text("utf-8") == schema_text()
    assert Client().get("/api/v1/openapi.json").json() == schema()


def test_examples_in_the_description_are_of_the_form_that_it_describes() -> None:
    import jsonschema_rs

    document = schema()
    for path, method in OPERATIONS:
        found = document["paths"][path][method]
        places = [found.get("requestBody", {}), *(r for s, r in found["responses"].items() if s in {"200", "201"})]
        for place in places:
            content = place.get("content", {}).get("application/json", {})
            if "example" in content:
                form = {**content["schema"], "components": document["components"]}
                errors = jsonschema_rs.Draft202012Validator(form).iter_errors(content["example"])
                assert [f"{path}: {error.message}" for error in errors] == []


@pytest.mark.django_db
def test_the_page_of_the_interface_names_every_operation_and_every_problem_without_a_script() -> None:
    county = make_county()
    browser = Client()
    browser.force_login(county.person("reader", "township_doctor", "T1"))
    page = browser.get("/api/v1/docs").content.decode()
    for path, method in OPERATIONS:
        assert f'<code class="api-address">{path}</code>' in page, (method, path)
    for kind in KINDS:
        assert f'id="problem-{kind}"' in page
    assert "style=" not in page
    assert page.count("<script") == browser.get("/notices/").content.decode().count("<script")
    assert browser.get("/problems/refused")["Location"] == "/api/v1/docs#problem-refused"


def test_the_page_asks_for_sign_in(db: Any) -> None:
    assert Client().get("/api/v1/docs").status_code == 302


def test_what_is_described_can_be_read_as_json_schema() -> None:
    json.dumps(schema())
    assert schema()["openapi"].startswith("3.")
    assert set(schema()["components"]["securitySchemes"]) == {"token", "session"}
