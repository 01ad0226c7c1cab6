# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The default seed's Qualtrics over real sockets: the names everyone relies on, the switches and the clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sandbox import Sandbox

ACME_TOKEN = "sandboxAcmeToken00000000000000000000fake"
GLOBEX_TOKEN = "sandboxGlobexToken000000000000000000fake"
ACME_CLIENT = ("5a4d0000000000000000000000acfa4e", "sandboxAcmeClientSecret" + "0" * 37 + "fake")
GLOBEX_CLIENT = ("5a4d000000000000000000009108fa4e", "sandboxGlobexClientSecret" + "0" * 35 + "fake")
READ_ONLY_CLIENT = ("5a4d00000000000000000000004eadff", "sandboxReadOnlySecret" + "0" * 39 + "fake")
CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.control.reset()
    return running


@pytest.fixture
def web(sandbox: Sandbox) -> Iterator[requests.Session]:
    """A session that trusts the sandbox and goes through its proxy, whatever the environment says."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": sandbox.proxy_url}
        session.verify = sandbox.ca_file
        yield session


@pytest.mark.parametrize(
    ("token", "datacenter", "brand", "directories"),
    [
        (
            ACME_TOKEN,
            "fra1",
            "acme",
            [("POOL_0000000acmefake", None, True), ("POOL_0000001acmefake", "Acme research", False)],
        ),
        (
            GLOBEX_TOKEN,
            "iad1",
            "globex",
            [("POOL_000000globexfak", "Globex east", False), ("POOL_000001globexfak", "Globex west", False)],
        ),
    ],
)
def test_the_brands_of_the_default_seed(
    web: requests.Session, token: str, datacenter: str, brand: str, directories: list[tuple[str, str | None, bool]]
) -> None:
    api, headers = f"https://{datacenter}.qualtrics.com/API/v3", {"X-API-TOKEN": token}
    who = web.get(f"{api}/whoami", headers=headers).json()["result"]
    assert (who["brandId"], who["datacenter"], who["firstName"], who["lastName"]) == (
        brand,
        datacenter,
        "Sandbox",
        "Admin",
    )
    rows = web.get(f"{api}/directories", headers=headers).json()["result"]["elements"]
    assert [(row["directoryId"], row["name"], row["isDefault"]) for row in rows] == directories


@pytest.mark.parametrize(
    ("client", "datacenter", "scope"),
    [
        (ACME_CLIENT, "fra1", "manage:all"),
        (GLOBEX_CLIENT, "iad1", "manage:all"),
        (READ_ONLY_CLIENT, "fra1", "read:users"),
    ],
)
def test_the_clients_of_the_default_seed(
    web: requests.Session, client: tuple[str, str], datacenter: str, scope: str
) -> None:
    host = f"https://{datacenter}.qualtrics.com"
    token = web.post(f"{host}/oauth2/token", data=CLIENT_CREDENTIALS, auth=client).json()
    assert token["scope"] == scope
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert web.get(f"{host}/API/v3/whoami", headers=bearer).status_code == 200
    assert web.get(f"{host}/API/v3/directories", headers=bearer).status_code == (200 if scope == "manage:all" else 403)


def test_api_access_can_be_missing(web: requests.Session) -> None:
    headers = {"X-API-TOKEN": "sandboxNoAccessToken0000000000000000fake"}
    assert web.get("https://fra1.qualtrics.com/API/v3/whoami", headers=headers).status_code == 403


def test_switches_and_clock_act_at_once(sandbox: Sandbox, web: requests.Session) -> None:
    host = "https://fra1.qualtrics.com"
    token = web.post(f"{host}/oauth2/token", data=CLIENT_CREDENTIALS, auth=ACME_CLIENT).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    sandbox.control.behaviour({"qualtrics.whoami_datacenter": False, "qualtrics.token_scope_returned": False})
    assert "datacenter" not in web.get(f"{host}/API/v3/whoami", headers=bearer).json()["result"]
    assert "scope" not in web.post(f"{host}/oauth2/token", data=CLIENT_CREDENTIALS, auth=ACME_CLIENT).json()
    sandbox.control.clock(3601)
    assert web.get(f"{host}/API/v3/whoami", headers=bearer).status_code == 401


def test_a_client_lives_from_registration_to_removal(sandbox: Sandbox, web: requests.Session) -> None:
    metadata = {"client_name": "Wire", "grant_types": ["client_credentials"], "scope": "manage:all"}
    initial = {"Authorization": "Bearer sandbox-initial-access-token-fake"}
    answer = web.post("https://oauth-gateway.qualtrics.com/register", json=metadata, headers=initial)
    client = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    own, where = {"Authorization": f"Bearer {client['registration_access_token']}"}, client["registration_client_uri"]
    pair = (client["client_id"], client["client_secret"])
    assert web.post("https://acme.qualtrics.com/oauth2/token", data=CLIENT_CREDENTIALS, auth=pair).status_code == 200
    changed = web.put(where, json={**metadata, "client_id": client["client_id"], "client_name": "Cable"}, headers=own)
    assert web.get(where, headers=own).json() == changed.json() == {**client, "client_name": "Cable"}
    gone = web.delete(where, headers=own)
    assert (gone.status_code, gone.content) == (204, b"")
    assert web.post("https://acme.qualtrics.com/oauth2/token", data=CLIENT_CREDENTIALS, auth=pair).status_code == 401
    assert sandbox.control.errors() == []
