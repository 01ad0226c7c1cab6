# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What people do on Qualtrics' pages, through the sandbox's control address; and the switches of its hosts."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.qualtrics import Cloud
from sandbox.web import Clock, Request

ACME_TOKEN = "sandboxAcmeToken00000000000000000000fake"
CLIENT_ID = "5a4d0000000000000000000000acfa4e"
SECRET = "sandboxAcmeClientSecret0000000000000000000000000000000000000fake"
HOST = "fra1.qualtrics.com"


def whoami(sandbox: Sandbox, host: str = HOST, **headers: str) -> requests.Response:
    return requests.get(f"https://{host}/API/v3/whoami", headers=headers, timeout=10)


def bearer(secret: str, client_id: str = CLIENT_ID) -> requests.Response:
    return requests.post(
        f"https://{HOST}/oauth2/token", auth=(client_id, secret), data={"grant_type": "client_credentials"}, timeout=10
    )


def test_a_new_api_token_makes_the_old_one_void(sandbox: Sandbox) -> None:
    new = sandbox.control.rotate_api_token("acme")
    assert len(new) == 40
    assert whoami(sandbox, **{"X-API-TOKEN": ACME_TOKEN}).status_code == 401
    assert whoami(sandbox, **{"X-API-TOKEN": new}).json()["result"]["brandId"] == "acme"
    chosen = "sandboxChosenToken00000000000000000fake0"
    assert sandbox.control.rotate_api_token("acme", "UR_sandbox0000001", chosen) == chosen
    assert sandbox.control.brand("acme")["users"][0]["api_token"] == chosen


def test_a_user_can_be_left_without_a_token(sandbox: Sandbox) -> None:
    sandbox.control.remove_api_token("acme")
    assert whoami(sandbox, **{"X-API-TOKEN": ACME_TOKEN}).status_code == 401
    assert sandbox.control.brand("acme")["users"][0]["api_token"] is None


def test_a_new_secret_leaves_tokens_that_were_issued(sandbox: Sandbox) -> None:
    issued = bearer(SECRET).json()["access_token"]
    new = sandbox.control.rotate_client_secret(CLIENT_ID)
    assert len(new) == 64
    assert bearer(SECRET).status_code == 401
    assert bearer(new).status_code == 200
    assert whoami(sandbox, Authorization=f"Bearer {issued}").status_code == 200
    assert sandbox.control.rotate_client_secret(CLIENT_ID, "sandbox-chosen-fake") == "sandbox-chosen-fake"


def test_a_deleted_client_takes_its_tokens_along(sandbox: Sandbox) -> None:
    issued = bearer(SECRET).json()["access_token"]
    sandbox.control.delete_client(CLIENT_ID)
    assert bearer(SECRET).status_code == 401
    assert whoami(sandbox, Authorization=f"Bearer {issued}").status_code == 401
    assert CLIENT_ID not in str(sandbox.control.brand("acme"))


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("GET", "/qualtrics/brands/nobody", {}, 400),
        ("POST", "/qualtrics/brands/acme/users/nobody/apitoken", {}, 400),
        (
            "POST",
            "/qualtrics/brands/acme/users/first/apitoken",
            {"api_token": "sandboxGlobexToken000000000000000000fake"},
            400,
        ),
        ("POST", "/qualtrics/brands/acme/users/first/apitoken", {"token": "x"}, 400),
        ("POST", "/qualtrics/brands/acme/users/first/apitoken", {"api_token": 7}, 400),
        ("POST", "/qualtrics/clients/nobody/secret", {}, 400),
        ("DELETE", "/qualtrics/clients/nobody", {}, 400),
        ("DELETE", "/qualtrics/clients/nobody/secret", {}, 404),
        ("GET", "/qualtrics/brands/acme/users/first/apitoken", {}, 404),
        ("PUT", "/qualtrics", {}, 404),
    ],
)
def test_what_cannot_be_done_is_said(
    sandbox: Sandbox, method: str, path: str, given: dict[str, Any], status: int
) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, f"{sandbox.control_url}{path}", json=given, timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]


SEED = {
    "brands": [
        {
            "organization_id": "acme",
            "datacenter_id": "gov1",
            "users": [{"user_id": "UR_1", "user_name": "a", "last_name": "b", "email": "c", "api_token": ACME_TOKEN}],
            "oauth_clients": [{"client_id": "all", "client_secret": "secret-fake", "name": "All"}],
        }
    ]
}


class World:
    """One government brand, its switches, and the ways to ask it."""

    def __init__(self, **switches: object) -> None:
        self.cloud = Cloud(SEED, {f"qualtrics.{name}": value for name, value in switches.items()}, Clock())

    def ask(self, host: str, path: str = "whoami", method: str = "GET", **headers: str) -> tuple[int, dict[str, Any]]:
        host = f"{host}.qualtrics.com"
        response = self.cloud.site(host).respond(Request(method, host, f"/API/v3/{path}", "", headers))  # type: ignore[union-attr]
        return response.status, Request("", "", "", body=response.body).json()

    def bearer(self) -> str:
        form = b"grant_type=client_credentials&client_id=all&client_secret=secret-fake"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = Request("POST", "gov1.qualtrics.com", "/oauth2/token", "", headers, form)
        response = self.cloud.site("gov1.qualtrics.com").respond(request)  # type: ignore[union-attr]
        return Request("", "", "", body=response.body).json()["access_token"]


@pytest.mark.parametrize(
    ("mode", "notice", "bearer_status"),
    [("serves", False, 200), ("proxies", True, 401), ("refuses_bearers", False, 401)],
)
def test_what_the_brands_own_host_does_is_a_switch(mode: str, notice: bool, bearer_status: int) -> None:
    world = World(brand_host=mode)
    token = {"x-api-token": ACME_TOKEN}
    status, document = world.ask("acme", **token)
    assert status == 200
    assert ("notice" in document["meta"]) == notice
    assert world.ask("acme", "users/UR_1/apitoken", "POST", **token)[0] == (400 if notice else 200)
    assert world.ask("acme", authorization=f"Bearer {world.bearer()}")[0] == bearer_status
    assert world.ask("acme.gov1", authorization=f"Bearer {world.bearer()}")[0] == 200
    assert world.ask("acme.fra1", authorization=f"Bearer {world.bearer()}")[0] == 401


@pytest.mark.parametrize(("mode", "status"), [("proxied", 200), ("apart", 401)])
def test_whether_a_government_token_is_known_elsewhere_is_a_switch(mode: str, status: int) -> None:
    world = World(government=mode)
    assert world.ask("iad1", **{"x-api-token": ACME_TOKEN})[0] == status
    assert world.ask("gov1", **{"x-api-token": ACME_TOKEN})[0] == 200


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 403)])
def test_whether_a_bearer_reads_api_tokens_is_a_switch(allowed: bool, status: int) -> None:
    world = World(api_token_by_bearer=allowed)
    for method in ("GET", "POST"):
        assert world.ask("gov1", "users/UR_1/apitoken", method, authorization=f"Bearer {world.bearer()}")[0] == status
        current = world.cloud.brands["acme"].users[0].api_token
        assert world.ask("gov1", "users/UR_1/apitoken", "GET", **{"x-api-token": str(current)})[0] == 200


def test_errors_in_another_language_keep_code_and_status() -> None:
    english, other = World().ask("gov1"), World(error_texts="other").ask("gov1")
    assert english[0] == other[0] == 400
    assert english[1]["meta"]["error"]["errorCode"] == other[1]["meta"]["error"]["errorCode"] == "ATP_2"
    assert english[1]["meta"]["error"]["errorMessage"] != other[1]["meta"]["error"]["errorMessage"]
