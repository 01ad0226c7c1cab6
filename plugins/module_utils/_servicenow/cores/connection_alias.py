# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_connection_alias: read everything, plan, apply, prove it, report what is left to a person."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    InputError,
    RecordMissing,
    SpokesError,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_not_swapped
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias, find_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import (
    Decision,
    decide_absent,
    decide_present,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.environment import with_environment
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.manual_steps import manual_steps
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import (
    Options,
    check_form,
    read_options,
    secrets_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import check_endpoint_options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.choose import choose_route, do_without
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.route import Route

# What stands (option put_back) where the task failed before it wrote anything.
UNTOUCHED = {"stands": "untouched", "http_status": 0, "error": ""}


@dataclass(frozen=True)
class Look:
    """What was read of an alias before it is decided on: the ``route`` that a task takes, the ``alias`` as it tells
    it, and the ``warnings`` of the choice.
    """

    route: Route
    alias: Alias
    warnings: list[str]


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Configure or remove the connection of an alias as ``params`` (the module's options) say; return the task's
    result.
    """
    instance = Instance(params["instance"], secrets)
    try:
        return configure(instance, params, check_mode, secrets)
    except SpokesError as error:
        if not params.get("put_back") or instance.may_have_written:
            raise
        return dict(error.as_result(secrets.excerpt), rotation=dict(UNTOUCHED), failed=True)


def configure(
    instance: Instance, params: dict[str, Any], check_mode: bool, secrets: Secrets, looked: Look | None = None
) -> dict[str, Any]:
    """The same on an ``instance`` that is known already, and of which ``looked`` has been read with the same
    ``params``, but for those that depend on what a provider says.
    """
    options = options_of(params, secrets)
    if options.state == "present":
        check_form(params)
    look = looked or look_at(instance, options)
    route, warnings = look.route, look.warnings
    try:
        result = _done(look, options, check_mode, secrets)
    except (RecordMissing, UnexpectedAnswer) as error:
        route = do_without(route, instance, options, error, warnings)
        result = _done(_look_through(route, options, warnings), options, check_mode, secrets)
    result.update(instance={"host": instance.host, "identity": instance.identity}, **route.as_result())
    result.setdefault("warnings", []).extend([*warnings, *route.notices])
    return result


def options_of(params: dict[str, Any], secrets: Secrets) -> Options:
    """The options of a task, which may take secrets from its environment. Raises `InputError` for what cannot work,
    before anything is sent.
    """
    params = with_environment(params)
    for value in secrets_of(params):
        secrets.add(value)
    oauth = params.get("oauth") or {}
    check_not_swapped(oauth.get("client_id"), oauth.get("client_secret"), secrets, "oauth.")
    options = read_options(params)
    _check_paths(options)
    return options


def look_at(instance: Instance, options: Options) -> Look:
    """What is there, as far as it does not depend on what a provider says; nothing is written. Raises what reading
    raises.
    """
    warnings: list[str] = []
    return _look_through(choose_route(instance, options, warnings), options, warnings)


def _look_through(route: Route, options: Options, warnings: list[str]) -> Look:
    if options.state == "present":
        return Look(route, route.read_alias(options), warnings)
    alias = find_alias(route.source, options.scope, options.alias, options.preferred_alias_name)
    return Look(route, alias, warnings)


def _done(look: Look, options: Options, check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    act = _present if options.state == "present" else _absent
    return act(look.route, look.alias, options, check_mode, secrets)


def _check_paths(options: Options) -> None:
    """Raise `InputError` for paths that cannot work, before anything is sent."""
    if options.route != "records":
        check_endpoint_options(options.endpoint_path, options.endpoint_trust)
    if options.test_path and not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+", options.test_path):
        raise InputError(
            "test_path is not a plain path such as /directories",
            advice="Give the part of the address that follows the Connection URL",
        )


def _present(route: Route, alias: Alias, options: Options, check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    decision = decide_present(route.source, route.can, alias, options, secrets)
    if check_mode:
        done = decision
        route.predict(decision)
    else:
        # What this task has just written is to be believed.
        trusting = replace(options, distrust_stored=False)
        done = route.apply(decision, options, lambda after: decide_present(after, route.can, alias, trusting, secrets))
    result = _result(decision)
    failure = route.prove(done, decision.plan, options, check_mode, result)
    steps = {step.role: step for step in decision.plan.steps}
    gets_token = route.can.fetch_token and options.get_token
    by_hand = manual_steps(decision, steps, None if gets_token else result["token"], route.can)
    found = decision.put_right
    warnings = [
        *found,
        *done.warnings,
        *decision.plan.warnings,
        *done.plan.warnings,
        *_limits(decision, route, check_mode),
    ]
    result.update(
        connection_sys_id=steps["connection"].sys_id or None,
        dangling=decision.current.dangling,
        manual_steps=by_hand,
        needs_manual_step=bool(by_hand),
        put_right=found,
        secret_compared=decision.is_secret_compared,
        warnings=list(dict.fromkeys(warnings)),
    )
    return dict(result, **failure.as_result(secrets.excerpt), failed=True) if failure else result


def _limits(decision: Decision, route: Route, check_mode: bool) -> list[str]:
    """What a run that seems to have nothing to do could not compare."""
    warnings = []
    if decision.is_secret_compared is False and not check_mode:
        warnings.append(
            f"The given Client Secret was not compared with the one that {decision.source.host} stores, and was not "
            "written: the Table API cannot tell the two apart. If it was rotated, set update_secret to on_change or "
            "always, or use the setup endpoint"
        )
    if route.can.run_form and decision.desired.form_only and decision.current.connection is not None:
        names = ", ".join(sorted(decision.desired.form_only))
        warnings.append(
            f"Only the form's own script stores {names} on {decision.source.host}; what it stored cannot be compared, "
            "and it was not sent again"
        )
    return warnings


def _absent(route: Route, alias: Alias, options: Options, check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    decision = decide_absent(route.source, alias, options, secrets)
    if not check_mode:
        route.apply(decision, options, lambda after: decide_absent(after, alias, options, secrets))
    rows = sorted(decision.current.others, key=lambda row: row["name"])
    others = [{"name": row["name"], "is_active": row["active"] == "true"} for row in rows]
    return dict(_result(decision), kept=decision.kept, other_connections=others)


def _result(decision: Decision) -> dict[str, Any]:
    plan = decision.plan
    return {
        "changed": plan.changed,
        "alias": decision.alias.as_result(),
        "records": [step.as_result() for step in plan.steps],
        "diff": [step.as_diff() for step in plan.steps if step.action != "none"],
    }
