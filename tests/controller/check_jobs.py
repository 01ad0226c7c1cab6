# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""From the credential's fields to the records on the instances, by AWX's injectors and ansible-runner; part of ``make controller``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from support import PASSWORD, PROPERTY

from controller.api import Controller
from controller.jobs import Jobs
from controller.loading import SECRETS
from sandbox import Sandbox

INSTANCES = ("acmedev", "acmetest", "acmeprod")
SLICED, SLICES = 200, 4
# What a set-up writes to, or could.
TABLES = (
    "oauth_entity", "oauth_entity_profile", "oauth_entity_scope", "oauth_entity_profile_scope", "oauth_2_0_credentials", "oauth_credential",
    "http_connection", "sys_variable_value", "sys_properties", "sys_ws_definition", "sys_user",
)  # fmt: skip


@pytest.fixture
def jobs(loaded: Controller, sandbox: Sandbox, tmp_path: Path) -> Jobs:
    return Jobs(loaded, sandbox, tmp_path)


def snapshot(sandbox: Sandbox) -> dict[tuple[str, str, str], dict[str, str]]:
    """Every record that a set-up could touch, by its instance, table and sys_id."""
    return {
        (name, table, row["sys_id"]): row
        for name in INSTANCES
        for table in TABLES
        for row in sandbox.control.records(name, table)
    }


def test_a_check_changes_nothing_and_a_run_sets_up_the_environment_of_its_template_alone(jobs: Jobs) -> None:
    for name in INSTANCES:
        for table in ("http_connection", "oauth_entity", "sys_properties"):
            jobs.sandbox.control.put(name, table, "9" * 32, {"name": "example.payroll"})
    before = snapshot(jobs.sandbox)
    check = jobs.launch("set up - dev", job_type="check", diff_mode=True)
    assert check.returncode == 0, check.stdout
    assert (check.report["check_mode"], check.report["would_change"], check.report["changed"]) == (True, 1, 0)
    assert snapshot(jobs.sandbox) == before
    assert check.safe_environment["SN_USERNAME"] == "spoke.setup"
    assert {
        check.safe_environment[name] for name in ("SN_PASSWORD", "QUALTRICS_API_TOKEN", "QUALTRICS_CLIENT_SECRET")
    } == {"*" * 10}

    run = jobs.launch("set up - dev", extra_vars={"qualtrics_spoke_route": "records"})
    assert run.returncode == 0, run.stdout
    assert (run.report["check_mode"], run.report["hosts"], run.report["instances"]) == (False, ["acmedev"], 1)
    assert run.report["changed_instances"] == ["acmedev.service-now.com"]
    assert [step["hosts"] for step in run.report["manual_steps"]] == [["acmedev"]]
    after = snapshot(jobs.sandbox)
    others = {key for key, row in before.items() if (key[0], row.get("name")) != ("acmedev", PROPERTY)}
    assert {key: after.get(key) for key in others} == {key: before[key] for key in others}
    new = set(after) - set(before)
    assert {name for name, _table, _sys_id in new} == {"acmedev"}
    assert {table for _name, table, _sys_id in new} >= {"http_connection", "oauth_2_0_credentials"}
    assert [row["value"] for key, row in after.items() if (key[0], row.get("name")) == ("acmedev", PROPERTY)] != [""]

    again = jobs.launch("set up - dev")
    assert (again.returncode, again.report["changed_instances"]) == (0, [])


def test_the_answers_of_the_survey_reach_the_role(jobs: Jobs) -> None:
    job = jobs.launch("set up - dev", extra_vars={"qualtrics_spoke_require_complete": "true"})
    assert job.returncode == 2
    assert "is configured, but not complete" in job.messages
    assert jobs.launch("set up - test", extra_vars={"qualtrics_spoke_route": "endpoint"}).returncode == 2


@pytest.mark.parametrize("limit", ["prod", "acmeprod"])
def test_a_limit_never_leads_a_login_to_another_environment(jobs: Jobs, limit: str) -> None:
    job = jobs.launch("set up - dev", limit=limit)
    assert job.returncode != 0
    assert f"--limit {limit} leaves none of the hosts of dev" in job.stdout
    assert jobs.sandbox.control.requests() == []


EMPTY = dict.fromkeys(("grant_type", "client_id", "client_secret", "api_key"), "")
LOGINS: dict[str, dict[str, str]] = {
    "Basic": {"username": "spoke.setup", "password": PASSWORD},
    "Basic, other fields saved as empty": {"username": "spoke.setup", "password": PASSWORD, **EMPTY},
    "OAuth, password": {
        "username": "spoke.setup",
        "password": PASSWORD,
        "client_id": "@id",
        "client_secret": "@secret",
    },
    "OAuth, client credentials": {"grant_type": "client_credentials", "client_id": "@id", "client_secret": "@secret"},
    "API key": {"api_key": "@key"},
}


@pytest.mark.parametrize("kind", LOGINS)
def test_every_kind_of_login_works_with_its_other_fields_empty(jobs: Jobs, kind: str) -> None:
    seed = yaml.safe_load((Path(__file__).parents[2] / "sandbox" / "seeds" / "default.yml").read_text())["servicenow"][
        "defaults"
    ]
    client = next(client for client in seed["oauth_clients"] if client.get("user"))
    known = {"@id": client["client_id"], "@secret": client["client_secret"], "@key": seed["api_keys"][0]["token"]}
    jobs.inputs["ServiceNow dev"] = {name: known.get(value, value) for name, value in LOGINS[kind].items()}
    if "" in LOGINS[kind].values():
        account = SECRETS["spoke_qualtrics_account"]
        jobs.inputs["Qualtrics"] = {**account, "organization_id": "", "datacenter_id": "", "directory_id": ""}
    job = jobs.launch("set up - dev", job_type="check")
    assert job.returncode == 0, job.stdout
    assert job.report["failed_hosts"] == []


def test_a_workflow_of_real_jobs_passes_the_gate_and_a_failed_one_does_not(jobs: Jobs) -> None:
    left: dict[str, Any] = {}
    for template in ("endpoint - dev", "set up - dev", "verify - dev"):
        job = jobs.launch(template, artifacts=left)
        assert job.returncode == 0, job.stdout
        left |= job.artifacts
    assert jobs.launch("gate - dev", artifacts=left).returncode == 0
    jobs.inputs["ServiceNow dev"] = {"username": "spoke.setup", "password": "sandbox-wrong"}
    failed = jobs.launch("verify - dev", artifacts=left)
    assert (failed.returncode, failed.report["failed_hosts"]) == (2, ["acmedev"])
    gate = jobs.launch("gate - dev", artifacts={**left, **failed.artifacts})
    assert gate.returncode == 2
    assert "1 failed in the job verify: acmedev" in gate.messages


def test_the_jobs_of_day_two_report_as_well(jobs: Jobs) -> None:
    assert jobs.launch("set up - dev").returncode == 0
    for template, job, connections_left in (
        ("rotate - dev", "rotate", 1),
        ("remove - dev", "remove", 0),
        ("plan - dev", "plan", 0),
        ("after clone - dev", "after_clone", 1),
        ("install - dev", "install", 1),
        ("export - dev", "export", 1),
        ("report - dev", "report", 1),
    ):
        done = jobs.launch(template)
        assert (done.returncode, done.report["playbook"], done.report["hosts"]) == (0, job, ["acmedev"]), done.stdout
        assert done.report["failed_hosts"] == []
        assert len(jobs.sandbox.control.records("acmedev", "http_connection")) == connections_left
        if job == "plan":
            assert done.report["would_change"] == 1
        if job == "export":
            # It is there to be copied from the output.
            assert "qualtrics_spoke_connection_name" in done.stdout
    # A report takes failures for findings; the answer of the survey decides otherwise.
    jobs.inputs["ServiceNow dev"] = {"username": "spoke.setup", "password": "sandbox-wrong"}
    for answer, code in (("false", 0), ("true", 2)):
        found = jobs.launch("report - dev", extra_vars={"qualtrics_spoke_report_fail": answer})
        assert (found.returncode, found.report["failed_hosts"]) == (code, ["acmedev"])


def test_slices_of_a_large_inventory_leave_one_report_each_and_the_gate_sees_all(jobs: Jobs) -> None:
    names = [f"crowd{number:03}" for number in range(SLICED)]
    left: dict[str, Any] = {}
    for number in range(SLICES):
        # A slice has every so many-th host of the inventory.
        job = jobs.launch(
            "set up - dev", inventory=inventory(jobs, names[number::SLICES], f"slice{number}"), limit="dev"
        )
        assert job.returncode == 0, job.stdout[-3000:]
        assert len(job.report["hosts"]) == len(job.report["changed_instances"]) == SLICED // SLICES
        # As the controller merges what slices leave.
        left |= job.artifacts
    assert len(left) == SLICES
    for name in names:
        assert len(jobs.sandbox.control.records(name, "http_connection")) == 1
    judged = {"gate_playbook": "set_up", "gate_manual_steps_allowed": "true"}
    everything = inventory(jobs, names, "everything")
    assert jobs.launch("gate - dev", artifacts={**left, **judged}, inventory=everything).returncode == 0
    left.popitem()
    gate = jobs.launch("gate - dev", artifacts={**left, **judged}, inventory=everything)
    assert gate.returncode == 2
    assert "50 have no report of it: crowd003, crowd007" in gate.messages


def inventory(jobs: Jobs, names: list[str], folder: str) -> Path:
    """An inventory with ``names`` as dev, and the project's group variables."""
    path = jobs.folder / folder
    path.mkdir()
    variables = {
        **yaml.safe_load((jobs.controller.project / "inventory" / "group_vars" / "servicenow.yml").read_text())
    }
    entry = {"servicenow": {"children": {"dev": {"hosts": dict.fromkeys(names)}}, "vars": variables}}
    (path / "hosts.yml").write_text(yaml.safe_dump(entry))
    return path
