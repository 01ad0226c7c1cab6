# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a task returns of a Scripted REST API: what changed, and where it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan, Step
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.addresses import normal_path
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.script_diff import as_diff
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.tables import SCRIPT


def as_result(about: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """What changed on the instance that ``about`` describes."""
    return {
        "changed": plan.changed,
        "instance": about,
        "records": [_record(step) for step in plan.steps],
        "diff": as_diff([step for step in plan.steps if step.action != "none"]),
    }


def _record(step: Step) -> dict[str, Any]:
    """The step with a digest in the place of a script, which only the diff shows."""
    result = step.as_result()
    for side in ("before", "after"):
        if SCRIPT in result[side]:
            digest = hashlib.sha256(result[side][SCRIPT].encode("utf-8", "surrogatepass")).hexdigest()
            result[side] = dict(result[side], **{SCRIPT: f"sha256:{digest}"})
    return result


def where_it_answers(plan: Plan, options: Options, current: Current) -> dict[str, Any]:
    """Where the API answers, with a warning if it does not: the platform makes the path up, and may write what it is
    given in another way.
    """
    definition = current.definition or {}
    base_path = definition.get("base_uri") or None
    result: dict[str, Any] = {
        "sys_id": plan.steps[0].sys_id,
        "namespace": definition.get("namespace") or None,
        "base_path": base_path,
        "operations": [
            {
                "name": operation["name"],
                "http_method": operation["http_method"],
                "path": base_path + _stored_path(operation, current).rstrip("/") if base_path else None,
            }
            for operation in options.operations
        ],
    }
    if definition and base_path is None:
        result["warnings"] = [
            f"The Scripted REST API {options.name!r} on {plan.place.host} has no base path, so that it cannot be "
            "called. The platform fills it in when the record is saved, which an update set does not do: open the "
            "record, change its description and press Update"
        ]
    return result


def _stored_path(operation: Mapping[str, Any], current: Current) -> str:
    """The operation's path as the instance has it, or will."""
    given: str = operation["relative_path"]
    normal = normal_path(given)
    stored = {row["relative_path"] for row in current.operations if row["http_method"] == operation["http_method"]}
    return normal if given not in stored and normal in stored else given
