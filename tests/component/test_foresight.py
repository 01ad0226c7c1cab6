# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What is asked ahead changes how many requests there are, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from connections import attempt
from support import PROPERTY, SPOKE_SCOPE, login, qualtrics_connection, reads, run_task

from sandbox import Sandbox

HINTS = "connection_alias.sys_scope.scope"


def rounds(sandbox: Sandbox) -> int:
    requests = len(sandbox.control.requests())
    sandbox.control.clear_requests()
    return requests


TASKS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "snow_spoke_info",
        {"instance": login(), "scope": SPOKE_SCOPE, "properties": [PROPERTY], "connection_name": "Qualtrics"},
    ),
    ("snow_connection_alias", qualtrics_connection(route="records")),
)


def look() -> tuple[dict[str, Any], dict[str, Any]]:
    """The report, and what a run without changes gives."""
    report, done = (run_task(*task) for task in TASKS)
    return report, done


@pytest.fixture
def expected(sandbox: Sandbox) -> tuple[dict[str, Any], dict[str, Any]]:
    attempt(route="records")
    sandbox.control.clear_requests()
    report, done = look()
    assert rounds(sandbox) == 4, "two for each task"
    assert not done["changed"]
    return report, done


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize("task", [0, 1])
def test_an_instance_that_follows_no_dot_walks_is_read_record_by_record(
    sandbox: Sandbox, expected: tuple[dict[str, Any], dict[str, Any]], task: int, status: int
) -> None:
    # The first question of a task about connections.
    sandbox.control.fault("status", status=status, host="acmedev.service-now.com", table="http_connection")
    assert run_task(*TASKS[task]) == expected[task]
    assert rounds(sandbox) > 2


def test_the_question_where_everything_is_names_no_record(
    sandbox: Sandbox, expected: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    look()
    hints = [asked for asked in reads(sandbox.control.requests()) if HINTS in asked]
    assert len(hints) == 2
    assert not any(expected[1]["connection_sys_id"] in asked for asked in hints)


def test_the_batch_api_being_closed_gives_the_same(
    sandbox: Sandbox, expected: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    sandbox.control.behaviour({"servicenow.batch": "closed"})
    assert look() == expected


@pytest.mark.parametrize("change", ["gone", "inactive", "renamed"])
def test_what_people_changed_is_seen_as_it_is(
    sandbox: Sandbox, expected: tuple[dict[str, Any], dict[str, Any]], change: str
) -> None:
    connection = expected[1]["connection_sys_id"]
    if change == "gone":
        sandbox.control.delete("acmedev", "http_connection", connection)
    else:
        sandbox.control.put(
            "acmedev",
            "http_connection",
            connection,
            {"active": "false"} if change == "inactive" else {"name": "Renamed"},
        )
    report = run_task(*TASKS[0])
    seen = (report["connection"]["status"], report["connection"].get("name"), report["connection"].get("is_active"))
    assert (
        seen
        == {
            "gone": ("missing", None, None),
            "inactive": ("present", "Qualtrics", False),
            "renamed": ("present", "Renamed", True),
        }[change]
    )
