# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The access token of a connection, and a call through it: what proves that the values in the records are right."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import NotStored, ProviderRefused, SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import ATTRIBUTE_PATH
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import read_token
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import Decision
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import (
    OUTDATED_TOKEN,
    read_mark,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.planner import has_token
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import CREDENTIAL, TOKEN
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import Endpoint
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.snapshot import Snapshot
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan

HEADER = re.compile(r"X-[A-Za-z0-9-]{1,60}", re.IGNORECASE | re.ASCII)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
# No provider issues longer-lived tokens; a larger number is invalid.
LONGEST_LIFETIME_SECONDS = 10 * 365 * 24 * 3600


def token_state(decision: Decision, plan: Plan) -> dict[str, Any]:
    """The token's ``status`` and when it ``expires``, as `current.read_token` gives them.

    It is "outdated" if ``plan``, or a run before, changed what tokens are fetched with after it was fetched.
    """
    token: dict[str, Any] = dict(decision.current.token)
    updated = token.pop("updated", "")
    outdated = read_mark((decision.current.registry or {}).get("comments", ""), OUTDATED_TOKEN)
    if has_token(decision.current) and (plan.outdates_token or updated <= outdated):
        token["status"] = "outdated"
    return token


def prove(
    endpoint: Endpoint, done: Decision, plan: Plan, options: Options, check_mode: bool, result: dict[str, Any]
) -> SpokesError | None:
    """Put the token's state and what came of a test call into ``result``; returns what is wrong, if anything.

    ``done`` is the decision on what is there now, ``plan`` what this task planned.
    """
    token = result["token"] = token_state(done, plan)
    gets_token, before = options.get_token and needs_token(token, plan.changed), token["status"]
    try:
        failure = get_token(endpoint, done, token) if gets_token and not check_mode else None
        if gets_token and failure is None:
            add_token(result, before)
        # Where all that is missing is a token, which is not fetched in check mode, the call would prove nothing.
        proves = not check_mode or (not options.foresees if plan.changed else not gets_token)
        if options.test_path and failure is None and proves:
            result["test"], failure = test_connection(endpoint, done, options.test_path)
    except SpokesError as error:
        failure = error
    return failure


def needs_token(token: dict[str, Any], has_changed: bool) -> bool:
    """Whether a token has to be fetched; where its state cannot be read, only what was changed tells."""
    return token["status"] in ("absent", "outdated") or (token["status"] == "unknown" and has_changed)


def add_token(result: dict[str, Any], status: str) -> None:
    """Say in ``result`` that a token is fetched where there was one of ``status``."""
    title, before, after = f"{TOKEN} (token)", {"status": status}, {"status": "present"}
    result["changed"] = True
    result["records"].append(
        {"role": "token", "table": TOKEN, "sys_id": None, "action": "create", "before": before, "after": after}
    )
    result["diff"].append({"before_header": title, "after_header": title, "before": before, "after": after})


def get_token(endpoint: Endpoint, decision: Decision, token: dict[str, Any]) -> SpokesError | None:
    """Have a token fetched and bring ``token`` up to date. Returns why there is none."""
    connection = decision.current.connection or {}
    answer, snapshot = endpoint.get_token(connection["sys_id"])
    return take_token(decision, token, answer, snapshot)


def take_token(
    decision: Decision, token: dict[str, Any], answer: dict[str, Any], snapshot: Snapshot
) -> SpokesError | None:
    """Bring ``token`` up to date with the ``answer`` to the request for one and what is there now. Returns why there is
    none.
    """
    credential = decision.current.credential or {}
    where = f"instance {decision.source.host}, table {CREDENTIAL}, record {credential.get('sys_id', '')}"
    if answer.get("ok") != "true":
        return ProviderRefused(
            "The instance was refused an access token; the connection itself is configured",
            where,
            reason(answer),
            _token_advice(str(answer.get("error")), decision),
        )
    stored = read_token(snapshot, decision.current.credential)
    if stored["status"] == "absent":
        return NotStored(
            "The instance got an access token and did not keep it for the credential",
            where,
            advice=(
                f"See the instance's system log; the rows of {TOKEN} and their oauth_requestor_profile say for whom "
                "it kept one"
            ),
        )
    if stored["status"] == "unknown":
        token.update(status="present", expires=_expiry(decision.source.now(), str(answer.get("expires_in"))))
    else:
        token.update(status=stored["status"], expires=stored["expires"])
    return None


def _expiry(now: str, seconds: str) -> str | None:
    if not (seconds.isascii() and seconds.isdigit() and int(seconds) < LONGEST_LIFETIME_SECONDS):
        return None
    return (datetime.strptime(now, TIME_FORMAT) + timedelta(seconds=int(seconds))).strftime(TIME_FORMAT)


def _token_advice(error: str, decision: Decision) -> str:
    url = (decision.current.registry or {}).get("token_url", "")
    if "invalid_client" in error or "unauthorized_client" in error:
        known = f"a client is known to its own provider only, and oauth.token_url is {url}"
        return (
            f"Correct oauth.client_id, oauth.client_secret or oauth.token_url ({known}), or the client at the "
            "provider; then run again"
        )
    if "invalid_scope" in error:
        return "Correct oauth.scopes, or the scopes of the client at the provider, and run again"
    return f"Check that oauth.token_url is right and can be reached from the instance: {url}; then run again"


def test_connection(
    endpoint: Endpoint, decision: Decision, path: str
) -> tuple[dict[str, Any] | None, SpokesError | None]:
    """Call ``path`` through the stored connection: the result for people, and the failure if it is one. Nothing is sent
    without a connection.
    """
    connection = decision.current.connection
    if connection is None:
        return None, None
    headers, needed = headers_of(decision)
    return judge_call(decision, endpoint.test(connection["sys_id"], path, headers), path, needed)


def judge_call(
    decision: Decision, told: dict[str, Any], path: str, needed: set[str]
) -> tuple[dict[str, Any], SpokesError | None]:
    """What the endpoint ``told`` of a call to ``path``: the result for people, and the failure if it is one."""
    answer, connection = dict(told), decision.current.connection or {}
    status = str(answer.get("http_status"))
    unsent = [name for name in str(answer.get("unsent") or "").split() if name in needed]
    if unsent:
        answer["error"] = (
            f"the instance has no value for {', '.join(unsent)}, so that the call proves nothing; it was answered "
            f"{status}"
        )
        status = answer["http_status"] = "0"
    is_good = re.fullmatch("2[0-9]{2}", status) is not None and not answer.get("error")
    result = {
        "ok": is_good,
        "http_status": http_status(answer),
        "error": str(answer.get("error") or ""),
    }
    if is_good:
        return result, None
    why, advice = reason(answer), f"{_test_advice(status, str(answer.get('error')), decision)}; then run again"
    differing = _differing(decision)
    if differing:
        why += f"; stored values that differ from the wanted ones: {', '.join(differing)}"
        advice = "Run the task without check mode to put these values right"
    where = f"instance {decision.source.host}, {connection['connection_url']}{path}"
    return result, ProviderRefused("A test call through the stored connection failed", where, why, advice)


def _differing(decision: Decision) -> list[str]:
    """The columns whose stored values are not the wanted ones."""
    steps = [step for step in decision.plan.steps if step.action != "none"]
    return [f"{step.table}.{name} ({step.role})" for step in steps for name in step.after]


def headers_of(decision: Decision) -> tuple[dict[str, str], set[str]]:
    """The headers that carry attributes, each with the attribute's element, and those of them that the form or the task
    asks for.

    An attribute whose label looks like the name of a header goes out as one. The label can be in either of two columns,
    or on the form alone (servicenow-connections 2.1).
    """
    fields = {
        entry.path[len(ATTRIBUTE_PATH) :]: entry
        for entry in decision.alias.template.fields
        if entry.path.startswith(ATTRIBUTE_PATH)
    }
    headers: dict[str, str] = {}
    needed: set[str] = set()
    for definition in decision.current.definitions:
        element = definition["element"]
        form_field = fields.get(element)
        labels = (definition["column_label"], definition.get("label", ""), form_field.label if form_field else "")
        label = next((text for text in labels if HEADER.fullmatch(text)), "")
        if not label or definition["active"] == "false":
            continue
        headers[label] = element
        is_mandatory = definition["mandatory"] == "true" or bool(form_field and form_field.mandatory)
        if is_mandatory or element in decision.desired.definitions:
            needed.add(label)
    return headers, needed


def _test_advice(status: str, error: str, decision: Decision) -> str:
    """Which of the form's values the provider's answer points at."""
    names = [place.label for place in decision.desired.places if place.label]
    named = [name for name in names if name.lower() in error.lower()]
    if named:
        return f"Correct {' or '.join(named)} in secret_attributes"
    if status == "0":
        return "Check that connection.url and oauth.token_url are right and can be reached from the instance"
    if status in ("401", "403"):
        return (
            "Check that connection.url, the client and the secret attributes belong to the same account of the provider"
        )
    return "Check connection.url and test_path against the provider's documentation"


def http_status(answer: dict[str, Any]) -> int:
    """The HTTP status that the endpoint tells in ``answer``, 0 for none."""
    text = str(answer.get("http_status") or "")
    return int(text) if text.isascii() and text.isdigit() else 0


def reason(answer: dict[str, Any], otherwise: str = "") -> str:
    """Why what the endpoint tells in ``answer`` failed, as far as it says so, else ``otherwise``."""
    status, told = http_status(answer), str(answer.get("error") or otherwise or "it gave no reason")
    return f"HTTP {status}, {told}" if status else told
