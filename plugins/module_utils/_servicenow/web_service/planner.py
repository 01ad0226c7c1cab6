# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Plans the records of a Scripted REST API: what has to be made or changed, and what goes when it is removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Ambiguous
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.applications import GLOBAL
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import (
    Link,
    Plan,
    Traits,
    Value,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.addresses import (
    base_paths_of,
    key_of,
    normal_id,
    normal_path,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.tables import (
    ACL,
    ADDRESSES,
    DEFINITION,
    MEDIA_COLUMNS,
    OPERATION,
    OPERATION_FLAGS,
    SCRIPT,
    VERSION,
    media_types_in,
)


@dataclass(frozen=True)
class Api:
    """What the operations of an API have in common: the ``definition`` that they refer to, the ``base_path`` below
    which they answer, empty where the platform has not filled it in, and the ``media_types`` of each.
    """

    definition: Link
    base_path: str
    media_types: tuple[str, ...]


def plan_present(instance: Instance, options: Options, current: Current) -> Plan:
    """The steps that make the current API what ``options`` ask for, the definition's first. Raises `Ambiguous`."""
    plan = _new_plan(instance, options)
    api = _plan_definition(plan, options, current)
    kept = set()
    for operation in options.operations:
        row = _find_operation(plan, current, operation)
        _plan_operation(plan, api, row, operation)
        kept.add(row["sys_id"] if row else "")
    for row in current.operations:
        if row["sys_id"] not in kept:
            _remove_operation(plan, row)
    return plan


def plan_absent(instance: Instance, options: Options, current: Current) -> Plan:
    """The steps that remove the API. The definition, by which the rest is found, goes last."""
    plan = _new_plan(instance, options)
    for row in current.operations:
        _remove_operation(plan, row)
    if current.definition is not None:
        plan.remove("definition", DEFINITION, current.definition, ("name", "service_id", "base_uri"))
    return plan


def _new_plan(instance: Instance, options: Options) -> Plan:
    place = DEFINITION if instance.application == GLOBAL else f"{DEFINITION}/{instance.application}"
    return Plan(instance, f"{place}/{options.service_id}")


def _remove_operation(plan: Plan, row: Row) -> None:
    plan.remove(key_of(row), OPERATION, row, ("name", "http_method", "relative_path", SCRIPT))


def _plan_definition(plan: Plan, options: Options, current: Current) -> Api:
    definition, base_path = current.definition, _base_path(current)
    wanted: dict[str, Value] = {"name": options.name, "active": "true", ACL: ",".join(options.enforce_acl)}
    if definition is not None:
        wanted.update(_media_values(definition, options.media_types))
        if definition["is_versioned"] == "true":
            wanted["is_versioned"] = "false"
        if base_path:
            wanted.update(base_uri=base_path, namespace=base_path.split("/")[2])
    if options.short_description is not None:
        wanted["short_description"] = options.short_description
    step = plan.ensure(
        "definition",
        DEFINITION,
        _with_same_acls(definition, options.enforce_acl),
        wanted,
        only_new={"service_id": options.service_id},
        natural_key=("service_id",),
        # Another run may have activated it by then.
        traits=Traits(also_stored={"service_id": normal_id(options.service_id), "active": "true"}),
    )
    link = plan.existing("definition", f"API {options.name}", step.sys_id)
    return Api(link, base_path, options.media_types)


def _base_path(current: Current) -> str:
    """Where the API has to answer: what several operations agree on, since many records are less easily changed than
    one; else what follows from the definition's namespace. Empty where the platform has not filled it in.
    """
    definition = current.definition
    if definition is None or not definition["base_uri"]:
        return ""
    said = base_paths_of(current.operations)
    derived = f"/api/{definition['namespace']}/{definition['service_id']}"
    is_doubtful = len(said) != 1 or (len(current.operations) == 1 and definition["base_uri"] == derived)
    agreed = derived if is_doubtful else said.pop()
    return agreed if re.fullmatch(r"/api/[\w-]+/[\w-]+", agreed, re.ASCII) else derived


def _find_operation(plan: Plan, current: Current, operation: dict[str, Any]) -> Row | None:
    """The operation's record. Raises `Ambiguous`."""
    same_method = [row for row in current.operations if row["http_method"] == operation["http_method"]]
    found = [row for row in same_method if row["relative_path"] == operation["relative_path"]]
    found = found or [row for row in same_method if row["relative_path"] == normal_path(operation["relative_path"])]
    if len(found) > 1:
        raise Ambiguous(
            f"The Scripted REST API has {len(found)} operations {key_of(operation)}",
            f"instance {plan.place.host}, table {OPERATION}",
            ", ".join(row["sys_id"] for row in found),
            "Remove all but one",
        )
    return found[0] if found else None


def _plan_operation(plan: Plan, api: Api, row: Row | None, operation: dict[str, Any]) -> None:
    wanted: dict[str, Value] = {flag: "true" if operation[flag] else "false" for flag in OPERATION_FLAGS}
    wanted.update(
        name=operation["name"], **{SCRIPT: _normal(operation["script"]), ACL: ",".join(operation["enforce_acl"])}
    )
    if operation.get("short_description") is not None:
        wanted["short_description"] = operation["short_description"]
    stored = _with_same_acls(row, operation["enforce_acl"])
    if stored is not None:
        # One that was moved to a version would not answer at its path.
        wanted[VERSION] = ""
        wanted.update(_media_values(stored, api.media_types))
        wanted.update(_address_values(stored, api))
        if _normal(stored[SCRIPT]) == wanted[SCRIPT]:
            stored[SCRIPT] = _normal(operation["script"])
    plan.ensure(
        key_of(operation),
        OPERATION,
        stored,
        wanted,
        only_new={
            "web_service_definition": api.definition,
            "http_method": operation["http_method"],
            "relative_path": operation["relative_path"],
        },
        natural_key=("web_service_definition", "http_method", "relative_path"),
        traits=Traits(also_stored={"relative_path": normal_path(operation["relative_path"])}),
    )


def _media_values(row: Row, media_types: tuple[str, ...]) -> dict[str, Value]:
    """The columns of media types that lack one of ``media_types``, with those."""
    return {name: ",".join(media_types) for name in MEDIA_COLUMNS if not set(media_types) <= media_types_in(row[name])}


def _address_values(row: Row, api: Api) -> dict[str, Value]:
    """The columns of an operation's address that lead elsewhere than below the base path, with the right one."""
    if not api.base_path:
        return {}
    address = api.base_path + row["relative_path"].rstrip("/")
    return {name: address for name in ADDRESSES if row[name].rstrip("/") not in ("", address)}


def _with_same_acls(row: Row | None, acls: Sequence[str]) -> Row | None:
    """A copy of ``row`` in which the list of access controls is written as it is wanted, where it has the same ones."""
    if row is None:
        return None
    return dict(row, **{ACL: ",".join(acls)}) if set(row[ACL].split(",")) == set(acls or [""]) else dict(row)


def _normal(script: str) -> str:
    """A script whose line endings and final empty lines make no difference."""
    return script.replace("\r\n", "\n").rstrip() + "\n"
