# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Proxies: a refused login is sent once and told as the proxy's, a badly written one is neither shown nor looked up, NO_PROXY is named."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import ProxyLoginRefused, ProxyRefused
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.failures import failure
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.proxies import ProxyLogins, choose_proxy
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, SPOKE_SCOPE, login, qualtrics_connection, run_task, set_up

from sandbox import Sandbox
from sandbox.tls import Authority

VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
PASSWORD = "sandbox-Proxy-fake"
HOST = "https://acmedev.service-now.com"
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE}),
    ("snow_connection_alias", qualtrics_connection()),
    ("qualtrics_account_info", {"api_token": API_TOKEN}),
    (
        "qualtrics_oauth_client",
        {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "datacenter_id": "fra1", "api_token": API_TOKEN},
    ),
]
# One task that talks to both systems at the same time.
BOTH: tuple[str, dict[str, Any]] = ("qualtrics_spoke", set_up())


class Refuser:
    """A proxy that answers whatever it is asked with one answer, over TLS if it has a context."""

    def __init__(self, answer: bytes, context: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(5)
                end = self._context.wrap_socket(connection, server_side=True) if self._context else connection
                self.asked.append(end.recv(65536))
                end.sendall(self.answer)
                end.close()


def refusal(status: str) -> bytes:
    page = b"<html><title>Proxy</title></html>"
    return (
        f"HTTP/1.1 {status}\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode()
        + page
    )


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy from whoever runs the tests, and less patience."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(wire, "ATTEMPTS", 3)
    monkeypatch.setattr(wire, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def refuser() -> Iterator[Refuser]:
    running = Refuser(refusal("407 Proxy Authentication Required"))
    yield running
    running.close()


@pytest.mark.parametrize("source", ["variable", "option"])
@pytest.mark.parametrize(("module", "options"), [*TASKS, BOTH], ids=[module for module, _options in [*TASKS, BOTH]])
def test_a_refused_proxy_login_is_sent_once(
    refuser: Refuser, monkeypatch: pytest.MonkeyPatch, module: str, options: dict[str, Any], source: str
) -> None:
    url = f"http://svc.proxy:{PASSWORD}@127.0.0.1:{refuser.port}"
    if source == "variable":
        monkeypatch.setenv("HTTPS_PROXY", url)
    else:
        # Each of the systems that the task talks to has an option of its own.
        of_instance = {"instance": {**options["instance"], "proxy": url}} if "instance" in options else {}
        of_qualtrics = {"proxy": url} if "api_token" in options else {}
        options = {**options, **of_instance, **of_qualtrics}
    result = run_task(module, options)
    assert len(refuser.asked) == 1
    assert result["error"]["what"] == "The proxy does not accept its login (407)"
    assert f"http://127.0.0.1:{refuser.port}" in result["error"]["why"]
    assert ("HTTPS_PROXY" if source == "variable" else "the option proxy") in result["error"]["why"]
    assert "user and password in the address of the proxy" in result["error"]["advice"]
    assert PASSWORD not in json.dumps(result)


@pytest.mark.parametrize(("error", "is_kept"), [(ProxyLoginRefused, True), (ProxyRefused, False)])
def test_only_a_refused_login_is_held_against_a_proxys_other_hosts(error: type[ProxyRefused], is_kept: bool) -> None:
    logins, url = ProxyLogins(), f"http://svc.proxy:{PASSWORD}@127.0.0.1:9"
    with pytest.raises(error), logins.through(url):
        raise error("Refused", "proxy")
    with pytest.raises(error) if is_kept else contextlib.nullcontext(), logins.through(url):
        assert not is_kept


def test_requests_that_waited_for_the_first_login_go_together() -> None:
    logins, url = ProxyLogins(), f"http://svc.proxy:{PASSWORD}@127.0.0.1:9"
    both = threading.Barrier(2, timeout=5)

    def send() -> None:
        with logins.through(url):
            both.wait()

    with ThreadPoolExecutor() as pool:
        with logins.through(url):
            sent = [pool.submit(send), pool.submit(send)]
            time.sleep(0.1)
        for done in sent:
            done.result()


@pytest.mark.parametrize(
    ("status", "times", "what"),
    [
        ("403 Forbidden", 1, "The proxy does not let the request through (403)"),
        ("404 Not Found", 1, "The proxy does not let the request through (404)"),
        ("502 Bad Gateway", 3, "The proxy could not connect to the host (502)"),
        ("503 Service Unavailable", 3, "The proxy could not connect to the host (503)"),
    ],
)
def test_other_refusals_are_the_proxys_too(
    refuser: Refuser, monkeypatch: pytest.MonkeyPatch, status: str, times: int, what: str
) -> None:
    refuser.answer = refusal(status)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{refuser.port}")
    result = run_task(*TASKS[0])
    assert len(refuser.asked) == times
    assert result["error"]["what"] == what
    assert result["error"]["kind"] == "unreachable"
    assert "(https_proxy)" in result["error"]["why"]


def test_a_proxy_over_https_is_asked_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority()
    running = Refuser(refusal("407 Proxy Authentication Required"), authority.server_context("localhost"))
    try:
        monkeypatch.setenv("HTTPS_PROXY", f"https://svc.proxy:{PASSWORD}@localhost:{running.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.certificate_file)
        assert "The proxy does not accept its login" in run_task(*TASKS[0])["msg"]
        assert len(running.asked) == 1
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
        assert "The TLS certificate of the proxy could not be verified" in run_task(*TASKS[0])["msg"]
        assert len(running.asked) == 1
    finally:
        running.close()
        authority.close()


def test_a_proxy_that_speaks_no_tls_is_named(refuser: Refuser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{refuser.port}")
    result = run_task(*TASKS[0])
    assert result["error"]["what"] == "No answer from the proxy"
    assert "write its address as http://host:port" in result["error"]["advice"]


def test_socks_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    result = run_task("snow_spoke_info", {"instance": login(proxy="socks5h://127.0.0.1:1"), "scope": SPOKE_SCOPE})
    assert result["error"]["kind"] == "input"
    assert "PySocks is not installed" in result["msg"]


def test_a_refused_socks_login_is_a_refused_login() -> None:
    refused = type("SOCKS5AuthError", (OSError,), {})("0x01: SOCKS5 authentication failed")
    error = ConnectionError("no connection")
    error.__context__ = refused
    told = failure(error, "here", True, choose_proxy(HOST, "http://svc:x@127.0.0.1:9"), "")
    assert isinstance(told, ProxyRefused)
    assert "The proxy does not accept its login" in told.what


BADLY_WRITTEN = [
    "http://svc.account:Winter@Corp2024#@127.0.0.1:9",
    "http://svc.account:Corp2024#x@127.0.0.1:9",
    "http://svc.account:Corp2024/x@127.0.0.1:9",
    "http://svc.account:80/Corp2024@127.0.0.1:9",
    "http://svc.account:Corp2024?x@127.0.0.1:9",
    "http://svc.account:x@Corp2024@127.0.0.1:9",
    "http://CORP\\Corp2024:pw@127.0.0.1:9",
    "http://svc.account:Corp2024 x@127.0.0.1:9",
    "http://svc.account:[Corp2024]@127.0.0.1:9",
    "svc.account:Winter@Corp2024#@127.0.0.1:9",
    "https://svc.account:Winter@Corp2024#@127.0.0.1:9",
    "socks5://svc.account:Winter@Corp2024#@127.0.0.1:9",
    "ftp://svc.account:Corp2024@127.0.0.1:9",
]


@pytest.mark.parametrize("source", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "option"])
@pytest.mark.parametrize("url", BADLY_WRITTEN)
def test_a_badly_written_login_is_neither_shown_nor_looked_up(
    monkeypatch: pytest.MonkeyPatch, url: str, source: str
) -> None:
    looked_up: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **_options: looked_up.append(arguments) or [])
    if source != "option":
        monkeypatch.setenv(source, url)
    for module, options in (TASKS[0], TASKS[2]):
        if source == "option":
            options = {**options, "instance": login(proxy=url)} if "instance" in options else {**options, "proxy": url}
        result = run_task(module, options)
        assert result["error"]["kind"] == "input"
        assert "is not the address of a proxy" in result["msg"]
        assert "corp2024" not in json.dumps(result).lower()
    assert looked_up == []


@pytest.mark.parametrize(
    "url",
    [
        "http://svc:Winter%40Corp%23%2F@proxy.example:9",
        "http://svc@proxy.example:9/",
        "proxy.example:9",
        "http://a:b:c@[::1]:9",
        "HTTP://proxy.example",
    ],
)
def test_a_well_written_proxy_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    assert choose_proxy(HOST, None).url == url


@pytest.mark.parametrize(
    ("exceptions", "url", "is_excepted"),
    [
        (".service-now.com", HOST, True),
        ("service-now.com", HOST, True),
        ("acmedev.service-now.com:443", HOST + ":443", True),
        ("acmetest.service-now.com, other.example", HOST, False),
        ("*", HOST, True),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8,192.168.1.1", "https://192.168.1.1", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("", HOST, False),
    ],
)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_no_proxy_takes_the_proxy_away_and_says_so(
    monkeypatch: pytest.MonkeyPatch, exceptions: str, url: str, is_excepted: bool, variable: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:9")
    monkeypatch.setenv(variable, exceptions)
    proxy = choose_proxy(url, None)
    assert bool(proxy.url) is not is_excepted
    assert (variable in proxy.story and "HTTPS_PROXY is set" in proxy.story) is is_excepted
    # What a task itself says goes before what is said for all tasks.
    assert choose_proxy(url, "http://other.example:9").url == "http://other.example:9"


def test_a_failure_without_the_proxy_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_arguments: Any, **_options: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", ".service-now.com")
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    result = run_task(*TASKS[0])
    assert result["error"]["kind"] == "unreachable"
    assert "HTTPS_PROXY is set, but NO_PROXY excepts this host" in result["error"]["why"]
    assert "take it out of NO_PROXY" in result["error"]["advice"]


@pytest.mark.parametrize("host", ["http://localhost:{port}", "http://127.0.0.1:{port}", "http://[::1]:{port}"])
@pytest.mark.parametrize("source", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "option"])
def test_without_tls_no_proxy_gets_a_login(
    refuser: Refuser, monkeypatch: pytest.MonkeyPatch, host: str, source: str
) -> None:
    url = f"http://127.0.0.1:{refuser.port}"
    if source != "option":
        monkeypatch.setenv(source, url)
    run_task(
        "snow_spoke_info",
        {"instance": login(host=host.format(port=9), proxy=url if source == "option" else None), "scope": SPOKE_SCOPE},
    )
    assert refuser.asked == []


def test_the_system_is_not_asked_for_proxies(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_arguments: Any, **_options: Any) -> Any:
        raise AssertionError("the system was asked for its proxies, which can crash a forked process on macOS")

    for module in ("urllib.request", "requests.utils", "requests.compat"):
        for name in ("getproxies", "proxy_bypass"):
            monkeypatch.setattr(f"{module}.{name}", ask)
    assert urllib.request.getproxies is ask
    result = run_task("snow_spoke_info", {"instance": login(proxy=sandbox.proxy_url), "scope": SPOKE_SCOPE})
    assert result.get("msg") is None
    monkeypatch.setenv("HTTPS_PROXY", sandbox.proxy_url)
    assert run_task("qualtrics_account_info", {"api_token": API_TOKEN}).get("msg") is None


@pytest.mark.parametrize("is_checked", [True, False])
def test_no_body_waits_for_the_receipt_of_its_headers(sandbox: Sandbox, is_checked: bool) -> None:
    context = wire.context_trusting(sandbox.ca_file) if is_checked else None
    with wire.Budget().connections(context) as session:
        session.post(HOST, b"{}", proxies={"https": sandbox.proxy_url}, verify=sandbox.ca_file, timeout=5)
        (manager,) = session.get_adapter(HOST).proxy_manager.values()
        (key,) = manager.pools.keys()
        connection = manager.pools[key].pool.get_nowait()
        assert connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()
