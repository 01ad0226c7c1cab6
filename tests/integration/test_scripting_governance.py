# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Both roles as a user runs them on instances since Zurich, in the controller's worker and as module processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import SETS_UP, Play, ansible_playbook, example_inventory, leaks, other_python, writes

from sandbox import Sandbox

ENDPOINT, SETUP = "snow_ops.spokes.setup_endpoint", "snow_ops.spokes.qualtrics_setup"
ROLE = "snc_required_script_writer_permission"


@pytest.fixture(params=["worker", "module process"])
def path_arguments(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    if request.param == "worker":
        return []
    return ["-e", f"ansible_python_interpreter={other_python(tmp_path)}"]


def play(sandbox: Sandbox, folder: Path, playbook: str, *arguments: str) -> Play:
    done = ansible_playbook(sandbox.environment, folder, playbook, *example_inventory(), "-l", "acmedev", *arguments)
    assert leaks(done.stdout + done.stderr) == []
    return done


def sent(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.control.requests() if entry["host"] == "acmedev.service-now.com"]


@pytest.mark.sampled
@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_the_role_that_installs_the_endpoint_looks_before_it_writes(
    sandbox: Sandbox, tmp_path: Path, path_arguments: list[str], mode: list[str]
) -> None:
    sandbox.control.behaviour({"servicenow.scripting_governance": "on"})
    done = play(sandbox, tmp_path, ENDPOINT, *mode, *path_arguments)
    assert done.returncode == 2
    message = done.result("Look at the instance and at what it has of the setup endpoint")["msg"]
    for part in (
        ROLE,
        "Conditional Script Writer",
        "weekly job",
        "update set",
        "setup_endpoint_require_script_permission",
    ):
        assert part in message
    assert sent(sandbox)
    assert writes(sandbox) == []


@pytest.mark.sampled
def test_the_set_up_itself_needs_no_script_and_goes_on(
    sandbox: Sandbox, tmp_path: Path, path_arguments: list[str]
) -> None:
    sandbox.control.behaviour({"servicenow.scripting_governance": "on"})
    done = play(sandbox, tmp_path, SETUP, *path_arguments)
    assert done.returncode == 0, done.stdout
    assert done.result(SETS_UP)["prerequisites"]["script_permission"]["status"] == "unread"


@pytest.mark.sampled
def test_an_instance_that_answers_nothing_is_not_ready(
    sandbox: Sandbox, tmp_path: Path, path_arguments: list[str]
) -> None:
    sandbox.control.fault("status", status=403, host="acmedev.service-now.com", times=0)
    done = play(sandbox, tmp_path, SETUP, *path_arguments)
    assert done.returncode == 2
    assert done.result(SETS_UP)["prerequisites"]["ready"] is None
    assert "could not be determined. Nothing was written. Nothing could be read" in done.result(SETS_UP)["msg"]


@pytest.mark.sampled
def test_a_refused_table_stops_nothing(sandbox: Sandbox, tmp_path: Path, path_arguments: list[str]) -> None:
    for table in ("sys_store_app", "v_plugin", "sys_user_has_role"):
        sandbox.control.fault("status", status=400, host="acmedev.service-now.com", table=table, times=0)
    assert play(sandbox, tmp_path, SETUP, *path_arguments).returncode == 0


@pytest.mark.sampled
def test_a_second_connection_that_the_alias_allows_stops_nothing(
    sandbox: Sandbox, tmp_path: Path, path_arguments: list[str]
) -> None:
    assert play(sandbox, tmp_path, SETUP, *path_arguments).returncode == 0
    alias = next(row["sys_id"] for row in sandbox.control.records("acmedev", "sys_alias") if row["name"] == "Qualtrics")
    sandbox.control.put("acmedev", "sys_alias", alias, {"multiple_connections": "true"})
    values = {
        "name": "Second",
        "active": "true",
        "connection_alias": alias,
        "connection_url": "https://acme.qualtrics.com/API/v3",
    }
    sandbox.control.put("acmedev", "http_connection", "2" * 32, values)
    second = play(sandbox, tmp_path, SETUP, *path_arguments)
    assert (second.returncode, second.stats["acmedev"]["changed"]) == (0, 0), second.stdout
