# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""qualtrics_account_info: directories in any number and state, the brand's own host, and what reaches it from outside."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from support import API_TOKEN, DIRECTORY, run_task

from sandbox import Sandbox
from sandbox.qualtrics.seed import Brand, Directory

MODULE = "qualtrics_account_info"
OTHER_DIRECTORY = "POOL_0000001acmefake"


def account(check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run_task(MODULE, {"api_token": API_TOKEN, **options}, check_mode)


def acme(sandbox: Sandbox) -> Brand:
    return sandbox.world.cloud.brands["acme"]


def test_directories_of_all_pages_are_found(sandbox: Sandbox) -> None:
    acme(sandbox).directories += [Directory(directory_id=f"POOL_{number:015d}") for number in range(250)]
    result = account(datacenter_id="fra1", directory_id="POOL_000000000000249")
    assert [entry["directory_id"] for entry in result["directories"]] == [
        entry.directory_id for entry in acme(sandbox).directories
    ]
    assert result["default_directory_id"] == "POOL_000000000000249"
    assert [entry["path"] for entry in sandbox.control.requests()].count("/API/v3/directories") == 3


@pytest.mark.parametrize("switch", ["never", "absent"])
def test_the_only_directory_is_taken_whether_it_is_marked_or_not(sandbox: Sandbox, switch: str) -> None:
    sandbox.control.behaviour({"qualtrics.directory_default": switch})
    del acme(sandbox).directories[1:]
    result = account()
    assert result["default_directory_id"] == DIRECTORY
    assert [entry["is_default"] for entry in result["directories"]] == [False]


@pytest.mark.parametrize("switch", ["never", "absent"])
def test_among_several_without_a_mark_the_person_chooses_from_a_list(sandbox: Sandbox, switch: str) -> None:
    sandbox.control.behaviour({"qualtrics.directory_default": switch})
    result = account()
    assert result["error"]["kind"] == "mismatch"
    assert result["error"]["why"] == f"{DIRECTORY} (no name); {OTHER_DIRECTORY} (Acme research)"
    assert account(directory_id=OTHER_DIRECTORY)["default_directory_id"] == OTHER_DIRECTORY


def test_several_defaults_are_none(sandbox: Sandbox) -> None:
    acme(sandbox).directories[1].is_default = True
    assert "marks several directories as the default" in account()["msg"]


def test_a_brand_without_a_directory_has_none_and_is_told_so_when_one_is_asked_for(sandbox: Sandbox) -> None:
    acme(sandbox).directories.clear()
    result = account()
    assert (result["directories"], result["default_directory_id"]) == ([], None)
    assert "It has none (no XM Directory)" in account(directory_id=DIRECTORY)["msg"]


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ({"kind": "status", "status": 404}, "Qualtrics does not know this address"),
        ({"kind": "login_redirect"}, "The server redirects (302) instead of answering"),
        ({"kind": "html"}, "Something other than the service answered, with a web page instead of data"),
    ],
)
def test_a_connection_url_that_does_not_answer_is_a_warning_with_its_reason(
    sandbox: Sandbox, fault: dict[str, Any], part: str
) -> None:
    sandbox.control.fault(**fault, host="acme.qualtrics.com", times=0)
    result = account()
    assert result["connection_url"] == "https://acme.qualtrics.com/API/v3"
    (warning,) = result["warnings"]
    assert warning.startswith(
        f"The Connection URL https://acme.qualtrics.com/API/v3 does not answer as it should: {part}"
    )
    assert warning.endswith("Set connection_url to https://acme.fra1.qualtrics.com/API/v3")


@pytest.mark.parametrize(
    "ids", [{"organization_id": "ACME"}, {"organization_id": "acme.qualtrics.com", "datacenter_id": "FRA1"}]
)
def test_given_ids_are_compared_without_case(sandbox: Sandbox, ids: dict[str, str]) -> None:
    assert (account(**ids)["organization_id"], account(**ids)["datacenter_id"]) == ("acme", "fra1")


@pytest.mark.parametrize(
    "options",
    [{"organization_id": "nobody"}, {"datacenter_id": "xyz9"}, {"organization_id": "nobody", "datacenter_id": "fra1"}],
)
def test_ids_that_nobody_has_do_not_pass(sandbox: Sandbox, options: dict[str, str]) -> None:
    assert account(**options)["error"]["kind"] == "mismatch"


def test_the_environment_gives_what_the_task_does_not(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"API_TOKEN": API_TOKEN, "ORGANIZATION_ID": "acme", "DATACENTER_ID": "iad1"}.items():
        monkeypatch.setenv(f"QUALTRICS_{name}", value)
    assert "lives at the datacenter fra1, not at iad1" in run_task(MODULE, {})["msg"]
    assert run_task(MODULE, {"datacenter_id": "fra1"})["organization_id"] == "acme"


def test_check_mode_finds_out_the_same(sandbox: Sandbox) -> None:
    assert account(check_mode=True) == account()
    assert {entry["method"] for entry in sandbox.control.requests()} == {"GET"}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refused"},
        {"kind": "reset"},
        {"kind": "status", "status": 503},
        {"kind": "rate_limited", "retry_after": 0.1},
        {"kind": "garbled"},
    ],
)
def test_a_passing_fault_is_outlived(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    sandbox.control.fault(**fault)
    assert account()["organization_id"] == "acme"


@pytest.mark.parametrize(
    ("options", "kind", "part"),
    [
        ({"api_token": "ł" * 40}, "input", "api_token contains"),
        ({"timeout": 0}, "input", "Invalid timeout"),
        ({"proxy": "http://127.0.0.1:1"}, "unreachable", "Connection refused"),
        ({"ca_path": "/nonexistent/ca.pem"}, "input", "/nonexistent/ca.pem"),
    ],
)
def test_what_cannot_be_sent_is_explained(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], kind: str, part: str
) -> None:
    monkeypatch.setattr(wire, "ATTEMPTS", 2)
    result = account(**options)
    assert result["error"]["kind"] == kind
    assert part in result["msg"]
    assert sandbox.control.requests() == []
