# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_scripted_rest_api: Scripted REST APIs and their operations (servicenow-connections 3.3)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    Ambiguous,
    InputError,
    Mismatch,
    NotStored,
    RecordMissing,
    SpokesError,
    clause,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.script_diff import SCRIPT, as_diff
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.account import (
    LACKING,
    has_script_writer_role,
    read_account,
    script_permission,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import (
    SCRIPT_ADVICE,
    SCRIPT_WRITER,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.applications import (
    GLOBAL,
    PREFERENCE_ADVICE,
    name_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.identity import describe
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.web_services import (
    ADDRESSES,
    MEDIA_COLUMNS,
    base_paths_of,
    media_types_in,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import (
    Plan,
    Step,
    Traits,
    Value,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import apply

DEFINITION, OPERATION = "sys_ws_definition", "sys_ws_operation"
ACL = "enforce_acl"
# What the platform derives whenever a record is saved.
DERIVED = ("namespace", "base_uri", *ADDRESSES)
DEFINITION_FIELDS = (
    *("name", "service_id", "short_description", "active", "namespace", "base_uri", "is_versioned", ACL, "sys_scope"),
    *MEDIA_COLUMNS,
)
DERIVED_ADVICE = (
    "The platform derives it when the record is saved, and lets nobody write it. Open the record, change its "
    "description and press Update; if that does not put it right, remove the API (state absent; of the setup endpoint "
    "the playbook snow_ops.spokes.setup_endpoint_remove) and install it again"
)
# Names and path parameters, but no way up.
RELATIVE_PATH = re.compile(r"/|(/(?!\.{1,2}(/|$))([\w.~-]+|\{\w+\}))+/?", re.ASCII)
OPERATION_FLAGS = ("active", "requires_authentication", "requires_acl_authorization", "requires_snc_internal_role")
VERSION = "web_service_version"
OPERATION_FIELDS = (
    "name",
    "http_method",
    "relative_path",
    "short_description",
    SCRIPT,
    *OPERATION_FLAGS,
    VERSION,
    ACL,
    "sys_scope",
    *MEDIA_COLUMNS,
    *ADDRESSES,
)


@dataclass(frozen=True)
class Options:
    """The options of snow_scripted_rest_api. A ``short_description`` of None stays as it is; an API to
    remove has only the first three.
    """

    service_id: str
    state: str
    scope: str
    name: str = ""
    short_description: str | None = None
    enforce_acl: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    require_script_permission: bool = True
    operations: tuple[dict[str, Any], ...] = ()


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Install, change or remove a Scripted REST API as ``params`` (the module's options) say; the task's result."""
    options = read_options(params)
    instance = Instance(params["instance"], secrets)
    instance.application = _find_application(instance, options.scope)
    about, definition = instance.gather(
        lambda: describe(instance, instance.host), lambda: _find_definition(instance, options.service_id)
    )
    rows = _find_operations(instance, definition)
    _check_versions(instance, definition, rows)
    _check_application(instance, definition, rows)
    place = DEFINITION if instance.application == GLOBAL else f"{DEFINITION}/{instance.application}"
    plan = Plan(instance, f"{place}/{options.service_id}")
    if options.state == "absent":
        _plan_absent(plan, definition, rows)
        if not check_mode:
            apply(plan, instance)
        return _result(about, plan)
    _plan_present(plan, definition, rows, options)
    if options.require_script_permission and any(SCRIPT in step.values for step in plan.steps):
        _check_script_permission(instance)
    if plan.changed and not check_mode:
        _derive_anew(instance, plan, definition, rows)
        definition = _carry_out(instance, plan, definition)
        rows = _find_operations(instance, definition)
    result = _result(about, plan)
    result.update(_addresses(plan.steps[0], definition, rows, options.operations))
    if result["base_path"] is None and definition:
        result["warnings"] = [
            f"The Scripted REST API {options.name!r} on {instance.host} has no base path, so that it cannot be "
            "called. The platform fills it in when the record is saved, which an update set does not do: open the "
            "record, change its description and press Update"
        ]
    return result


def _result(about: dict[str, Any], plan: Plan) -> dict[str, Any]:
    return {
        "changed": plan.changed,
        "instance": about,
        "records": [_as_result(step) for step in plan.steps],
        "diff": as_diff([step for step in plan.steps if step.action != "none"]),
    }


def read_options(params: dict[str, Any]) -> Options:
    """The options of a task. Raises `InputError` for what cannot work, before anything is sent."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", params["service_id"]):
        raise InputError(
            f"service_id is not an API ID: {params['service_id']!r}",
            advice="Use letters, digits, underscores and hyphens",
        )
    if params["state"] == "absent":
        return Options(params["service_id"], params["state"], params["scope"])
    _check_api(params)
    _check_operations(params["operations"])
    return Options(
        params["service_id"],
        params["state"],
        params["scope"],
        name=params["name"],
        short_description=params.get("short_description"),
        enforce_acl=tuple(params["enforce_acl"]),
        media_types=tuple(params["media_types"]),
        require_script_permission=params["require_script_permission"],
        operations=tuple(params["operations"]),
    )


def _check_api(params: dict[str, Any]) -> None:
    for option in ("name", "operations"):
        if not params[option]:
            raise InputError(
                f"{option} is empty", advice="Give the API's name and operations; state absent removes the API"
            )
    for option in ("name", "short_description"):
        check_text(params.get(option) or "", option)
    if not params["name"].strip():
        raise InputError("name is empty", advice="Give the API's name")
    check_text(params["scope"], "scope")
    if not params["scope"]:
        raise InputError("scope is empty", advice="Give the scope of the application, such as global")
    _check_acls(params["enforce_acl"], "enforce_acl")
    _check_media_types(params["media_types"])


def _check_operations(operations: list[dict[str, Any]]) -> None:
    seen = set()
    for number, operation in enumerate(operations):
        place = f"operations[{number}]"
        _check_operation(operation, place)
        # Neither the name of a path parameter, nor a slash at the end, nor what some releases replace, changes an
        # address.
        address = f"{operation['http_method']} {_normal_path(re.sub(r'{[^}]+}', '{}', operation['relative_path']))}"
        if address in seen:
            raise InputError(
                f"{place} has the same method and path as another operation: {_key(operation)}",
                advice="Remove one of them",
            )
        seen.add(address)


def _check_media_types(media_types: list[str]) -> None:
    for media_type in media_types:
        if not re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", media_type, re.ASCII):
            raise InputError(
                f"media_types has an entry that is not a media type: {media_type!r}",
                advice="Give names in lower case such as application/json",
            )


def _check_operation(operation: dict[str, Any], place: str) -> None:
    for option in ("name", "relative_path", "short_description"):
        check_text(operation.get(option) or "", f"{place}.{option}")
    _check_acls(operation["enforce_acl"], f"{place}.enforce_acl")
    if not operation["name"].strip() or not operation["script"].strip():
        raise InputError(f"{place} has an empty name or script", advice="Give both")
    if not RELATIVE_PATH.fullmatch(operation["relative_path"]):
        raise InputError(
            f"{place}.relative_path is not a path: {operation['relative_path']!r}",
            advice="Start it with a slash; path parameters stand in braces, such as /records/{sys_id}",
        )


def _check_acls(acls: list[str], option: str) -> None:
    for sys_id in acls:
        if not re.fullmatch("[0-9a-f]{32}", sys_id):
            raise InputError(
                f"{option} has an entry that is not a sys_id: {sys_id!r}", advice="Give the sys_ids of access controls"
            )


def _key(operation: dict[str, Any]) -> str:
    return f"{operation['http_method']} {operation['relative_path']}"


def _normal_path(path: str) -> str:
    """The path as releases store it that normalise paths: of other characters underscores, and no slash at the end."""
    return re.sub(r"[^A-Za-z0-9_/{}]", "_", path).rstrip("/") or "/"


def _normal_id(service_id: str) -> str:
    """The API ID as such releases store it."""
    return _normal_path(service_id).lower()


def _find_definition(instance: Instance, service_id: str) -> Row | None:
    ids = list(dict.fromkeys((service_id, _normal_id(service_id))))
    rows = instance.find(DEFINITION, {"service_id": ids if len(ids) > 1 else service_id}, DEFINITION_FIELDS)
    rows = [row for row in rows if row["service_id"] == service_id] or rows
    # Anybody who may make an API in some application can give it the same ID.
    rows = [row for row in rows if (row["sys_scope"] or GLOBAL) == instance.application] or rows
    if len(rows) > 1:
        raise Ambiguous(
            f"There are {len(rows)} Scripted REST APIs with the API ID {service_id}",
            f"instance {instance.host}, table {DEFINITION}",
            "; ".join(f"{row['name']} ({row['sys_id']}, {row['base_uri']})" for row in rows),
            "Remove all but the right one",
        )
    return rows[0] if rows else None


def _check_versions(instance: Instance, definition: Row | None, rows: list[Row]) -> None:
    """Raise `InputError` for an API with versions; one that only says that it has some is put right."""
    if definition and definition["is_versioned"] == "true" and (not rows or any(row[VERSION] for row in rows)):
        raise InputError(
            f"The Scripted REST API {definition['name']!r} is versioned",
            f"instance {instance.host}, table {DEFINITION}, record {definition['sys_id']}",
            "This module handles APIs without versions only",
            "Choose another service_id",
        )


def _find_operations(instance: Instance, definition: Row | None) -> list[Row]:
    if definition is None:
        return []
    return instance.find(OPERATION, {"web_service_definition": definition["sys_id"]}, OPERATION_FIELDS)


def _find_application(instance: Instance, scope: str) -> str:
    """The sys_id of the application called ``scope``. Raises `RecordMissing`."""
    if scope == GLOBAL:
        return GLOBAL
    rows = instance.find("sys_scope", {"scope": scope}, ["name"])
    if not rows:
        where = f"instance {instance.host}, table sys_scope"
        raise RecordMissing(
            f"There is no application with the scope {scope}", where, advice="Correct scope, or install the application"
        )
    return rows[0]["sys_id"]


def _check_application(instance: Instance, definition: Row | None, rows: list[Row]) -> None:
    """Raise `Mismatch` for an API, or a part of one, that lies in another application than it should."""
    candidates = [] if definition is None else [(DEFINITION, definition), *((OPERATION, row) for row in rows)]
    for table, row in candidates:
        application = row["sys_scope"] or GLOBAL
        if application == instance.application:
            continue
        found, wanted = name_of(instance, application), name_of(instance, instance.application)
        raise Mismatch(
            f"The Scripted REST API {row['name']!r} belongs to the application {found} instead of {wanted}",
            f"instance {instance.host}, table {table}, record {row['sys_id']}, field sys_scope",
            "Its path and what its scripts may do depend on the application, which cannot be changed afterwards",
            f"{PREFERENCE_ADVICE}. If the API is yours, remove it (state absent, scope {found}) before it is "
            "installed again; if it is not, find out who made it and why",
        )


def _check_script_permission(instance: Instance) -> None:
    """Raise `AccessDenied` where Scripting Governance is known to keep the account from writing scripts."""
    account, role_exists = instance.gather(lambda: read_account(instance), lambda: has_script_writer_role(instance))
    if script_permission(role_exists, account) != LACKING:
        return
    raise AccessDenied(
        f"The account {account.user_name} may not write scripts; nothing was written",
        f"instance {instance.host}, table {OPERATION}, field {SCRIPT}",
        f"It does not have the role {SCRIPT_WRITER}",
        f"{SCRIPT_ADVICE}. On an instance that has switched its rules for scripts off, set "
        "require_script_permission to false",
    )


def _derive_anew(instance: Instance, plan: Plan, definition: Row | None, rows: list[Row]) -> None:
    """Have the platform derive once more what nobody may write: it does whenever a record is saved.

    For that a record is made inactive here, and active again by the plan.
    """
    for row in [*([definition] if definition else []), *rows]:
        for step in plan.steps:
            is_derived = step.action == "update" and bool(set(step.values) & set(DERIVED))
            if step.sys_id != row["sys_id"] or not is_derived or row["active"] != "true":
                continue
            first = Plan(instance, row["sys_id"])
            first.ensure(step.role, step.table, row, {"active": "false"})
            apply(first, instance)
            plan.settle(step, values={**step.values, "active": "true"})


def _carry_out(instance: Instance, plan: Plan, definition: Row | None) -> Row:
    """Apply the plan, and let the API answer only when all of it is there; the definition as it is then.

    So whoever calls it never meets an operation without its script, also if this run ends midway. What a failed first
    installation made is taken away again. Raises as `apply` does, and `Mismatch` where the instance put a new record
    into another application.
    """
    activates = "active" in plan.steps[0].values
    values = {name: value for name, value in plan.steps[0].values.items() if name != "active"}
    plan.settle(plan.steps[0], values=values if definition else {**values, "active": "false"})
    try:
        apply(plan, instance)
        made = instance.get(DEFINITION, plan.steps[0].sys_id, DEFINITION_FIELDS)
        _check_application(instance, made, _find_operations(instance, made))
        if made is not None and activates:
            last = Plan(instance, plan.steps[0].sys_id)
            last.ensure("definition", DEFINITION, made, {"active": "true"})
            apply(last, instance)
    except SpokesError as error:
        if isinstance(error, NotStored) and error.field in DERIVED:
            error.advice = DERIVED_ADVICE
        if definition is None:
            _withdraw(instance, plan.steps[0], error)
        raise
    if made is None:
        raise RecordMissing(
            "A record that was written is not there",
            f"instance {instance.host}, table {DEFINITION}",
            advice="Run again",
        )
    return made


def _withdraw(instance: Instance, step: Step, error: SpokesError) -> None:
    """Take away what a first installation made that ended with ``error``, and say so in it.

    ``step`` is the definition's. What answers already, or has another sys_id, is somebody else's.
    An API in the wrong application is the deeper reason of any error. Raises `Mismatch` for it.
    """
    wrong_place: Mismatch | None = None
    try:
        made = _find_definition(instance, str(step.values["service_id"]))
        if made is None or made["active"] == "true" or made["sys_id"] != step.sys_id:
            return
        rows = _find_operations(instance, made)
        try:
            _check_application(instance, made, rows)
        except Mismatch as mismatch:
            wrong_place = mismatch
        for row in rows:
            instance.delete(OPERATION, row["sys_id"])
        instance.delete(DEFINITION, made["sys_id"])
        note = "What had been created of the API was removed again"
    except SpokesError as second:
        note = (
            f"What had been created of the API is still there, inactive, since it could not be removed ({second.what})"
        )
    shown = wrong_place or error
    shown.why = f"{clause(shown.why)}. {note}" if shown.why else note
    if wrong_place is not None:
        raise wrong_place from error


def _plan_present(plan: Plan, definition: Row | None, rows: list[Row], options: Options) -> None:
    wanted: dict[str, Value] = {"name": options.name, "active": "true", ACL: ",".join(options.enforce_acl)}
    base = _base_path(definition, rows)
    if definition is not None:
        wanted.update(_media_values(definition, options.media_types))
        if definition["is_versioned"] == "true":
            wanted["is_versioned"] = "false"
        if base:
            wanted.update(base_uri=base, namespace=base.split("/")[2])
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
        traits=Traits(also_stored={"service_id": _normal_id(options.service_id), "active": "true"}),
    )
    link = plan.existing("definition", f"API {options.name}", step.sys_id)
    kept = set()
    for operation in options.operations:
        row = _find_operation(plan, rows, operation)
        _plan_operation(plan, link, row, operation, base, options.media_types)
        kept.add(row["sys_id"] if row else "")
    for row in rows:
        if row["sys_id"] not in kept:
            plan.remove(_key(row), OPERATION, row, ("name", "http_method", "relative_path", SCRIPT))


def _find_operation(plan: Plan, rows: list[Row], operation: dict[str, Any]) -> Row | None:
    """The operation's record. Raises `Ambiguous`."""
    same_method = [row for row in rows if row["http_method"] == operation["http_method"]]
    found = [row for row in same_method if row["relative_path"] == operation["relative_path"]]
    found = found or [row for row in same_method if row["relative_path"] == _normal_path(operation["relative_path"])]
    if len(found) > 1:
        raise Ambiguous(
            f"The Scripted REST API has {len(found)} operations {_key(operation)}",
            f"instance {plan.place.host}, table {OPERATION}",
            ", ".join(row["sys_id"] for row in found),
            "Remove all but one",
        )
    return found[0] if found else None


def _base_path(definition: Row | None, rows: list[Row]) -> str:
    """Where the API has to answer: what several operations agree on, since many records are less easily changed than
    one; else what follows from the definition's namespace. Empty where the platform has not filled it in.
    """
    if definition is None or not definition["base_uri"]:
        return ""
    said = base_paths_of(rows)
    derived = f"/api/{definition['namespace']}/{definition['service_id']}"
    is_doubtful = len(said) != 1 or (len(rows) == 1 and definition["base_uri"] == derived)
    agreed = derived if is_doubtful else said.pop()
    return agreed if re.fullmatch(r"/api/[\w-]+/[\w-]+", agreed, re.ASCII) else derived


def _media_values(row: Row, media_types: tuple[str, ...]) -> dict[str, Value]:
    """The columns of media types that lack one of ``media_types``, with those."""
    return {name: ",".join(media_types) for name in MEDIA_COLUMNS if not set(media_types) <= media_types_in(row[name])}


def _plan_operation(
    plan: Plan, definition: Value, row: Row | None, operation: dict[str, Any], base: str, media_types: tuple[str, ...]
) -> None:
    wanted: dict[str, Value] = {flag: "true" if operation[flag] else "false" for flag in OPERATION_FLAGS}
    wanted.update(
        name=operation["name"], **{SCRIPT: _normal(operation["script"]), ACL: ",".join(operation["enforce_acl"])}
    )
    if operation.get("short_description") is not None:
        wanted["short_description"] = operation["short_description"]
    current = _with_same_acls(row, operation["enforce_acl"])
    if current is not None:
        # One that was moved to a version would not answer at its path.
        wanted[VERSION] = ""
        wanted.update(_media_values(current, media_types))
        address = base + current["relative_path"].rstrip("/")
        wanted.update({name: address for name in ADDRESSES if base and current[name].rstrip("/") not in ("", address)})
        if _normal(current[SCRIPT]) == wanted[SCRIPT]:
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
        traits=Traits(also_stored={"relative_path": _normal_path(operation["relative_path"])}),
    )


def _with_same_acls(row: Row | None, acls: Sequence[str]) -> Row | None:
    """A copy of ``row`` in which the list of access controls is written as it is wanted, where it has the same ones."""
    if row is None:
        return None
    return dict(row, **{ACL: ",".join(acls)}) if set(row[ACL].split(",")) == set(acls or [""]) else dict(row)


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
    step: Step, definition: Row | None, rows: list[Row], operations: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Where the API answers: the platform makes the path up, and may write what it is given in another way."""
    base_path = (definition or {}).get("base_uri") or None
    paths = {(row["http_method"], row["relative_path"]) for row in rows}

    def path_of(operation: dict[str, Any]) -> str | None:
        if not base_path:
            return None
        method, given = operation["http_method"], operation["relative_path"]
        normal = _normal_path(given)
        is_normal = (method, given) not in paths and (method, normal) in paths
        return str(base_path + (normal if is_normal else given).rstrip("/"))

    return {
        "sys_id": step.sys_id,
        "namespace": (definition or {}).get("namespace") or None,
        "base_path": base_path,
        "operations": [
            {"name": operation["name"], "http_method": operation["http_method"], "path": path_of(operation)}
            for operation in operations
        ],
    }
