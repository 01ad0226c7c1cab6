# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The real modules of awx.awx load the assets into an imitation of the API; part of ``make controller``."""

from __future__ import annotations

import json
import re
import shutil
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from controller.api import Controller, serve
from controller.loading import EXAMPLE, load

APPROVALS = re.compile(r"(PATCH /api/v2/workflow_approval_templates/\d+/|POST .*/create_approval_template/)")


def names(controller: Controller, endpoint: str) -> list[str]:
    return sorted(item["name"] for item in controller.items[endpoint].values())


def test_everything_is_there_after_a_load(loaded: Controller) -> None:
    jobs = [job["name"] for job in yaml.safe_load((EXAMPLE / "assets" / "settings.yml").read_text())["spoke_jobs"]]
    assert names(loaded, "job_templates") == sorted(
        f"Qualtrics spoke - {job} - {env}" for job in jobs for env in ("dev", "test", "prod")
    )
    assert names(loaded, "credentials") == ["Qualtrics", "ServiceNow dev", "ServiceNow prod", "ServiceNow test"]
    assert len(loaded.items["workflow_job_template_nodes"]) == 15
    assert len(loaded.items["workflow_approval_templates"]) == 3
    assert names(loaded, "schedules") == sorted(
        f"Qualtrics spoke - {job} {env} every night" for job in ("verify", "report") for env in ("dev", "test", "prod")
    )


def test_the_injectors_arrive_as_they_are_written(loaded: Controller) -> None:
    (login,) = [item for item in loaded.items["credential_types"].values() if item["name"] == "ServiceNow login"]
    assert login["injectors"]["env"]["SN_PASSWORD"] == "{{ password }}"
    assert "SN_HOST" not in login["injectors"]["env"]
    (message,) = loaded.items["notification_templates"].values()
    assert "{{ text | string | tojson }}" in message["messages"]["error"]["body"]


def test_the_workflow_goes_from_one_environment_to_the_next_through_gates(loaded: Controller) -> None:
    nodes = {number: item["identifier"] for number, item in loaded.items["workflow_job_template_nodes"].items()}
    edges = {
        (nodes[number], kind.removesuffix("_nodes"), nodes[other])
        for (endpoint, number, kind), others in loaded.associations.items()
        if endpoint == "workflow_job_template_nodes"
        for other in others
    }
    for environment in ("dev", "test", "prod"):
        chain = [f"{step}_{environment}" for step in ("dry_run", "approval", "set_up", "verify", "gate")]
        assert {(chain[0], "success", chain[1]), (chain[1], "success", chain[2])} <= edges
        assert {(chain[2], "always", chain[3]), (chain[3], "always", chain[4])} <= edges
    assert {("gate_dev", "success", "dry_run_test"), ("gate_test", "success", "dry_run_prod")} <= edges
    assert len(edges) == 14


def test_a_second_load_sends_nothing(loaded: Controller, address: str, tmp_path: Path) -> None:
    loaded.writes.clear()
    done = load(address, EXAMPLE, tmp_path)
    assert done.returncode == 0, done.stdout
    assert [write for write in loaded.writes if not APPROVALS.fullmatch(write)] == []


def call(address: str, method: str, path: str, document: Any = None) -> tuple[int, Any]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request(method, path, json.dumps(document))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


def launch(controller: Controller, address: str, name: str, **given: Any) -> tuple[int, Any]:
    (number,) = [number for number, item in controller.items["job_templates"].items() if item["name"] == name]
    return call(address, "POST", f"/api/v2/job_templates/{number}/launch/", given)


def test_the_answers_of_a_survey_are_checked_at_launch(loaded: Controller, address: str) -> None:
    name = "Qualtrics spoke - set up - dev"
    status, job = launch(
        loaded, address, name, job_type="check", limit="acmedev", extra_vars={"qualtrics_spoke_route": "records"}
    )
    assert (status, job["job_type"], job["limit"], job["playbook"]) == (201, "check", "acmedev", "set_up.yml")
    assert job["extra_vars"] == {
        "target": "dev",
        "qualtrics_spoke_update_secret": "on_create",
        "qualtrics_spoke_route": "records",
        "qualtrics_spoke_require_complete": "false",
        "qualtrics_spoke_replace_foreign_connection": "false",
    }
    for wrong in (
        {"qualtrics_spoke_route": "sideways"},
        {"qualtrics_spoke_require_complete": False},
        {"target": "prod"},
    ):
        assert launch(loaded, address, name, extra_vars=wrong)[0] == 400
    assert launch(loaded, address, "Qualtrics spoke - gate - dev", job_type="check")[0] == 400


def changed(controller: Controller, endpoint: str, **changes: Any) -> dict[str, Any]:
    """The last object of an endpoint as it was loaded, with ``changes``."""
    return {**list(controller.items[endpoint].values())[-1], **changes}


def question(**changes: Any) -> dict[str, Any]:
    one = {
        "question_name": "x",
        "variable": "x",
        "type": "multiplechoice",
        "choices": ["a"],
        "default": "a",
        "required": True,
        **changes,
    }
    return {"name": "x", "description": "x", "spec": [one]}


FIELD = {"id": "password", "label": "Password", "type": "string"}
WRONG_OBJECTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a field that the server has not": ("job_templates", {"priority": 3}, "no such field"),
    "a field of another type": ("job_templates", {"forks": "many"}, "not of type integer"),
    "a choice that the server has not": ("job_templates", {"job_type": "walk"}, "not a valid choice"),
    "a playbook that the project has not": ("job_templates", {"playbook": "verfiy.yml"}, "Playbook not found"),
    "a required field left empty": ("job_templates", {"name": None}, "name"),
    "too long a name": ("job_templates", {"name": "x" * 600}, "no more than 512"),
    "too small a number": ("job_templates", {"forks": -1}, "greater than or equal to 0"),
    "an id of nothing": ("job_templates", {"inventory": 999}, "does not exist"),
    "an injector with an undefined field": (
        "credential_types",
        {"injectors": {"env": {"X": "{{ pasword }}"}}},
        "undefined field",
    ),
    "an unknown type of a field": (
        "credential_types",
        {"inputs": {"fields": [{**FIELD, "type": "text"}]}},
        "is not one of",
    ),
    "an injector for the path": (
        "credential_types",
        {"injectors": {"env": {"PYTHONPATH": "x"}}},
        "PYTHONPATH is not allowed",
    ),
    "an injector for Ansible itself": (
        "credential_types",
        {"injectors": {"env": {"ANSIBLE_CONFIG": "x"}}},
        "ANSIBLE_CONFIG is not allowed",
    ),
    "an unknown input of a credential": ("credentials", {"inputs": {"host": "acmedev"}}, "was unexpected"),
    "an rrule without DTSTART": ("schedules", {"rrule": "RRULE:FREQ=DAILY;INTERVAL=1"}, "DTSTART"),
    "an rrule without INTERVAL": (
        "schedules",
        {"rrule": "DTSTART:20260101T020000Z RRULE:FREQ=DAILY"},
        "INTERVAL required",
    ),
    "an rrule without a time zone": (
        "schedules",
        {"rrule": "DTSTART:20260101T020000 RRULE:FREQ=DAILY;INTERVAL=1"},
        "time zone",
    ),
}


@pytest.mark.parametrize("what", WRONG_OBJECTS)
def test_what_a_controller_refuses_is_refused(loaded: Controller, address: str, what: str) -> None:
    endpoint, changes, said = WRONG_OBJECTS[what]
    status, answer = call(address, "POST", f"/api/v2/{endpoint}/", changed(loaded, endpoint, **changes))
    assert status == 400
    assert said in json.dumps(answer)


def test_a_prompt_that_the_template_does_not_have_is_refused(loaded: Controller, address: str) -> None:
    (gate,) = [
        number
        for number, item in loaded.items["job_templates"].items()
        if item["name"] == "Qualtrics spoke - gate - dev"
    ]
    node = changed(loaded, "workflow_job_template_nodes", unified_job_template=gate, job_type="check")
    assert call(address, "POST", "/api/v2/workflow_job_template_nodes/", node)[0] == 400


def test_two_credentials_of_one_type_are_refused(loaded: Controller, address: str) -> None:
    template = next(iter(loaded.items["job_templates"]))
    (other,) = [number for number, item in loaded.items["credentials"].items() if item["name"] == "ServiceNow prod"]
    assert call(address, "POST", f"/api/v2/job_templates/{template}/credentials/", {"id": other})[0] == 400


@pytest.mark.parametrize(
    "survey",
    [
        question(type="pulldown"),
        question(choices=[]),
        question(default="b"),
        question(label="x"),
        {"name": "x", "spec": []},
    ],
)
def test_a_survey_that_a_controller_refuses_is_refused(
    loaded: Controller, address: str, survey: dict[str, Any]
) -> None:
    template = list(loaded.items["job_templates"])[-1]
    assert call(address, "POST", f"/api/v2/job_templates/{template}/survey_spec/", survey)[0] == 400


def test_what_was_filled_in_by_hand_stays_where_the_secrets_are_left_empty(tmp_path: Path) -> None:
    controller = Controller(EXAMPLE / "project")
    kinds = [{"module": kind, "objects": f"controller_{kind}s"} for kind in ("credential_type", "credential")]
    given = {
        "spoke_kinds": kinds,
        "spoke_environments": ["dev"],
        "spoke_logins": {"dev": {}},
        "spoke_qualtrics_account": {},
    }
    for address in serve(controller):
        assert load(address, EXAMPLE, tmp_path, given).returncode == 0
        assert [item["inputs"] for item in controller.items["credentials"].values()] == [{}, {}]
        (number,) = [number for number, item in controller.items["credentials"].items() if "dev" in item["name"]]
        by_hand = {"username": "spoke.setup", "password": "sandbox-Password-of-hand"}
        assert call(address, "PATCH", f"/api/v2/credentials/{number}/", {"inputs": by_hand})[0] == 200
        controller.writes.clear()
        assert load(address, EXAMPLE, tmp_path, given).returncode == 0
    assert controller.writes == []
    assert controller.items["credentials"][number]["inputs"] == by_hand


def test_a_load_shows_no_secret_even_to_a_callback_that_keeps_every_result(tmp_path: Path) -> None:
    given = {"spoke_kinds": [{"module": "credential", "objects": "controller_credentials"}]}
    for address in serve(Controller(EXAMPLE / "project")):
        # The type of the credentials is not there. `load` looks for the secrets.
        done = load(address, EXAMPLE, tmp_path, given, {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"})
    assert done.returncode == 2
    assert "Load every credential" in done.stdout


def test_a_schedule_or_a_launch_without_a_required_answer_is_refused_in_spite_of_a_default(
    loaded: Controller, address: str
) -> None:
    name = "Qualtrics spoke - after clone - dev"
    (number,) = [number for number, item in loaded.items["job_templates"].items() if item["name"] == name]
    loaded.items["job_templates"][number]["survey_enabled"] = True
    loaded.surveys["job_templates", number] = question()
    schedule = changed(loaded, "schedules", name="x", unified_job_template=number)
    for status, answer in (
        call(address, "POST", "/api/v2/schedules/", schedule),
        launch(loaded, address, name),
    ):
        assert status == 400
        assert "'x' value missing" in json.dumps(answer)
    loaded.items["job_templates"][number]["survey_enabled"] = False


def test_a_refusal_stops_the_load_and_says_why(tmp_path: Path) -> None:
    example = shutil.copytree(EXAMPLE, tmp_path / "example")
    types = example / "assets" / "credential_types.yml"
    types.write_text(types.read_text().replace('"{{ password }}"', '"{{ pasword }}"'))
    for address in serve(Controller(example / "project")):
        done = load(address, example, tmp_path)
    assert done.returncode == 2
    assert "env SN_PASSWORD uses an undefined field" in done.stdout
