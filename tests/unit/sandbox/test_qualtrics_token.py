# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The sandbox's /oauth2/token: RFC 6749 as Qualtrics is believed to speak it."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.qualtrics import Cloud
from sandbox.web import Clock, Request, Response

FORM = "application/x-www-form-urlencoded"
SECRET = "client-secret-fake"


def seed() -> dict[str, Any]:
    """A brand with one client of each kind."""
    admin = {"user_id": "UR_1", "user_name": "admin", "last_name": "Admin", "email": "admin@acme.example"}
    clients = [
        {"client_id": "all", "name": "All", "scope": "manage:all read:users"},
        {"client_id": "people", "name": "For people", "grant_types": ["authorization_code"]},
    ]
    clients = [{**client, "client_secret": SECRET} for client in clients]
    brand = {"organization_id": "acme", "datacenter_id": "fra1", "users": [admin], "oauth_clients": clients}
    return {"brands": [brand, {"organization_id": "globex", "datacenter_id": "iad1", "users": [admin]}]}


def basic(client_id: str, secret: str = SECRET) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


class World:
    """One cloud, its switches, and a way to ask for tokens."""

    def __init__(self) -> None:
        self.behaviour: dict[str, object] = {}
        self.cloud = Cloud(seed(), self.behaviour, Clock())

    def post(
        self, body: bytes, authorization: str | None = None, host: str = "fra1", content_type: str = FORM
    ) -> Response:
        """What the token endpoint answers to that body."""
        headers = {"content-type": content_type} | ({"authorization": authorization} if authorization else {})
        host = f"{host}.qualtrics.com"
        return self.cloud.site(host).respond(Request("POST", host, "/oauth2/token", "", headers, body))

    def token(
        self, authorization: str | None = basic("all"), host: str = "fra1", **form: str
    ) -> tuple[int, dict[str, Any]]:
        """Status and document of a token request."""
        body = urlencode({"grant_type": "client_credentials", **form}).encode()
        response = self.post(body, authorization, host)
        return response.status, json.loads(response.body)


@pytest.fixture
def world() -> World:
    return World()


def test_client_credentials_give_a_bearer(world: World) -> None:
    response = world.post(b"grant_type=client_credentials&scope=manage%3Aall", basic("all"))
    document = json.loads(response.body)
    assert response.status == 200
    assert ("Cache-Control", "no-store") in response.headers
    assert (document["token_type"], document["expires_in"], document["scope"]) == ("bearer", 3599, "manage:all")
    assert document["access_token"] != world.token()[1]["access_token"]
    assert "refresh_token" not in document


def test_body_authentication_is_a_switch(world: World) -> None:
    assert world.token(None, client_id="all", client_secret=SECRET)[0] == 200
    world.behaviour["qualtrics.client_auth_in_body"] = False
    status, document = world.token(None, client_id="all", client_secret=SECRET)
    assert (status, document["error"]) == (401, "invalid_client")
    assert world.token()[0] == 200


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        (None, {}),
        (None, {"client_id": "all"}),
        (None, {"client_id": "nobody", "client_secret": SECRET}),
        (None, {"client_id": "all", "client_secret": "wrong"}),
        (basic("nobody"), {}),
        (basic("all", "wrong"), {}),
        (basic("all", ""), {}),
        ("Basic", {}),
        ("Basic !", {}),
        ("Basic /////w==", {}),
        ("Bearer x", {}),
    ],
)
def test_a_client_that_is_not_known_is_a_401(world: World, authorization: str | None, form: dict[str, str]) -> None:
    status, document = world.token(authorization, **form)
    assert (status, document["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("host", ["iad1", "globex", "nobody", "acme.iad1"])
def test_elsewhere_the_client_is_not_known(world: World, host: str) -> None:
    assert world.token(host=host)[1]["error"] == "invalid_client"


@pytest.mark.parametrize("host", ["acme", "acme.fra1"])
def test_the_hosts_of_the_brand_serve_its_clients(world: World, host: str) -> None:
    assert world.token(host=host)[0] == 200


def test_scope_is_granted_by_name(world: World) -> None:
    assert world.token(scope="read:users")[1]["scope"] == "read:users"
    assert world.token(scope="read:users manage:all")[1]["scope"] == "read:users manage:all"
    for scope in ("read:directories", "manage:all read:directories", "nonsense"):
        status, document = world.token(scope=scope)
        assert (status, document["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("form", [{}, {"scope": ""}])
def test_no_scope_is_all_or_none_by_switch(world: World, form: dict[str, str]) -> None:
    assert world.token(**form)[1]["scope"] == "manage:all read:users"
    world.behaviour["qualtrics.omitted_scope"] = "none"
    assert world.token(**form)[1]["scope"] == ""


def test_other_grants(world: World) -> None:
    status, document = world.token(basic("people"))
    assert (status, document["error"]) == (400, "unauthorized_client")
    status, document = world.token(grant_type="password")
    assert (status, document["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", FORM),
        (b"scope=manage%3Aall", FORM),
        (b"grant_type=client_credentials&grant_type=client_credentials", FORM),
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"grant_type=client_credentials", ""),
    ],
)
def test_what_is_no_proper_form_is_an_invalid_request(world: World, body: bytes, content_type: str) -> None:
    response = world.post(body, basic("all"), content_type=content_type)
    assert (response.status, json.loads(response.body)["error"]) == (400, "invalid_request")


def test_only_post(world: World) -> None:
    host = "fra1.qualtrics.com"
    request = Request("GET", host, "/oauth2/token", "grant_type=client_credentials", {"authorization": basic("all")})
    response = world.cloud.site(host).respond(request)
    assert (response.status, response.headers) == (405, [("Allow", "POST")])


def test_the_answer_follows_its_switches(world: World) -> None:
    world.behaviour.update({"qualtrics.token_scope_returned": False, "qualtrics.token_type": "Bearer"})
    document = world.token(scope="read:users")[1]
    assert "scope" not in document
    assert document["token_type"] == "Bearer"
    world.behaviour["qualtrics.token_error_shape"] = "envelope"
    status, document = world.token(basic("all", "wrong"))
    assert status == 401
    assert document["meta"]["error"] == {"errorMessage": "invalid_client", "errorCode": "AUTH_6.0"}


@given(authorization=st.text(st.characters(min_codepoint=32, max_codepoint=255)), body=st.binary())
def test_garbage_is_refused_not_tripped_over(authorization: str, body: bytes) -> None:
    assert World().post(body, authorization).status in (400, 401)
    encoded = "Basic " + base64.b64encode(body).decode()
    assert World().post(b"grant_type=client_credentials", encoded).status == 401
