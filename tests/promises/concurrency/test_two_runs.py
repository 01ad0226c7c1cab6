# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Two runs on one instance at the same time, the second one starting ever later: no duplicates, nothing half configured."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from connections import MODULE, TABLES, assert_configured, configure, install_endpoint, own_records
from support import DIRECTORY, PROPERTY, login, qualtrics_connection, run_task

from sandbox import Sandbox

LATENCY_MS = 4
# Of a first run: about twenty requests by the records route, four by the endpoint.
OFFSETS = {"records": [index * 0.012 for index in range(12)], "endpoint": [index * 0.015 for index in range(6)]}


def at_once(offset: float, *tasks: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of ``tasks``, each started ``offset`` seconds after the one before."""

    def run(number: int, task: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        time.sleep(number * offset)
        return run_task(*task)

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, range(len(tasks)), tasks))


def assert_understandable(results: list[dict[str, Any]]) -> None:
    """Whatever failed says where and what to do."""
    for result in results:
        if result.get("failed"):
            assert isinstance(result.get("error"), dict), result
            assert result["error"]["where"], result["msg"]


@pytest.mark.sampled
@pytest.mark.parametrize("route", OFFSETS)
@pytest.mark.parametrize("sys_ids", ["honour", "ignore"])
def test_two_first_runs_leave_one_connection(sandbox: Sandbox, route: str, sys_ids: str) -> None:
    for offset in OFFSETS[route][:: 1 if sys_ids == "honour" else 4]:
        sandbox.control.reset()
        sandbox.control.behaviour({"servicenow.insert_sys_id": sys_ids})
        if route == "endpoint":
            install_endpoint(sandbox)
        sandbox.control.latency(LATENCY_MS)
        results = at_once(offset, *[(MODULE, qualtrics_connection(route=route))] * 2)
        sandbox.control.latency(0)
        assert_understandable(results)
        assert not all(result.get("failed") for result in results), [result["msg"] for result in results]
        configure(route=route)
        assert_configured(sandbox)
        assert not configure(route=route)["changed"], f"offset {offset}"


@pytest.mark.sampled
@pytest.mark.parametrize("route", OFFSETS)
def test_a_run_and_a_removal_end_in_one_of_the_two_states_or_are_completed(sandbox: Sandbox, route: str) -> None:
    for offset in OFFSETS[route][::2]:
        sandbox.control.reset()
        if route == "endpoint":
            install_endpoint(sandbox)
        configure(route=route)
        sandbox.control.latency(LATENCY_MS)
        rotated = qualtrics_connection(
            route=route, connection={"name": "Qualtrics", "url": "https://acme.fra1.qualtrics.com/API/v3"}
        )
        absent = {"instance": login(), "scope": "sn_qualtrics_spoke", "state": "absent", "route": route}
        assert_understandable(at_once(offset, (MODULE, absent), (MODULE, rotated)))
        sandbox.control.latency(0)
        configure(route=route)
        assert_configured(sandbox)
        assert not configure(route=route)["changed"]


def test_two_creates_of_one_property_leave_one(sandbox: Sandbox) -> None:
    for sys_ids in ("honour", "ignore"):
        for offset in [index * 0.004 for index in range(8 if sys_ids == "honour" else 2)]:
            sandbox.control.reset()
            sandbox.control.behaviour({"servicenow.insert_sys_id": sys_ids})
            sandbox.control.latency(LATENCY_MS)
            options = {"instance": login(), "name": "x_sandbox.made", "value": "1", "create": True}
            assert_understandable(at_once(offset, *[("snow_sys_property", options)] * 2))
            sandbox.control.latency(0)
            assert not run_task("snow_sys_property", options).get("changed")
            assert (
                len(
                    [
                        row
                        for row in sandbox.control.records("acmedev", "sys_properties")
                        if row["name"] == "x_sandbox.made"
                    ]
                )
                == 1
            )


def test_two_different_tasks_on_one_instance_do_not_disturb_each_other(sandbox: Sandbox) -> None:
    setting = {"instance": login(), "name": PROPERTY, "value": DIRECTORY}
    question = {"instance": login(), "scope": "sn_qualtrics_spoke"}
    results = at_once(
        0.0, (MODULE, qualtrics_connection()), ("snow_sys_property", setting), ("snow_spoke_info", question)
    )
    assert [result.get("failed", False) for result in results] == [False, False, False]
    assert_configured(sandbox)
    assert own_records(sandbox, TABLES[0])
