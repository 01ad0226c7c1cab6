# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Whatever a server answers, and whatever a host name looks like: credentials go to the host that was named, and to no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from connections import endpoint_api
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DIRECTORY,
    PROPERTY,
    SPOKE_SCOPE,
    lead_to,
    login,
    qualtrics_connection,
    run_task,
)

from promises.hostile.every_host import HostileServer, Reply, Spoil
from promises.hostile.options import HIDDEN, LOOK_ALIKES
from sandbox.web import Request, Response

INSTANCE = "acmedev.service-now.com"
EVIL = "evil.example"
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
INBOUND_CLIENT = {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-Client-Secret-1"}
REGISTRATION = "https://oauth-gateway.qualtrics.com/register"
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "property": ("snow_sys_property", {"instance": login(), "name": PROPERTY, "value": DIRECTORY}),
    "property with a token": (
        "snow_sys_property",
        {"instance": login(**INBOUND_CLIENT), "name": PROPERTY, "value": DIRECTORY},
    ),
    "spoke": ("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE}),
    "connection": ("snow_connection_alias", qualtrics_connection()),
    "script": ("snow_scripted_rest_api", endpoint_api()),
    "account": ("qualtrics_account_info", {"api_token": API_TOKEN}),
    "client": ("qualtrics_oauth_client", {**CLIENT, "datacenter_id": "fra1", "api_token": API_TOKEN}),
    "account and client": ("qualtrics_oauth_client", {**CLIENT, "api_token": API_TOKEN, "read_account": True}),
    "registration": (
        "qualtrics_oauth_client",
        {
            "datacenter_id": "fra1",
            "registration_url": REGISTRATION,
            "initial_access_token": "sandbox-initial-access-token-fake",
        },
    ),
    "token": ("qualtrics_api_token", {**CLIENT, "datacenter_id": "fra1", "api_token": API_TOKEN}),
}
# The hosts of Qualtrics that a token may lead to belong to its own domain.
TRUSTED = (INSTANCE, *(f"{name}.qualtrics.com" for name in ("iad1", "fra1", "acme", "oauth-gateway")))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less patience than a real run has."""
    monkeypatch.setattr(wire, "ATTEMPTS", 1)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Spoil], HostileServer]]:
    """Start a hostile server, and lead this process there."""
    running: list[HostileServer] = []

    def start(spoil: Spoil) -> HostileServer:
        server = HostileServer(spoil)
        running.append(server)
        lead_to(server.environment, monkeypatch)
        return server

    yield start
    for server in running:
        server.close()
        assert server.failures == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("task", TASKS)
def test_a_redirect_is_not_followed(serve: Callable[[Spoil], HostileServer], task: str, status: int) -> None:
    server = serve(lambda request, _genuine: Reply(status, [("Location", f"https://{EVIL}{request.path}")], [], 0))
    result = run_task(*TASKS[task], no_log=task in HIDDEN)
    assert f"redirects ({status})" in result["msg"]
    # Where a batch is refused, its reads are tried one by one, and the first one is redirected as well.
    assert len(server.seen) == (2 if task in ("spoke", "script") else 1)
    assert EVIL not in server.hosts


@pytest.mark.parametrize("index", range(1, 12))
def test_a_redirect_midway_is_not_followed_either(serve: Callable[[Spoil], HostileServer], index: int) -> None:
    def spoil(request: Request, _genuine: Response) -> Reply | None:
        late = len(server.seen) > index
        return (
            Reply(307, [("Location", f"https://{EVIL}/"), ("Refresh", f"0; url=https://{EVIL}/")], [], 0)
            if late
            else None
        )

    server = serve(spoil)
    assert run_task(*TASKS["connection"])["error"]["kind"] == "unexpected_answer"
    assert server.hosts == {INSTANCE}


def replaced(old: str, new: str) -> Spoil:
    """The genuine answers with one text for another."""

    def spoil(request: Request, genuine: Response) -> Reply:
        body = genuine.body.replace(old.encode(), new.encode())
        return Reply(genuine.status, genuine.headers, [body], len(body))

    return spoil


NEXT_PAGES = [
    f"https://{EVIL}/API/v3/directories",
    f"https://fra1.qualtrics.com@{EVIL}/",
    f"https://fra1.qualtrics.com.{EVIL}/",
    f"https://fra1.qualtrics.com\\\\@{EVIL}/",
    f"https://fra1.qualtrics.com:444@{EVIL}/",
    f"//{EVIL}/API/v3/directories",
    f"https://{EVIL}#@fra1.qualtrics.com/",
    f"https://{EVIL}?fra1.qualtrics.com/",
    "http://fra1.qualtrics.com/API/v3/directories",
    "https://fra1.qualtrics.com:8443/API/v3/directories",
    f"https://fra1.qualtrics.com\\n.{EVIL}/",
    f"https://fra1.qualtrics.com\\t@{EVIL}/",
    "https://[::1",
    f"javascript://{EVIL}/",
]


@pytest.mark.parametrize("url", NEXT_PAGES)
def test_the_next_page_is_on_the_same_host_or_not_read(serve: Callable[[Spoil], HostileServer], url: str) -> None:
    server = serve(replaced('"nextPage": null', f'"nextPage": "{url}"'))
    for task in ("account", "client"):
        assert "next page of directories is on another host" in run_task(*TASKS[task])["msg"]
    assert server.hosts <= set(TRUSTED)


@pytest.mark.parametrize(
    "brand",
    [
        f"{EVIL}/",
        f"{EVIL}?",
        f"{EVIL}#",
        f"x@{EVIL}/",
        f"{EVIL}:443/",
        f"{EVIL}\\\\",
        "a.b",
        "a b",
        "ümlaut",
        "",
        "x" * 64,
    ],
)
def test_a_brand_is_a_name_and_no_host(serve: Callable[[Spoil], HostileServer], brand: str) -> None:
    server = serve(replaced('"brandId": "acme"', f'"brandId": "{brand}"'))
    for task in ("account", "client"):
        assert "does not name a brand" in run_task(*TASKS[task])["msg"]
    assert server.hosts <= set(TRUSTED)


@pytest.mark.parametrize("datacenter", [f"{EVIL}/", f"x@{EVIL}", f"{EVIL}", "a.b", "/", "..", "ümlaut", "x" * 64])
def test_a_stated_datacenter_that_is_no_id_is_not_heard(
    serve: Callable[[Spoil], HostileServer], datacenter: str
) -> None:
    server = serve(replaced('"datacenter": "fra1"', f'"datacenter": "{datacenter}"'))
    for task in ("account", "client"):
        assert run_task(*TASKS[task])["datacenter_id"] == "fra1"
    # Where nothing else says it, it is not known.
    by_brand = run_task("qualtrics_account_info", {"api_token": API_TOKEN, "organization_id": "acme"})
    assert "does not say at which datacenter" in by_brand["msg"]
    assert server.hosts <= set(TRUSTED)


def test_a_notice_leads_to_no_other_domain(serve: Callable[[Spoil], HostileServer]) -> None:
    def spoil(request: Request, genuine: Response) -> Reply | None:
        if not request.path.endswith("/whoami"):
            return None
        document = json.loads(genuine.body)
        document["result"].pop("datacenter", None)
        document["meta"]["notice"] = f"use this host instead: fra1.qualtrics.com.{EVIL} or {EVIL}/x.qualtrics.com"
        return Reply.of_json(document)

    server = serve(spoil)
    run_task(*TASKS["account"])
    assert all(host.endswith(".qualtrics.com") for host in server.hosts)


PATHS = [
    f"@{EVIL}/api/1/x",
    f".{EVIL}/api/1/x",
    f":443@{EVIL}/x",
    f"https://{EVIL}/api/1/x",
    f"\\\\@{EVIL}/",
    f"#@{EVIL}/",
    "/api/1/x?y=",
    "/api/1/x\\r\\nX: y",
    "/api/ü",
    "\\ud800",
    "api",
    "x" * 100000,
]


@pytest.mark.parametrize("path", PATHS)
def test_the_path_of_the_setup_endpoint_is_a_path(serve: Callable[[Spoil], HostileServer], path: str) -> None:
    """The scripts are ours, so that the endpoint is trusted; its path is what the instance says."""
    server = serve(lambda _request, _genuine: None)
    definition = run_task("snow_scripted_rest_api", endpoint_api())["sys_id"]
    server.world.farm.put_record("acmedev", "sys_ws_definition", definition, {"base_uri": json.loads(f'"{path}"')})
    for operation in server.world.farm.records("acmedev", "sys_ws_operation"):
        server.world.farm.put_record("acmedev", "sys_ws_operation", operation["sys_id"], {"operation_uri": ""})
    result = run_task(*TASKS["connection"])
    assert result["error"]["kind"] == "unexpected_answer"
    assert "exception" not in result
    assert server.hosts == {INSTANCE}


def host_of(value: str) -> str:
    """The host that a careful reader finds in a look-alike; empty for what names none."""
    hosts = {
        "acmedev.service-now.com.evil.example": "acmedev.service-now.com.evil.example",
        "https://xn--cmedev-2nf.service-now.com": "xn--cmedev-2nf.service-now.com",
        "https://[::1]": "::1",
        "https://[::ffff:10.0.0.1]:8443": "::ffff:10.0.0.1",
        "https://127.1": "127.1",
        "https://2130706433": "2130706433",
        "https://0x7f.0.0.1": "0x7f.0.0.1",
        "https://10.0.0.1": "10.0.0.1",
        "https://127.0.0.1:1": "127.0.0.1",
        "http://localhost:1": "localhost",
        "acmedev:443": "acmedev",
        "https://acmedev.service-now.com.": "acmedev.service-now.com",
        "evil.example/": "evil.example",
    }
    return hosts.get(value, "")


@pytest.mark.parametrize("value", LOOK_ALIKES)
def test_a_look_alike_is_refused_or_is_the_host_that_it_says(
    serve: Callable[[Spoil], HostileServer], value: str
) -> None:
    server = serve(lambda _request, genuine: None)
    result = run_task("snow_sys_property", {"instance": login(host=value), "name": PROPERTY, "value": DIRECTORY})
    assert server.hosts <= {host_of(value)}
    if not host_of(value):
        assert result["error"]["kind"] == "input"
        assert "instance.host" in result["error"]["what"]


@pytest.mark.parametrize("task", TASKS)
def test_cookies_and_other_wishes_of_a_server_are_not_heard(serve: Callable[[Spoil], HostileServer], task: str) -> None:
    def spoil(request: Request, genuine: Response) -> Reply:
        wishes = [
            ("Set-Cookie", f"JSESSIONID=1; Domain={request.host}"),
            ("Location", f"https://{EVIL}/"),
            ("Alt-Svc", f'h2="{EVIL}:443"'),
        ]
        wishes += [
            ("Link", f'<https://{EVIL}/>; rel="next", <<<>>;;;'),
            ("Content-Location", f"https://{EVIL}/"),
            ("X-Total-Count", "many"),
        ]
        return Reply(genuine.status, genuine.headers + wishes, [genuine.body], len(genuine.body))

    server = serve(spoil)
    result = run_task(*TASKS[task], no_log=task in HIDDEN)
    assert "msg" not in result
    assert not any("cookie" in request.headers for request in server.seen)
    assert server.hosts <= set(TRUSTED)
    assert server.betrayed_to(*TRUSTED) == set()


def test_a_betrayal_would_be_seen(serve: Callable[[Spoil], HostileServer]) -> None:
    server = serve(lambda _request, _genuine: None)
    run_task("snow_sys_property", {"instance": login(host=EVIL), "name": PROPERTY, "value": DIRECTORY})
    assert server.betrayed_to(INSTANCE) == {EVIL}
