# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The control address and the faults that it orders."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox import Sandbox

TABLE = "https://acmedev.service-now.com/api/now/table"
LOGIN = ("spoke.setup", "sandbox-Password-1")


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.control.reset()
    return running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": sandbox.proxy_url}
        session.verify = sandbox.ca_file
        session.auth = LOGIN
        yield session


def call(sandbox: Sandbox, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, Any]:
    connection = HTTPConnection(urlsplit(sandbox.control_url).netloc, timeout=10)
    connection.request(method, path, body, headers=headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def create(client: requests.Session, name: str) -> requests.Response:
    return client.post(f"{TABLE}/sys_properties", json={"name": name, "value": "1"}, timeout=2)


def stored(sandbox: Sandbox, name: str) -> bool:
    return any(row["name"] == name for row in sandbox.control.records("acmedev", "sys_properties"))


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/nothing", None, 404, "there is no GET /nothing"),
        ("PUT", "/latency", "{}", 400, "ms is missing"),
        ("PUT", "/latency", "not json", 400, "Expecting value"),
        ("POST", "/faults", '{"kind": "earthquake"}', 400, "there is no fault earthquake"),
        ("POST", "/faults", '{"kind": "reset", "colour": "red"}', 400, "unknown: colour"),
        ("POST", "/faults", '{"kind": "reset", "path": "("}', 400, "no regular expression"),
        ("PUT", "/behaviour", '{"servicenow.nothing": 1}', 400, "there is no switch servicenow.nothing"),
        ("PUT", "/behaviour", '{"servicenow.insert_sys_id": "perhaps"}', 400, "can be honour, ignore"),
        ("PUT", "/latency", '{"ms": -5}', 400, "ms has to be a number, and not below 0"),
        ("PUT", "/latency", '{"ms": NaN}', 400, "ms has to be a number"),
        ("PUT", "/latency", '{"ms": 1, "connect_ms": -5}', 400, "connect_ms has to be a number, and not below 0"),
        ("PUT", "/latency", '{"ms": null}', 400, "ms has to be a number"),
        ("PUT", "/clock", '{"offset_seconds": Infinity}', 400, "offset_seconds has to be a number"),
        ("POST", "/faults", '{"kind": "status", "times": "3"}', 400, "times: Input should be a valid integer"),
        ("POST", "/faults", '{"kind": "status", "skip": -1}', 400, "skip: Input should be greater than or equal to 0"),
        (
            "POST",
            "/faults",
            '{"kind": "status", "status": 99}',
            400,
            "status: Input should be greater than or equal to 200",
        ),
        ("POST", "/faults", '{"kind": "status", "status": 599}', 400, "status: 599 is not a valid HTTPStatus"),
        ("POST", "/faults", '{"kind": "slow", "seconds": "1"}', 400, "seconds: Input should be a valid number"),
        (
            "POST",
            "/faults",
            '{"kind": "rate_limited", "retry_after": NaN}',
            400,
            "retry_after: Input should be a finite number",
        ),
        ("POST", "/faults", '{"kind": "reset", "host": null}', 400, "host: Input should be a valid string"),
        ("PUT", "/behaviour", '{"servicenow.unknown_path_status": 404.0}', 400, "can be 400, 404"),
        ("PATCH", "/latency", "{}", 404, "there is no PATCH /latency"),
        ("POST", "/reset", "[" * 100000, 400, "nested too deeply"),
        ("GET", "/instances/acmedev/tables/no_such_table", None, 400, "no_such_table"),
        ("POST", "/instances/acmedev/tables/sys_user", "{}", 404, "there is no POST"),
    ],
)
def test_bad_calls_are_answered_with_a_sentence(
    sandbox: Sandbox, method: str, path: str, body: str | None, status: int, message: str
) -> None:
    answered, document = call(sandbox, method, path, body)
    assert answered == status
    assert message in document["error"]


@pytest.mark.parametrize(
    "header", [{"Host": "evil.example.com:80"}, {"Origin": "https://evil.example.com"}, {"Origin": "null"}]
)
def test_a_web_page_cannot_drive_it(sandbox: Sandbox, header: dict[str, str]) -> None:
    sandbox.control.latency(1)
    assert call(sandbox, "POST", "/reset", **header)[0] == 403
    assert sandbox.world.latency_seconds == 0.001


@pytest.mark.parametrize("length", ["-1", "many"])
def test_a_body_of_no_length_is_refused_at_once(sandbox: Sandbox, length: str) -> None:
    status, document = call(sandbox, "POST", "/reset", **{"Content-Length": length})
    assert (status, document["error"]) == (400, "Content-Length has to be a number, and not below 0")


def test_secrets_are_decrypted_only_if_asked_for(sandbox: Sandbox) -> None:
    path = "/instances/acmedev/tables/oauth_entity"
    stored_form = call(sandbox, "GET", path)
    assert call(sandbox, "GET", f"{path}?plain=0") == stored_form
    assert call(sandbox, "GET", f"{path}?plain=1") != stored_form


def test_records_are_edited_by_hand_past_every_rule(sandbox: Sandbox) -> None:
    sandbox.control.put("acmedev", "sys_properties", "0" * 31 + "1", {"name": "by.hand", "value": "1"})
    assert stored(sandbox, "by.hand")
    sandbox.control.delete("acmedev", "sys_properties", "0" * 31 + "1")
    assert not stored(sandbox, "by.hand")


def test_reset_brings_back_the_seed_and_forgets_everything_else(sandbox: Sandbox, client: requests.Session) -> None:
    create(client, "soon.gone")
    sandbox.control.latency(50)
    sandbox.control.clock(3600)
    sandbox.control.fault("reset")
    sandbox.control.behaviour({"servicenow.insert_sys_id": "ignore"})
    sandbox.control.reset()
    assert not stored(sandbox, "soon.gone")
    assert sandbox.control.faults() == []
    assert sandbox.control.requests() == []
    assert sandbox.control.behaviour()["servicenow.insert_sys_id"] == "honour"
    assert sandbox.world.latency_seconds == sandbox.world.clock.offset_seconds == 0


def test_a_new_connection_can_take_longer_than_a_request(sandbox: Sandbox, client: requests.Session) -> None:
    sandbox.control.latency(0, connect_ms=150)
    url = "https://acmedev.service-now.com/login.do"
    first, second = (client.get(url, timeout=20).elapsed.total_seconds() for _number in range(2))
    assert first >= 0.15 > second


def test_latency_makes_every_request_take_longer(sandbox: Sandbox, client: requests.Session) -> None:
    sandbox.control.latency(80)
    started = time.monotonic()
    client.get(f"{TABLE}/sys_user?sysparm_limit=1", timeout=5)
    assert time.monotonic() - started >= 0.08


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"kind": "refused"}, requests.exceptions.ConnectionError),
        ({"kind": "tls_failure"}, requests.exceptions.SSLError),
        ({"kind": "reset"}, requests.exceptions.ConnectionError),
        ({"kind": "reset", "when": "after"}, requests.exceptions.ConnectionError),
        ({"kind": "close"}, requests.exceptions.ConnectionError),
        ({"kind": "close", "when": "after"}, requests.exceptions.ConnectionError),
        ({"kind": "slow", "seconds": 3.0}, requests.exceptions.ReadTimeout),
    ],
)
def test_faults_without_an_answer(
    sandbox: Sandbox, client: requests.Session, rule: dict[str, Any], error: type[Exception]
) -> None:
    sandbox.control.fault(**rule)
    with pytest.raises(error):
        create(client, "fault.test")
    deadline = time.monotonic() + 5
    expected = rule.get("when") == "after" or rule["kind"] == "slow"
    while expected and not stored(sandbox, "fault.test") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stored(sandbox, "fault.test") is expected
    assert [fault["fired"] for fault in sandbox.control.faults()] == [1]


@pytest.mark.parametrize(("kind", "end"), [("reset", pytest.raises(ConnectionResetError)), ("close", nullcontext())])
def test_a_reset_and_a_close_differ_on_the_wire(
    sandbox: Sandbox, kind: str, end: AbstractContextManager[object]
) -> None:
    sandbox.control.fault(kind)
    host = "acmedev.service-now.com"
    with socket.create_connection(("127.0.0.1", int(sandbox.proxy_url.rpartition(":")[2])), timeout=5) as raw:
        raw.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        assert raw.recv(1024).startswith(b"HTTP/1.1 200")
        with ssl.create_default_context(cafile=sandbox.ca_file).wrap_socket(raw, server_hostname=host) as tls:
            tls.sendall(f"GET /login.do HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            with end:
                # Below TLS, which makes one end of both.
                while socket.socket.recv(tls, 65536):
                    pass


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("rule", "status", "text"),
    [
        ({"kind": "html"}, 200, "Instance Hibernating page"),
        ({"kind": "login_redirect"}, 302, ""),
        ({"kind": "accepted_202"}, 202, ""),
        ({"kind": "rate_limited"}, 429, ""),
        ({"kind": "rate_limited", "retry_after": 7}, 429, "Rate limit exceeded"),
        ({"kind": "garbled", "status": 201}, 201, '{"result": {'),
        ({"kind": "html", "status": 502}, 502, "<html>"),
        ({"kind": "status", "status": 503}, 503, "Injected 503"),
        ({"kind": "truncated"}, 200, "Transaction cancelled"),
        ({"kind": "not_json"}, 200, "Log in"),
    ],
)
def test_faults_with_an_answer(
    sandbox: Sandbox, client: requests.Session, rule: dict[str, Any], when: str, status: int, text: str
) -> None:
    sandbox.control.fault(when=when, table="sys_properties", method="POST", **rule)
    answer = client.post(
        f"{TABLE}/sys_properties", json={"name": "fault.test", "value": "1"}, timeout=5, allow_redirects=False
    )
    assert answer.status_code == status
    assert text in answer.text
    assert answer.headers.get("Retry-After") == ("7" if "retry_after" in rule else None)
    assert stored(sandbox, "fault.test") is (when == "after")


def test_a_garbled_answer_keeps_its_status_unless_told(sandbox: Sandbox, client: requests.Session) -> None:
    sandbox.control.fault("garbled", when="after", method="POST")
    assert create(client, "fault.test").status_code == 201


def test_a_rate_limit_names_its_rule(sandbox: Sandbox, client: requests.Session) -> None:
    sandbox.control.fault("rate_limited", retry_after=7)
    assert {"X-RateLimit-Limit", "X-RateLimit-Reset", "X-RateLimit-Rule"} <= set(create(client, "fault.test").headers)


@pytest.mark.parametrize(
    ("rule", "code"),
    [({"kind": "status", "status": 401, "code": "DCD_7"}, "DCD_7"), ({"kind": "rate_limited", "retry_after": 7}, None)],
)
def test_qualtrics_refuses_in_its_own_envelope(
    sandbox: Sandbox, client: requests.Session, rule: dict[str, Any], code: str | None
) -> None:
    sandbox.control.fault(**rule)
    answer = client.get("https://fra1.qualtrics.com/API/v3/whoami", timeout=5)
    meta = answer.json()["meta"]
    assert meta["httpStatus"].startswith(f"{answer.status_code} - ")
    assert meta["error"].get("errorCode") == code
    assert "X-RateLimit-Limit" not in answer.headers


def test_hosts_and_methods_of_a_fault_are_told_apart_as_http_does(sandbox: Sandbox, client: requests.Session) -> None:
    sandbox.control.fault("status", status=503, host="ACMEdev.service-now.com", method="post")
    assert create(client, "fault.test").status_code == 503


def test_a_fault_hits_what_it_names_so_often_and_no_more(sandbox: Sandbox, client: requests.Session) -> None:
    sandbox.control.fault(
        "status",
        status=500,
        host="acmedev.service-now.com",
        method="GET",
        path="^/api/now/table/sys_(user|alias)$",
        skip=1,
        times=2,
    )
    statuses = [client.get(f"{TABLE}/sys_alias?sysparm_limit=1", timeout=5).status_code for _attempt in range(5)]
    other = client.get(f"{TABLE}/sys_properties?sysparm_limit=1", timeout=5).status_code
    assert statuses == [200, 500, 500, 200, 200]
    assert other == 200
    assert [(rule["matched"], rule["fired"]) for rule in sandbox.control.faults()] == [(5, 2)]
    sandbox.control.clear_faults()
    assert sandbox.control.faults() == []


def test_the_date_of_answers_moves_with_the_clock(sandbox: Sandbox, client: requests.Session) -> None:
    sandbox.control.clock(10 * 365 * 24 * 3600)
    year = int(create(client, "date.test").headers["Date"].split()[3])
    assert year >= 2030
