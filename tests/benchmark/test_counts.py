# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Ceilings for what a run costs, in requests and connections; counted, never timed."""

from __future__ import annotations

from connections import install_endpoint
from support import DIRECTORY, PROPERTY, SPOKE_SCOPE, is_write, login, qualtrics_connection, reads, run_task

from sandbox import Sandbox


def cost(sandbox: Sandbox) -> tuple[int, int, int]:
    """Requests, writes and connections since the last call."""
    log = sandbox.control.requests()
    sandbox.control.clear_requests()
    return len(log), sum(map(is_write, log)), len({entry["connection"] for entry in log})


def test_the_connection(sandbox: Sandbox) -> None:
    options = qualtrics_connection(route="records")
    run_task("snow_connection_alias", options)
    requests, writes, connections = cost(sandbox)
    assert (requests, writes) == (12, 7), (
        "3 rounds of reads, 6 creates, 1 secret, the profile of the platform; all read back at once"
    )
    assert connections <= 8
    run_task("snow_connection_alias", options)
    requests, writes, connections = cost(sandbox)
    assert (requests, writes, connections) == (2, 0, 1)


def test_the_connection_through_the_setup_endpoint(sandbox: Sandbox) -> None:
    options = qualtrics_connection(route="endpoint", endpoint_path=install_endpoint(sandbox), get_token=True)
    run_task("snow_connection_alias", options)
    fetched = [entry for entry in sandbox.control.requests() if entry["host"] == "fra1.qualtrics.com"]
    assert len(fetched) == 1, "by the instance"
    requests, _writes, connections = cost(sandbox)
    assert (requests - len(fetched), connections - len(fetched)) == (4, 1)
    run_task("snow_connection_alias", options)
    assert cost(sandbox)[::2] == (2, 1)


def test_the_property(sandbox: Sandbox) -> None:
    options = {"instance": login(), "name": PROPERTY, "value": DIRECTORY}
    run_task("snow_sys_property", options)
    assert cost(sandbox) == (3, 1, 1)
    run_task("snow_sys_property", options)
    assert cost(sandbox) == (1, 0, 1)


def test_the_prerequisites(sandbox: Sandbox) -> None:
    run_task("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE, "properties": [PROPERTY]})
    requests, writes, _connections = cost(sandbox)
    assert (requests, writes) == (2, 0)


def test_no_task_reads_anything_twice_where_nothing_changes(sandbox: Sandbox) -> None:
    tasks = (
        ("snow_connection_alias", qualtrics_connection(route="records", get_token=True)),
        ("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE, "properties": [PROPERTY]}),
        ("snow_sys_property", {"instance": login(), "name": PROPERTY, "value": DIRECTORY}),
    )
    for module, options in tasks * 2:
        sandbox.control.clear_requests()
        changed = run_task(module, options)["changed"]
        asked = reads(sandbox.control.requests())
        assert changed or len(asked) == len(set(asked)), sorted(asked)
