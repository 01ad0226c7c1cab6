# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Registration of OAuth clients (RFC 7591, RFC 7592): what is kept, what faults leave behind, and what a user reads."""

from __future__ import annotations

from typing import Any

import pytest
from support import CLIENT_ID, run_task

from sandbox import Sandbox

HOST = "oauth-gateway.qualtrics.com"
REGISTER = f"https://{HOST}/register"
INITIAL = "sandbox-initial-access-token-fake"
UNKNOWN = {
    "registration_client_uri": f"{REGISTER}/nobody",
    "registration_access_token": "sandbox-unknown-registration-token",
}


def task(no_log: bool = True, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run_task(
        "qualtrics_oauth_client", {"datacenter_id": "fra1", "organization_id": "acme", **options}, check_mode, no_log
    )


def register(**options: Any) -> dict[str, Any]:
    return task(**{"registration_url": REGISTER, "initial_access_token": INITIAL, **options})


@pytest.fixture
def managed(sandbox: Sandbox) -> dict[str, str]:
    """The options that lead to a client that was registered just now."""
    registered = register()["registration"]
    sandbox.control.clear_requests()
    return {name: registered[name] for name in ("registration_client_uri", "registration_access_token")}


def registrations(sandbox: Sandbox) -> dict[str, Any]:
    gateway = sandbox.world.cloud.site(HOST)
    return {client_id: entry.client_metadata for client_id, entry in gateway.registrations.items()}  # type: ignore[union-attr]


def methods(sandbox: Sandbox) -> list[str]:
    return [entry["method"] for entry in sandbox.control.requests() if entry["host"] == HOST]


def test_what_is_registered_is_what_was_asked_for(sandbox: Sandbox) -> None:
    client = register(name="ServiceNow ł", scopes=["manage:all", "read:users"])["registration"]
    metadata = registrations(sandbox)[client["client_id"]]
    wanted = {"client_name": "ServiceNow ł", "grant_types": ["client_credentials"], "scope": "manage:all read:users"}
    assert {name: metadata[name] for name in wanted} == wanted
    assert metadata["token_endpoint_auth_method"] == "client_secret_basic"


def test_a_service_may_be_open_to_all(sandbox: Sandbox) -> None:
    assert register(initial_access_token=None)["proven"]
    sandbox.control.behaviour({"qualtrics.registration_open": False})
    assert register(initial_access_token=None)["error"]["kind"] == "login"
    assert register()["proven"]


def test_a_change_keeps_what_the_service_added(sandbox: Sandbox, managed: dict[str, str]) -> None:
    (client_id,) = registrations(sandbox)
    registrations(sandbox)[client_id]["contacts"] = ["owner@acme.example"]
    result = task(name="Renamed", **managed)
    assert result["diff"][0]["before"] == {"client_name": "ServiceNow"}
    assert registrations(sandbox)[client_id]["contacts"] == ["owner@acme.example"]
    assert methods(sandbox) == ["GET", "PUT"]


def test_check_mode_changes_nothing(sandbox: Sandbox, managed: dict[str, str]) -> None:
    before = registrations(sandbox)
    assert register(check_mode=True)["changed"]
    assert task(check_mode=True, name="Renamed", **managed)["changed"]
    assert task(check_mode=True, state="absent", **managed)["changed"]
    assert registrations(sandbox) == before
    assert methods(sandbox) == ["GET", "GET"]


@pytest.mark.parametrize("options", [{"registration_url": REGISTER}, {"name": "Renamed"}])
def test_nothing_with_a_secret_in_its_answer_is_asked_for_in_the_open(
    sandbox: Sandbox, managed: dict[str, str], options: dict[str, str]
) -> None:
    given = options if "registration_url" in options else {**managed, **options}
    before = registrations(sandbox)
    result = task(no_log=False, **given)
    assert "Set no_log: true on the task" in result["error"]["advice"]
    assert registrations(sandbox) == before


def test_secrets_are_shown_only_where_the_output_is_hidden(sandbox: Sandbox, managed: dict[str, str]) -> None:
    secret = next(iter(sandbox.world.cloud.site(HOST).registrations.values())).client_info["client_secret"]  # type: ignore[union-attr]
    shown = task(no_log=False, **managed)
    assert not shown["changed"]
    assert secret not in str(shown)
    assert managed["registration_access_token"] not in str(shown)
    assert task(**managed)["registration"]["client_secret"] == secret


@pytest.mark.parametrize("kind", ["status", "reset", "garbled"])
def test_a_lost_answer_to_a_change_is_settled_by_the_next_run(
    sandbox: Sandbox, managed: dict[str, str], kind: str
) -> None:
    sandbox.control.fault(kind, when="after", host=HOST, method="PUT")
    lost = task(name="Renamed", **managed)
    assert lost["error"]["kind"] == "outcome_unknown"
    assert methods(sandbox).count("PUT") == 1
    assert not task(name="Renamed", **managed)["changed"]


def test_a_lost_answer_with_a_new_registration_token_says_where_to_get_it(
    sandbox: Sandbox, managed: dict[str, str]
) -> None:
    sandbox.control.behaviour({"qualtrics.registration_token_rotates": True})
    sandbox.control.fault("reset", when="after", host=HOST, method="PUT")
    assert "it has replaced it together with the change" in task(name="Renamed", **managed)["error"]["advice"]
    assert task(name="Renamed", **managed)["error"]["kind"] == "login"


def test_a_lost_answer_to_a_deletion_is_settled_by_the_next_run(sandbox: Sandbox, managed: dict[str, str]) -> None:
    sandbox.control.fault("reset", when="after", host=HOST, method="DELETE")
    assert task(state="absent", **managed)["error"]["kind"] == "outcome_unknown"
    assert registrations(sandbox) == {}
    assert not task(state="absent", **managed)["changed"]


def test_a_wrong_registration_token_is_not_taken_for_a_deleted_client(
    sandbox: Sandbox, managed: dict[str, str]
) -> None:
    result = task(state="absent", **{**managed, "registration_access_token": "sandbox-mistyped-token"})
    assert len(registrations(sandbox)) == 1
    assert not result["changed"]
    assert "or registration_access_token is wrong" in result["warnings"][0]


@pytest.mark.parametrize("kind", ["reset", "garbled", "accepted_202", "status"])
def test_a_lost_answer_to_a_registration_names_the_client_to_look_for(sandbox: Sandbox, kind: str) -> None:
    sandbox.control.fault(kind, when="after", host=HOST, method="POST")
    result = register(name="ServiceNow test")
    assert result["error"]["kind"] == "outcome_unknown"
    assert "A client named ServiceNow test may have been registered" in result["error"]["advice"]
    assert methods(sandbox) == ["POST"]


def test_a_registration_that_was_put_off_is_made_once(sandbox: Sandbox) -> None:
    sandbox.control.fault("rate_limited", retry_after=0.1, host=HOST, method="POST")
    assert register()["proven"]
    assert len(registrations(sandbox)) == 1


def test_a_deleted_client_gets_no_more_tokens(sandbox: Sandbox, managed: dict[str, str]) -> None:
    client = task(**managed)["registration"]
    assert task(state="absent", **managed)["changed"]
    refused = task(client_id=client["client_id"], client_secret=client["client_secret"])
    assert "does not accept the OAuth client" in refused["msg"]
    assert CLIENT_ID in sandbox.world.cloud.clients, "other clients stay"


@pytest.mark.parametrize(
    ("options", "kind", "part"),
    [
        (
            {"registration_client_uri": f"{REGISTER}/x"},
            "input",
            "registration_client_uri and registration_access_token go together",
        ),
        ({"registration_access_token": "sandbox-token", "registration_url": REGISTER}, "input", "go together"),
        (
            {"registration_url": "http://gateway.example/register"},
            "input",
            "registration_url has to start with https://",
        ),
        (
            {**UNKNOWN, "registration_client_uri": "https://gateway.example/x?y"},
            "input",
            "registration_client_uri carries a query",
        ),
        ({"registration_url": REGISTER, "state": "absent"}, "input", "registration_client_uri is not given"),
        ({"registration_url": f"{REGISTER}s"}, "missing", "does not know this client or address"),
        ({"registration_url": REGISTER, "scopes": ["no:such"]}, "unexpected_answer", "invalid_client_metadata"),
        (
            {"registration_url": REGISTER, "initial_access_token": "sandbox-wrong-token"},
            "login",
            "does not accept the token",
        ),
        (UNKNOWN, "login", "Check initial_access_token or registration_access_token"),
        (
            {"registration_url": "https://gateway.example/register"},
            "unreachable",
            "registration service gateway.example",
        ),
    ],
)
def test_bad_input_is_explained(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], kind: str, part: str
) -> None:
    monkeypatch.setattr(
        "ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session.RETRY_BUDGET_SECONDS", 1.0
    )
    result = task(**options)
    assert result["error"]["kind"] == kind, result["msg"]
    assert part in result["msg"]
    assert registrations(sandbox) == {}
