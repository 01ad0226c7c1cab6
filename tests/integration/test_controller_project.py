# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The project that job templates run: hosts from the inventory, the login from the credential, reports for the workflow, the gate."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import PASSWORD, ROOT, Play, ansible_playbook, leaks

from roles import ENVIRONMENT, LOCAL, messages
from sandbox import Sandbox

PROJECT = ROOT / "examples" / "controller" / "project"
INSTANCES = ["acmedev", "acmetest", "acmeprod"]
# The callback of the tests, and those that the project's ansible.cfg enables.
CALLBACKS = {
    "ANSIBLE_CALLBACKS_ENABLED": "results_file,"
    + re.search("^callbacks_enabled = (.*)$", (PROJECT / "ansible.cfg").read_text(), re.MULTILINE)[1]
}


class Jobs:
    """Runs the project's playbooks as jobs do: the inventory of the project, the login in the environment."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder, self.number = sandbox, folder, 0

    def __call__(
        self, playbook: str, *arguments: str, settings: dict[str, str] | None = None, **variables: Any
    ) -> Play:
        self.number += 1
        variables = {"awx_job_id": self.number, **variables}
        command = [
            str(PROJECT / f"{playbook}.yml"),
            "-i",
            str(PROJECT / "inventory"),
            "-e",
            json.dumps(variables),
            *arguments,
        ]
        settings = {
            **ENVIRONMENT,
            **CALLBACKS,
            "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            **(settings or {}),
        }
        play = ansible_playbook(
            self.sandbox.environment, self.folder, *command, settings={**settings, "ANSIBLE_SHOW_CUSTOM_STATS": "true"}
        )
        assert leaks(play.stdout + play.stderr) == []
        return play


@pytest.fixture
def jobs(sandbox: Sandbox, tmp_path: Path) -> Jobs:
    return Jobs(sandbox, tmp_path)


def report(play: Play) -> dict[str, Any]:
    """The one report that a job left."""
    ((key, value),) = play.custom_stats.items()
    assert key == f"snow_ops_spokes_{value['job_id']}"
    return value


def names(instances: list[str]) -> list[str]:
    """Instances as their hosts are called."""
    return [instance.removesuffix(".service-now.com") for instance in instances]


def test_only_the_login_from_the_environment_sets_up_all_three_instances(jobs: Jobs) -> None:
    play = jobs("set_up")
    assert play.returncode == 0, play.stdout
    found = report(play)
    assert (found["playbook"], found["instances"], found["failed_hosts"], found["check_mode"]) == (
        "set_up",
        3,
        [],
        False,
    )
    assert names(found["changed_instances"]) == found["hosts"] == sorted(INSTANCES)
    assert [step["hosts"] for step in found["manual_steps"]] == [[name] for name in sorted(INSTANCES)]
    for name in INSTANCES:
        assert len(jobs.sandbox.control.records(name, "http_connection")) == 1


def test_a_credential_that_says_the_host_over_three_hosts_is_refused(jobs: Jobs) -> None:
    (jobs.folder / "hosts.yml").write_text(
        yaml.safe_dump({"servicenow": {"hosts": dict.fromkeys(INSTANCES), "vars": LOCAL}})
    )
    play = ansible_playbook(
        jobs.sandbox.environment, jobs.folder, str(PROJECT / "set_up.yml"), "-i", "hosts.yml",
        settings={**ENVIRONMENT, "SN_HOST": "acmetest", "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")},
    )  # fmt: skip
    assert play.returncode == 2
    assert len([text for text in messages(play) if "lead to one instance, acmetest" in text]) == 3
    assert jobs.sandbox.control.records("acmetest", "http_connection") == []


def test_each_environment_has_the_login_that_its_group_variables_look_up(jobs: Jobs) -> None:
    for name, password in (("dev", PASSWORD), ("prod", "sandbox-wrong")):
        (jobs.folder / name).write_text(json.dumps({"username": "spoke.setup", "password": password}))
    login = {
        "host": "https://{{ inventory_hostname }}.service-now.com",
        "username": "{{ looked_up.username }}",
        "password": "{{ looked_up.password }}",
    }
    looked_up = "{{ lookup('file', inventory_dir ~ '/%s') | from_json }}"
    groups = {
        name: {"hosts": {f"acme{name}": None}, "vars": {"looked_up": looked_up.replace("%s", name)}}
        for name in ("dev", "prod")
    }
    servicenow = {"children": groups, "vars": {**LOCAL, "qualtrics_spoke_instance": login}}
    (jobs.folder / "hosts.yml").write_text(yaml.safe_dump({"servicenow": servicenow}))
    without_login = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("SN_")}
    play = ansible_playbook(
        jobs.sandbox.environment, jobs.folder, str(PROJECT / "set_up.yml"), "-i", "hosts.yml",
        settings={**without_login, **CALLBACKS, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")},
    )  # fmt: skip
    assert play.returncode == 2
    assert play.custom_stats["snow_ops_spokes"]["failed_hosts"] == ["acmeprod"]
    assert len(jobs.sandbox.control.records("acmedev", "http_connection")) == 1


def test_a_host_that_the_environment_says_changes_nothing_where_the_inventory_says_it(jobs: Jobs) -> None:
    play = jobs("set_up", "--limit", "dev", settings={"SN_HOST": "acmeprod"})
    assert play.returncode == 0, play.stdout
    assert len(jobs.sandbox.control.records("acmedev", "http_connection")) == 1
    assert jobs.sandbox.control.records("acmeprod", "http_connection") == []


def test_a_job_for_one_environment_refuses_the_limit_of_another(jobs: Jobs) -> None:
    play = jobs("set_up", "--limit", "prod", target="dev")
    assert play.returncode not in (0, 2)
    assert "--limit prod leaves none of the hosts of dev" in play.stdout + play.stderr
    assert play.custom_stats == {}


def test_an_instance_that_fails_is_named_and_the_others_are_reported(jobs: Jobs) -> None:
    play = jobs("set_up", qualtrics_spoke_expected_instance_name="acmedev")
    assert play.returncode == 2
    found = report(play)
    assert (found["failed_hosts"], names(found["changed_instances"])) == (["acmeprod", "acmetest"], ["acmedev"])


def test_a_report_remains_where_every_instance_failed(jobs: Jobs) -> None:
    play = jobs("set_up", settings={"SN_PASSWORD": "sandbox-wrong"})
    assert play.returncode == 2
    found = report(play)
    assert found["failed_hosts"] == found["hosts"] == sorted(INSTANCES)
    assert (found["instances"], found["failed"], found["changed_instances"]) == (3, 3, [])


def test_a_login_of_which_every_field_is_empty_is_missing_not_wrong(jobs: Jobs) -> None:
    login = ("USERNAME", "PASSWORD", "GRANT_TYPE", "CLIENT_ID", "CLIENT_SECRET", "API_KEY")
    play = jobs("set_up", "--limit", "dev", settings={f"SN_{name}": "" for name in login})
    assert play.returncode == 2
    assert "SN_USERNAME" in messages(play)[0]
    assert report(play)["failed_hosts"] == ["acmedev"]
    assert jobs.sandbox.control.requests() == []


def test_a_dry_run_says_that_it_is_one(jobs: Jobs) -> None:
    found = report(jobs("set_up", "--check", "--diff", "--limit", "dev", target="dev"))
    assert (found["check_mode"], found["hosts"], found["would_change"]) == (True, ["acmedev"], 1)
    assert jobs.sandbox.control.records("acmedev", "http_connection") == []


def verified(number: int, *hosts: str, **changes: Any) -> dict[str, Any]:
    """The variable that a verifying job leaves to those that follow."""
    found = {
        "playbook": "verify",
        "job_id": number,
        "check_mode": False,
        "hosts": list(hosts),
        "failed_hosts": [],
    }
    return {f"snow_ops_spokes_{number}": {**found, "manual_steps": [], **changes}}


STEP = {
    "instance": "acmetest.service-now.com",
    "hosts": ["acmetest"],
    "what": "Get the OAuth token",
    "why": "none yet",
    "how": "Open it",
    "url": "https://acmetest.service-now.com/x",
}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ({}, "3 have no report of it: acmedev, acmeprod, acmetest"),
        (verified(1, "acmedev", "acmetest"), "1 have no report of it: acmeprod"),
        (verified(1, *INSTANCES, failed_hosts=INSTANCES), "3 failed in the job verify: acmedev, acmeprod, acmetest"),
        (
            {**verified(1, "acmedev", "acmetest"), **verified(2, "acmeprod", failed_hosts=["acmeprod"])},
            "1 failed in the job verify: acmeprod",
        ),
        (
            verified(1, *INSTANCES, manual_steps=[STEP]),
            "acmetest.service-now.com: Get the OAuth token: none yet. Open it: https://acmetest",
        ),
        (verified(1, *INSTANCES, check_mode=True), "3 have no report of it"),
        (verified(1, *INSTANCES, playbook="set_up"), "3 have no report of it"),
    ],
)
def test_the_gate_stops_the_workflow(jobs: Jobs, reports: dict[str, Any], said: str) -> None:
    play = jobs("gate", **reports)
    assert play.returncode == 2
    assert said in messages(play)[0]


@pytest.mark.sampled
@pytest.mark.parametrize(
    "variables",
    [
        verified(1, *INSTANCES),
        # Of two slices, each with a report of its own.
        {**verified(1, "acmedev", "acmetest"), **verified(2, "acmeprod")},
        # It failed, was mended and verified again; and another environment does not count.
        {
            **verified(9, *INSTANCES, failed_hosts=["acmedev"]),
            **verified(10, *INSTANCES),
            **verified(11, "other", failed_hosts=["other"]),
        },
        {**verified(1, *INSTANCES, failed_hosts=["acmeprod"]), "gate_failed_hosts_allowed": "1"},
        {**verified(1, *INSTANCES, manual_steps=[STEP]), "gate_manual_steps_allowed": "true"},
    ],
)
def test_the_gate_lets_the_workflow_go_on(jobs: Jobs, variables: dict[str, Any]) -> None:
    play = jobs("gate", **variables)
    assert play.returncode == 0, play.stdout
