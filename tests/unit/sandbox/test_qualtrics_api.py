# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Qualtrics' API in the sandbox: envelope, errors, datacenters, pages and the disputed behaviours."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.qualtrics import Cloud
from sandbox.web import Clock, Request

ACME_TOKEN = "sandboxAcmeToken00000000000000000000fake"
GLOBEX_TOKEN = "sandboxGlobexToken000000000000000000fake"
NO_ACCESS_TOKEN = "sandboxNoAccessToken0000000000000000fake"
PLAIN_USER_TOKEN = "sandboxPlainUserToken000000000000000fake"


def user(number: int, **more: Any) -> dict[str, Any]:
    """A user of the seed."""
    name = f"user{number}@acme.example"
    return {"user_id": f"UR_{number}", "user_name": name, "last_name": str(number), "email": name, **more}


def seed() -> dict[str, Any]:
    """Two brands in two datacenters."""
    return {
        "brands": [
            {
                "organization_id": "acme",
                "datacenter_id": "fra1",
                "users": [
                    user(1, api_token=ACME_TOKEN),
                    user(2, api_token=NO_ACCESS_TOKEN, api_access=False),
                    user(3, api_token=PLAIN_USER_TOKEN, brand_administrator=False),
                    user(4),
                ],
                "oauth_clients": [
                    {"client_id": "all", "client_secret": "secret-fake", "name": "All"},
                    {"client_id": "users", "client_secret": "secret-fake", "name": "Users", "scope": "read:users"},
                ],
                "directories": [
                    {
                        "directory_id": "POOL_0000000acmefake",
                        "is_default": True,
                        "contact_count": 7,
                        "mailing_lists": [{"mailing_list_id": "CG_00000000list1fa", "name": "Customers"}],
                    },
                    {"directory_id": "POOL_0000001acmefake", "name": "Research"},
                    {"directory_id": "POOL_0000002acmefake", "name": "Old"},
                ],
            },
            {"organization_id": "globex", "datacenter_id": "iad1", "users": [user(1, api_token=GLOBEX_TOKEN)]},
        ]
    }


class World:
    """One cloud with its switches and its clock."""

    def __init__(self) -> None:
        self.behaviour: dict[str, object] = {}
        self.clock = Clock()
        self.cloud = Cloud(seed(), self.behaviour, self.clock)

    def ask(
        self, url: str, token: str | None = ACME_TOKEN, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Status and document of a request to ``url`` (host and path, with or without scheme)."""
        parts = urlsplit(url if "://" in url else f"https://{url}")
        if token:
            headers["x-api-token"] = token
        response = self.cloud.site(parts.netloc).respond(
            Request(method, parts.netloc, parts.path, parts.query, headers)
        )
        return response.status, Request("", "", "", body=response.body).json()

    def bearer(self, client: str = "all", datacenter: str = "fra1") -> str:
        """A fresh access token."""
        form = f"grant_type=client_credentials&client_id={client}&client_secret=secret-fake".encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        host = f"{datacenter}.qualtrics.com"
        response = self.cloud.site(host).respond(Request("POST", host, "/oauth2/token", "", headers, form))
        return Request("", "", "", body=response.body).json()["access_token"]

    def ask_as_client(self, url: str, client: str = "all") -> tuple[int, dict[str, Any]]:
        """As ``ask``, with a fresh bearer of that client."""
        return self.ask(url, None, authorization=f"Bearer {self.bearer(client)}")


@pytest.fixture
def world() -> World:
    return World()


def error_of(document: dict[str, Any]) -> tuple[str, str | None]:
    """The two texts of an error envelope."""
    error = document["meta"]["error"]
    return error["errorMessage"], error.get("errorCode")


def test_whoami_names_brand_and_datacenter(world: World) -> None:
    status, document = world.ask("fra1.qualtrics.com/API/v3/whoami")
    assert status == 200
    assert document["result"]["brandId"] == "acme"
    assert document["result"]["datacenter"] == "fra1"
    assert document["result"]["userId"] == "UR_1"
    assert document["meta"]["httpStatus"] == "200 - OK"
    assert re.fullmatch("[0-9a-f-]{36}", document["meta"]["requestId"])
    assert "notice" not in document["meta"]


def test_missing_credentials_are_a_400_and_bad_ones_a_401(world: World) -> None:
    host = "fra1.qualtrics.com/API/v3/whoami"
    status, document = world.ask(host, None)
    assert (status, *error_of(document)) == (400, "Expected authorization in headers, but none provided.", "ATP_2")
    status, document = world.ask(host, None, authorization="Basic eDp5")
    assert (status, error_of(document)[1]) == (400, "ATP_2")
    status, document = world.ask(host, "nobody's")
    assert (status, *error_of(document)) == (401, "Unrecognized X-API-TOKEN.", "DCD_7")
    status, document = world.ask(host, None, authorization="Bearer nobody's")
    assert (status, *error_of(document)) == (401, "invalid_client", "AUTH_6.0")


def test_each_credential_that_is_sent_must_be_good(world: World) -> None:
    host = "fra1.qualtrics.com/API/v3/whoami"
    good = f"Bearer {world.bearer()}"
    assert world.ask(host, ACME_TOKEN, authorization=good)[0] == 200
    assert error_of(world.ask(host, "nobody's", authorization=good)[1])[1] == "DCD_7"
    assert error_of(world.ask(host, ACME_TOKEN, authorization="Bearer nobody's")[1])[1] == "AUTH_6.0"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/API/v3/oauth-clients"),
        ("GET", "/"),
        ("POST", "/API/v3/whoami"),
        ("GET", "/API/v3/users/UR_1/apitoken/x"),
    ],
)
@pytest.mark.parametrize("token", [None, ACME_TOKEN])
def test_an_unknown_route_is_a_404_without_code_for_anybody(
    world: World, method: str, path: str, token: str | None
) -> None:
    status, document = world.ask(f"fra1.qualtrics.com{path}", token, method)
    assert (status, *error_of(document)) == (404, "The requested resource does not exist.", None)


@pytest.mark.parametrize("host", ["fra1", "acme", "acme.fra1", "ACME.FRA1"])
def test_the_hosts_of_a_brand_answer_without_notice(world: World, host: str) -> None:
    status, document = world.ask(f"{host}.qualtrics.com/API/v3/whoami")
    assert (status, document["meta"].get("notice")) == (200, None)
    assert world.ask_as_client(f"{host}.qualtrics.com/API/v3/whoami")[0] == 200


@pytest.mark.parametrize("host", ["iad1", "globex", "globex.iad1", "acme.iad1", "fra2", "nobody", "nobody.fra1"])
def test_elsewhere_a_token_is_proxied_and_a_bearer_refused(world: World, host: str) -> None:
    status, document = world.ask(f"{host}.qualtrics.com/API/v3/whoami")
    assert status == 200
    assert (
        document["meta"]["notice"]
        == "Request proxied. For faster response times, use this host instead: fra1.qualtrics.com"
    )
    status, document = world.ask_as_client(f"{host}.qualtrics.com/API/v3/whoami")
    assert (status, error_of(document)[1]) == (401, "AUTH_6.0")
    world.behaviour["qualtrics.wrong_datacenter_bearer"] = "DCD_7"
    status, document = world.ask_as_client(f"{host}.qualtrics.com/API/v3/whoami")
    assert (status, error_of(document)[1]) == (401, "DCD_7")


def test_other_domains_are_nobody_here(world: World) -> None:
    assert world.cloud.site("qualtrics.com") is None
    assert world.cloud.site("fra1.qualtrics.com.example.org") is None
    assert world.cloud.site("notqualtrics.com") is None


def test_a_bearer_expires_by_the_clock(world: World) -> None:
    bearer = f"Bearer {world.bearer()}"
    world.clock.offset_seconds = 3590
    assert world.ask("fra1.qualtrics.com/API/v3/whoami", None, authorization=bearer)[0] == 200
    world.clock.offset_seconds = 3601
    assert error_of(world.ask("fra1.qualtrics.com/API/v3/whoami", None, authorization=bearer)[1])[1] == "AUTH_6.0"


def test_a_user_without_api_access_is_forbidden(world: World) -> None:
    assert world.ask("fra1.qualtrics.com/API/v3/whoami", NO_ACCESS_TOKEN)[0] == 403


def test_a_bearer_needs_the_scope_of_the_resource(world: World) -> None:
    assert world.ask_as_client("fra1.qualtrics.com/API/v3/whoami", "users")[0] == 200
    assert world.ask_as_client("fra1.qualtrics.com/API/v3/users", "users")[0] == 200
    status, document = world.ask_as_client("fra1.qualtrics.com/API/v3/directories", "users")
    assert status == 403
    assert "read:directories" in error_of(document)[0]
    assert world.ask_as_client("fra1.qualtrics.com/API/v3/directories")[0] == 200


def test_directories_come_in_pages_that_name_the_next(world: World) -> None:
    url: str | None = "https://acme.qualtrics.com/API/v3/directories?pageSize=2&includeCount=true"
    seen = []
    pages = 0
    while url:
        status, document = world.ask(url)
        assert status == 200
        seen += document["result"]["elements"]
        url = document["result"]["nextPage"]
        assert url is None or url.startswith(
            "https://acme.qualtrics.com/API/v3/directories?pageSize=2&includeCount=true&skipToken="
        )
        pages += 1
    assert pages == 2
    assert [row["directoryId"] for row in seen] == [
        "POOL_0000000acmefake",
        "POOL_0000001acmefake",
        "POOL_0000002acmefake",
    ]
    assert [row["name"] for row in seen] == [None, "Research", "Old"]
    assert [row["isDefault"] for row in seen] == [True, False, False]
    assert [row["contactCount"] for row in seen] == [7, 0, 0]


@pytest.mark.parametrize(
    "query",
    ["pageSize=0", "pageSize=101", "pageSize=x", "pageSize=", "skipToken=%C3%A9", "skipToken=AAAA", "skipToken=x"],
)
def test_a_senseless_page_is_a_400(world: World, query: str) -> None:
    assert world.ask(f"fra1.qualtrics.com/API/v3/directories?{query}")[0] == 400


def test_a_brand_may_have_no_directories(world: World) -> None:
    status, document = world.ask("iad1.qualtrics.com/API/v3/directories", GLOBEX_TOKEN)
    assert (status, document["result"]) == (200, {"elements": [], "nextPage": None})


def test_double_slashes_and_a_slash_at_the_end_are_taken(world: World) -> None:
    status, document = world.ask(
        "fra1.qualtrics.com/API/v3/directories/POOL_0000000acmefake//mailinglists/?pageSize=100"
    )
    assert status == 200
    assert [row["name"] for row in document["result"]["elements"]] == ["Customers"]
    assert world.ask("fra1.qualtrics.com/API/v3/directories/POOL_nobodys/mailinglists")[0] == 404


def test_users_are_paged_by_offset(world: World) -> None:
    status, document = world.ask("fra1.qualtrics.com/API/v3/users?pageSize=3")
    assert status == 200
    assert [row["id"] for row in document["result"]["elements"]] == ["UR_1", "UR_2", "UR_3"]
    assert document["result"]["nextPage"] == "https://fra1.qualtrics.com/API/v3/users?pageSize=3&offset=3"
    assert [row["id"] for row in world.ask(document["result"]["nextPage"])[1]["result"]["elements"]] == ["UR_4"]


def test_an_api_token_can_be_read_and_made(world: World) -> None:
    mine, missing = "fra1.qualtrics.com/API/v3/users/UR_1/apitoken", "fra1.qualtrics.com/API/v3/users/UR_4/apitoken"
    assert world.ask(mine)[1]["result"] == {"apiToken": ACME_TOKEN}
    assert world.ask(missing)[0] == 400
    made = world.ask(missing, method="POST")[1]["result"]["apiToken"]
    assert len(made) == 40
    assert world.ask(missing)[1]["result"] == {"apiToken": made}
    assert world.ask("fra1.qualtrics.com/API/v3/whoami", made)[1]["result"]["userId"] == "UR_4"
    assert world.ask("fra1.qualtrics.com/API/v3/users/UR_9/apitoken")[0] == 404


def test_a_new_api_token_voids_the_one_before(world: World) -> None:
    mine = "fra1.qualtrics.com/API/v3/users/UR_1/apitoken"
    made = world.ask(mine, method="POST")[1]["result"]["apiToken"]
    assert error_of(world.ask(mine)[1])[1] == "DCD_7"
    assert world.ask(mine, made)[0] == 200
    world.behaviour["qualtrics.api_token_exists"] = "refuse"
    assert world.ask(mine, made, "POST")[0] == 400
    assert world.ask(mine, made)[0] == 200


def test_only_an_administrator_reads_tokens_and_the_organization(world: World) -> None:
    for path in ("users/UR_1/apitoken", "organizations/acme"):
        assert world.ask(f"fra1.qualtrics.com/API/v3/{path}")[0] == 200
        assert world.ask(f"fra1.qualtrics.com/API/v3/{path}", PLAIN_USER_TOKEN)[0] == 403


def test_the_organization_answers_five_times_a_minute(world: World) -> None:
    url = "fra1.qualtrics.com/API/v3/organizations/acme"
    assert world.ask(url)[1]["result"]["baseUrl"] == "https://acme.fra1.qualtrics.com"
    assert [world.ask(url)[0] for _attempt in range(5)] == [200, 200, 200, 200, 429]
    world.clock.offset_seconds = 61
    assert world.ask("fra1.qualtrics.com/API/v3/organizations/globex")[0] == 404


def test_a_proxied_write_is_refused_unless_switched(world: World) -> None:
    url = "nobody.qualtrics.com/API/v3/users/UR_4/apitoken"
    assert world.ask(url, method="POST")[0] == 400
    world.behaviour["qualtrics.proxied_write"] = "accept"
    assert world.ask(url, method="POST")[0] == 200


def test_the_disputed_fields_follow_their_switches(world: World) -> None:
    whoami, directories = "fra1.qualtrics.com/API/v3/whoami", "fra1.qualtrics.com/API/v3/directories"
    world.behaviour.update({"qualtrics.whoami_datacenter": False, "qualtrics.request_id": "empty"})
    document = world.ask(whoami)[1]
    assert "datacenter" not in document["result"]
    assert document["meta"]["requestId"] == ""

    first = world.ask(directories)[1]["result"]["elements"][0]
    assert first["isDefault"] is True
    assert "contactCount" not in first
    world.behaviour.update(
        {
            "qualtrics.directory_name": "null",
            "qualtrics.directory_default": "never",
            "qualtrics.contact_count": "always",
            "qualtrics.last_page": "absent",
        }
    )
    result = world.ask(directories)[1]["result"]
    assert "nextPage" not in result
    assert {row["name"] for row in result["elements"]} == {None}
    assert {row["isDefault"] for row in result["elements"]} == {False}
    assert result["elements"][0]["contactCount"] == 7
    world.behaviour["qualtrics.directory_default"] = "absent"
    assert "isDefault" not in world.ask(directories)[1]["result"]["elements"][0]
