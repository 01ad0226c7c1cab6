# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Logins: Basic, OAuth, API keys, lock-out; refusals that look alike."""

from __future__ import annotations

import pytest

from sandbox.servicenow.caller import Answer, Caller, basic

CLIENT = {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-Client-Secret-1"}
USER = {"username": "spoke.setup", "password": "sandbox-Password-1"}
REFUSED = {"error_description": "access_denied", "error": "server_error"}


@pytest.fixture
def acme() -> Caller:
    return Caller()


def call(acme: Caller, headers: dict[str, str], path: str = "/api/now/table/sys_alias") -> Answer:
    return acme.send("GET", path, headers=headers)


def bearer(answer: Answer) -> dict[str, str]:
    return {"authorization": f"Bearer {answer.document['access_token']}"}


def test_every_refusal_is_the_same(acme: Caller) -> None:
    acme.farm.put_record("acmedev", "sys_user", "e" * 32, {"user_name": "gone", "user_password": "x", "active": False})
    attempts = [
        {},
        basic("spoke.setup", "wrong"),
        basic("nobody", "wrong"),
        basic("locked.user", "sandbox-Password-3"),
        basic("gone", "x"),
        {"authorization": "Basic not-base64"},
        {"authorization": "Bearer nonsense"},
        {"x-sn-apikey": "nonsense"},
    ]
    answers = [call(acme, headers) for headers in attempts]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert answers[0].error == ("User Not Authenticated", "Required to provide Auth information")
    headers = answers[0].headers
    assert (headers["x-is-logged-in"], headers["www-authenticate"]) == ("false", 'BASIC realm="Service-now"')
    assert "x-mfa_token" not in headers
    acme.behaviour["servicenow.unauthorized_wording"] = "new"
    assert call(acme, {}).error[0] == "User is not authenticated"


def test_user_names_ignore_case_and_passwords_do_not(acme: Caller) -> None:
    assert call(acme, basic("Spoke.Setup", "sandbox-Password-1")).status == 200
    assert call(acme, basic("spoke.setup", "sandbox-password-1")).status == 401


def test_five_failures_lock_an_account_for_fifteen_minutes(acme: Caller) -> None:
    good, bad = basic("spoke.setup", "sandbox-Password-1"), basic("spoke.setup", "wrong")
    for _attempt in range(4):
        call(acme, bad)
    assert call(acme, good).status == 200  # and the count starts anew
    for _attempt in range(5):
        call(acme, bad)
    assert acme.stored("sys_user", user_name="spoke.setup")[0]["locked_out"] == "true"
    assert call(acme, good).status == 401
    acme.clock.offset_seconds += 14 * 60
    assert call(acme, good).status == 401
    acme.clock.offset_seconds += 61
    assert call(acme, good).status == 200
    assert acme.stored("sys_user", user_name="spoke.setup")[0]["locked_out"] == "false"


def test_bad_password_grants_count_towards_the_lock(acme: Caller) -> None:
    for _attempt in range(5):
        assert acme.token(grant_type="password", **CLIENT, **{**USER, "password": "wrong"}).status == 401
    assert call(acme, acme.headers).status == 401


def test_an_account_locked_by_hand_stays_locked_and_can_be_unlocked_by_hand(acme: Caller) -> None:
    acme.clock.offset_seconds += 86400
    login = basic("locked.user", "sandbox-Password-3")
    assert call(acme, login).status == 401
    user = acme.stored("sys_user", user_name="locked.user")[0]["sys_id"]
    acme.farm.put_record("acmedev", "sys_user", user, {"locked_out": False})
    assert call(acme, login).status == 200


def test_basic_authentication_can_be_restricted(acme: Caller) -> None:
    acme.behaviour["servicenow.basic_auth"] = "restricted"
    assert call(acme, acme.headers).status == 401
    user = acme.stored("sys_user", user_name="spoke.setup")[0]["sys_id"]
    acme.farm.put_record("acmedev", "sys_user", user, {"web_service_access_only": True})
    assert call(acme, acme.headers).status == 200
    acme.farm.put_record("acmedev", "sys_user", user, {"web_service_access_only": False})
    role = acme.stored("sys_user_role", name="snc_basic_auth_api_access")[0]["sys_id"]
    acme.farm.put_record("acmedev", "sys_user_has_role", "d" * 32, {"user": user, "role": role})
    assert call(acme, acme.headers).status == 200


def test_mfa_shows_in_one_header_and_only_with_the_right_password(acme: Caller) -> None:
    acme.behaviour["servicenow.mfa"] = "required"
    refused = call(acme, acme.headers)
    assert (refused.status, refused.headers["x-mfa_token"]) == (401, "invalid")
    assert "x-mfa_token" not in call(acme, basic("spoke.setup", "wrong")).headers
    assert call(acme, bearer(acme.token(grant_type="password", **CLIENT, **USER))).status == 200


# OAuth


def test_a_password_grant_gives_a_token_that_expires(acme: Caller) -> None:
    first = acme.token(grant_type="password", **CLIENT, **USER)
    assert first.status == 200
    assert {name: first.document[name] for name in ("scope", "token_type", "expires_in")} == {
        "scope": "useraccount", "token_type": "Bearer", "expires_in": 1799,
    }  # fmt: skip
    assert call(acme, bearer(first)).headers["x-is-logged-in"] == "true"
    # The current token is given again, with what is left of its time.
    acme.clock.offset_seconds += 1700
    again = acme.token(grant_type="password", **CLIENT, **USER).document
    assert again["access_token"] == first.document["access_token"] and again["expires_in"] <= 100
    acme.clock.offset_seconds += 101
    assert call(acme, bearer(first)).status == 401
    renewed = acme.token(grant_type="refresh_token", refresh_token=first.document["refresh_token"], **CLIENT)
    assert renewed.document["access_token"] != first.document["access_token"]
    assert call(acme, bearer(renewed)).status == 200


def test_client_credentials_run_as_the_clients_user(acme: Caller) -> None:
    answer = acme.token(grant_type="client_credentials", **CLIENT)
    assert answer.status == 200 and "refresh_token" not in answer.document
    me = call(acme, bearer(answer), "/api/now/ui/user/current_user")
    assert me.result["user_name"] == "spoke.setup"


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("glide.oauth.inbound.client.credential.grant_type.enabled", "false", {"grant_type": "client_credentials"}),
        ("glide.oauth.inbound.ropc.grant_type.disabled", "true", {"grant_type": "password", **USER}),
    ],
)
def test_grants_are_switched_off_by_properties(acme: Caller, name: str, value: str, form: dict[str, str]) -> None:
    assert acme.token(**form, **CLIENT).status == 200
    rows = acme.stored("sys_properties", name=name)
    acme.farm.put_record(
        "acmedev", "sys_properties", rows[0]["sys_id"] if rows else "a" * 32, {"name": name, "value": value}
    )
    refused = acme.token(**form, **CLIENT)
    assert (refused.status, refused.document) == (401, REFUSED)


@pytest.mark.parametrize(
    "form",
    [
        {**CLIENT, **USER, "grant_type": "password", "password": "wrong"},
        {**CLIENT, **USER, "grant_type": "password", "client_secret": "wrong"},
        {**USER, "grant_type": "password"},
        {**CLIENT, "grant_type": "refresh_token", "refresh_token": "wrong"},
        {**CLIENT, "grant_type": "implicit"},
        {**CLIENT, "grant_type": "client_credentials", "client_secret": ""},
    ],
)
def test_token_refusals_say_nothing(acme: Caller, form: dict[str, str]) -> None:
    answer = acme.token(**form)
    assert (answer.status, answer.document) == (401, REFUSED)


def test_the_token_endpoint_takes_forms_only(acme: Caller) -> None:
    body, headers = b'{"grant_type": "client_credentials"}', {"content-type": "application/json"}
    assert acme.send("POST", "/oauth_token.do", body=body, headers=headers).status == 401
    assert acme.send("GET", "/oauth_token.do").status == 401


def test_a_client_proves_itself_by_basic_as_well(acme: Caller) -> None:
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        **basic(CLIENT["client_id"], CLIENT["client_secret"]),
    }
    answer = acme.send("POST", "/oauth_token.do", body=b"grant_type=client_credentials", headers=headers)
    assert answer.status == 200


def test_a_client_whose_secret_was_mangled_cannot_get_a_token(acme: Caller) -> None:
    sys_id = acme.insert("oauth_entity", name="new", type="client", client_id="new", client_secret="secret")
    form = {"grant_type": "password", "client_id": "new", "client_secret": "secret", **USER}
    assert acme.token(**form).status == 401
    acme.table("PATCH", "oauth_entity", sys_id, {"client_secret": "secret"}, input_display_value="true")
    assert acme.token(**form).status == 200


def test_an_api_key_opens_the_apis_that_have_a_policy_for_it(acme: Caller) -> None:
    headers = {"x-sn-apikey": "now_sandboxApiKey0000000000000000fake"}
    assert call(acme, headers).status == 200
    assert call(acme, headers, "/api/now/stats/sys_alias?sysparm_count=true").status == 401
