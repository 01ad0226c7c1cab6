# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What is left to a person, with the clicks."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.capabilities import Capabilities
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import Decision
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    CONNECTION,
    CREDENTIAL,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Step


def manual_steps(
    decision: Decision, steps: dict[str, Step], token: dict[str, Any] | None, can: Capabilities
) -> list[dict[str, str]]:
    """What is left to a person, each as ``what``, ``why``, ``how`` and ``url``, with the ``step`` of a set-up that it
    completes: ``connection`` or ``token``.

    ``steps`` are the plan's by role; ``token`` is the access token's state, None if the task sees to it itself, and
    ``can`` what the route can do.
    """
    by_hand = _attributes_by_hand(decision, steps["connection"])
    return by_hand + _token_by_hand(decision, token, steps["credential"], can) if token else by_hand


def _attributes_by_hand(decision: Decision, connection: Step) -> list[dict[str, str]]:
    """The attributes left to a person; one that already has a value is left alone, it cannot be compared."""
    # What another instance has left is taken away, and has to be set anew.
    values = [] if decision.is_foreign else decision.current.values or []
    filled = {row["variable"] for row in values if row["value"]}
    return [
        {
            "step": "connection",
            "what": f"Set the connection attribute {place.label}",
            "why": place.by_hand,
            "how": f"Open the connection record, set {place.label} under Attributes, and press Update",
            "url": decision.source.record_url(CONNECTION, connection.sys_id),
        }
        for place in decision.desired.left_to_people
        if place.definition is None or place.definition["sys_id"] not in filled
    ]


def _token_by_hand(
    decision: Decision, token: dict[str, Any], credential: Step, can: Capabilities
) -> list[dict[str, str]]:
    name = (decision.current.credential or {}).get("name") or decision.desired.credential_name
    not_fetched = "get_token is not set" if can.fetch_token else "ServiceNow has no REST API to fetch one"
    if token["status"] in ("present", "expired"):
        return []
    reasons = {
        "absent": f"no access token has been fetched yet, and {not_fetched}",
        "outdated": "the access token was fetched with another client, secret or token URL, or on another instance",
        "unknown": "this account may not read whether there is an access token",
    }
    return [
        {
            "step": "token",
            "what": "Get the OAuth token",
            "why": reasons[token["status"]],
            "how": f"Open the OAuth 2.0 credential {name!r} and press Get OAuth Token under Related Links",
            "url": decision.source.record_url(CREDENTIAL, credential.sys_id),
        }
    ]
