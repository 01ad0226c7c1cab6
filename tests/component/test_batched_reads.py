# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Reads over the Batch API: the same answers as single reads, whatever the instance does with batches."""

from __future__ import annotations

from typing import Any

import pytest
from connections import attempt
from support import PASSWORD, PROPERTY, is_write, login, reads, run_task

from sandbox import Sandbox

BATCH = "/api/now/v1/batch"
OPTIONS = {"scope": "sn_qualtrics_spoke", "properties": [PROPERTY]}


def info(**changes: Any) -> dict[str, Any]:
    return run_task("snow_spoke_info", {**OPTIONS, "instance": login(), **changes})


def batches(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.control.requests() if entry["path"] == BATCH]


@pytest.fixture
def expected(sandbox: Sandbox) -> dict[str, Any]:
    """What is reported where every batch is answered."""
    attempt()
    report = info()
    assert batches(sandbox)
    sandbox.control.clear_requests()
    return report


@pytest.mark.parametrize("mode", ["closed", "unserviced"])
def test_the_report_is_the_same_where_batches_are_refused_or_cut_off(
    sandbox: Sandbox, expected: dict[str, Any], mode: str
) -> None:
    sandbox.control.behaviour({"servicenow.batch": mode})
    assert info() == expected
    assert mode != "closed" or len(batches(sandbox)) == 1, "refused once, a batch is not tried again"


@pytest.mark.parametrize(
    "kind", ["truncated", "garbled", "html", "not_json", "status", "rate_limited", "reset", "slow"]
)
def test_the_report_is_the_same_after_a_fault_of_a_batch_or_of_one_item(
    sandbox: Sandbox, expected: dict[str, Any], kind: str
) -> None:
    for fault in ({"path": "/batch"}, {"table": "sys_scope"}, {"table": "connection_attributes"}):
        sandbox.control.fault(kind, host="acmedev.service-now.com", **fault)
        assert info() == expected, fault


def test_a_table_that_is_refused_inside_a_batch_is_unknown_and_no_other(
    sandbox: Sandbox, expected: dict[str, Any]
) -> None:
    sandbox.control.fault("status", status=403, table="v_plugin", times=0)
    report = info()
    assert {plugin["status"] for plugin in report["plugins"]} == {"unknown"}
    assert report["connection"] == expected["connection"]


@pytest.mark.parametrize("mode", ["open", "closed", "unserviced"])
def test_a_wrong_password_is_sent_once(sandbox: Sandbox, mode: str) -> None:
    sandbox.control.behaviour({"servicenow.batch": mode})
    result = info(instance=login(password="wrong"))
    assert result["error"]["kind"] == "login"
    assert [entry["status"] for entry in sandbox.control.requests()] == [401]


@pytest.mark.parametrize("kind", ["html", "status"])
def test_where_the_first_batch_fails_a_wrong_password_goes_alone(sandbox: Sandbox, kind: str) -> None:
    sandbox.control.fault(kind, path="/batch", times=0)
    assert info(instance=login(password="wrong"))["error"]["kind"] == "login"
    assert [entry["status"] for entry in sandbox.control.requests() if entry["path"] != BATCH] == [401]


def test_a_policy_that_closes_only_batches_counts_as_a_refused_login_and_is_named(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", status=401, path="/batch", times=0)
    result = info()
    assert result["error"]["kind"] == "login"
    assert "close the Table API or the Batch API to this login" in result["error"]["advice"]
    assert [entry["status"] for entry in sandbox.control.requests()] == [401]


def test_no_write_goes_into_a_batch(sandbox: Sandbox) -> None:
    attempt()
    assert any(map(is_write, sandbox.control.requests()))
    assert len(batches(sandbox)) > 1
    assert all(item.startswith("GET ") for entry in batches(sandbox) for item in entry["items"])


def test_no_secret_is_in_the_address_of_an_item(sandbox: Sandbox) -> None:
    attempt()
    assert len(reads(sandbox.control.requests())) > 10
    assert not any(PASSWORD in item for item in reads(sandbox.control.requests()))
