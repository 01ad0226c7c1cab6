# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a task is going to do to the records of an alias: read the state, match it with the wish, plan. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Mismatch
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.chain import CONNECTION, Chain, read_chain
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.form import Wish, check_complete, make_wish
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.marks import INSTANCE, read_mark
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.setup import plan_absent, plan_present
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.source import Source


@dataclass
class Decision:
    """``plan`` is what turns ``chain``, as read from ``source``, into ``wish``; ``kept`` names what a removal leaves."""

    source: Source
    alias: Alias
    chain: Chain
    plan: Plan
    wish: Wish = field(default_factory=Wish)
    kept: list[str] = field(default_factory=list)


def decide_present(source: Source, alias: Alias, params: dict[str, Any], secrets: Secrets) -> Decision:
    """How the alias gets the connection of ``params`` (the module's options). Raises for what must not or cannot be done."""
    chain = read_chain(source, alias, params["connection"]["name"], params["oauth"]["name"])
    if not params["replace_foreign_connection"]:
        _check_not_foreign(source, chain, params["connection"]["url"])
    wish = make_wish(alias, chain.definitions, params, on_server=source.has_fingerprints)
    _keep_stored_secrets(secrets, chain, wish)
    check_complete(wish, alias, chain)
    return Decision(source, alias, chain, plan_present(source, alias, chain, wish, params["update_secret"], secrets), wish)


def decide_absent(source: Source, alias: Alias, params: dict[str, Any], secrets: Secrets) -> Decision:
    """How the connection that ``params`` means goes, and what belongs to it alone."""
    connection, oauth = params.get("connection") or {}, params.get("oauth") or {}
    chain = read_chain(source, alias, connection.get("name") or "", oauth.get("name") or "", is_removal=True)
    _keep_stored_secrets(secrets, chain)
    plan, kept = plan_absent(source, alias, chain)
    return Decision(source, alias, chain, plan, kept=kept)


def _check_not_foreign(instance: Source, chain: Chain, wanted_url: str) -> None:
    """Raise `Mismatch` if what is there was configured for another instance or leads to another host (a clone, wrong values)."""
    advice = "Correct the values or the host; if the change is meant, set replace_foreign_connection to true"
    marked = read_mark(chain.registry["comments"], INSTANCE) if chain.registry else ""
    if chain.registry and marked and marked != instance.host:
        raise Mismatch(
            f"{instance.host} holds a connection that was configured for {marked}; nothing was written",
            f"instance {instance.host}, table oauth_entity, record {chain.registry['sys_id']}",
            f"The mark in the comments of {chain.registry['name']!r} says so: it looks like a clone",
            advice,
        )
    current_url = chain.connection["connection_url"] if chain.connection else ""
    if current_url and _host_of(current_url) != _host_of(wanted_url):
        raise Mismatch(
            f"The connection of {instance.host} leads to {current_url} instead of {wanted_url}; nothing was written",
            f"instance {instance.host}, table {CONNECTION}, record {chain.connection['sys_id'] if chain.connection else ''}",
            "Either the instance is a clone or the values are those of another environment",
            advice,
        )


def _host_of(url: str) -> str:
    """The host of a URL, the text itself where it is none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _keep_stored_secrets(secrets: Secrets, chain: Chain, wish: Wish | None = None) -> None:
    """What an instance holds of secrets, in clear or encrypted, is not for anybody's eyes either."""
    if chain.registry is not None:
        secrets.add(chain.registry["client_secret"])
    hidden = [wish.definitions[element]["sys_id"] for element in wish.secret_elements] if wish else []
    for row in chain.values or []:
        if row["variable"] in hidden:
            secrets.add(row["value"])
