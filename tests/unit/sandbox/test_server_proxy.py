# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The proxy in front of the sandbox: what it lets through, how it speaks HTTP and TLS, and what it logs."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox import Sandbox
from sandbox.web import Response

WHOAMI = "https://fra1.qualtrics.com/API/v3/whoami"
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
        session.proxies = {"https": sandbox.proxy_url, "http": sandbox.proxy_url}
        session.verify = sandbox.ca_file
        yield session


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://service-now.com.example.com/",
        "https://acmedev.service-now.com:8443/",
        "https://127.0.0.1/",
        "https://notqualtrics.com/",
    ],
)
def test_other_hosts_and_ports_are_refused(client: requests.Session, url: str) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        client.get(url, timeout=5)


def test_plain_http_is_refused(client: requests.Session) -> None:
    answer = client.get("http://acmedev.service-now.com/api/now/table/sys_user", timeout=5)
    assert answer.status_code == 403
    assert "nowhere else" in answer.text


def test_certificates_are_for_the_host_and_signed_by_the_sandbox_alone(
    sandbox: Sandbox, client: requests.Session
) -> None:
    assert client.get(WHOAMI, timeout=5).status_code == 400
    client.verify = True
    with pytest.raises(requests.exceptions.SSLError):
        client.get(WHOAMI, timeout=5)


def test_a_certificate_does_not_fit_another_host(sandbox: Sandbox) -> None:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    with socket.create_connection(("127.0.0.1", int(sandbox.proxy_url.rpartition(":")[2]))) as raw:
        raw.sendall(b"CONNECT fra1.qualtrics.com:443 HTTP/1.1\r\nHost: fra1.qualtrics.com:443\r\n\r\n")
        assert raw.recv(1024).startswith(b"HTTP/1.1 200")
        with pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(raw, server_hostname="iad1.qualtrics.com")


def test_one_connection_serves_many_requests_and_all_are_logged(sandbox: Sandbox, client: requests.Session) -> None:
    for _attempt in range(3):
        client.get(f"{TABLE}/sys_user?sysparm_limit=1", auth=LOGIN, timeout=5)
    client.post(f"{TABLE}/sys_properties", json={"name": "x.y", "value": "1"}, auth=LOGIN, timeout=5)
    log = sandbox.control.requests()
    assert [entry["n"] for entry in log] == [1, 2, 3, 4]
    assert len({entry["connection"] for entry in log}) == 1
    assert [(entry["method"], entry["status"]) for entry in log] == [("GET", 200)] * 3 + [("POST", 201)]
    assert log[0]["host"] == "acmedev.service-now.com"
    assert log[0]["path"] == "/api/now/table/sys_user"
    assert log[3]["bytes_in"] > 0 < log[3]["bytes_out"]
    assert "sandbox-Password-1" not in str(log)


def test_head_has_headers_and_no_body(client: requests.Session) -> None:
    answer = client.head(f"{TABLE}/sys_user?sysparm_limit=1", auth=LOGIN, timeout=5)
    assert answer.status_code == 200
    assert answer.content == b""


def test_a_body_in_chunks_arrives_whole(client: requests.Session) -> None:
    parts = iter([b'{"name": "x.chunked", ', b'"value": "in parts"}'])
    headers = {"Content-Type": "application/json"}
    answer = client.post(f"{TABLE}/sys_properties", data=parts, auth=LOGIN, headers=headers, timeout=5)
    assert answer.json()["result"]["value"] == "in parts"


def test_a_body_that_is_too_large_is_refused_in_words(sandbox: Sandbox, client: requests.Session) -> None:
    answer = client.post(f"{TABLE}/sys_properties", data=b"x" * (20 * 1024 * 1024 + 1), auth=LOGIN, timeout=20)
    assert answer.status_code == 413
    assert client.get(f"{TABLE}/sys_user?sysparm_limit=1", auth=LOGIN, timeout=5).status_code == 200
    refused, following = sandbox.control.requests()
    assert (refused["status"], refused["bytes_in"]) == (413, 20 * 1024 * 1024 + 1)
    assert refused["connection"] == following["connection"]


def test_a_long_address_reaches_the_site_which_judges_it(client: requests.Session) -> None:
    answer = client.get(f"{TABLE}/sys_user", params={"sysparm_query": "name=" + "a" * 100_000}, auth=LOGIN, timeout=5)
    assert answer.status_code == 414


def test_many_clients_at_once(sandbox: Sandbox) -> None:
    statuses: list[int] = []

    def ask() -> None:
        answer = requests.get(
            f"{TABLE}/sys_user?sysparm_limit=1",
            auth=LOGIN,
            proxies={"https": sandbox.proxy_url},
            verify=sandbox.ca_file,
            timeout=20,
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _attempt in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20


def test_a_fault_of_the_sandbox_itself_is_told_apart(
    sandbox: Sandbox, client: requests.Session, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def respond(self, request: object) -> None:
            raise RuntimeError("broken on purpose")

    original = sandbox.world.site
    sandbox.world.site = lambda host: Broken()  # type: ignore[method-assign, assignment, return-value]
    try:
        assert client.get(WHOAMI, timeout=5).status_code == 500
    finally:
        sandbox.world.site = original  # type: ignore[method-assign]
    assert "broken on purpose" in sandbox.control.errors()[0]
    assert "broken on purpose" in capfd.readouterr().err


@pytest.mark.parametrize("answer", [None, Response(1000), Response(200, b"", [("X-Broken", "a\nb")])])
def test_an_answer_that_cannot_be_sent_is_remembered(
    sandbox: Sandbox, client: requests.Session, monkeypatch: pytest.MonkeyPatch, answer: Response | None
) -> None:
    class Broken:
        def respond(self, request: object) -> Response | None:
            return answer

    monkeypatch.setattr(sandbox.world, "site", lambda host: Broken())
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get(WHOAMI, timeout=5)
    assert len(sandbox.control.errors()) == 1


def run_in_foreground(seed: Path | None = None) -> subprocess.Popen[str]:
    environment = {"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin"}
    if seed:
        environment["SANDBOX_SEED"] = str(seed)
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_command_prints_its_exports_and_stops_cleanly() -> None:
    process = run_in_foreground()
    assert process.stdout is not None
    lines = [process.stdout.readline() for _attempt in range(4)]
    exports = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
    assert list(exports) == ["HTTPS_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SANDBOX_CONTROL"]
    ca_file = Path(exports["REQUESTS_CA_BUNDLE"])
    assert ca_file.exists()
    answer = requests.get(WHOAMI, proxies={"https": exports["HTTPS_PROXY"]}, verify=str(ca_file), timeout=5)
    assert answer.status_code == 400
    process.terminate()
    assert process.wait(timeout=10) == 0
    assert not ca_file.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("servicenow: [", "while parsing"),
        ("- a list", "a seed is a mapping"),
        ("servicenwo: {}", "unknown keys: servicenwo"),
        ("qualtrics: {brands: [{organization_id: acme}]}", "datacenter_id"),
        ("servicenow: {instances: {one: {users: [{password: x}]}}}", "servicenow: the key 'user_name' is missing"),
        ("servicenow: {instances: {one: {records: {nothing: [{}]}}}}", "servicenow: there is no table nothing"),
    ],
)
def test_a_seed_that_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    seed = tmp_path / "seed.yml"
    seed.write_text(text)
    process = run_in_foreground(seed)
    _stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 2
    assert message in stderr
    assert str(seed) in stderr


def test_another_seed_replaces_the_default_one(tmp_path: Path) -> None:
    seed = {
        "servicenow": {
            "instances": {
                "other": {"users": [{"user_name": "somebody", "password": "sandbox-Password-9", "roles": ["admin"]}]}
            }
        }
    }
    with Sandbox(seed) as sandbox:
        assert [row["user_name"] for row in sandbox.control.records("other", "sys_user")] == ["somebody"]
        assert sandbox.control.records("other", "sys_alias") == []
