# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_sys_property (servicenow-rest 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Ambiguous, InputError, RecordMissing
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import (
    check_ends,
    check_no_script,
    check_text,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import (
    Plan,
    SecretChange,
    Value,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import apply

TABLE = "sys_properties"
COLUMNS = ("type", "description", "choices", "ignore_cache", "is_private", "read_roles", "write_roles")
BOOLEAN_COLUMNS = ("ignore_cache", "is_private")
SECRET_TYPES = ("password", "password2")
LONGEST_VALUE = 4000
LONGEST_NAME = 100
TRUE_WORDS, FALSE_WORDS = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class Options:
    """The options of snow_sys_property. Of the values None means that they stay as they are; ``columns`` has those that
    are given.
    """

    name: str
    state: str
    create: bool
    value: str | None
    secret_value: str | None
    update_secret: str
    columns: dict[str, Any]


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Set, create or delete a system property as ``params`` (the module's options) say; return the task's result."""
    return ensure(Instance(params["instance"], secrets), params, check_mode, secrets)


def ensure(
    instance: Instance,
    params: dict[str, Any],
    check_mode: bool,
    secrets: Secrets,
    looked_up: tuple[Row | None, ...] = (),
) -> dict[str, Any]:
    """The same on an ``instance`` that is known already, and of which ``looked_up`` is what `find_property` gave, if it
    was asked.
    """
    secrets.add(params.get("secret_value"))
    options = read_options(params)
    name = options.name
    (current,) = looked_up or (find_property(instance, name),)
    if current is not None and current["type"] in SECRET_TYPES:
        secrets.add(current["value"])
    plan = Plan(instance, f"{TABLE}/{name}")
    if options.state == "absent":
        if current is not None:
            shown = () if current["type"] in SECRET_TYPES else ("value",)
            plan.remove(name, TABLE, current, ("name", "type", *shown))
    else:
        _plan_present(plan, instance, current, options)
    if not check_mode:
        apply(plan, instance)
    return _result(plan, name, current)


def read_options(params: dict[str, Any]) -> Options:
    """The options of a task. Raises `InputError` for what cannot work, before anything is sent."""
    if params.get("secret_value") == "":
        raise InputError(
            "secret_value is empty", advice="Give the secret, or leave it out to keep the one that is stored"
        )
    check_ends(params.get("secret_value") or "", "secret_value")
    for option in ("value", "secret_value"):
        check_no_script(params.get(option) or "", option)
    name = check_text(params["name"], "name")
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        raise InputError(
            f"The property name {name[:LONGEST_NAME]!r} is empty, too long or has white space around it",
            advice="Correct the name",
        )
    return Options(
        name=name,
        state=params["state"],
        create=params["create"],
        value=params.get("value"),
        secret_value=params.get("secret_value"),
        update_secret=params["update_secret"],
        columns={column: params[column] for column in COLUMNS if params.get(column) is not None},
    )


def find_property(instance: Instance, name: str) -> Row | None:
    """The property called ``name``, None if there is no record. Raises `Ambiguous`."""
    rows = instance.find(TABLE, {"name": name}, ["name", "value", *COLUMNS])
    if len(rows) > 1:
        raise Ambiguous(
            f"There are {len(rows)} properties called {name}",
            f"instance {instance.host}, table {TABLE}",
            ", ".join(row["sys_id"] for row in rows),
            "Delete all but the right one",
        )
    return rows[0] if rows else None


def _plan_present(plan: Plan, instance: Instance, current: Row | None, options: Options) -> None:
    name, given = options.name, options.columns
    kind = given.get("type") or (current["type"] if current else "") or "string"
    if current is None and not options.create:
        raise RecordMissing(
            f"The system property {name} does not exist",
            f"instance {instance.host}, table {TABLE}",
            "The application that ships it is not installed, the name is wrong, or the account may not read it",
            "Activate the application, correct the name, or set create to true if the property is really new",
        )
    _check_type(kind, current, options)
    wanted: dict[str, Value] = {column: _text(column, value) for column, value in given.items()}
    if options.value is not None:
        choices = given.get("choices") or (current["choices"] if current else "")
        wanted["value"] = canonical(options.value, kind, choices, name)
    # A new property that flushes the instance's whole cache at each write is nearly always a mistake (KB1000746).
    only_new: dict[str, Value] = {"name": name, "type": kind, "ignore_cache": "true"}
    plan.ensure(
        name,
        TABLE,
        current,
        wanted,
        only_new={column: value for column, value in only_new.items() if column not in wanted},
        secret=_secret_change(kind, current, options),
    )


def _secret_change(kind: str, current: Row | None, options: Options) -> SecretChange | None:
    """The write of the secret; None where there is none to write, or the stored one, which cannot be
    compared, stays.
    """
    secret = options.secret_value
    has_secret = bool(current and current["value"])
    is_new_type = bool(current and current["type"] != kind)
    if not secret or (has_secret and not is_new_type and options.update_secret != "always"):
        return None
    return SecretChange("value", secret, was_set=has_secret)


def _check_type(kind: str, current: Row | None, options: Options) -> None:
    """Raise `InputError` where the value does not go with the type ``kind``, or would be lost by a change
    of the type.
    """
    name, is_secret = options.name, kind in SECRET_TYPES
    if is_secret and options.value is not None:
        raise InputError(
            f"The property {name} is of type {kind}", advice="Give its value in secret_value, which is never shown"
        )
    if not is_secret and options.secret_value is not None:
        raise InputError(
            f"The property {name} is of type {kind}, which is stored and shown in clear",
            advice="Give value, or make the type password2",
        )
    changes_kind = current is not None and (current["type"] in SECRET_TYPES) != is_secret
    if current is not None and changes_kind and (options.secret_value if is_secret else options.value) is None:
        raise InputError(
            f"The type of {name} changes from {current['type']} to {kind}, and the stored value would be of no use "
            "any more",
            advice=f"Give the new value in {'secret_value' if is_secret else 'value'}",
        )


def canonical(value: str, kind: str, choices: str, name: str) -> str:
    """``value`` as the instance stores it for a property of type ``kind``; it checks nothing itself (servicenow-rest
    6).

    Raises `InputError` for a value that the property's readers could not use.
    """
    if len(value) > LONGEST_VALUE:
        raise InputError(
            f"The value of {name} has {len(value)} characters, the instance keeps {LONGEST_VALUE} of them",
            advice="Shorten it",
        )
    if kind == "boolean":
        word = value.strip().lower()
        if word not in TRUE_WORDS + FALSE_WORDS:
            raise InputError(
                f"The property {name} is a boolean and {value!r} is neither true nor false", advice="Give true or false"
            )
        return "true" if word in TRUE_WORDS else "false"
    if kind == "integer":
        if not re.fullmatch("[+-]?[0-9]+", value.strip()):
            raise InputError(
                f"The property {name} is an integer; {value!r} is not a whole number",
                advice="Give a whole number as its value",
            )
        return str(int(value.strip()))
    if kind == "choicelist" and choices:
        allowed = [choice.rpartition("=")[2].strip() for choice in choices.split(",")]
        if value not in allowed:
            raise InputError(
                f"The property {name} takes one of {', '.join(allowed)}, not {value!r}", advice="Give one of them"
            )
    return value


def _text(column: str, value: Any) -> str:
    return str(value).lower() if column in BOOLEAN_COLUMNS else str(value)


def _result(plan: Plan, name: str, current: Row | None) -> dict[str, Any]:
    steps = [step for step in plan.steps if step.action != "none"]
    property_row = {column: current[column] for column in ("value", *COLUMNS)} if current else {}
    for step in steps:
        property_row = {} if step.action == "delete" else dict(property_row, **step.after)
    if property_row.get("type") in SECRET_TYPES:
        property_row.pop("value", None)
    property_row.pop("name", None)
    return {
        "changed": plan.changed,
        "property": dict(property_row, name=name, sys_id=plan.steps[0].sys_id) if property_row else None,
        "diff": [step.as_diff() for step in steps],
    }
