# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The proof that a connection works: the spoke's own action, the token, the test call, and which of the form's seven values is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from connections import MODULE, attempt, configure, install_endpoint, look_up_directories, one
from support import OTHER_SECRET, leaks, qualtrics_connection, run_task

from sandbox import Sandbox

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
    assert [entry["directoryId"] for entry in found["answer"]["result"]["elements"]] == [
        "POOL_0000000acmefake",
        "POOL_0000001acmefake",
    ]


@pytest.mark.parametrize("value", SEVEN)
def test_a_wrong_value_breaks_the_action_and_the_check_names_it(sandbox: Sandbox, value: str) -> None:
    install_endpoint(sandbox)
    sandbox.control.behaviour({"servicenow.first_token": "by_itself"})
    alias = configure(get_token=True)["alias"]["sys_id"]
    spoil(sandbox, value)
    found = look_up_directories(sandbox, alias)
    assert (found["http_status"] == 200) == (value in LABELS), found
    # Another organization's address would be refused as a foreign connection's.
    checked = run_task(
        MODULE, qualtrics_connection(test_path="/directories", replace_foreign_connection=True), check_mode=True
    )
    assert checked["changed"]
    differing = [
        f"{step['table']}.{name} ({step['role']})"
        for step in checked["records"]
        for name in step["after"]
        if step["action"] == "update"
    ]
    assert [entry for entry in differing if entry.startswith(FIELDS[value])], differing
    assert bool(checked.get("failed")) == (value not in LABELS)
    if checked.get("failed"):
        assert FIELDS[value] in checked["msg"]
        assert checked["test"]["error"] in checked["msg"]
    repaired = configure(get_token=True, test_path="/directories", replace_foreign_connection=True)
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
def test_a_refused_token_fails_the_task_with_what_the_provider_said(
    sandbox: Sandbox, changes: dict[str, Any], advice: str
) -> None:
    install_endpoint(sandbox)
    wrong = dict(qualtrics_connection()["oauth"], **changes)
    result = attempt(get_token=True, oauth=wrong)
    assert result["failed"]
    assert result["error"]["kind"] == "provider_refused"
    assert advice in result["error"]["advice"]
    assert result["error"]["why"]
    assert result["token"] == {"status": "absent", "expires": None}
    assert result["changed"]
    assert leaks(str(result), (OTHER_SECRET,)) == []
    again = configure(get_token=True, test_path="/directories")
    assert again["token"]["status"] == "present"


def test_a_token_older_than_the_registry_is_fetched_again_even_if_the_run_that_changed_it_failed(
    sandbox: Sandbox,
) -> None:
    install_endpoint(sandbox)
    configure(get_token=True)
    sandbox.control.clock(5)
    sandbox.control.fault("status", status=503, path="/oauth2/token$")
    rotated = dict(qualtrics_connection()["oauth"], token_url="https://fra1.qualtrics.com/oauth2/token/")
    failed = attempt(get_token=True, oauth=rotated)
    assert failed["error"]["kind"] == "provider_refused"
    sandbox.control.clear_faults()
    again = configure(get_token=True)
    assert again["token"]["status"] == "present"
    assert not configure(get_token=True)["changed"]


def test_without_the_endpoint_the_token_is_a_step_for_a_person(sandbox: Sandbox) -> None:
    result = configure(get_token=True, test_path="/directories")
    assert result["needs_manual_step"]
    (step,) = result["manual_steps"]
    assert (step["step"], step["what"]) == ("token", "Get the OAuth token")
    assert "press Get OAuth Token under Related Links" in step["how"]
    assert step["url"].startswith("https://acmedev.service-now.com/nav_to.do?uri=oauth_2_0_credentials.do")


def with_token(sandbox: Sandbox) -> None:
    """A configured instance whose token is some time old."""
    install_endpoint(sandbox)
    configure(get_token=True)
    sandbox.control.clock(30)


CHANGES: dict[str, dict[str, Any]] = {
    "client": {"client_id": "5a4d000000000000000000000000fa4e"},
    "secret": {"client_secret": OTHER_SECRET},
    "token URL": {"token_url": "https://fra1.qualtrics.com/oauth2/token/"},
    "scopes": {"scopes": ["read:users"]},
}


@pytest.mark.parametrize("route", ["records", "endpoint"])
@pytest.mark.parametrize("changed", CHANGES)
def test_a_token_stays_outdated_until_a_new_one_is_fetched(sandbox: Sandbox, changed: str, route: str) -> None:
    with_token(sandbox)
    options = {
        "route": route,
        "update_secret": "on_change",
        "oauth": dict(qualtrics_connection()["oauth"], **CHANGES[changed]),
    }
    foretold = configure(check_mode=True, **options)
    first = configure(**options)
    assert (foretold["token"], foretold["diff"]) == (first["token"], first["diff"])
    for result in (first, configure(**options)):
        assert result["token"]["status"] == "outdated"
        assert [step["what"] for step in result["manual_steps"]] == ["Get the OAuth token"]
    sandbox.control.clock(60)
    click = configure(route="endpoint", get_token=True, update_secret="on_change")
    assert (click["changed"], click["token"]["status"]) == (True, "present")
    assert not configure(route="endpoint", get_token=True, update_secret="on_change")["changed"]


def test_other_scopes_are_proved_with_a_token_of_their_own(sandbox: Sandbox) -> None:
    with_token(sandbox)
    unknown = dict(qualtrics_connection()["oauth"], scopes=["write:everything"])
    for _run in range(2):
        result = attempt(get_token=True, test_path="/directories", oauth=unknown)
        assert result["error"]["kind"] == "provider_refused"
        assert "oauth.scopes" in result["error"]["advice"]


@pytest.mark.parametrize("route", ["records", "endpoint"])
def test_an_edit_that_has_nothing_to_do_with_tokens_outdates_none(sandbox: Sandbox, route: str) -> None:
    with_token(sandbox)
    registry = one(sandbox, "oauth_entity")
    values = {"comments": registry["comments"] + "\nseen by an auditor", "sys_updated_on": "2030-01-01 00:00:00"}
    sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], values)
    result = configure(route=route, get_token=True)
    assert (result["changed"], result["token"]["status"]) == (False, "present")


@pytest.mark.parametrize(
    ("spoiled", "advice"),
    [
        ({"secret_attributes": {"X-API-TOKEN": OTHER_TOKEN}}, "Correct X-API-TOKEN in secret_attributes"),
        ({"connection": {"name": "Qualtrics", "url": "https://globex.qualtrics.com/API/v3"}}, "connection.url"),
        ({"connection": {"name": "Qualtrics", "url": "https://acme.qualtrics.com/API/v4"}}, "connection.url"),
        (
            {"oauth": dict(qualtrics_connection()["oauth"], token_url="https://iad1.qualtrics.com/oauth2/token")},
            "oauth.token_url",
        ),
        ({"oauth": dict(qualtrics_connection()["oauth"], client_secret=OTHER_SECRET)}, "oauth.client_secret"),
    ],
)
def test_the_advice_names_the_option_that_is_wrong(sandbox: Sandbox, spoiled: dict[str, Any], advice: str) -> None:
    install_endpoint(sandbox)
    for _run in range(2):
        result = attempt(get_token=True, test_path="/directories", **spoiled)
        assert result["error"]["kind"] == "provider_refused"
        assert advice in result["error"]["advice"]


def test_in_check_mode_a_missing_token_alone_is_foretold_and_nothing_is_called(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    configure()
    result = configure(check_mode=True, get_token=True, test_path="/directories")
    assert (result["changed"], result.get("test")) == (True, None)
    assert configure(get_token=True, test_path="/directories")["diff"] == result["diff"]
