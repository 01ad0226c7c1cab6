# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The controller's assets agree with the roles, the environment variables of the collection and the project."""

from __future__ import annotations

import re
import subprocess
import sys
from ast import literal_eval
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import instance_spec
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment
from support import ROOT

EXAMPLE = ROOT / "examples" / "controller"


class Loader(yaml.SafeLoader):
    """YAML with Ansible's tag for text that is no template."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def read(path: Path) -> Any:
    return yaml.load(path.read_text(), Loader)


SPECS = read(ROOT / "roles" / "qualtrics_spoke" / "meta" / "argument_specs.yml")["argument_specs"]
DEFAULTS = read(ROOT / "roles" / "qualtrics_spoke" / "defaults" / "main.yml")
SURVEYS = read(EXAMPLE / "assets" / "surveys.yml")["spoke_surveys"]
ENTRY_POINTS = {"set_up": "main"}
QUESTIONS = [(name, question) for name, survey in SURVEYS.items() for question in survey["spec"]]
TYPES = {
    field["name"]: field for field in read(EXAMPLE / "assets" / "credential_types.yml")["controller_credential_types"]
}


@pytest.mark.parametrize(
    ("survey", "question"), QUESTIONS, ids=[f"{name} {question['variable']}" for name, question in QUESTIONS]
)
def test_a_question_is_of_an_input_of_the_role_with_its_type_choices_and_default(
    survey: str, question: dict[str, Any]
) -> None:
    option = SPECS[ENTRY_POINTS.get(survey, survey)]["options"][question["variable"]]
    role_vars = read(ROOT / "roles" / "qualtrics_spoke" / "vars" / "main.yml")
    default = DEFAULTS[question["variable"]]
    assert question["default"] == (str(default).lower() if isinstance(default, bool) else default)
    assert str(option["default"]).lower() == question["default"]
    # Answers are text, and a variable of another type has to take text: then it is raw, and the role checks it.
    assert option["type"] in ("str", "raw")
    # What is secret is asked for as a password, and kept encrypted.
    if default == "" and re.search("secret|api_token", question["variable"]):
        assert question["type"] == "password"
        return
    if option["type"] == "str" and "choices" not in option:
        assert question["type"] == "text"
        return
    assert question["type"] == "multiplechoice"
    if isinstance(default, bool):
        assert question["choices"] == ["false", "true"]
    else:
        known = option.get("choices") or role_vars["__qualtrics_spoke_choices"][question["variable"]]
        assert question["choices"] == known


def test_no_question_has_to_be_answered() -> None:
    # A schedule and a launch by the API answer none, and a controller refuses both where an answer is required, whatever its default.
    assert [question["variable"] for _name, question in QUESTIONS if question["required"]] == []


def test_an_answer_in_free_text_is_not_empty() -> None:
    texts = [question for _name, question in QUESTIONS if question["type"] == "text"]
    assert [question["min"] for question in texts] == [1]


def test_every_job_with_a_survey_has_the_one_of_its_playbook() -> None:
    jobs = read(EXAMPLE / "assets" / "settings.yml")["spoke_jobs"]
    used = {job["playbook"]: job["template"]["survey_spec"] for job in jobs if "survey_spec" in job.get("template", {})}
    assert used == {f"{name}.yml": f"{{{{ spoke_surveys.{name} }}}}" for name in SURVEYS}
    assert [job["playbook"] for job in jobs if not (EXAMPLE / "project" / job["playbook"]).is_file()] == []


@pytest.mark.parametrize("playbook", ["set_up", "verify", "rotate", "after_clone", "remove", "report", "endpoint"])
def test_there_is_a_job_for_each_procedure(playbook: str) -> None:
    (job,) = [
        job for job in read(EXAMPLE / "assets" / "settings.yml")["spoke_jobs"] if job["playbook"] == f"{playbook}.yml"
    ]
    assert job["description"]


def test_every_playbook_of_the_project_is_a_job_and_what_it_imports_is_there() -> None:
    jobs = {job["playbook"] for job in read(EXAMPLE / "assets" / "settings.yml")["spoke_jobs"]}
    found = {path.name: read(path) for path in (EXAMPLE / "project").glob("*.yml") if path.stem != "ansible-navigator"}
    assert set(found) == jobs
    imported = [play["ansible.builtin.import_playbook"] for name, (play, *_rest) in found.items() if name != "gate.yml"]
    assert [name for name in imported if not (ROOT / "playbooks" / f"{name.rpartition('.')[2]}.yml").is_file()] == []


def test_the_summary_whose_artifacts_the_gate_reads_is_enabled() -> None:
    assert "callbacks_enabled = snow_ops.spokes.summary\n" in (EXAMPLE / "project" / "ansible.cfg").read_text()


def test_every_environment_has_its_nights_however_many_there_are() -> None:
    text = read(EXAMPLE / "assets" / "schedules.yml")["controller_schedules"]
    environments = [f"region{number}" for number in range(9)]
    settings = {"spoke_environments": environments, "spoke_organization": "x", "spoke_time_zone": "Europe/Berlin"}
    schedules = literal_eval(SandboxedEnvironment().from_string(text).render(settings).strip())
    named = {schedule["unified_job_template"] for schedule in schedules}
    assert named == {f"Qualtrics spoke - {job} - {name}" for job in ("verify", "report") for name in environments}
    rrule = r"DTSTART;TZID=Europe/Berlin:20260101T(?:[01]\d|2[0-3])[0-5]\d00 RRULE:FREQ=DAILY;INTERVAL=1"
    assert [schedule["rrule"] for schedule in schedules if not re.fullmatch(rrule, schedule["rrule"])] == []


def test_no_answer_overrides_what_the_inventory_says() -> None:
    given = [read(path) for path in (EXAMPLE / "project" / "inventory" / "group_vars").glob("*.yml")]
    assert {question["variable"] for _name, question in QUESTIONS}.isdisjoint(
        name for variables in given for name in variables
    )


def test_the_login_injects_what_the_modules_read_and_no_host() -> None:
    login = TYPES["ServiceNow login"]
    options = instance_spec()["instance"]["options"]
    variables = {name: spec["fallback"][1][0] for name, spec in options.items() if "fallback" in spec}
    fields = {field["id"]: field for field in login["inputs"]["fields"]}
    assert login["injectors"]["env"] == {variables[name]: f"{{{{ {name} }}}}" for name in fields}
    assert "SN_HOST" not in login["injectors"]["env"]
    assert {name for name in fields if fields[name].get("secret")} == {
        name for name in fields if options[name].get("no_log")
    }
    assert set(fields["grant_type"]["choices"]) <= set(options["grant_type"]["choices"])


def test_the_qualtrics_account_injects_what_the_role_reads() -> None:
    account = TYPES["Qualtrics account"]
    read_by_role = {
        name: found.group(1) for name, text in DEFAULTS.items() if (found := re.search(r"'(QUALTRICS_\w+)'", str(text)))
    }
    injected = {
        f"qualtrics_spoke_{field['id']}": f"QUALTRICS_{field['id'].upper()}" for field in account["inputs"]["fields"]
    }
    assert injected == read_by_role
    assert account["injectors"]["env"] == {
        f"QUALTRICS_{field['id'].upper()}": f"{{{{ {field['id']} }}}}" for field in account["inputs"]["fields"]
    }
    assert {field["id"] for field in account["inputs"]["fields"] if field.get("secret")} == {
        "api_token",
        "client_secret",
    }


@pytest.mark.parametrize("kind", TYPES)
def test_every_field_of_a_credential_has_a_label_and_a_help_text(kind: str) -> None:
    assert [
        field["id"] for field in TYPES[kind]["inputs"]["fields"] if not (field["label"] and field["help_text"])
    ] == []


def test_navigator_passes_what_the_credentials_inject() -> None:
    settings = read(EXAMPLE / "project" / "ansible-navigator.yml")["ansible-navigator"]
    injected = [name for kind in TYPES.values() for name in kind["injectors"]["env"]]
    assert settings["execution-environment"]["environment-variables"]["pass"] == injected


def test_a_notification_is_valid_json_that_says_what_failed_and_what_is_left() -> None:
    notifications = read(EXAMPLE / "assets" / "notifications.yml")
    sandbox = ImmutableSandboxedEnvironment()
    step = {
        "instance": "acmetest.service-now.com",
        "what": 'Get the "token"',
        "url": "https://acmetest.service-now.com/x",
    }
    report = {
        "playbook": "set_up",
        "check_mode": True,
        "instances": 3,
        "would_change": 1,
        "changed_instances": [],
        "failed_instances": ["acmeprod.service-now.com"],
        "manual_steps": [step],
    }
    job = {"id": 7, "name": "set up", "status": "failed", "artifacts": {"snow_ops_spokes_7": report}}
    said = yaml.safe_load(
        sandbox.from_string(notifications["spoke_message"]).render(
            job_friendly_name="Job", job=job, url="https://controller.example.com/7"
        )
    )
    assert said["text"].splitlines() == [
        "Job set up (7): failed. https://controller.example.com/7",
        "set_up (dry run): 3 instances, 1 would change, 0 changed, 1 failed: acmeprod.service-now.com, 1 steps left to a person.",
        '- acmetest.service-now.com: Get the "token": https://acmetest.service-now.com/x',
    ]
    workflow = {"id": 1, "name": "x", "status": "successful"}
    bare = sandbox.from_string(notifications["spoke_message"]).render(
        job_friendly_name="Workflow Job", job=workflow, url="u"
    )
    assert yaml.safe_load(bare) == {"text": "Workflow Job x (1): successful. u"}
    asked = sandbox.from_string(notifications["spoke_approval_message"]).render(
        approval_node_name="Set up dev", approval_status="pending", workflow_url="u"
    )
    assert yaml.safe_load(asked) == {"text": "Approval Set up dev: pending. u"}


def test_the_execution_environment_can_be_created(tmp_path: Path) -> None:
    for name, text in {
        "artefact/snow_ops-spokes.tar.gz": "an artefact",
        "certificates/company-ca.pem": "a certificate",
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    (tmp_path / "execution-environment.yml").write_text((EXAMPLE / "execution-environment.yml").read_text())
    command = [
        Path(sys.executable).parent / "ansible-builder",
        "create",
        "--context",
        tmp_path / "context",
        "--output-filename",
        "Containerfile",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    built = (tmp_path / "context" / "Containerfile").read_text()
    assert "ENV PIP_CERT=/etc/pki/tls/certs/ca-bundle.crt" in built
    # Before the first download.
    assert built.index("update-ca-trust") < built.index("install ")
    requirements = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text())
    assert requirements == {"collections": [{"name": "/build/artefact/snow_ops-spokes.tar.gz", "type": "file"}]}
    assert (tmp_path / "context" / "_build" / "artefact" / "snow_ops-spokes.tar.gz").read_text() == "an artefact"
