# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The setup endpoint where releases differ, or where nothing is documented: each way of the platform's, and the way without it."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from connections import (
    OWN,
    api_records,
    assert_configured,
    attempt,
    call,
    configure,
    endpoint_api,
    install_endpoint,
    one,
)
from endpoint_calls import NONCE, update
from support import API_TOKEN, run_task

from sandbox import Sandbox
from sandbox.web import Request, Response

SWITCHES = [
    ("token_provider_id", "needed"),
    ("last_error_message", "scoped"),
    ("redirect_methods", "absent"),
    ("element_access", "field_only"),
    ("dot_walked_access", "not_asked"),
    ("builder_access", "refused"),
    ("operation_live", "late"),
]


@pytest.mark.parametrize(("switch", "word"), SWITCHES)
def test_a_set_up_is_complete_whichever_way_the_platform_goes(sandbox: Sandbox, switch: str, word: str) -> None:
    sandbox.control.behaviour({f"servicenow.{switch}": word})
    install_endpoint(sandbox)
    result = configure(route="endpoint", get_token=True, test_path="/directories")
    assert (result["changed"], result["token"]["status"], result["test"]["ok"]) == (True, "present", True)
    assert_configured(sandbox)
    again = configure(route="endpoint", get_token=True, test_path="/directories")
    assert not again["changed"]


def test_where_the_builder_refuses_for_rights_the_records_are_written_one_by_one(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"servicenow.builder_access": "refused"})
    install_endpoint(sandbox)
    (warning,) = configure(route="endpoint")["warnings"]
    assert "Insufficient rights" in warning
    requests = [(entry["method"], entry["path"]) for entry in sandbox.control.requests()]
    asked = [path.rpartition("/")[2] for _method, path in requests if not path.startswith("/api/now/")]
    assert asked == ["state", "configure", "update"]
    # Beside the endpoint's operations, the instance is only read.
    assert {method for method, path in requests if path.startswith("/api/now/")} == {"GET"}
    assert_configured(sandbox)


def test_where_the_builder_refuses_and_only_its_form_stores_an_input_the_reason_is_told(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"servicenow.builder_access": "refused"})
    install_endpoint(sandbox)
    (template,) = [
        row for row in sandbox.control.records("acmedev", "sys_alias_templates") if "Qualtrics" in row["name"]
    ]
    schema = template["dynamic_data_schema"].replace('"additional_fields": []', "")
    assert schema
    sandbox.control.put(
        "acmedev",
        "sys_alias_templates",
        template["sys_id"],
        {
            "dynamic_data_schema": schema.rstrip().rstrip("}")
            + ', "additional_fields": [{"name": "region", "label": "Region", "type": "text"}]}'
        },
    )
    result = attempt(route="endpoint", attributes={"Region": "eu"})
    assert "connection builder did not make a connection" in result["msg"]


@pytest.mark.parametrize("word", ["everywhere", "scoped"])
def test_a_refused_write_says_so_whether_or_not_the_platform_tells_why(sandbox: Sandbox, word: str) -> None:
    sandbox.control.behaviour({"servicenow.last_error_message": word})
    path = install_endpoint(sandbox)
    configure()
    values = {
        "collection": "http_connection",
        "active": "true",
        "abort_action": "true",
        "action_update": "true",
        "name": "Stop",
    }
    sandbox.control.put("acmedev", "sys_script", "a" * 32, values)
    answer = update(
        sandbox,
        path,
        {
            "table": "http_connection",
            "action": "update",
            "sys_id": one(sandbox, "http_connection")["sys_id"],
            "values": {"name": "x"},
        },
    )
    assert answer.status_code == 409
    assert "The instance refused to change http_connection: " in answer.json()["error"]["message"]


class Redirecting:
    """A provider that sends every caller elsewhere, and keeps what it is sent."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.received: list[Request] = []

    def site(self, _host: str) -> Redirecting:
        """Itself, whoever is asked for."""
        return self

    def respond(self, request: Request) -> Response:
        """Whatever comes to the other host is an answer, whatever else a redirect."""
        self.received.append(request)
        if request.host == "collect.qualtrics.com":
            return Response.of_json(200, {"result": {}})
        return Response(self.status, b"", [("Location", f"https://collect.qualtrics.com{request.path}")])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("methods", ["present", "absent"])
def test_a_redirect_does_not_carry_the_secrets_elsewhere(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, status: int, methods: str
) -> None:
    sandbox.control.behaviour({"servicenow.redirect_methods": methods})
    path = install_endpoint(sandbox)
    configure(get_token=True)
    provider = Redirecting(status)
    monkeypatch.setattr(sandbox.world, "cloud", provider)
    headers = {"X-API-TOKEN": "x_api_token"}
    document = {
        "nonce": NONCE,
        "connection_sys_id": one(sandbox, "http_connection")["sys_id"],
        "path": "/directories",
        "headers": headers,
    }
    answer = call(sandbox, f"{path}/test", document).json()["result"]
    sent_on = [request for request in provider.received if request.host == "collect.qualtrics.com"]
    if methods == "present":
        assert (answer["http_status"], sent_on) == (str(status), [])
    else:
        assert sent_on[0].headers["x-api-token"] == API_TOKEN, "which is what the methods are for"


LABELS: list[dict[str, str]] = [
    {"column_label": ""},
    {"column_label": "", "label": "X-API-TOKEN"},
    {"column_label": "X-API-TOKEN", "label": "other"},
]


@pytest.mark.parametrize("labels", LABELS)
def test_the_header_goes_along_wherever_its_name_stands(sandbox: Sandbox, labels: dict[str, str]) -> None:
    install_endpoint(sandbox)
    configure(get_token=True)
    (definition,) = [
        row for row in sandbox.control.records("acmedev", "connection_attributes") if row["element"] == "x_api_token"
    ]
    sandbox.control.put("acmedev", "connection_attributes", definition["sys_id"], labels)
    assert configure(test_path="/directories")["test"] == {"ok": True, "http_status": 200, "error": ""}
    sandbox.control.put(
        "acmedev", "sys_variable_value", one(sandbox, "sys_variable_value")["sys_id"], {"value": "sandbox-wrong-fake"}
    )
    wrong = attempt(True, test_path="/directories")
    assert not wrong["test"]["ok"]


def test_a_call_without_a_header_that_the_form_asks_for_proves_nothing(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    configure(get_token=True)
    sandbox.control.put("acmedev", "sys_variable_value", one(sandbox, "sys_variable_value")["sys_id"], {"value": ""})
    result: dict[str, Any] = attempt(True, test_path="/directories")
    assert not result["test"]["ok"]
    assert "no value for X-API-TOKEN" in result["test"]["error"]
    assert result["failed"]
    assert attempt(test_path="/directories")["test"]["ok"]


@pytest.mark.parametrize("operation", ["token", "test"])
def test_a_token_and_a_test_call_leave_a_line_in_the_log(sandbox: Sandbox, operation: str) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    before = len(sandbox.control.log("acmedev"))
    call(
        sandbox,
        f"{path}/{operation}",
        {"nonce": NONCE, "connection_sys_id": one(sandbox, "http_connection")["sys_id"], "path": "/directories"},
    )
    (line,) = [line["message"] for line in sandbox.control.log("acmedev")[before:]]
    expected = {
        "token": ("get a token for credential", "oauth_2_0_credentials"),
        "test": ("test connection", "http_connection"),
    }[operation]
    assert line == f"Spoke Connection Setup: {expected[0]} {one(sandbox, expected[1])['sys_id']}"


def installed(sandbox: Sandbox) -> list[dict[str, str]]:
    """The records of the setup endpoint, but for what differs between any two."""
    rows = chain(*api_records(sandbox).values())
    return [{name: value for name, value in row.items() if name not in OWN or name == "sys_id"} for row in rows]


def test_what_is_put_there_for_tests_is_what_an_installation_leaves(sandbox: Sandbox) -> None:
    path = run_task("snow_scripted_rest_api", endpoint_api())["base_path"]
    left = installed(sandbox)
    # The first may be an installation, the second is none.
    for _number in range(2):
        sandbox.control.reset()
        assert install_endpoint(sandbox) == path
        assert installed(sandbox) == left
    assert sandbox.control.requests() == []
