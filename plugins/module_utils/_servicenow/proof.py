# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The access token of a connection, and a call through it: what proves that the values in the records are right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.chain import CREDENTIAL, TOKEN, read_token
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.decision import Decision
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint import Endpoint
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.setup import TOKEN_SOURCES

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
# Longer ones there are none of; what is more is nonsense of the provider's.
LONGEST_LIFETIME_SECONDS = 10 * 365 * 24 * 3600


class ProviderRefused(SpokesError):
    """The provider (Qualtrics) does not accept what the instance holds."""

    kind = "provider_refused"


def read_token_state(decision: Decision, plan: Plan, is_strict: bool) -> dict[str, Any]:
    """The token's ``status`` and when it ``expires``, as `read_token` gives them.

    It is "outdated" if ``plan`` changed what tokens are fetched with, and with ``is_strict`` also if the registry is newer than the token.
    """
    token: dict[str, Any] = read_token(decision.source, decision.chain.credential)
    changed = next((set(step.after) for step in plan.steps if step.role == "registry"), set())
    registry = decision.chain.registry or {}
    is_older = is_strict and token.pop("updated", "") < registry.get("sys_updated_on", "")
    token.pop("updated", None)
    if token["status"] in ("present", "expired") and (changed & set(TOKEN_SOURCES) or is_older):
        token["status"] = "outdated"
    return token


def get_token(
    endpoint: Endpoint, decision: Decision, token: dict[str, Any], result: dict[str, Any], check_mode: bool
) -> SpokesError | None:
    """Have a missing token fetched; ``token`` and ``result`` are brought up to date. Returns why there is none."""
    if token["status"] in ("present", "expired") or (token["status"] == "unknown" and not result["changed"]):
        return None
    result["changed"] = True
    before = {"status": token["status"]}
    step = {"role": "token", "table": TOKEN, "sys_id": None, "action": "create", "before": before, "after": {"status": "present"}}
    result["records"].append(step)
    result["diff"].append(
        {"before_header": f"{TOKEN} (token)", "after_header": f"{TOKEN} (token)", "before": before, "after": step["after"]}
    )
    if check_mode:
        return None
    connection, credential = decision.chain.connection or {}, decision.chain.credential or {}
    answer = endpoint.get_token(connection["sys_id"])
    if answer.get("ok") != "true":
        step["action"], step["after"] = "none", before
        return ProviderRefused(
            "The instance was refused an access token; the connection itself is configured",
            f"instance {decision.source.host}, table {CREDENTIAL}, record {credential.get('sys_id', '')}",
            _reason(answer),
            _token_advice(str(answer.get("error")), decision),
        )
    token.update(status="present", expires=_expiry(decision.source.now(), str(answer.get("expires_in"))))
    return None


def _expiry(now: str, seconds: str) -> str | None:
    if not (seconds.isascii() and seconds.isdigit() and int(seconds) < LONGEST_LIFETIME_SECONDS):
        return None
    return (datetime.strptime(now, TIME_FORMAT) + timedelta(seconds=int(seconds))).strftime(TIME_FORMAT)


def _token_advice(error: str, decision: Decision) -> str:
    registry = decision.chain.registry or {}
    if "invalid_client" in error or "unauthorized_client" in error:
        return "Correct oauth.client_id or oauth.client_secret, or the client at the provider, and run again"
    if "invalid_scope" in error:
        return "Correct oauth.scopes, or the scopes of the client at the provider, and run again"
    return f"Check that oauth.token_url is right and can be reached from the instance: {registry.get('token_url', '')}; then run again"


def test_connection(endpoint: Endpoint, decision: Decision, path: str) -> tuple[dict[str, Any] | None, SpokesError | None]:
    """Call ``path`` through the stored connection: the result for people, and the failure if it is one. Nothing is sent without a connection."""
    connection = decision.chain.connection
    if connection is None:
        return None, None
    answer = endpoint.test(connection["sys_id"], path)
    status = str(answer.get("http_status"))
    is_good = status.startswith("2") and not answer.get("error")
    result = {
        "ok": is_good,
        "http_status": int(status) if status.isascii() and status.isdigit() else 0,
        "error": str(answer.get("error") or ""),
    }
    if is_good:
        return result, None
    differing = [f"{step.table}.{name} ({step.role})" for step in decision.plan.steps for name in step.after if step.action != "none"]
    advice = "Check the connection URL, the secret attributes, the client and the token URL against the provider's account; then run again"
    failure = ProviderRefused(
        "A test call through the stored connection failed",
        f"instance {decision.source.host}, {connection['connection_url']}{path}",
        _reason(answer) + (f"; stored values that differ from the wanted ones: {', '.join(differing)}" if differing else ""),
        "Run the task without check mode to put these values right" if differing else advice,
    )
    return result, failure


def _reason(answer: dict[str, Any]) -> str:
    status = str(answer.get("http_status") or "0")
    told = str(answer.get("error") or "it gave no reason")
    return f"HTTP {status}, {told}" if status != "0" else told
