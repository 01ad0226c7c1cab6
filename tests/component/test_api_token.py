# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The API token that nobody copies: read with an OAuth client, and replaced once and never twice."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, DIRECTORY, leaks, run_task

from sandbox import Sandbox

USER = "UR_sandbox0000001"
READ_ONLY = {
    "client_id": "5a4d00000000000000000000004eadff",
    "client_secret": "sandboxReadOnlySecret" + "0" * 39 + "fake",
    "scopes": ["read:users"],
}
GLOBEX_TOKEN = "sandboxGlobexToken000000000000000000fake"
NO_ACCESS_TOKEN = "sandboxNoAccessToken0000000000000000fake"
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "datacenter_id": "fra1"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less patience than a real run has."""
    monkeypatch.setattr(wire, "ATTEMPTS", 2)


def account(no_log: bool = True, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run_task("qualtrics_account_info", {**CLIENT, **options}, check_mode, no_log)


def token(no_log: bool = True, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run_task("qualtrics_api_token", {**CLIENT, **options}, check_mode, no_log)


def renewed(**options: Any) -> dict[str, Any]:
    return token(**{"api_token": API_TOKEN, "new_api_token": True, **options})


def stored(sandbox: Sandbox) -> str:
    """The token that Qualtrics knows."""
    return sandbox.control.brand("acme")["users"][0]["api_token"]


def posts(sandbox: Sandbox) -> int:
    """How often a new token was asked for."""
    return sum(
        entry["method"] == "POST" and entry["path"].endswith("/apitoken") for entry in sandbox.control.requests()
    )


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_account_is_read_with_a_client_alone(sandbox: Sandbox, check_mode: bool) -> None:
    result = account(check_mode=check_mode)
    assert result["api_token"] == API_TOKEN
    assert (result["organization_id"], result["datacenter_id"], result["default_directory_id"]) == (
        "acme",
        "fra1",
        DIRECTORY,
    )
    assert (result["changed"], result["warnings"]) == (False, [])
    issued = tuple(sandbox.world.cloud.access_tokens)
    assert leaks(str(result), (CLIENT_SECRET, *issued)) == []
    assert posts(sandbox) == 0


def test_a_given_token_is_used_and_not_returned(sandbox: Sandbox) -> None:
    result = account(no_log=False, api_token=API_TOKEN)
    assert result["organization_id"] == "acme"
    assert "api_token" not in result
    assert [
        entry for entry in sandbox.control.requests() if "oauth2" in entry["path"] or "apitoken" in entry["path"]
    ] == []


def test_a_smaller_scope_will_do(sandbox: Sandbox) -> None:
    assert account(**READ_ONLY)["api_token"] == API_TOKEN


@pytest.mark.parametrize("task", [account, token, renewed])
def test_nothing_is_read_while_the_output_is_not_hidden(sandbox: Sandbox, task: Any) -> None:
    result = task(no_log=False)
    assert result["error"]["kind"] == "input"
    assert "Set no_log: true on the task" in result["error"]["advice"]
    assert sandbox.control.requests() == []


@pytest.mark.parametrize("task", [account, token])
def test_the_datacenter_has_to_be_given(sandbox: Sandbox, task: Any) -> None:
    result = task(datacenter_id=None)
    assert "datacenter_id is not given" in result["msg"]
    assert "without an API token Qualtrics does not name that" in result["msg"]
    # With one, the other module asks for the datacenter nevertheless.
    assert ("or give api_token" in result["msg"]) == (task is account)
    assert sandbox.control.requests() == []
    # Or with the organization, in an address.
    assert task(datacenter_id="https://acme.fra1.qualtrics.com/")["organization_id"] == "acme"


def test_a_given_token_may_be_void_when_the_datacenter_is_needed_again(sandbox: Sandbox) -> None:
    result = renewed(datacenter_id=None)
    assert "datacenter_id is not given" in result["msg"]
    assert "when the API token of this one is void" in result["msg"]
    assert "or give api_token" not in result["msg"]
    assert sandbox.control.requests() == []


def test_without_any_credential_both_ways_are_named(sandbox: Sandbox) -> None:
    for changes in ({"client_id": None, "client_secret": None}, {"client_secret": None}, {"client_id": ""}):
        message = account(**changes)["msg"]
        assert [
            part
            for part in ("api_token", "QUALTRICS_API_TOKEN", "client_id", "client_secret", "datacenter_id")
            if part not in message
        ] == []
        assert "client_id and client_secret are not given" in token(**changes)["msg"]
    assert sandbox.control.requests() == []


def not_administrator(sandbox: Sandbox) -> None:
    sandbox.world.cloud.brands["acme"].users[0].brand_administrator = False


def by_bearer_no(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"qualtrics.api_token_by_bearer": False})


def small_scope(sandbox: Sandbox) -> None:
    sandbox.world.cloud.clients[CLIENT_ID][1].scope = "manage:directories"


@pytest.mark.parametrize("task", [account, token, renewed])
@pytest.mark.parametrize("hindered", [not_administrator, by_bearer_no, small_scope])
@pytest.mark.parametrize("language", ["english", "other"])
def test_a_client_that_may_not_says_the_way_on(sandbox: Sandbox, task: Any, hindered: Any, language: str) -> None:
    sandbox.control.behaviour({"qualtrics.error_texts": language})
    hindered(sandbox)
    result = task(scopes=["manage:directories"] if hindered is small_scope else ["manage:all"])
    assert result["error"]["kind"] == "access"
    assert result["error"]["what"] == "The API token could not be read"
    for part in ("brand administrator", "scope manage:all", "give it as api_token (QUALTRICS_API_TOKEN)"):
        assert part in result["error"]["advice"]
    assert posts(sandbox) == 0
    assert stored(sandbox) == API_TOKEN


@pytest.mark.parametrize("language", ["english", "other"])
def test_a_user_without_a_token_is_told_how_to_get_one(sandbox: Sandbox, language: str) -> None:
    sandbox.control.behaviour({"qualtrics.error_texts": language})
    sandbox.control.remove_api_token("acme")
    result = account()
    assert result["error"]["kind"] == "missing"
    assert "has no API token" in result["msg"]
    assert "Generate Token" in result["msg"]
    assert "new_api_token" in token()["msg"]
    assert posts(sandbox) == 0


def test_a_header_that_got_lost_does_not_count_as_no_token(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", status=400, code="ATP_2", path="apitoken$")
    assert "has no API token" not in account()["msg"]


@pytest.mark.parametrize("kind", ["html", "login_redirect"])
def test_a_page_is_not_an_answer_about_tokens(sandbox: Sandbox, kind: str) -> None:
    sandbox.control.fault(kind, path="apitoken$", times=0)
    assert account()["error"]["kind"] == "unexpected_answer"
    result = renewed()
    assert result["error"]["kind"] == "unexpected_answer"
    assert stored(sandbox) == API_TOKEN


def test_the_token_is_read_where_it_is_another_one(sandbox: Sandbox) -> None:
    assert token()["api_token"] == API_TOKEN
    assert "api_token" not in token(api_token=API_TOKEN), "it would come back masked"
    new = sandbox.control.rotate_api_token("acme")
    result = token(api_token=API_TOKEN)
    assert (result["api_token"], result["changed"], result["user_id"]) == (new, False, USER)


def test_a_new_token_is_made_proven_and_returned_once(sandbox: Sandbox) -> None:
    predicted = renewed(check_mode=True)
    assert posts(sandbox) == 0
    result = renewed()
    assert posts(sandbox) == 1
    assert result["api_token"] == stored(sandbox) != API_TOKEN
    for each in (predicted, result):
        assert each["changed"]
        assert each["diff"] == predicted["diff"] != []
        assert "becomes void at once" in each["warnings"][0]
    assert "api_token" not in predicted
    again = renewed()
    assert (again["changed"], again["api_token"]) == (False, result["api_token"])
    assert posts(sandbox) == 1


def test_a_first_token_needs_none_to_replace(sandbox: Sandbox) -> None:
    sandbox.control.remove_api_token("acme")
    assert renewed(api_token=None, check_mode=True)["changed"]
    result = renewed(api_token=None)
    assert (result["api_token"], result["warnings"]) == (stored(sandbox), [])
    second = renewed(api_token=None)
    assert "Give the token that is to be replaced" in second["error"]["advice"]
    assert posts(sandbox) == 1


def test_qualtrics_may_refuse_to_replace_a_token(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"qualtrics.api_token_exists": "refuse"})
    result = renewed()
    assert result["error"]["kind"] == "access"
    assert "the token from before is still valid" in result["error"]["advice"]
    assert stored(sandbox) == API_TOKEN


@pytest.mark.parametrize("kind", ["reset", "garbled", "status", "accepted_202"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_settled_by_reading(sandbox: Sandbox, kind: str, when: str) -> None:
    if (kind, when) == ("accepted_202", "before"):
        when = "after"
    sandbox.control.fault(kind, when=when, method="POST", path="apitoken$")
    result = renewed()
    assert posts(sandbox) == 1
    if stored(sandbox) == API_TOKEN:
        assert result["error"]["kind"] == "outcome_unknown"
        assert "Run again with the same api_token" in result["error"]["advice"]
        assert renewed()["api_token"] == stored(sandbox) != API_TOKEN
    else:
        assert (result["changed"], result["api_token"]) == (True, stored(sandbox))


def test_a_lost_answer_that_cannot_be_settled_is_completed_by_the_next_run(sandbox: Sandbox) -> None:
    sandbox.control.fault("reset", when="after", method="POST", path="apitoken$")
    sandbox.control.fault("status", status=503, method="GET", path="apitoken$", skip=1, times=0)
    result = renewed()
    assert result["error"]["kind"] == "outcome_unknown"
    assert stored(sandbox) not in str(result)
    sandbox.control.clear_faults()
    again = renewed()
    assert (again["changed"], again["api_token"]) == (False, stored(sandbox))
    assert posts(sandbox) == 1


def test_a_new_token_that_does_not_work_yet_is_not_lost(sandbox: Sandbox) -> None:
    # Whoami is asked as the client, with the token from before, and with the new one.
    sandbox.control.fault("status", status=503, method="GET", path="whoami$", skip=2, times=0)
    result = renewed()
    assert result["error"]["what"] == "A new API token was made, and using it failed"
    assert stored(sandbox) not in str(result)
    sandbox.control.clear_faults()
    assert renewed()["api_token"] == stored(sandbox)
    assert posts(sandbox) == 1


def test_the_owner_of_a_valid_token_is_whose_token_it_is(sandbox: Sandbox) -> None:
    result = token(api_token=NO_ACCESS_TOKEN)
    assert result["error"]["kind"] == "access"
    other = sandbox.world.cloud.brands["acme"].users[2]
    other.api_token = "sandboxOtherUsersToken00000000000000fake"
    result = renewed(api_token="sandboxOtherUsersToken00000000000000fake")
    assert result["user_id"] == other.user_id
    assert result["api_token"] == other.api_token
    assert stored(sandbox) == API_TOKEN


def test_token_and_client_of_two_organizations_are_refused(sandbox: Sandbox) -> None:
    result = renewed(api_token=GLOBEX_TOKEN)
    assert result["error"]["kind"] == "mismatch"
    assert posts(sandbox) == 0


@pytest.mark.parametrize("task", [account, token])
@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"client_secret": "sandbox-wrong-secret"}, "login"),
        ({"organization_id": "globex"}, "mismatch"),
        ({"datacenter_id": "iad1"}, "login"),
        ({"client_secret": CLIENT_SECRET + "\n"}, "input"),
        ({"client_secret": f" {CLIENT_SECRET}"}, "input"),
    ],
)
def test_what_is_wrong_with_the_client_is_explained(
    sandbox: Sandbox, task: Any, options: dict[str, str], kind: str
) -> None:
    result = task(**options)
    assert result["error"]["kind"] == kind
    assert leaks(str(result), (CLIENT_SECRET, API_TOKEN)) == []


def test_no_token_that_was_read_is_in_an_error(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", status=500, path="directories$", times=0)
    result = account()
    assert result["failed"]
    assert leaks(str(result), (API_TOKEN,)) == []
