# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a task is going to do to the records of an alias: read the state, match it with what is desired, plan. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Mismatch
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import CONNECTION, Current, read_current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.desired import Desired, check_complete, make_desired
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import INSTANCE, read_mark
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.planner import plan_absent, plan_present
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source


@dataclass
class Decision:
    """``plan`` is what turns ``current``, as read from ``source``, into ``desired``; ``kept`` names what a removal leaves."""

    source: Source
    alias: Alias
    current: Current
    plan: Plan
    desired: Desired = field(default_factory=Desired)
    kept: list[str] = field(default_factory=list)


def decide_present(source: Source, alias: Alias, params: dict[str, Any], secrets: Secrets) -> Decision:
    """How the alias gets the connection of ``params`` (the module's options). Raises for what must not or cannot be done."""
    current = read_current(source, alias, params["connection"]["name"], params["oauth"]["name"])
    if not params["replace_foreign_connection"]:
        _check_not_foreign(source, current, params["connection"]["url"])
    desired = make_desired(alias, current.definitions, params, on_server=source.has_fingerprints)
    _keep_stored_secrets(secrets, current, desired)
    check_complete(desired, alias, current)
    return Decision(source, alias, current, plan_present(source, alias, current, desired, params["update_secret"], secrets), desired)


def decide_absent(source: Source, alias: Alias, params: dict[str, Any], secrets: Secrets) -> Decision:
    """How the connection that ``params`` means goes, and what belongs to it alone."""
    connection, oauth = params.get("connection") or {}, params.get("oauth") or {}
    current = read_current(source, alias, connection.get("name") or "", oauth.get("name") or "", is_removal=True)
    _keep_stored_secrets(secrets, current)
    plan, kept = plan_absent(source, alias, current)
    return Decision(source, alias, current, plan, kept=kept)


def _check_not_foreign(instance: Source, current: Current, wanted_url: str) -> None:
    """Raise `Mismatch` if what is there was configured for another instance or leads to another host (a clone, wrong values)."""
    advice = "Correct the values or the host; if the change is meant, set replace_foreign_connection to true"
    marked = read_mark(current.registry["comments"], INSTANCE) if current.registry else ""
    if current.registry and marked and marked != instance.host:
        raise Mismatch(
            f"{instance.host} holds a connection that was configured for {marked}; nothing was written",
            f"instance {instance.host}, table oauth_entity, record {current.registry['sys_id']}",
            f"The mark in the comments of {current.registry['name']!r} says so: it looks like a clone",
            advice,
        )
    current_url = current.connection["connection_url"] if current.connection else ""
    if current_url and _host_of(current_url) != _host_of(wanted_url):
        raise Mismatch(
            f"The connection of {instance.host} leads to {current_url} instead of {wanted_url}; nothing was written",
            f"instance {instance.host}, table {CONNECTION}, record {current.connection['sys_id'] if current.connection else ''}",
            "Either the instance is a clone or the values are those of another environment",
            advice,
        )


def _host_of(url: str) -> str:
    """The host of a URL, the text itself where it is none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _keep_stored_secrets(secrets: Secrets, current: Current, desired: Desired | None = None) -> None:
    """What an instance holds of secrets, in clear or encrypted, is not for anybody's eyes either."""
    if current.registry is not None:
        secrets.add(current.registry["client_secret"])
    hidden = [desired.definitions[element]["sys_id"] for element in desired.secret_elements] if desired else []
    for row in current.values or []:
        if row["variable"] in hidden:
            secrets.add(row["value"])
