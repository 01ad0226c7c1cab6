# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Carries out the plan for a Scripted REST API, so that nobody ever meets half of one."""

from __future__ import annotations

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    Mismatch,
    NotStored,
    RecordMissing,
    SpokesError,
    clause,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan, Step
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import apply
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.checks import check_application
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.current import (
    Current,
    find_definition,
    with_operations,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.tables import (
    DEFINITION,
    DEFINITION_FIELDS,
    DERIVED,
    OPERATION,
)

DERIVED_ADVICE = (
    "The platform derives it when the record is saved, and lets nobody write it. Open the record, change its "
    "description and press Update; if that does not put it right, remove the API (state absent; of the setup endpoint "
    "the playbook snow_ops.spokes.setup_endpoint_remove) and install it again"
)


def carry_out(plan: Plan, instance: Instance, current: Current) -> Current:
    """Apply the plan for an API that has to be there, and let it answer only when all of it is; the API as it is then.

    So whoever calls it never meets an operation without its script, also if this run ends midway. What a failed first
    installation made is taken away again. Raises as `apply` does, and `Mismatch` where the instance put a new record
    into another application.
    """
    _derive_anew(plan, instance, current)
    is_new = current.definition is None
    activates = "active" in plan.steps[0].values
    values = {name: value for name, value in plan.steps[0].values.items() if name != "active"}
    plan.settle(plan.steps[0], values={**values, "active": "false"} if is_new else values)
    try:
        apply(plan, instance)
        made = instance.get(DEFINITION, plan.steps[0].sys_id, DEFINITION_FIELDS)
        check_application(instance, with_operations(instance, made))
        if made is not None and activates:
            last = Plan(instance, plan.steps[0].sys_id)
            last.ensure("definition", DEFINITION, made, {"active": "true"})
            apply(last, instance)
    except SpokesError as error:
        if isinstance(error, NotStored) and error.field in DERIVED:
            error.advice = DERIVED_ADVICE
        if is_new:
            _withdraw(instance, plan.steps[0], error)
        raise
    if made is None:
        raise RecordMissing(
            "A record that was written is not there",
            f"instance {instance.host}, table {DEFINITION}",
            advice="Run again",
        )
    return with_operations(instance, made)


def _derive_anew(plan: Plan, instance: Instance, current: Current) -> None:
    """Have the platform derive once more what nobody may write: it does whenever a record is saved.

    For that a record is made inactive here, and active again by the plan.
    """
    for _table, row in current.records:
        for step in plan.steps:
            is_derived = step.action == "update" and bool(set(step.values) & set(DERIVED))
            if step.sys_id != row["sys_id"] or not is_derived or row["active"] != "true":
                continue
            first = Plan(instance, row["sys_id"])
            first.ensure(step.role, step.table, row, {"active": "false"})
            apply(first, instance)
            plan.settle(step, values={**step.values, "active": "true"})


def _withdraw(instance: Instance, step: Step, error: SpokesError) -> None:
    """Take away what a first installation made that ended with ``error``, and say so in it.

    ``step`` is the definition's. What answers already, or has another sys_id, is somebody else's.
    An API in the wrong application is the deeper reason of any error. Raises `Mismatch` for it.
    """
    wrong_place: Mismatch | None = None
    try:
        made = find_definition(instance, str(step.values["service_id"]))
        if made is None or made["active"] == "true" or made["sys_id"] != step.sys_id:
            return
        left = with_operations(instance, made)
        try:
            check_application(instance, left)
        except Mismatch as mismatch:
            wrong_place = mismatch
        for row in left.operations:
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
