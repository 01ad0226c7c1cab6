# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""qualtrics_account_info and qualtrics_oauth_client: what they find out, prove, and explain."""

from __future__ import annotations

from typing import Any

import pytest
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, DIRECTORY, run_task

from sandbox import Sandbox

GLOBEX_TOKEN = "sandboxGlobexToken000000000000000000fake"
NO_ACCESS_TOKEN = "sandboxNoAccessToken0000000000000000fake"
READ_ONLY = {
    "client_id": "5a4d00000000000000000000004eadff",
    "client_secret": "sandboxReadOnlySecret" + "0" * 39 + "fake",
}
FOR_PEOPLE = {
    "client_id": "5a4d0000000000000000000000c0defa",
    "client_secret": "sandboxAuthorizationCodeSecret" + "0" * 30 + "fake",
}
REGISTER = "https://oauth-gateway.qualtrics.com/register"
INITIAL = "sandbox-initial-access-token-fake"


def account(**options: Any) -> dict[str, Any]:
    return run_task("qualtrics_account_info", {"api_token": API_TOKEN, **options})


def client(no_log: bool = False, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run_task("qualtrics_oauth_client", {"datacenter_id": "fra1", **options}, check_mode, no_log)


def adopted(**options: Any) -> dict[str, Any]:
    return client(**{"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **options})


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, "iad1.qualtrics.com"),
        ({"datacenter_id": "fra1"}, "fra1.qualtrics.com"),
        ({"datacenter_id": "https://FRA1.qualtrics.com/"}, "fra1.qualtrics.com"),
        ({"organization_id": "acme"}, "acme.qualtrics.com"),
    ],
)
def test_the_ids_are_found_from_wherever_it_starts(sandbox: Sandbox, options: dict[str, str], asked: str) -> None:
    result = account(**options)
    assert sandbox.control.requests()[0]["host"] == asked
    assert {
        name: result[name]
        for name in ("organization_id", "datacenter_id", "default_directory_id", "connection_url", "token_url")
    } == {
        "organization_id": "acme",
        "datacenter_id": "fra1",
        "default_directory_id": DIRECTORY,
        "connection_url": "https://acme.qualtrics.com/API/v3",
        "token_url": "https://fra1.qualtrics.com/oauth2/token",
    }
    assert [entry["directory_id"] for entry in result["directories"]] == [DIRECTORY, "POOL_0000001acmefake"]
    assert (result["changed"], result["user"]["user_id"], result.get("warnings")) == (False, "UR_sandbox0000001", [])


@pytest.mark.parametrize(
    "switches",
    [
        {"qualtrics.whoami_datacenter": False},
        {"qualtrics.last_page": "absent"},
        {"qualtrics.request_id": "empty"},
        {"qualtrics.directory_name": "null"},
        {"qualtrics.contact_count": "always"},
    ],
)
def test_optional_parts_of_answers_may_be_missing(sandbox: Sandbox, switches: dict[str, Any]) -> None:
    sandbox.control.behaviour(switches)
    assert account()["datacenter_id"] == "fra1"


@pytest.mark.parametrize(
    ("options", "kind", "parts"),
    [
        ({"api_token": None}, "input", ["api_token is not given", "QUALTRICS_API_TOKEN", "client_id"]),
        ({"api_token": API_TOKEN + "\n"}, "input", ["contains white space"]),
        (
            {"api_token": "sandboxUnknownToken"},
            "login",
            ["does not know the API token", "DCD_7", "Unrecognized X-API-TOKEN. "],
        ),
        ({"api_token": NO_ACCESS_TOKEN}, "access", ["may not use this API", "Access API"]),
        (
            {"datacenter_id": "iad1"},
            "mismatch",
            ["lives at the datacenter fra1, not at iad1", "Request proxied", "Set datacenter_id to fra1"],
        ),
        ({"datacenter_id": "fra1.example.com"}, "input", ["datacenter_id is not an id"]),
        ({"datacenter_id": "fra1/../x"}, "input", ["datacenter_id is not an id"]),
        ({"organization_id": "globex"}, "mismatch", ["belongs to the organization acme, not to globex"]),
        ({"directory_id": "POOL_none"}, "mismatch", ["has no directory POOL_none", DIRECTORY]),
        (
            {"api_token": GLOBEX_TOKEN},
            "mismatch",
            ["none of several directories", "POOL_000000globexfak (Globex east)", "directory_id"],
        ),
    ],
)
def test_what_is_wrong_with_an_account_is_explained(
    sandbox: Sandbox, options: dict[str, Any], kind: str, parts: list[str]
) -> None:
    result = account(**options)
    assert result["error"]["kind"] == kind
    assert [part for part in parts if part not in result["msg"]] == []
    assert API_TOKEN not in str(result)


def test_a_chosen_directory_is_taken_where_none_is_the_default(sandbox: Sandbox) -> None:
    assert (
        account(api_token=GLOBEX_TOKEN, directory_id="POOL_000001globexfak")["default_directory_id"]
        == "POOL_000001globexfak"
    )


def test_a_client_is_proven(sandbox: Sandbox) -> None:
    result = adopted(api_token=API_TOKEN, organization_id="acme")
    assert result["proven"]
    assert (result["organization_id"], result["datacenter_id"], result["granted_scopes"]) == (
        "acme",
        "fra1",
        ["manage:all"],
    )
    assert (result["changed"], result["token_lifetime"]) == (False, 3599)
    assert CLIENT_SECRET not in str(result)
    hosts = {entry["host"] for entry in sandbox.control.requests()}
    assert hosts == {"fra1.qualtrics.com", "acme.qualtrics.com"}


@pytest.mark.parametrize(
    "switches",
    [
        {"qualtrics.token_scope_returned": False},
        {"qualtrics.token_type": "Bearer"},
        {"qualtrics.omitted_scope": "none"},
        {"qualtrics.client_auth_in_body": False},
    ],
)
def test_disputed_token_answers_are_survived(sandbox: Sandbox, switches: dict[str, Any]) -> None:
    sandbox.control.behaviour(switches)
    assert adopted()["proven"]


@pytest.mark.parametrize(
    ("options", "kind", "parts"),
    [
        ({"client_secret": "sandbox-wrong-secret"}, "login", ["does not accept the OAuth client", "invalid_client"]),
        ({"datacenter_id": "iad1"}, "login", ["does not accept the OAuth client", "Datacenter ID"]),
        ({"datacenter_id": None}, "input", ["datacenter_id is not given"]),
        ({"organization_id": "globex"}, "mismatch", ["belongs to the organization acme, not to globex"]),
        ({"api_token": GLOBEX_TOKEN}, "mismatch", ["belongs to the organization acme, the API token to globex"]),
        (READ_ONLY, "access", ["lacks the scopes manage:all", "invalid_scope"]),
        (FOR_PEOPLE, "access", ["lacks the grant type Client Credentials", "unauthorized_client"]),
        ({"client_secret": None}, "input", ["client_id and client_secret go together"]),
        ({"token_url": "http://fra1.qualtrics.com/oauth2/token"}, "input", ["token_url has to start with https://"]),
        ({"state": "absent"}, "manual_step", ["deleted in Qualtrics by hand only", "admin/oauth-client-manager"]),
    ],
)
def test_what_is_wrong_with_a_client_is_explained(
    sandbox: Sandbox, options: dict[str, Any], kind: str, parts: list[str]
) -> None:
    result = adopted(**options)
    assert result["error"]["kind"] == kind
    assert [part for part in parts if part not in result["msg"]] == []
    assert CLIENT_SECRET not in str(result)


@pytest.mark.parametrize("code", ["AUTH_6.0", "DCD_7"])
def test_a_bearer_that_is_refused_is_explained_whichever_code_it_has(sandbox: Sandbox, code: str) -> None:
    sandbox.control.behaviour({"qualtrics.wrong_datacenter_bearer": code, "qualtrics.token_error_shape": "envelope"})
    # The token comes from the right datacenter, whoami is asked at the wrong one.
    result = adopted(datacenter_id="iad1", token_url="https://fra1.qualtrics.com/oauth2/token")
    assert result["error"]["kind"] == "login"
    assert "does not accept the OAuth token on this host" in result["msg"]
    assert code in result["error"]["why"]
    refused = adopted(client_secret="sandbox-wrong-secret")
    assert "does not accept the OAuth client" in refused["msg"]


def test_without_a_client_the_click_is_spelled_out(sandbox: Sandbox) -> None:
    result = client(organization_id="acme", name="ServiceNow production")
    assert result["error"]["kind"] == "manual_step"
    for part in (
        "https://acme.fra1.qualtrics.com/admin/oauth-client-manager",
        "'ServiceNow production'",
        "manage:all",
        "Client Credentials",
    ):
        assert part in result["msg"]
    assert sandbox.control.requests() == []


def register(**options: Any) -> dict[str, Any]:
    return client(registration_url=REGISTER, initial_access_token=INITIAL, organization_id="acme", **options)


@pytest.mark.parametrize("rotates", [False, True])
def test_registration_creates_reads_changes_and_deletes(sandbox: Sandbox, rotates: bool) -> None:
    sandbox.control.behaviour({"qualtrics.registration_token_rotates": rotates})
    assert register(check_mode=True, no_log=True)["changed"]
    assert [entry for entry in sandbox.control.requests() if entry["method"] == "POST"] == []
    made = register(no_log=True)
    assert (made["changed"], made["proven"]) == (True, True)
    registered = made["registration"]
    assert registered["client_secret"] not in ("", "********")
    manage = {name: registered[name] for name in ("registration_client_uri", "registration_access_token")}
    own = {"client_id": registered["client_id"], "client_secret": registered["client_secret"]}
    unchanged = client(**manage, **own)
    assert (unchanged["changed"], unchanged["proven"]) == (False, True)
    assert registered["client_secret"] not in str(unchanged)
    foretold = client(check_mode=True, **manage, **own, name="Renamed")
    renamed = client(no_log=True, **manage, **own, name="Renamed")
    assert foretold["diff"] == renamed["diff"]
    assert renamed["diff"][0]["after"] == {"client_name": "Renamed"}
    assert "client_secret" not in renamed["registration"], "it is the one that was given"
    manage.update({name: value for name, value in renamed["registration"].items() if name in manage})
    assert client(check_mode=True, state="absent", **manage)["changed"]
    assert client(state="absent", **manage)["changed"]
    assert not client(state="absent", **manage)["changed"]


def test_registration_is_refused_while_the_output_is_not_hidden(sandbox: Sandbox) -> None:
    result = register()
    assert "Set no_log: true on the task" in result["msg"]
    assert sandbox.control.requests() == []


def test_a_lost_answer_to_a_registration_is_not_repeated(sandbox: Sandbox) -> None:
    sandbox.control.fault("reset", when="after", host="oauth-gateway.qualtrics.com", method="POST")
    result = register(no_log=True)
    assert result["error"]["kind"] == "outcome_unknown"
    assert "may have been registered" in result["error"]["advice"]
    assert len([entry for entry in sandbox.control.requests() if entry["method"] == "POST"]) == 1


def test_a_wrong_initial_token_is_explained(sandbox: Sandbox) -> None:
    result = client(registration_url=REGISTER, initial_access_token="sandbox-wrong-token", no_log=True)
    assert result["error"]["kind"] == "login"
