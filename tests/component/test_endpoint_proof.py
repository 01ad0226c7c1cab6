# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The proof that a connection works: the spoke's own action, the token, the test call, and which of the form's seven values is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from connections import MODULE, configure, install_endpoint, look_up_directories, one
from sandbox import Sandbox
from support import OTHER_SECRET, leaks, qualtrics_connection, run_task

OTHER_TOKEN = "sandboxOtherToken0000000000000000000fake"
SEVEN = {
    "Connection Name": ("http_connection", {"name": "Another name"}),
    "Connection URL": ("http_connection", {"connection_url": "https://globex.qualtrics.com/API/v3"}),
    "X-API-TOKEN": ("sys_variable_value", {"value": OTHER_TOKEN}),
    "OAuth Name": ("oauth_entity", {"name": "Another OAuth name"}),
    "Client ID": ("oauth_entity", {"client_id": "5a4d000000000000000000000000fa4e"}),
    "Client Secret": ("oauth_entity", {"client_secret": OTHER_SECRET}),
    "Token URL": ("oauth_entity", {"token_url": "https://iad1.qualtrics.com/oauth2/token"}),
}
# The two names are labels for people: no call carries them, so only the comparison with the wanted values can tell.
LABELS = ("Connection Name", "OAuth Name")
FIELDS = {
    "Connection Name": "http_connection.name",
    "Connection URL": "http_connection.connection_url",
    "X-API-TOKEN": "sys_variable_value.value (attribute x_api_token)",
    "OAuth Name": "oauth_entity.name",
    "Client ID": "oauth_entity.client_id",
    "Client Secret": "oauth_entity.client_secret",
    "Token URL": "oauth_entity.token_url",
}


def spoil(sandbox: Sandbox, value: str) -> None:
    """Make one of the form's values wrong, and let the token fetched with the right ones be over."""
    table, values = SEVEN[value]
    sandbox.control.put("acmedev", table, one(sandbox, table)["sys_id"], values)
    for token in sandbox.control.records("acmedev", "oauth_credential"):
        sandbox.control.delete("acmedev", "oauth_credential", token["sys_id"])


def test_after_a_run_the_spokes_action_returns_the_brands_directories(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    alias = configure(get_token=True)["alias"]["sys_id"]
    found = look_up_directories(sandbox, alias)
    assert (found["http_status"], found["error"]) == (200, "")
    assert [entry["directoryId"] for entry in found["answer"]["result"]["elements"]] == ["POOL_0000000acmefake", "POOL_0000001acmefake"]


@pytest.mark.parametrize("value", SEVEN)
def test_a_wrong_value_breaks_the_action_and_the_check_names_it(sandbox: Sandbox, value: str) -> None:
    install_endpoint(sandbox)
    sandbox.control.behaviour({"servicenow.first_token": "by_itself"})
    alias = configure(get_token=True)["alias"]["sys_id"]
    spoil(sandbox, value)
    found = look_up_directories(sandbox, alias)
    assert (found["http_status"] == 200) == (value in LABELS), found
    checked = run_task(MODULE, qualtrics_connection(test_path="/directories"), check_mode=True)
    assert checked["changed"]
    differing = [
        f"{step['table']}.{name} ({step['role']})" for step in checked["records"] for name in step["after"] if step["action"] == "update"
    ]
    assert [entry for entry in differing if entry.startswith(FIELDS[value])], differing
    assert bool(checked.get("failed")) == (value not in LABELS)
    if checked.get("failed"):
        assert FIELDS[value] in checked["msg"]
        assert checked["test"]["error"] in checked["msg"]
    repaired = configure(get_token=True, test_path="/directories")
    assert (repaired["changed"], repaired["test"]) == (True, {"ok": True, "http_status": 200, "error": ""})
    assert look_up_directories(sandbox, alias)["http_status"] == 200


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"client_secret": OTHER_SECRET}, "oauth.client_secret"),
        ({"client_id": "5a4d000000000000000000000000fa4e"}, "oauth.client_id"),
        ({"scopes": ["write:everything"]}, "oauth.scopes"),
        ({"token_url": "https://fra1.qualtrics.com/oauth2/nowhere"}, "oauth.token_url"),
        ({"token_url": "https://unknown.example/oauth2/token"}, "oauth.token_url"),
    ],
)
def test_a_refused_token_fails_the_task_with_what_the_provider_said(sandbox: Sandbox, changes: dict[str, Any], advice: str) -> None:
    install_endpoint(sandbox)
    wrong = dict(qualtrics_connection()["oauth"], **changes)
    result = run_task(MODULE, qualtrics_connection(get_token=True, oauth=wrong))
    assert result["failed"]
    assert result["error"]["kind"] == "provider_refused"
    assert advice in result["error"]["advice"]
    assert result["error"]["why"]
    assert result["token"] == {"status": "absent", "expires": None}
    assert result["changed"]
    assert leaks(str(result), (OTHER_SECRET,)) == []
    again = configure(get_token=True, test_path="/directories")
    assert again["token"]["status"] == "present"


def test_a_token_older_than_the_registry_is_fetched_again_even_if_the_run_that_changed_it_failed(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    configure(get_token=True)
    sandbox.control.clock(5)
    sandbox.control.fault("status", status=503, path="/oauth2/token$")
    rotated = dict(qualtrics_connection()["oauth"], token_url="https://fra1.qualtrics.com/oauth2/token/")
    failed = run_task(MODULE, qualtrics_connection(get_token=True, oauth=rotated))
    assert failed["error"]["kind"] == "provider_refused"
    sandbox.control.clear_faults()
    again = configure(get_token=True)
    assert again["token"]["status"] == "present"
    assert not configure(get_token=True)["changed"]


def test_without_the_endpoint_the_token_is_a_step_for_a_person(sandbox: Sandbox) -> None:
    result = configure(get_token=True, test_path="/directories")
    assert result["needs_manual_step"]
    (step,) = result["manual_steps"]
    assert step["what"] == "Get the OAuth token"
    assert "press Get OAuth Token under Related Links" in step["how"]
    assert step["url"].startswith("https://acmedev.service-now.com/nav_to.do?uri=oauth_2_0_credentials.do")
