# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The registration gateway: RFC 7591 and RFC 7592, and that its clients work at the brand's token endpoint."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox.qualtrics import Cloud
from sandbox.web import Clock, Request, Response

URL = "https://oauth-gateway.qualtrics.com/register"
INITIAL = "sandbox-initial-access-token-fake"
METADATA = {"client_name": "ServiceNow", "grant_types": ["client_credentials"], "scope": "manage:all"}


class World:
    """One cloud with a gateway before acme."""

    def __init__(self) -> None:
        self.behaviour: dict[str, object] = {}
        self.clock = Clock()
        admin = {"user_id": "UR_1", "user_name": "admin", "last_name": "Admin", "email": "admin@acme.example"}
        seed = {
            "brands": [{"organization_id": "acme", "datacenter_id": "fra1", "users": [admin]}],
            "registration_gateway": {"organization_id": "acme", "initial_access_token": INITIAL},
        }
        self.cloud = Cloud(seed, self.behaviour, self.clock)

    def ask(self, method: str, url: str, document: object = None, token: str | None = None) -> Response:
        """What ``url`` answers to a JSON document under a bearer token."""
        parts = urlsplit(url)
        headers = {"authorization": f"Bearer {token}"} if token is not None else {}
        body = b""
        if document is not None:
            headers["content-type"] = "application/json"
            body = json.dumps(document).encode()
        return self.cloud.site(parts.netloc).respond(Request(method, parts.netloc, parts.path, "", headers, body))

    def register(self, document: object = None) -> dict[str, Any]:
        """A client registered with the initial access token."""
        response = self.ask("POST", URL, METADATA if document is None else document, INITIAL)
        assert response.status == 201
        return json.loads(response.body)

    def token(self, client: dict[str, Any]) -> Response:
        """What the brand's token endpoint answers to that client."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = Request("POST", "fra1.qualtrics.com", "/oauth2/token", "", headers, urlencode(form).encode())
        return self.cloud.site("fra1.qualtrics.com").respond(request)

    def whoami(self, access_token: str) -> int:
        """The status of whoami under that token."""
        return self.ask("GET", "https://fra1.qualtrics.com/API/v3/whoami", token=access_token).status


@pytest.fixture
def world() -> World:
    return World()


def error_of(response: Response) -> tuple[int, str]:
    """Status and error code."""
    return response.status, json.loads(response.body)["error"]


def test_registering_tells_all_and_the_client_works_at_once(world: World) -> None:
    world.clock.offset_seconds = 1000
    response = world.ask("POST", URL, METADATA, INITIAL)
    assert response.status == 201
    assert ("Cache-Control", "no-store") in response.headers
    client = json.loads(response.body)
    assert METADATA.items() <= client.items()
    assert client["client_secret_expires_at"] == 0
    assert abs(client["client_id_issued_at"] - world.clock.now()) < 2
    assert client["registration_client_uri"] == f"{URL}/{client['client_id']}"
    assert (len(client["client_id"]), len(client["client_secret"])) == (32, 64)
    token = json.loads(world.token(client).body)
    assert token["scope"] == "manage:all"
    assert world.whoami(token["access_token"]) == 200


def test_the_initial_access_token_is_optional_by_switch_but_never_wrong(world: World) -> None:
    assert world.ask("POST", URL, METADATA).status == 201
    wrong = world.ask("POST", URL, METADATA, "wrong")
    assert error_of(wrong) == (401, "invalid_token")
    assert dict(wrong.headers)["WWW-Authenticate"].startswith("Bearer ")
    world.behaviour["qualtrics.registration_open"] = False
    assert error_of(world.ask("POST", URL, METADATA)) == (401, "invalid_token")
    assert world.ask("POST", URL, METADATA, INITIAL).status == 201


def test_defaults_are_those_of_the_rfc(world: World) -> None:
    client = world.register(
        {"redirect_uris": ["https://client.example/callback"], "unheard_of": 1, "jwks": {}, "scope": None}
    )
    assert client["grant_types"] == ["authorization_code"]
    assert client["response_types"] == ["code"]
    assert client["token_endpoint_auth_method"] == "client_secret_basic"
    assert not {"unheard_of", "jwks", "scope"} & client.keys()
    assert error_of(world.token(client)) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({**METADATA, "grant_types": ["password"]}, "invalid_client_metadata"),
        ({**METADATA, "grant_types": "client_credentials"}, "invalid_client_metadata"),
        ({**METADATA, "grant_types": [["client_credentials"]]}, "invalid_client_metadata"),
        ({**METADATA, "scope": "surveys:read"}, "invalid_client_metadata"),
        ({**METADATA, "scope": ["manage:all"]}, "invalid_client_metadata"),
        ({**METADATA, "client_name": 1}, "invalid_client_metadata"),
        ({**METADATA, "client_uri": "nonsense"}, "invalid_client_metadata"),
        ({**METADATA, "contacts": "me"}, "invalid_client_metadata"),
        ({**METADATA, "token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({**METADATA, "response_types": ["token"]}, "invalid_client_metadata"),
        ({**METADATA, "redirect_uris": ["nonsense"]}, "invalid_redirect_uri"),
        ({**METADATA, "grant_types": ["authorization_code"]}, "invalid_redirect_uri"),
        ({}, "invalid_request"),
        ([], "invalid_request"),
        ("text", "invalid_request"),
    ],
)
def test_metadata_that_does_not_fit_is_a_400(
    world: World, document: object, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert error_of(world.ask("POST", URL, document, INITIAL)) == (400, error)
    client = world.register()
    if isinstance(document, dict) and document:
        changed = {**document, "client_id": client["client_id"]}
        assert error_of(
            world.ask("PUT", client["registration_client_uri"], changed, client["registration_access_token"])
        ) == (400, error)
    assert capsys.readouterr().out == ""


def test_a_body_that_is_no_json_is_a_400(world: World) -> None:
    host = "oauth-gateway.qualtrics.com"
    for content_type, body in (("application/json", b"{"), ("application/json", b"\xff"), ("text/plain", b"{}")):
        response = world.cloud.site(host).respond(
            Request("POST", host, "/register", "", {"content-type": content_type}, body)
        )
        assert error_of(response) == (400, "invalid_request")


def test_reading_gives_what_is_registered(world: World) -> None:
    client = world.register()
    response = world.ask("GET", client["registration_client_uri"], token=client["registration_access_token"])
    assert (response.status, json.loads(response.body)) == (200, client)


def test_a_put_replaces_every_value(world: World) -> None:
    client = world.register()
    access_token = json.loads(world.token(client).body)["access_token"]
    where, token = client["registration_client_uri"], client["registration_access_token"]
    wanted = {name: client[name] for name in ("client_id", "client_secret", "grant_types")} | {"scope": "read:users"}
    response = world.ask("PUT", where, wanted, token)
    changed = json.loads(response.body)
    assert response.status == 200
    assert "client_name" not in changed
    assert (changed["scope"], changed["client_secret"]) == ("read:users", client["client_secret"])
    assert changed["registration_access_token"] == token
    assert json.loads(world.ask("GET", where, token=token).body) == changed
    assert json.loads(world.token(client).body)["scope"] == "read:users"
    assert world.whoami(access_token) == 200


def test_a_put_may_rotate_the_registration_token(world: World) -> None:
    world.behaviour["qualtrics.registration_token_rotates"] = True
    client = world.register()
    where, before = client["registration_client_uri"], client["registration_access_token"]
    after = json.loads(world.ask("PUT", where, {**METADATA, "client_id": client["client_id"]}, before).body)[
        "registration_access_token"
    ]
    assert after != before
    assert world.ask("GET", where, token=before).status == 401
    assert world.ask("GET", where, token=after).status == 200


@pytest.mark.parametrize(
    "document",
    [
        METADATA,
        {**METADATA, "client_id": "another"},
        {**METADATA, "client_id": None},
        {**METADATA, "client_id": "own", "client_secret": "wrong"},
        {**METADATA, "client_id": "own", "registration_client_uri": "https://client.example"},
        {**METADATA, "client_id": "own", "client_id_issued_at": 1},
    ],
)
def test_a_put_that_names_the_client_wrongly_is_a_400(world: World, document: dict[str, Any]) -> None:
    client = world.register()
    if document.get("client_id") == "own":
        document = {**document, "client_id": client["client_id"]}
    response = world.ask("PUT", client["registration_client_uri"], document, client["registration_access_token"])
    assert error_of(response) == (400, "invalid_request")


def test_only_the_clients_own_registration_token_opens_it(world: World) -> None:
    mine, others = world.register(), world.register()
    where = mine["registration_client_uri"]
    for token in (None, "", "wrong", INITIAL, others["registration_access_token"]):
        for method, document in (
            ("GET", None),
            ("PUT", {**METADATA, "client_id": mine["client_id"]}),
            ("DELETE", None),
        ):
            assert error_of(world.ask(method, where, document, token)) == (401, "invalid_token")
    assert world.ask("GET", f"{URL}/nobody", token=mine["registration_access_token"]).status == 401


def test_deleting_ends_the_client_and_its_tokens(world: World) -> None:
    client = world.register()
    access_token = json.loads(world.token(client).body)["access_token"]
    where, token = client["registration_client_uri"], client["registration_access_token"]
    response = world.ask("DELETE", where, token=token)
    assert (response.status, response.body) == (204, b"")
    assert ("Cache-Control", "no-store") in response.headers
    assert world.ask("GET", where, token=token).status == 401
    assert world.ask("DELETE", where, token=token).status == 401
    assert error_of(world.token(client)) == (401, "invalid_client")
    assert world.whoami(access_token) == 401


def test_other_methods_and_paths(world: World) -> None:
    assert dict(world.ask("GET", URL).headers)["Allow"] == "POST"
    assert dict(world.ask("POST", f"{URL}/x", {}).headers)["Allow"] == "GET, PUT, DELETE"
    assert world.ask("GET", "https://oauth-gateway.qualtrics.com/API/v3/whoami").status == 404
