# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_scripted_rest_api: Scripted REST APIs and their operations (servicenow-connections 3.3)."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Ambiguous, InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.script_diff import SCRIPT, as_diff
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan, Step, Value
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import apply

DEFINITION, OPERATION = "sys_ws_definition", "sys_ws_operation"
DEFINITION_FIELDS = ("name", "service_id", "short_description", "active", "namespace", "base_uri", "is_versioned")
# Names and path parameters, but no way up.
RELATIVE_PATH = re.compile(r"/|(/(?!\.{1,2}(/|$))([\w.~-]+|\{\w+\}))+/?", re.ASCII)
OPERATION_FLAGS = ("active", "requires_authentication", "requires_acl_authorization")
OPERATION_FIELDS = ("name", "http_method", "relative_path", "short_description", SCRIPT, *OPERATION_FLAGS)


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Install, change or remove a Scripted REST API as ``params`` (the module's options) say; return the task's result."""
    _check_options(params)
    instance = Instance(params["instance"], secrets)
    definition = _find_definition(instance, params["service_id"])
    rows = instance.find(OPERATION, {"web_service_definition": definition["sys_id"]}, OPERATION_FIELDS) if definition else []
    plan = Plan(instance, f"{DEFINITION}/{params['service_id']}")
    if params["state"] == "present":
        _plan_present(plan, definition, rows, params)
    else:
        _plan_absent(plan, definition, rows)
    if not check_mode:
        apply(plan)
    result: dict[str, Any] = {
        "changed": plan.changed,
        "instance": {"host": instance.host},
        "records": [_as_result(step) for step in plan.steps],
        "diff": as_diff([step for step in plan.steps if step.action != "none"]),
    }
    if params["state"] == "present":
        result.update(_addresses(instance, plan.steps[0], definition, params["operations"], check_mode))
        if result["base_path"] is None and (definition or not check_mode):
            result["warnings"] = [
                f"The Scripted REST API {params['name']!r} on {instance.host} has no base path, so that it cannot be called. The platform fills it "
                "in when the record is saved, which an update set does not do: open the record, change its description and press Update"
            ]
    return result


def _check_options(params: dict[str, Any]) -> None:
    """Raise `InputError` for what cannot work, before anything is sent."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", params["service_id"]):
        raise InputError(f"service_id is no API ID: {params['service_id']!r}", advice="Use letters, digits, underscores and hyphens")
    if params["state"] == "absent":
        return
    for option in ("name", "operations"):
        if not params[option]:
            raise InputError(f"{option} is empty", advice="Give the API's name and operations; state absent removes the API")
    for option in ("name", "short_description"):
        check_text(params.get(option) or "", option)
    if not params["name"].strip():
        raise InputError("name is empty", advice="Give the API's name")
    seen = set()
    for number, operation in enumerate(params["operations"]):
        place = f"operations[{number}]"
        for option in ("name", "relative_path", "short_description"):
            check_text(operation.get(option) or "", f"{place}.{option}")
        if not operation["name"].strip() or not operation["script"].strip():
            raise InputError(f"{place} has an empty name or script", advice="Give both")
        if not RELATIVE_PATH.fullmatch(operation["relative_path"]):
            raise InputError(
                f"{place}.relative_path is no path: {operation['relative_path']!r}",
                advice="Start it with a slash; path parameters stand in braces, such as /records/{sys_id}",
            )
        # The name of a path parameter and a slash at the end make no other address.
        address = re.sub(r"\{\w+\}", "{}", _key(operation)).rstrip("/")
        if address in seen:
            raise InputError(f"{place} has the same method and path as another operation: {_key(operation)}", advice="Remove one of them")
        seen.add(address)


def _key(operation: dict[str, Any]) -> str:
    return f"{operation['http_method']} {operation['relative_path']}"


def _find_definition(instance: Instance, service_id: str) -> Row | None:
    rows = instance.find(DEFINITION, {"service_id": service_id}, DEFINITION_FIELDS)
    if len(rows) > 1:
        raise Ambiguous(
            f"There are {len(rows)} Scripted REST APIs with the API ID {service_id}",
            f"instance {instance.host}, table {DEFINITION}",
            "; ".join(f"{row['name']} ({row['sys_id']}, {row['base_uri']})" for row in rows),
            "Remove all but the right one",
        )
    if rows and rows[0]["is_versioned"] == "true":
        raise InputError(
            f"The Scripted REST API {rows[0]['name']!r} is versioned",
            f"instance {instance.host}, table {DEFINITION}, record {rows[0]['sys_id']}",
            "This module handles APIs without versions only",
            "Choose another service_id",
        )
    return rows[0] if rows else None


def _plan_present(plan: Plan, definition: Row | None, rows: list[Row], params: dict[str, Any]) -> None:
    wanted: dict[str, Value] = {"name": params["name"], "active": "true"}
    if params.get("short_description") is not None:
        wanted["short_description"] = params["short_description"]
    service_id: dict[str, Value] = {"service_id": params["service_id"]}
    step = plan.ensure("definition", DEFINITION, definition, wanted, only_new=service_id, natural_key=("service_id",))
    link = plan.existing("definition", f"API {params['name']}", step.sys_id)
    for operation in params["operations"]:
        _plan_operation(plan, link, rows, operation)
    keys = [_key(operation) for operation in params["operations"]]
    for row in rows:
        if _key(row) not in keys:
            plan.remove(_key(row), OPERATION, row, ("name", "http_method", "relative_path", SCRIPT))


def _plan_operation(plan: Plan, definition: Value, rows: list[Row], operation: dict[str, Any]) -> None:
    found = [row for row in rows if _key(row) == _key(operation)]
    if len(found) > 1:
        raise Ambiguous(
            f"The Scripted REST API has {len(found)} operations {_key(operation)}",
            f"instance {plan.instance.host}, table {OPERATION}",
            ", ".join(row["sys_id"] for row in found),
            "Remove all but one",
        )
    wanted: dict[str, Value] = {flag: "true" if operation[flag] else "false" for flag in OPERATION_FLAGS}
    wanted.update(name=operation["name"], **{SCRIPT: _normal(operation["script"])})
    if operation.get("short_description") is not None:
        wanted["short_description"] = operation["short_description"]
    current = dict(found[0]) if found else None
    if current and _normal(current[SCRIPT]) == wanted[SCRIPT]:
        current[SCRIPT] = _normal(operation["script"])
    plan.ensure(
        _key(operation),
        OPERATION,
        current,
        wanted,
        only_new={
            "web_service_definition": definition,
            "http_method": operation["http_method"],
            "relative_path": operation["relative_path"],
        },
        natural_key=("web_service_definition", "http_method", "relative_path"),
    )


def _normal(script: str) -> str:
    """A script whose line endings and final empty lines make no difference."""
    return script.replace("\r\n", "\n").rstrip() + "\n"


def _plan_absent(plan: Plan, definition: Row | None, rows: list[Row]) -> None:
    for row in rows:
        plan.remove(_key(row), OPERATION, row, ("name", "http_method", "relative_path", SCRIPT))
    if definition is not None:
        plan.remove("definition", DEFINITION, definition, ("name", "service_id", "base_uri"))


def _as_result(step: Step) -> dict[str, Any]:
    """The step with a digest in the place of a script, which only the diff shows."""
    result = step.as_result()
    for side in ("before", "after"):
        if SCRIPT in result[side]:
            digest = hashlib.sha256(result[side][SCRIPT].encode("utf-8", "surrogatepass")).hexdigest()
            result[side] = dict(result[side], **{SCRIPT: f"sha256:{digest}"})
    return result


def _addresses(
    instance: Instance, step: Step, definition: Row | None, operations: list[dict[str, Any]], check_mode: bool
) -> dict[str, Any]:
    """Where the API answers; the platform makes the path up, so that it is read from a new record."""
    if definition is None and not check_mode:
        definition = instance.get(DEFINITION, step.sys_id, DEFINITION_FIELDS)
    base_path = (definition or {}).get("base_uri") or None
    return {
        "sys_id": step.sys_id,
        "namespace": (definition or {}).get("namespace") or None,
        "base_path": base_path,
        "operations": [
            {
                "name": operation["name"],
                "http_method": operation["http_method"],
                "path": base_path + operation["relative_path"].rstrip("/") if base_path else None,
            }
            for operation in operations
        ],
    }
