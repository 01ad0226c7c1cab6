# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_connection_alias: read everything, plan, apply, prove it, report what is left to a person."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    Ambiguous,
    InputError,
    Outdated,
    RecordMissing,
    SpokesError,
    UnexpectedAnswer,
    Untrusted,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_not_swapped
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import find_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import (
    Decision,
    decide_absent,
    decide_present,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.environment import with_environment
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.foresight import read_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.manual_steps import manual_steps
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import (
    Options,
    given_attributes,
    misplaced_secrets,
    read_options,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import (
    INSTALL,
    Endpoint,
    check_endpoint_options,
    find_endpoint,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.proofs import Held
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.snapshot import Snapshot
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import apply
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.endpoint_writer import (
    apply_on_server,
    is_for_the_form,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.proof import (
    add_token,
    get_token,
    needs_token,
    test_connection,
    token_state,
)


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Configure or remove the connection of an alias as ``params`` (the module's options) say; return the task's result."""
    params = with_environment(params)
    secrets.add(params["oauth"].get("client_secret"))
    for value in misplaced_secrets(params):
        secrets.add(value)
    for value in params["secret_attributes"].values():
        secrets.add(value)
    oauth = params.get("oauth") or {}
    check_not_swapped(oauth.get("client_id"), oauth.get("client_secret"), secrets, "oauth.")
    options = read_options(params)
    _check_paths(params)
    warnings: list[str] = []
    instance = Instance(params["instance"], secrets)
    source = _open(instance, params, warnings)
    act = _present if params["state"] == "present" else _absent
    result = act(instance, source, options, params, check_mode, secrets)
    result["instance"] = {"host": instance.host, "identity": instance.identity}
    endpoint = source.endpoint.as_result() if isinstance(source, Snapshot) else None
    result.update(
        route="endpoint" if endpoint else "records",
        endpoint=endpoint,
        endpoint_path=endpoint["path"] if endpoint else None,
    )
    notices = source.endpoint.notices if isinstance(source, Snapshot) else []
    result.setdefault("warnings", []).extend([*warnings, *notices])
    return result


def _open(instance: Instance, params: dict[str, Any], warnings: list[str]) -> Source:
    """What the task reads and writes through: the setup endpoint if ``route`` wants it and it is there, else the Table API."""
    if params["route"] == "records":
        return instance
    subject = {
        "scope": params.get("scope") or "",
        "alias": params.get("alias") or "",
        "connection_name": (params.get("connection") or {}).get("name") or "",
        "registry_name": (params.get("oauth") or {}).get("name") or "",
    }
    endpoint = None
    try:
        endpoint = _find_endpoint(instance, params)
        if endpoint is not None:
            return endpoint.look(subject, _held(params))
    except UnexpectedAnswer as error:
        # From an endpoint that was verified it is a failure of the instance's; of any other one nobody knows that it is one.
        if params["route"] == "endpoint" or endpoint is None or endpoint.digest:
            raise
        warnings.append(f"{error.what}; the plain Table API is used instead. {INSTALL}")
    except (AccessDenied, Ambiguous, Outdated, RecordMissing, Untrusted) as error:
        if params["route"] == "endpoint":
            raise
        why = f" ({error.why})" if error.why and isinstance(error, (Ambiguous, Untrusted)) else ""
        warnings.append(f"{error.what}{why}; the plain Table API is used instead. {error.advice}")
    return instance


def _held(params: dict[str, Any]) -> Held:
    """The secrets of the task, which the instance compares with what it stores."""
    if params["state"] != "present":
        return Held()
    attributes = dict.fromkeys(attribute.value for attribute in given_attributes(params) if attribute.value)
    return Held((params["oauth"] or {}).get("client_secret") or "", tuple(attributes))


def _find_endpoint(instance: Instance, params: dict[str, Any]) -> Endpoint | None:
    """The setup endpoint; None where there is none and ``route`` leaves it open. Raises what `find_endpoint` raises."""
    endpoint = find_endpoint(instance, params.get("endpoint_path") or "", params["endpoint_trust"])
    if endpoint is None and (params["route"] == "endpoint" or params.get("endpoint_path")):
        raise RecordMissing(
            "The setup endpoint is not installed" + (" at this path" if params.get("endpoint_path") else ""),
            f"instance {instance.host}, table sys_ws_operation",
            params.get("endpoint_path") or "",
            "Install it with the playbook snow_ops.spokes.setup_endpoint, or set route to auto or records",
        )
    return endpoint


def _check_paths(params: dict[str, Any]) -> None:
    """Raise `InputError` for paths that cannot work, before anything is sent."""
    if params["route"] != "records":
        check_endpoint_options(params)
    if params.get("test_path") and not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+", params["test_path"]):
        raise InputError(
            "test_path is not a plain path such as /directories",
            advice="Give the part of the address that follows the Connection URL",
        )


def _present(
    instance: Instance, source: Source, options: Options, params: dict[str, Any], check_mode: bool, secrets: Secrets
) -> dict[str, Any]:
    names = (options.scope, options.alias, options.preferred_alias_name, options.connection_name, options.registry_name)
    alias = read_alias(source, *names)
    decision = decide_present(source, alias, options, secrets)
    endpoint = source.endpoint if isinstance(source, Snapshot) else None
    if check_mode:
        done = decision
        if endpoint is not None and is_for_the_form(decision):
            decision.plan.forget_new_sys_ids()
    elif endpoint is not None:
        # What this task has just written is to be believed.
        trusting = replace(options, distrust_stored=False)
        done = apply_on_server(decision, endpoint, lambda after: decide_present(after, alias, trusting, secrets))
        decision.plan.adopt_sys_ids(done.plan)
    else:
        apply(decision.plan, instance)
        done = decision
    result = _result(decision)
    failure = _prove(endpoint, done, params, check_mode, decision.plan, result)
    steps = {step.role: step for step in decision.plan.steps}
    gets_token = endpoint is not None and params["get_token"]
    by_hand = manual_steps(decision, steps, None if gets_token else result["token"])
    result.update(
        connection_sys_id=steps["connection"].sys_id or None,
        dangling=decision.current.dangling,
        manual_steps=by_hand,
        needs_manual_step=bool(by_hand),
        secret_compared=decision.is_secret_compared,
        warnings=list(
            dict.fromkeys(
                [*done.warnings, *decision.plan.warnings, *done.plan.warnings, *_limits(decision, endpoint, check_mode)]
            )
        ),
    )
    return dict(result, **failure.as_result(secrets.excerpt), failed=True) if failure else result


def _limits(decision: Decision, endpoint: Endpoint | None, check_mode: bool) -> list[str]:
    """What a run that seems to have nothing to do could not compare."""
    warnings = []
    if decision.is_secret_compared is False and not check_mode:
        warnings.append(
            f"The given Client Secret was not compared with the one that {decision.source.host} stores, and was not written: the Table API cannot "
            "tell the two apart. If it was rotated, set update_secret to on_change or always, or use the setup endpoint"
        )
    if endpoint is not None and decision.desired.form_only and decision.current.connection is not None:
        names = ", ".join(sorted(decision.desired.form_only))
        warnings.append(
            f"Only the form's own script stores {names}; what it stored cannot be compared, and it was not sent again"
        )
    return warnings


def _prove(
    endpoint: Endpoint | None,
    done: Decision,
    params: dict[str, Any],
    check_mode: bool,
    plan: Plan,
    result: dict[str, Any],
) -> SpokesError | None:
    """Put the token's state and what came of a test call into ``result``; returns what is wrong, if anything.

    ``done`` is the decision on what is there now, ``plan`` what this task planned.
    """
    token = result["token"] = token_state(done, plan)
    if endpoint is None:
        return None
    gets_token, before = params["get_token"] and needs_token(token, plan.changed), token["status"]
    try:
        failure = get_token(endpoint, done, token) if gets_token and not check_mode else None
        if gets_token and failure is None:
            add_token(result, before)
        # Where all that is missing is a token, which is not fetched in check mode, the call would prove nothing.
        if params.get("test_path") and failure is None and not (check_mode and gets_token and not plan.changed):
            result["test"], failure = test_connection(endpoint, done, params["test_path"])
    except SpokesError as error:
        failure = error
    return failure


def _absent(
    instance: Instance, source: Source, options: Options, _params: dict[str, Any], check_mode: bool, secrets: Secrets
) -> dict[str, Any]:
    alias = find_alias(source, options.scope, options.alias, options.preferred_alias_name)
    decision = decide_absent(source, alias, options, secrets)
    if not check_mode and isinstance(source, Snapshot):
        apply_on_server(decision, source.endpoint, lambda after: decide_absent(after, alias, options, secrets))
    elif not check_mode:
        apply(decision.plan, instance)
    return dict(_result(decision), kept=decision.kept)


def _result(decision: Decision) -> dict[str, Any]:
    plan = decision.plan
    return {
        "changed": plan.changed,
        "alias": decision.alias.as_result(),
        "records": [step.as_result() for step in plan.steps],
        "diff": [step.as_diff() for step in plan.steps if step.action != "none"],
    }
