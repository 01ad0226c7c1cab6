# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Carries out a plan through the setup endpoint, and believes it only when the state read afterwards asks for nothing
more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import BuilderRefused, NotStored, OutcomeUnknown
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import Decision
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.desired import fill_form
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.planner import COMMENTS
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ATTRIBUTE_VALUE,
    REGISTRY,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import Endpoint
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.snapshot import Snapshot
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Link, Plan, Step, Value
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.squatters import refuse_squatters
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import (
    best_effort_warning,
    shown_change,
)

# The form makes most of it, one update the rest; a lost answer or another run at the same moment can cost further
# rounds.
ROUNDS = 4


def apply_on_server(decision: Decision, endpoint: Endpoint, decide: Callable[[Snapshot], Decision]) -> Decision:
    """Do what ``decision`` plans; returns the decision on the state afterwards, which plans nothing.

    Raises `NotStored` for what the instance did not keep, and what `Endpoint` raises.
    """
    has_updated = False
    for attempt in range(ROUNDS):
        if not decision.plan.changed:
            return decision
        if has_updated and _is_best_effort(decision.plan):
            return _settle_best_effort(decision, endpoint, decide)
        try:
            snapshot = _act(decision, endpoint)
            has_updated = has_updated or not decision.is_for_the_form
        except OutcomeUnknown:
            if attempt == ROUNDS - 1:
                raise
            snapshot = endpoint.look_again()
        decision = decide(snapshot)
    if decision.plan.changed:
        raise _not_stored(decision.plan)
    return decision


def _act(decision: Decision, endpoint: Endpoint) -> Snapshot:
    """Have the form make everything if it can, else write record by record, by the same rules of access."""
    if decision.is_for_the_form:
        try:
            form = fill_form(decision.desired, decision.alias)
            return endpoint.configure(decision.alias.sys_id, form, _comments(decision.plan))
        except BuilderRefused as error:
            # Whether the builder lets an administrator through when it is told to check access is not documented.
            if decision.desired.form_only:
                raise
            # The builder chooses sys_ids of its own, so that nobody has looked under ours yet.
            refuse_squatters(decision.source, decision.plan)
            endpoint.notices.append(
                f"The form's own builder refused for reasons of access ({error.why}); the records were written one by "
                "one, by the same rules of access. What a script of the form's template does besides was not done"
            )
    return endpoint.update(steps_of(decision, decision.plan.steps))


def _comments(plan: Plan) -> str:
    """The comments that the registry of ``plan`` is to have."""
    values = next((step.values for step in plan.steps if step.table == REGISTRY), {})
    return str(values.get(COMMENTS, ""))


def _is_best_effort(plan: Plan) -> bool:
    """Whether all that is still different are columns whose value is best effort."""
    changed = [step for step in plan.steps if step.action != "none"]
    return all(
        step.action == "update" and not step.secret and set(step.values) <= set(step.traits.shorten) for step in changed
    )


def _settle_best_effort(decision: Decision, endpoint: Endpoint, decide: Callable[[Snapshot], Decision]) -> Decision:
    """Write what was cut off once more so that it fits, and warn."""
    steps, warnings = [], []
    for step in decision.plan.steps:
        kept = {name: len(step.before[name]) for name in step.values}
        values: dict[str, Value] = {
            name: step.traits.shorten[name](str(step.values[name]), length) for name, length in kept.items()
        }
        steps.append(replace(step, values=values))
        where = f"instance {decision.source.host}, table {step.table}, record {step.sys_id}"
        warnings += [
            best_effort_warning(f"{where}, field {name}", length, len(str(step.values[name])))
            for name, length in kept.items()
        ]
    done = decide(endpoint.update(steps_of(decision, steps)))
    done.plan.warnings.extend(warnings)
    return done


def steps_of(decision: Decision, steps: list[Step]) -> list[dict[str, Any]]:
    """The steps as the endpoint takes them (update.js)."""
    return [_step(decision, step) for step in steps if step.action != "none"]


def _step(decision: Decision, step: Step) -> dict[str, Any]:
    plan = decision.plan
    if step.table == ATTRIBUTE_VALUE and step.action != "delete":
        return {
            "table": ATTRIBUTE_VALUE,
            "element": step.traits.subject,
            "connection": _value(plan, Link("connection", "")),
            "value": step.values["value"],
        }
    document: dict[str, Any] = {
        "role": step.role,
        "table": step.table,
        "action": step.action,
        "sys_id": step.sys_id or plan.new_sys_id(step.role),
        "values": {name: _value(plan, value) for name, value in step.values.items()},
        "secret": step.secret_values,
    }
    if step.find_made:
        document["only_new"] = sorted(step.only_new)
    return document


def _value(plan: Plan, value: Value) -> Any:
    """A text; for a record that the same call makes, its role."""
    if not isinstance(value, Link):
        return value
    return plan.ids.get(value.role) or {"role": value.role}


def _not_stored(plan: Plan) -> NotStored:
    """What to say of the first value that is still another one."""
    step = next(step for step in plan.steps if step.action != "none")
    where = f"instance {plan.place.host}, table {step.table}, record {step.sys_id}"
    if step.action != "update":
        advice = "A business rule or an access control does that; see the instance's system log"
        return NotStored(
            f"The instance did not {step.action} a record that it was asked to {step.action}", where, advice=advice
        )
    name = next(iter(step.after))
    return NotStored(
        "The instance accepted a value and did not store it",
        f"{where}, field {name}",
        f"{shown_change(step.before[name], step.after[name])}; a field-level access control or a business rule does "
        "that",
        "Give the account write access to the field (admin is the documented role)",
    )
