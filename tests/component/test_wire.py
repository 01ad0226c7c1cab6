# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The wire under faults: what is retried, what is settled by looking, what ends the task, and what a user reads then."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from support import API_TOKEN, DIRECTORY, PROPERTY, login, run_task

from sandbox import Sandbox

PATH = "^/api/now/table/sys_properties"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less patience than a real run has."""
    monkeypatch.setattr(wire, "ATTEMPTS", 3)
    monkeypatch.setattr(wire, "RETRY_BUDGET_SECONDS", 3.0)


def run(**changes: Any) -> dict[str, Any]:
    return run_task("snow_sys_property", {"instance": login(**changes), "name": PROPERTY, "value": DIRECTORY})


def stored(sandbox: Sandbox) -> str:
    return next(row["value"] for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY)


READ_FAULTS = [
    {"kind": "refused"},
    {"kind": "tls_failure"},
    {"kind": "reset"},
    {"kind": "close"},
    {"kind": "truncated"},
    {"kind": "garbled"},
    {"kind": "accepted_202"},
    {"kind": "rate_limited"},
    {"kind": "rate_limited", "retry_after": 0.2},
    *({"kind": "status", "status": status} for status in (500, 502, 503, 504)),
]


@pytest.mark.parametrize("fault", READ_FAULTS)
def test_reads_are_tried_again(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    place = {} if fault["kind"] in ("refused", "tls_failure") else {"method": "GET", "path": PATH}
    sandbox.control.fault(**fault, **place)
    assert run()["changed"]
    assert stored(sandbox) == DIRECTORY
    assert [rule["fired"] for rule in sandbox.control.faults()] == [1]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["reset", "close", "garbled", "truncated", "accepted_202", "status"])
def test_writes_are_settled_by_looking(sandbox: Sandbox, kind: str, when: str) -> None:
    sandbox.control.fault(kind, when=when, method="PATCH", path=PATH)
    assert run()["changed"]
    assert stored(sandbox) == DIRECTORY
    patches = [entry for entry in sandbox.control.requests() if entry["method"] == "PATCH"]
    assert len(patches) == (1 if when == "after" else 2)


@pytest.mark.parametrize(
    ("fault", "kind", "part"),
    [
        ({"kind": "refused", "times": 0}, "unreachable", "No answer from the server"),
        ({"kind": "reset", "times": 0}, "unreachable", "No answer from the server"),
        ({"kind": "tls_failure", "times": 0}, "unreachable", "handshake"),
        ({"kind": "status", "status": 503, "times": 0}, "unexpected_answer", "HTTP 503"),
        ({"kind": "truncated", "times": 0}, "unexpected_answer", "cancelled the transaction midway"),
        ({"kind": "html"}, "unexpected_answer", "hibernation page"),
        ({"kind": "not_json"}, "unexpected_answer", "web page instead of data"),
        ({"kind": "login_redirect"}, "unexpected_answer", "redirects (302)"),
        ({"kind": "huge"}, "unexpected_answer", "too large"),
        ({"kind": "status", "status": 418}, "unexpected_answer", "HTTP 418"),
    ],
)
def test_what_cannot_be_helped_is_said(sandbox: Sandbox, fault: dict[str, Any], kind: str, part: str) -> None:
    sandbox.control.fault(**fault)
    result = run()
    assert result["error"]["kind"] == kind
    assert part in result["msg"]
    assert "acmedev.service-now.com" in result["error"]["where"]
    assert stored(sandbox) == ""


@pytest.mark.parametrize("kind", ["status", "reset", "garbled", "rate_limited"])
def test_reads_are_tried_no_more_often_than_allowed(sandbox: Sandbox, kind: str) -> None:
    sandbox.control.fault(kind, times=0)
    assert run()["failed"]
    assert len(sandbox.control.requests()) == 3


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["reset", "garbled", "status"])
@pytest.mark.parametrize(
    ("method", "options", "records"),
    [
        ("POST", {"name": "x_acme.new", "value": "1", "create": True}, 1),
        ("DELETE", {"name": PROPERTY, "state": "absent"}, -1),
    ],
)
def test_a_record_is_made_or_deleted_once_whatever_becomes_of_the_answer(
    sandbox: Sandbox, method: str, options: dict[str, Any], records: int, kind: str, when: str
) -> None:
    before = len(sandbox.control.records("acmedev", "sys_properties"))
    sandbox.control.fault(kind, when=when, method=method, path=PATH)
    assert run_task("snow_sys_property", {"instance": login(), **options})["changed"]
    assert len(sandbox.control.records("acmedev", "sys_properties")) - before == records


def test_a_write_that_was_put_off_is_sent_again_without_looking(sandbox: Sandbox) -> None:
    sandbox.control.fault("rate_limited", retry_after=0.1, method="PATCH", path=PATH)
    assert run()["changed"]
    assert [(entry["method"], entry["status"]) for entry in sandbox.control.requests()][1:3] == [
        ("PATCH", 429),
        ("PATCH", 200),
    ]


@pytest.mark.parametrize("kind", ["html", "not_json", "login_redirect"])
def test_a_page_in_answer_to_a_write_ends_the_task(sandbox: Sandbox, kind: str) -> None:
    sandbox.control.fault(kind, method="PATCH", path=PATH)
    assert run()["error"]["kind"] == "unexpected_answer"
    assert [entry["method"] for entry in sandbox.control.requests()].count("PATCH") == 1


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_what_an_answer_says_about_its_type_does_not_matter(sandbox: Sandbox, method: str) -> None:
    sandbox.control.fault("wrong_content_type", when="after", method=method, path=PATH)
    assert run()["changed"]
    assert stored(sandbox) == DIRECTORY


def test_waits_add_up_to_the_budget_of_the_task(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "RETRY_BUDGET_SECONDS", 0.5)
    sandbox.control.fault("rate_limited", retry_after=0.3, times=0)
    assert run()["error"]["kind"] == "rate_limited"
    assert len(sandbox.control.requests()) == 2


@pytest.mark.parametrize("place", [{}, {"method": "PATCH"}, {"path": "^/oauth_token.do$"}])
def test_a_long_retry_after_does_not_hang_the_job(sandbox: Sandbox, place: dict[str, str]) -> None:
    sandbox.control.fault("rate_limited", retry_after=3600, times=0, **place)
    started = time.monotonic()
    result = run(client_id="0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", client_secret="sandbox-Client-Secret-1")
    assert time.monotonic() - started < 3
    assert result["error"]["kind"] == "rate_limited"
    assert "for another 3600 s; a task waits 3 s at most in all" in result["msg"]
    assert [entry["status"] for entry in sandbox.control.requests()].count(429) == 1
    assert "Run again after 20" in result["msg"]


def test_a_write_that_stays_unknown_says_so(sandbox: Sandbox) -> None:
    sandbox.control.fault("close", method="PATCH", path=PATH, times=0)
    result = run()
    assert result["error"]["kind"] == "outcome_unknown"
    assert "Run again" in result["error"]["advice"]


def test_a_slow_answer_is_waited_for_no_longer_than_the_timeout(sandbox: Sandbox) -> None:
    sandbox.control.fault("slow", seconds=2.0, times=0)
    result = run(timeout=0.3)
    assert result["error"]["kind"] == "unreachable"
    assert "timed out" in result["error"]["why"].lower()


def test_an_unknown_authority_is_explained(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    result = run()
    assert "TLS certificate of the server could not be verified" in result["msg"]
    assert "ca_path" in result["error"]["advice"]
    assert run(ca_path=sandbox.ca_file)["changed"]


def test_validate_certs_false_wins_over_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(empty))
    assert run(validate_certs=False)["changed"]


def test_nothing_is_said_about_a_check_that_was_turned_off_on_purpose(
    sandbox: Sandbox, recwarn: pytest.WarningsRecorder
) -> None:
    assert run(validate_certs=False)["changed"]
    assert [str(warning.message) for warning in recwarn if "certificate" in str(warning.message)] == []


def test_ca_path_wins_over_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/ca.pem")
    assert run(ca_path=sandbox.ca_file)["changed"]


def test_a_missing_ca_file_is_a_fault_of_the_input(sandbox: Sandbox) -> None:
    result = run(ca_path="/nonexistent/ca.pem")
    assert result["error"]["kind"] == "input"
    assert "/nonexistent/ca.pem" in result["msg"]


def test_logins_of_a_netrc_file_are_never_used(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acmedev.service-now.com login spoke.setup password sandbox-Password-1\n")
    monkeypatch.setenv("NETRC", str(netrc))
    result = run(password="sandbox-wrong-password")
    assert result["error"]["kind"] == "login"
    netrc.write_text("machine acmedev.service-now.com login nobody.here password sandbox-wrong-password\n")
    assert run(username=None, password=None, api_key="now_sandboxApiKey0000000000000000fake")["changed"]


def test_the_proxy_can_be_an_option(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.delenv("https_proxy")
    assert run(proxy=sandbox.proxy_url)["changed"]


@pytest.mark.parametrize(
    ("changes", "kind", "part"),
    [
        ({"proxy": "http://127.0.0.1:1"}, "unreachable", "Connection refused"),
        ({"proxy": "not a proxy"}, "input", "proxy is not the address of a proxy"),
        ({"host": "https://outside.example.com"}, "unreachable", "Tunnel connection failed: 403"),
    ],
)
def test_what_is_wrong_with_the_proxy_is_said(sandbox: Sandbox, changes: dict[str, str], kind: str, part: str) -> None:
    result = run(**changes)
    assert result["error"]["kind"] == kind
    assert part in result["msg"]
    assert "proxy" in result["msg"]


def test_a_header_with_a_line_break_is_refused_without_showing_it(sandbox: Sandbox) -> None:
    result = run(custom_headers={"X-Gateway": "sandbox-gateway-secret\r\nX: y"})
    assert result["error"]["kind"] == "input"
    assert "sandbox-gateway-secret" not in str(result)


def test_a_next_page_on_another_host_gets_no_credentials(sandbox: Sandbox) -> None:
    cloud = sandbox.world.cloud
    original = cloud.site

    class Redirecting:
        def respond(self, request: Any) -> Any:
            answer = original(request.host).respond(request)
            if request.path.endswith("/directories"):
                answer.body = answer.body.replace(
                    b'"nextPage": null', b'"nextPage": "https://evil.service-now.com/API/v3/directories"'
                )
            return answer

    cloud.site = lambda host: Redirecting() if original(host) else None  # type: ignore[method-assign, assignment, return-value]
    try:
        result = run_task("qualtrics_account_info", {"api_token": "sandboxAcmeToken00000000000000000000fake"})
    finally:
        cloud.site = original  # type: ignore[method-assign]
    assert "next page of directories is on another host" in result["msg"]
    assert {entry["host"] for entry in sandbox.control.requests()} <= {"iad1.qualtrics.com", "fra1.qualtrics.com"}


@pytest.mark.parametrize("rule", [{}, {"retry_after": 0}])
def test_a_wait_of_nothing_is_a_wait_all_the_same(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, rule: dict[str, int]
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(wire.time, "sleep", pauses.append)
    sandbox.control.fault("rate_limited", times=0, **rule)
    assert "refused a request with 429, 3 times in a row, and did not say how long to wait" in run()["msg"]
    assert len(pauses) == 2
    assert all(pause >= wire.BACKOFF_SECONDS for pause in pauses)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3600, 7200", 7200.0),
        ("5", 5.0),
        ("1e999", 1e9),
        ("-5", 0.0),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 0.0),
        ("soon", None),
    ],
)
def test_what_retry_after_asks_for(text: str, seconds: float | None) -> None:
    assert Answer(429, {"Retry-After": text}, b"").retry_after == seconds


def test_attempts_that_are_used_up_are_named_as_the_reason(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "BACKOFF_SECONDS", 0.01)
    sandbox.control.fault("rate_limited", retry_after=0.05, times=0)
    assert "3 attempts are the limit" in run()["msg"]


def test_the_budget_is_one_for_all_services_of_a_task(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(wire, "RETRY_BUDGET_SECONDS", 60.0)
    monkeypatch.setattr(wire.time, "sleep", pauses.append)
    for host in ("iad1", "fra1", "acme"):
        sandbox.control.fault("rate_limited", retry_after=45, host=f"{host}.qualtrics.com")
    result = run_task("qualtrics_account_info", {"api_token": API_TOKEN})
    assert result["error"]["kind"] == "rate_limited"
    assert pauses == [45.0]


def test_empty_variables_count_as_not_given(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SN_TIMEOUT", "SN_GRANT_TYPE", "SN_CLIENT_ID", "SN_ACCESS_TOKEN"):
        monkeypatch.setenv(name, "")
    assert run()["changed"]


@pytest.mark.parametrize("kind", ["text", "folder", "nothing"])
@pytest.mark.parametrize("source", ["ca_path", "REQUESTS_CA_BUNDLE"])
def test_a_bundle_that_is_none_is_named_at_once(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, kind: str
) -> None:
    path = tmp_path / "bundle"
    if kind == "text":
        path.write_text("no PEM")
    elif kind == "folder":
        path.mkdir()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    result = run(**({"ca_path": str(path)} if source == "ca_path" else {}))
    assert result["error"]["kind"] == "input" or (kind == "nothing" and source != "ca_path")
    assert str(path) in result["msg"]
    assert sandbox.control.requests() == []
