# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The ``instance`` option: every login works, a bad one costs one attempt, and a token that expires is replaced once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import LoginError
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from connections import attempt
from support import DIRECTORY, PASSWORD, PROPERTY, SPOKE_SCOPE, login, run_task

from sandbox import Sandbox

USER = "spoke.setup"
CLIENT = {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-Client-Secret-1"}
API_KEY = "now_sandboxApiKey0000000000000000fake"
NOBODY = {"username": None, "password": None}
WRONG = "sandbox-wrong-secret"
TOKEN_PATH = "/oauth_token.do"
ONE_HOUR = 3600.0
MANY = 8


def run(**changes: Any) -> dict[str, Any]:
    return run_task("snow_sys_property", {"instance": login(**changes), "name": PROPERTY, "value": DIRECTORY})


def info(**changes: Any) -> dict[str, Any]:
    return run_task("snow_spoke_info", {"instance": login(**changes), "scope": SPOKE_SCOPE})


def connect(**changes: Any) -> dict[str, Any]:
    return attempt(instance=login(**changes))


def user(sandbox: Sandbox, name: str = USER) -> dict[str, str]:
    return next(row for row in sandbox.control.records("acmedev", "sys_user") if row["user_name"] == name)


def change_password(sandbox: Sandbox, text: str) -> None:
    sandbox.control.put("acmedev", "sys_user", user(sandbox)["sys_id"], {"user_password": text})


def paths(sandbox: Sandbox) -> list[str]:
    return [entry["path"] for entry in sandbox.control.requests()]


def tokens(sandbox: Sandbox, **form: str) -> dict[str, Any]:
    """What the instance answers to somebody else's token request."""
    form = {"grant_type": "password", "username": USER, "password": PASSWORD, **CLIENT, **form}
    return requests.post(f"https://acmedev.service-now.com{TOKEN_PATH}", data=form, timeout=10).json()


@pytest.mark.parametrize(
    ("changes", "token_requests"),
    [
        ({}, 0),
        (CLIENT, 1),
        ({**CLIENT, "grant_type": "password"}, 1),
        ({**CLIENT, **NOBODY, "grant_type": "client_credentials"}, 1),
        ({**NOBODY, "api_key": API_KEY}, 0),
        ({"password": None, "api_key": API_KEY}, 0),
    ],
)
def test_every_login_works(sandbox: Sandbox, changes: dict[str, Any], token_requests: int) -> None:
    result = info(**changes)
    assert (result["user"]["user_name"], result["user"]["is_admin"]) == (USER, True)
    assert paths(sandbox).count(TOKEN_PATH) == token_requests
    assert 401 not in [entry["status"] for entry in sandbox.control.requests()]


ITSM = {
    "api_path": "api/now",
    "timeout": 30,
    "validate_certs": True,
    "custom_headers": None,
    "api_key": "",
    "access_token": None,
    "grant_type": "password",
}


@pytest.mark.parametrize("changes", [{}, CLIENT, {"api_path": "/api/now/"}, {"client_id": "", "client_secret": ""}])
def test_a_dictionary_of_servicenow_itsm_is_taken_as_it_is(sandbox: Sandbox, changes: dict[str, Any]) -> None:
    assert info(**{**ITSM, **changes})["user"]["user_name"] == USER


def test_a_long_token_is_sent(sandbox: Sandbox) -> None:
    token = "eyJ" + "a" * 7900
    result = info(access_token=token)
    assert result["error"]["kind"] == "login"
    assert token[:100] not in str(result)
    assert [entry["status"] for entry in sandbox.control.requests()] == [401]


def test_a_refresh_token_is_a_login(sandbox: Sandbox) -> None:
    refresh = tokens(sandbox)["refresh_token"]
    result = info(**CLIENT, **NOBODY, grant_type="refresh_token", refresh_token=refresh)
    assert result["user"]["user_name"] == USER
    assert refresh not in str(result)


def test_an_access_token_from_elsewhere_is_used_as_it_is(sandbox: Sandbox) -> None:
    token = tokens(sandbox)["access_token"]
    sandbox.control.clear_requests()
    assert info(**NOBODY, access_token=token)["user"]["user_name"] == USER
    assert TOKEN_PATH not in paths(sandbox)
    sandbox.control.clock(ONE_HOUR)
    sandbox.control.clear_requests()
    expired = info(**CLIENT, access_token=token)
    assert expired["error"]["kind"] == "login"
    assert token not in str(expired)
    assert len(paths(sandbox)) == 1


def test_the_environment_gives_what_the_task_does_not(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SN_HOST": "acmedev", "SN_USERNAME": USER, "SN_PASSWORD": PASSWORD}.items():
        monkeypatch.setenv(name, value)
    assert run_task("snow_sys_property", {"name": PROPERTY, "value": DIRECTORY})["changed"]
    monkeypatch.setenv("SN_PASSWORD", WRONG)
    assert not run()["changed"], "what the task gives wins"
    monkeypatch.setenv("SN_PASSWORD", "")
    assert (
        "instance.password (SN_PASSWORD) not given"
        in run_task("snow_sys_property", {"name": PROPERTY, "value": "x"})["msg"]
    )


@pytest.mark.parametrize(
    "password", ["pässwörd-ł-密码", "with:colon", "per%20cent+plus&more=x", 'some quotes"\\and spaces']
)
@pytest.mark.parametrize("client", [{}, CLIENT])
def test_any_characters_of_a_password_arrive(sandbox: Sandbox, client: dict[str, str], password: str) -> None:
    change_password(sandbox, password)
    assert run(password=password, **client)["changed"]


BAD_LOGINS: list[dict[str, Any]] = [
    {"password": WRONG},
    {"username": "nobody.here"},
    {"username": "locked.user", "password": "sandbox-Password-3"},
    {**NOBODY, "api_key": WRONG},
    {**NOBODY, "access_token": WRONG},
    {**CLIENT, "password": WRONG},
    {**CLIENT, "client_secret": WRONG},
    {**CLIENT, **NOBODY, "client_secret": WRONG, "grant_type": "client_credentials"},
    {**CLIENT, **NOBODY, "grant_type": "refresh_token", "refresh_token": WRONG},
]


@pytest.mark.parametrize("changes", BAD_LOGINS)
@pytest.mark.parametrize("task", [run, info, connect])
def test_a_bad_login_is_tried_exactly_once(
    sandbox: Sandbox, task: Callable[..., dict[str, Any]], changes: dict[str, Any]
) -> None:
    result = task(**changes)
    assert result["error"]["kind"] == "login"
    assert "instance acmedev.service-now.com" in result["error"]["where"]
    assert "is the account active and not locked out" in result["error"]["advice"]
    assert [entry["status"] for entry in sandbox.control.requests()] == [401]
    assert user(sandbox)["locked_out"] == "false"
    assert WRONG not in str(result)


@pytest.mark.parametrize("wording", ["old", "new"])
def test_a_refusal_is_understood_in_the_words_of_every_release(sandbox: Sandbox, wording: str) -> None:
    sandbox.control.behaviour({"servicenow.unauthorized_wording": wording})
    assert run(password=WRONG)["error"]["what"] == "The instance did not accept the login"


def test_tasks_of_one_play_do_not_add_up_to_a_lock_out_of_others(sandbox: Sandbox) -> None:
    for task in (run, info, connect):
        task(password=WRONG)
    assert user(sandbox)["failed_attempts"] == "3"
    assert run()["changed"]


def test_a_demand_for_a_second_factor_is_told_from_a_wrong_password(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"servicenow.mfa": "required"})
    assert "wants a multi-factor token (X-MFA_TOKEN)" in run()["msg"]
    assert "X-MFA_TOKEN" not in run(password=WRONG)["msg"]


def test_where_basic_is_restricted_the_advice_names_the_ways_out_and_oauth_works(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"servicenow.basic_auth": "restricted"})
    advice = run()["error"]["advice"]
    assert "Web Service Access Only" in advice and "snc_basic_auth_api_access" in advice
    assert run(**CLIENT)["changed"]


def test_a_grant_that_is_switched_off_is_explained(sandbox: Sandbox) -> None:
    name = "glide.oauth.inbound.client.credential.grant_type.enabled"
    switch = next(row for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == name)
    sandbox.control.put("acmedev", "sys_properties", switch["sys_id"], {"value": "false"})
    result = run(**CLIENT, **NOBODY, grant_type="client_credentials")
    assert result["error"]["what"] == "The instance refused the OAuth client_credentials grant"
    assert name in result["error"]["advice"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (NOBODY, "instance.username (SN_USERNAME), instance.password (SN_PASSWORD) not given"),
        ({"password": ""}, "instance.password (SN_PASSWORD) not given"),
        ({**CLIENT, "password": None}, "instance.password (SN_PASSWORD) not given"),
        (
            {"grant_type": "client_credentials"},
            "instance.client_id (SN_CLIENT_ID), instance.client_secret (SN_CLIENT_SECRET) not given",
        ),
        ({**CLIENT, "grant_type": "refresh_token"}, "instance.refresh_token (SN_REFRESH_TOKEN) not given"),
        (
            {"access_token": "sandbox-token", "api_key": API_KEY},
            "instance.access_token and instance.api_key exclude each other",
        ),
        (
            {"client_certificate_file": "/c.pem"},
            "instance.client_certificate_file and instance.client_key_file go together",
        ),
        ({"client_key_file": "/k.pem"}, "instance.client_certificate_file and instance.client_key_file go together"),
        ({"client_certificate_file": "/absent/c.pem", "client_key_file": "/absent/k.pem"}, "/absent/c.pem"),
        ({"grant_type": "magic"}, "value of grant_type must be one of"),
        ({"api_key": API_KEY + "\n"}, "instance.api_key contains"),
        ({"access_token": "sandbox-token-ł"}, "instance.access_token contains"),
        ({"password": PASSWORD + "\n"}, "instance.password contains a control character, or white space at an end"),
        ({"password": f" {PASSWORD}"}, "instance.password contains a control character, or white space at an end"),
        ({"password": f"{PASSWORD}\x07x"}, "instance.password contains a control character"),
        ({"username": f"{USER}\u00a0"}, "instance.username contains a control character, or white space at an end"),
        ({**CLIENT, "client_secret": CLIENT["client_secret"] + "\r\n"}, "instance.client_secret contains"),
        ({**CLIENT, "client_id": "\t" + CLIENT["client_id"]}, "instance.client_id contains"),
        (
            {**CLIENT, "grant_type": "refresh_token", "refresh_token": "sandbox-token\n"},
            "instance.refresh_token contains",
        ),
        ({"custom_headers": {"X-Gateway": "sandbox-token\n"}}, "instance.custom_headers.X-Gateway cannot be sent"),
        ({"access_token": "x" * 8001}, "instance.access_token has 8001 characters"),
        (
            {"client_id": CLIENT["client_secret"], "client_secret": CLIENT["client_id"]},
            "instance.client_id and instance.client_secret look swapped",
        ),
        ({"api_path": "api/x_acme"}, "instance.api_path has a value other than api/now"),
        (
            {"client_id": CLIENT["client_id"], "grant_type": "password"},
            "instance.client_secret (SN_CLIENT_SECRET) not given",
        ),
        ({"password": "sandbox********fake"}, "instance.password contains ********"),
        ({"username": "spoke.********"}, "instance.username contains ********"),
        ({"timeout": 0}, "Invalid timeout"),
        ({"timeout": "soon"}, "has to be a number: unable to convert to float"),
    ],
)
def test_a_login_that_cannot_work_is_refused_before_anything_is_sent(
    sandbox: Sandbox, changes: dict[str, Any], message: str
) -> None:
    result = run(**changes)
    assert message in result["msg"]
    assert result.get("error", {"kind": "input"})["kind"] == "input"
    assert [
        secret for secret in (PASSWORD, CLIENT["client_secret"], API_KEY, "sandbox-token") if secret in str(result)
    ] == []
    assert sandbox.control.requests() == []


class Reader:
    """An instance that is logged in by OAuth and reads, as the cores do, in one request or in many at once."""

    def __init__(self) -> None:
        self.instance = Instance({**login(), **CLIENT, "validate_certs": True, "timeout": 20.0}, Secrets())

    def read(self) -> str:
        return self.instance.find("sys_user", {"user_name": USER}, ["user_name"])[0]["user_name"]

    def read_many(self) -> list[str]:
        return self.instance.gather(*[self.read] * MANY)


@pytest.fixture
def reader(sandbox: Sandbox) -> Reader:
    """A reader whose access token has expired since its last request; requests take so long that they overlap."""
    reader = Reader()
    reader.read()
    sandbox.control.clock(ONE_HOUR)
    sandbox.control.clear_requests()
    sandbox.control.latency(20)
    return reader


def test_an_expired_token_is_replaced_in_the_middle_of_a_task(sandbox: Sandbox, reader: Reader) -> None:
    assert reader.read() == USER
    assert [(entry["path"].rpartition("/")[2], entry["status"]) for entry in sandbox.control.requests()] == [
        ("sys_user", 401),
        ("oauth_token.do", 200),
        ("sys_user", 200),
    ]


def test_parallel_reads_that_find_the_token_expired_replace_it_once_for_all(sandbox: Sandbox, reader: Reader) -> None:
    assert reader.read_many() == [USER] * MANY
    assert paths(sandbox).count(TOKEN_PATH) == 1


def test_parallel_reads_whose_password_was_changed_meanwhile_do_not_lock_the_account(
    sandbox: Sandbox, reader: Reader
) -> None:
    change_password(sandbox, "sandbox-Changed-Password")
    with pytest.raises(LoginError, match="refused the OAuth password grant"):
        reader.read_many()
    assert paths(sandbox).count(TOKEN_PATH) == 1
    assert (user(sandbox)["failed_attempts"], user(sandbox)["locked_out"]) == ("1", "false")


def test_a_token_that_stays_refused_is_replaced_only_once(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", status=401, path="/api/now/table", times=0)
    assert run(**CLIENT)["error"]["kind"] == "login"
    assert paths(sandbox).count(TOKEN_PATH) == 2


def test_a_token_about_to_expire_is_used_all_the_same(sandbox: Sandbox) -> None:
    tokens(sandbox)
    sandbox.control.clock(1797.0)
    assert 0 < tokens(sandbox)["expires_in"] <= 3
    assert run(**CLIENT)["changed"]
