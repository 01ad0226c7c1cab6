# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What a controller refuses: fields, types and choices by the real server's own metadata, the rest as AWX is known to refuse it.

``awx_24_6_1.json`` is what AWX 24.6.1 answered to OPTIONS on twelve endpoints. What is in `ASSUMED`, the inside of surveys, injectors and
rrules is not from the server: it is written down here after AWX's documentation and source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

METADATA: dict[str, Any] = json.loads((Path(__file__).parent / "awx_24_6_1.json").read_text())
# Of these endpoints there is no metadata of a real server.
ASSUMED: dict[str, dict[str, dict[str, Any]]] = {
    "labels": {"name": {"type": "string", "required": True}, "organization": {"type": "id", "required": True}},
    "notification_templates": {
        "name": {"type": "string", "required": True},
        "description": {"type": "string", "default": ""},
        "organization": {"type": "id", "required": True},
        "notification_type": {"type": "choice", "required": True, "choices": ["email", "slack", "webhook"]},
        "notification_configuration": {"type": "json", "default": {}},
        "messages": {"type": "json", "default": {}},
    },
    "inventory_sources": {
        "name": {"type": "string", "required": True},
        "description": {"type": "string", "default": ""},
        "inventory": {"type": "id", "required": True},
        "source": {"type": "choice", "required": True, "choices": ["file", "scm", "constructed"]},
        "source_project": {"type": "id"},
        "source_path": {"type": "string", "default": ""},
        "overwrite": {"type": "boolean", "default": False},
        "overwrite_vars": {"type": "boolean", "default": False},
        "update_on_launch": {"type": "boolean", "default": False},
    },
    "workflow_approval_templates": {
        "name": {"type": "string", "required": True},
        "description": {"type": "string", "default": ""},
        "timeout": {"type": "integer", "default": 0},
    },
}
FIELDS = {**{name: entry["POST"] for name, entry in METADATA.items()}, **ASSUMED}
READ_ONLY = {name: set(entry["read_only"]) for name, entry in METADATA.items()}
# Fields that are an id of another object, where the endpoint is called otherwise.
ENDPOINTS = {
    "credential": "credentials",
    "credential_type": "credential_types",
    "default_environment": "execution_environments",
    "execution_environment": "execution_environments",
    "inventory": "inventories",
    "organization": "organizations",
    "project": "projects",
    "source_project": "projects",
    "unified_job_template": "unified_job_templates",
    "workflow_job_template": "workflow_job_templates",
}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "json": (dict, str),
    "id": (int,),
    "choice": (str, int),
}
QUESTION_TYPES: dict[str, type] = {
    "text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": list, "integer": int, "float": float,
}  # fmt: skip
PROMPTS = ("job_type", "limit", "diff_mode", "verbosity", "job_slice_count", "forks", "scm_branch", "timeout")
PLAYBOOK = re.compile(r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?import_playbook|include):\s*?.*?$", re.MULTILINE)


class Refused(Exception):
    """What the controller answers with 400."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.document = {field: [why]}


def check_fields(endpoint: str, given: Mapping[str, Any], creates: bool, exists: Any) -> dict[str, Any]:
    """The fields of ``given`` that can be written. ``exists`` tells whether an endpoint has an id."""
    fields = FIELDS[endpoint]
    unknown = set(given) - set(fields) - READ_ONLY.get(endpoint, {"type"})
    if unknown:
        raise Refused(min(unknown), f"{endpoint} has no such field.")
    missing = {name for name, field in fields.items() if field.get("required") and name not in given}
    if creates and missing:
        raise Refused(min(missing), "This field is required.")
    written = {name: value for name, value in given.items() if name in fields}
    for name, value in written.items():
        _check_value(name, fields[name], value, exists)
    return written


def _check_value(name: str, field: Mapping[str, Any], value: Any, exists: Any) -> None:
    if value is None and not field.get("required"):
        return
    if not isinstance(value, TYPES[field["type"]]) or (isinstance(value, bool) and field["type"] != "boolean"):
        raise Refused(name, f"{value!r} is not of type {field['type']}.")
    if field["type"] == "choice" and value not in field["choices"]:
        raise Refused(name, f'"{value}" is not a valid choice.')
    if "max_length" in field and len(value) > field["max_length"]:
        raise Refused(name, f"Ensure this field has no more than {field['max_length']} characters.")
    if "min_value" in field and value < field["min_value"]:
        raise Refused(name, f"Ensure this value is greater than or equal to {field['min_value']}.")
    if field["type"] == "id" and not exists(ENDPOINTS[name], value):
        raise Refused(name, f'Invalid pk "{value}" - object does not exist.')
    if (
        name in ("extra_vars", "variables")
        and isinstance(value, str)
        and not isinstance(yaml.safe_load(value) or {}, dict)
    ):
        raise Refused(name, "Cannot parse as JSON or YAML.")


def check_credential_type(inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> None:
    """The fields of a credential type, and what its injectors use."""
    fields = inputs.get("fields", [])
    names = [field["id"] for field in fields]
    for field in fields:
        _check_field(field)
        if field["id"] == "tower" or not field["id"].isidentifier() or names.count(field["id"]) > 1:
            raise Refused("inputs", f"{field['id']} is an invalid or reserved name, or there twice")
    if set(inputs.get("required", [])) - set(names):
        raise Refused("inputs", "'required' must only contain defined fields")
    if set(injectors) - {"file", "env", "extra_vars"}:
        raise Refused("injectors", "Additional properties are not allowed")
    for variable in injectors.get("env", {}):
        if variable.startswith("ANSIBLE_") or variable in ENV_BLOCKLIST:
            raise Refused("injectors", f"Environment variable {variable} is not allowed to be used in credentials.")
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for kind, templates in injectors.items():
        for key, template in templates.items():
            try:
                environment.from_string(template).render(**dict.fromkeys(names, "EXAMPLE"))
            except TemplateError as error:
                raise Refused("injectors", f"{kind} {key} uses an undefined field ({error})") from error


def _check_field(field: Mapping[str, Any]) -> None:
    if field.get("type", "string") not in ("string", "boolean"):
        raise Refused("inputs", f"'{field['type']}' is not one of ['string', 'boolean']")
    known = {
        "id",
        "label",
        "type",
        "secret",
        "help_text",
        "choices",
        "multiline",
        "format",
        "ask_at_runtime",
        "default",
    }
    if set(field) - known:
        raise Refused("inputs", f"Additional properties are not allowed in {field['id']}")


def check_credential(inputs: Mapping[str, Any], of_type: Mapping[str, Any]) -> None:
    """The inputs of a credential, by its type."""
    fields = {field["id"]: field for field in of_type["fields"]}
    for name, value in inputs.items():
        if name not in fields:
            raise Refused("inputs", f"Additional properties are not allowed ('{name}' was unexpected)")
        if not isinstance(value, bool if fields[name]["type"] == "boolean" else str):
            raise Refused("inputs", f"{name}: {type(value).__name__} is not of type {fields[name]['type']}")
        if value and value not in fields[name].get("choices", [value]):
            raise Refused("inputs", f"{name}: {value!r} is not one of {fields[name]['choices']}")


def playbooks(project: Path) -> set[str]:
    """The files of a project that a job template can name."""
    texts = {str(path.relative_to(project)): path.read_text() for path in project.rglob("*.y*ml")}
    return {name for name, text in texts.items() if PLAYBOOK.search(text)}


def check_rrule(rrule: str) -> None:
    """The rrule of a schedule."""
    if len(re.findall(r"DTSTART(;TZID=[\w/]+:\d{8}T\d{6}|:\d{8}T\d{6}Z)( |$)", rrule)) != 1:
        raise Refused("rrule", "Exactly one DTSTART with a time zone required in rrule.")
    if "RRULE:" not in rrule or "INTERVAL=" not in rrule:
        raise Refused("rrule", "RRULE and INTERVAL required in rrule.")


def check_survey(survey: Mapping[str, Any]) -> None:
    """A survey as it is saved."""
    if set(survey) != {"name", "description", "spec"}:
        raise Refused("error", "A survey has name, description and spec.")
    variables = [question.get("variable") for question in survey["spec"]]
    for question in survey["spec"]:
        unknown = set(question) - {
            "question_name",
            "question_description",
            "type",
            "variable",
            "required",
            "choices",
            "default",
            "min",
            "max",
        }
        missing = {"question_name", "type", "variable", "required"} - set(question)
        if unknown or missing or variables.count(question["variable"]) > 1:
            raise Refused("error", f"unknown {unknown}, missing {missing} or twice in the question {question}")
        if question["type"] not in QUESTION_TYPES:
            raise Refused("error", f"'{question['type']}' in survey question is not one of the allowed types")
        if question["type"] in ("multiplechoice", "multiselect") and not question.get("choices"):
            raise Refused("error", "Choices must be given for multiple choice questions.")
        if question.get("default"):
            _check_answer(question, question["default"])


def _check_answer(question: Mapping[str, Any], answer: Any) -> None:
    if not isinstance(answer, QUESTION_TYPES[question["type"]]):
        raise Refused(
            "variables_needed_to_start", f"Value {answer!r} for '{question['variable']}' has to be {question['type']}."
        )
    if isinstance(answer, str) and len(answer) < int(question.get("min") or 0):
        raise Refused("variables_needed_to_start", f"'{question['variable']}' value {answer} is too small.")
    for chosen in answer if isinstance(answer, list) else [answer]:
        if chosen not in question.get("choices", [chosen]):
            raise Refused(
                "variables_needed_to_start",
                f"Value {chosen} for '{question['variable']}' expected to be one of {question['choices']}.",
            )


def check_answers(survey: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that a launch with ``answers`` gives the job, be it by hand or by a schedule.

    A default counts where nothing is answered, but not as the answer to a question that requires one.
    """
    questions = {question["variable"]: question for question in survey.get("spec", [])}
    if set(answers) - set(questions):
        raise Refused("extra_vars", f"Variables {sorted(set(answers) - set(questions))} are not allowed on launch.")
    for name, question in questions.items():
        if name in answers:
            _check_answer(question, answers[name])
        elif question["required"]:
            raise Refused("variables_needed_to_start", f"'{name}' value missing")
    return {**{name: question["default"] for name, question in questions.items() if "default" in question}, **answers}
