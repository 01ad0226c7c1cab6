# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Values of a connection exchanged and proven in one operation of the setup endpoint, which else puts back those from
before.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    NotStored,
    OutcomeUnknown,
    ProviderRefused,
    SpokesError,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import Decision
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ATTRIBUTE_VALUE,
    CONNECTION,
    REGISTRY,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import Endpoint
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.snapshot import Snapshot
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.endpoint_writer import (
    apply_on_server,
    steps_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.proof import (
    add_token,
    headers_of,
    http_status,
    judge_call,
    needs_token,
    reason,
    take_token,
    token_state,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.route import Decide

# The tables whose records the operation exchanges values of, of one connection each.
TABLES = (REGISTRY, CONNECTION, ATTRIBUTE_VALUE)
# When the platform has ended a request at the latest: until then the instance may be at it, whoever has stopped
# listening.
LONGEST_TRANSACTION_SECONDS = 60.0


@dataclass(frozen=True)
class Rotation:
    """What became of the exchange of values: ``outcome`` as the endpoint tells it, ``done`` the decision on what is
    there now.

    ``token`` is the state of the access token before, ``gets_token`` whether one was asked for, ``snapshot`` what was
    read afterwards.
    """

    decision: Decision
    done: Decision
    outcome: dict[str, Any]
    snapshot: Snapshot
    path: str
    token: dict[str, Any]
    gets_token: bool

    def report(self, result: dict[str, Any]) -> SpokesError | None:
        """Put into ``result`` what stands, the token's state and the call; returns what is wrong, if anything."""
        _headers, needed = headers_of(self.decision)
        if self.outcome.get("ok") == "true":
            result["rotation"] = {"stands": "new", "http_status": http_status(self.outcome), "error": ""}
            result["token"] = token = token_state(self.done, self.done.plan)
            failure = None
            if self.gets_token:
                failure = take_token(self.done, token, self.outcome, self.snapshot)
                add_token(result, self.token["status"])
            result["test"], _none = judge_call(self.done, self.outcome, self.path, needed)
            return failure
        before = self.outcome.get("before") or {}
        result["rotation"] = _way_back(before)
        # Nothing of what was planned stands.
        result.update(changed=result["rotation"]["stands"] == "unknown", records=[], diff=[])
        result["token"] = token_state(self.done, Plan(self.done.source, ""))
        result["test"] = judge_call(self.done, before, self.path, needed)[0] if before.get("stage") == "test" else None
        return self._failure(result["rotation"])

    def _failure(self, rotation: dict[str, Any]) -> SpokesError:
        stage, why = self.outcome.get("stage"), _reason(self.outcome)
        connection = self.decision.current.connection or {}
        where = f"instance {self.decision.source.host}, table {CONNECTION}, record {connection.get('sys_id', '')}"
        stands = STANDS[rotation["stands"]].format(**rotation)
        if stage == "token":
            return ProviderRefused(
                f"The instance was refused an access token with the new values; {stands}",
                where,
                why,
                "Correct oauth.client_id, oauth.client_secret or oauth.token_url, or the client at the provider; "
                "then run again",
            )
        if stage == "test":
            return ProviderRefused(
                f"A test call with the new values failed; {stands}",
                where,
                why,
                "Check that connection.url, the client and the secret attributes belong to the same account of the "
                "provider; then run again",
            )
        return NotStored(
            f"The instance did not take the new values; {stands}",
            where,
            why,
            "A business rule or an access control does that; see the instance's system log, and run again",
        )


STANDS = {
    "before": "what was there before stands again, proven by a call that was answered with HTTP {http_status}",
    "before_unproven": "what was there before was put back, and could not be proven ({error})",
    "unknown": "what was there before was to be put back, which failed ({error})",
}


def apply_or_put_back(
    decision: Decision, endpoint: Endpoint, options: Options, decide: Decide
) -> tuple[Decision, Rotation | None]:
    """Do what ``decision`` plans in one operation that puts back what was there before where its proof fails.

    Where the plan is more than other values for records that are there, or no ``test_path`` is given, it is carried out
    as ever, and there is no `Rotation`. Raises what `apply_on_server` raises, and `OutcomeUnknown` where two answers in
    a row are lost.
    """
    if not options.test_path or not _is_exchange(decision.plan):
        return apply_on_server(decision, endpoint, decide), None
    began = time.monotonic()
    try:
        return _rotate(decision, endpoint, options, decide)
    except OutcomeUnknown:
        # Nobody knows whether the script still runs, which could put back what is written meanwhile.
        time.sleep(max(0.0, LONGEST_TRANSACTION_SECONDS - (time.monotonic() - began)))
    found = decide(endpoint.look_again())
    if not _is_exchange(found.plan):
        return apply_on_server(found, endpoint, decide), None
    return _rotate(found, endpoint, options, decide)


def _rotate(
    decision: Decision, endpoint: Endpoint, options: Options, decide: Decide
) -> tuple[Decision, Rotation | None]:
    plan, path = decision.plan, options.test_path
    token = token_state(decision, plan)
    gets_token = options.get_token and needs_token(token, plan.changed)
    headers, needed = headers_of(decision)
    call = {"path": path, "headers": headers, "needed": sorted(needed)}
    outcome, snapshot = endpoint.rotate(_connection(decision), _steps(decision), call, gets_token)
    done = decide(snapshot)
    if outcome.get("ok") == "true":
        # What was cut off, as long comments are, is told apart from what was not kept.
        done = apply_on_server(done, endpoint, decide)
    return done, Rotation(decision, done, outcome, snapshot, path, token, gets_token)


def _is_exchange(plan: Plan) -> bool:
    """Whether ``plan`` writes other values into records that are there and lead to each other as they should, and
    nothing else.
    """
    changed = [step for step in plan.steps if step.action != "none"]
    return bool(changed) and all(
        step.action == "update" and step.table in TABLES and "credential" not in step.values for step in changed
    )


def _connection(decision: Decision) -> str:
    return str((decision.current.connection or {}).get("sys_id", ""))


def _steps(decision: Decision) -> list[dict[str, Any]]:
    """The steps as the endpoint takes them, each with the registry's comments: on the way back they say which token is
    outdated.
    """
    documents = steps_of(decision, decision.plan.steps)
    for document in documents:
        if document["table"] == REGISTRY:
            document["values"].setdefault("comments", (decision.current.registry or {})["comments"])
    return documents


def _way_back(before: dict[str, Any]) -> dict[str, Any]:
    """What stands after the way back, of which the endpoint tells ``before``."""
    if before.get("ok") == "true":
        return {"stands": "before", "http_status": http_status(before), "error": ""}
    stands = "before_unproven" if before.get("stage") in ("token", "test") else "unknown"
    return {"stands": stands, "http_status": http_status(before), "error": _reason(before)}


def _reason(outcome: dict[str, Any]) -> str:
    return reason(outcome, str(outcome.get("unsent") or ""))
