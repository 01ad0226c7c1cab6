# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The alias with all that hangs on it, read in two rounds instead of one for each record.

The first asks for the alias and its connections, with the sys_ids of what these lead to in dot-walked columns; the
second asks ahead for those records. The sys_ids only say what is worth asking for: whoever decides asks in earnest,
record by record (current.py), and where this guessed wrong, or the instance does not follow dot-walks, each question is
a request of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import (
    Alias,
    find_alias,
    find_attributes,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import (
    connection_columns,
    find_attribute_values,
    find_connections,
    find_connections_called,
    find_profile_scopes,
    find_scopes,
    read_token,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    REGISTRY,
    fields,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import READ_REFUSALS, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

ALIAS_SCOPE = "connection_alias.sys_scope.scope"
# A connection's credential can be of several tables; dot-walking names the one that is meant.
TO_PROFILE = f"credential.ref_{CREDENTIAL}.oauth_entity_profile"
TO_REGISTRY = f"{TO_PROFILE}.oauth_entity"
TO_REGISTRY_NAME = f"{TO_REGISTRY}.name"


def read_alias(
    source: Source, scope: str, wanted: str, preferred_name: str, connection_name: str, registry_name: str
) -> Alias:
    """The alias that `alias.find_alias` finds, and raises what it raises; ``source`` knows ahead what
    `current.read_current` will ask.
    """
    found: list[Alias] = []
    hints: list[Row] = []
    source.gather(
        lambda: found.append(find_alias(source, scope, wanted, preferred_name)),
        lambda: hints.extend(_hints(source, scope)),
        lambda: source.identity,
    )
    alias = found[0]
    reads: list[Callable[[], Any]] = [lambda: find_attributes(source, alias)]
    if registry_name:
        reads.append(lambda: source.find(REGISTRY, {"name": registry_name}, fields(REGISTRY)))
    own = [row for row in hints if row["connection_alias"] == alias.sys_id]
    if own and set(connection_columns(alias)) <= set(own[0]):
        # The connections of the application's aliases, all of them, with those of this one.
        source.know(CONNECTION, {"connection_alias": alias.sys_id}, own)
    else:
        reads.append(lambda: find_connections(source, alias))
    for row in _likely(own, connection_name):
        reads += _chain(source, row, registry_name)
    if connection_name and connection_name not in [row["name"] for row in own]:
        reads.append(lambda: find_connections_called(source, connection_name))
    source.ahead(*reads)
    return alias


def _hints(source: Source, scope: str) -> list[Row]:
    """The connections of the aliases of ``scope``, with what they lead to; none where the instance does not say."""
    if not scope:
        return []
    columns = (*fields(CONNECTION), TO_PROFILE, TO_REGISTRY, TO_REGISTRY_NAME)
    try:
        return source.find(CONNECTION, {ALIAS_SCOPE: scope}, columns)
    except READ_REFUSALS:
        return []


def _likely(rows: list[Row], name: str) -> list[Row]:
    """The connection that `current.choose_connection` is going to take, as far as that can be told from here."""
    named = [row for row in rows if row["name"] == name]
    return (named or [row for row in rows if row["active"] == "true"] or rows)[:1]


def _chain(source: Source, row: Row, registry_name: str) -> list[Callable[[], Any]]:
    """What `current.read_current` asks of the connection that ``row`` is the hint of."""
    credential, profile, registry = row["credential"], row[TO_PROFILE], row[TO_REGISTRY]
    reads: list[Callable[[], Any]] = [lambda: find_attribute_values(source, row["sys_id"])]
    if credential:
        reads.append(lambda: source.get(CREDENTIAL, credential, fields(CREDENTIAL)))
        reads.append(lambda: read_token(source, {"sys_id": credential}))
    if profile:
        reads.append(lambda: source.get(PROFILE, profile, fields(PROFILE)))
    if registry:
        reads.append(lambda: find_scopes(source, registry))
        reads.append(lambda: find_profile_scopes(source, registry))
    if registry and row[TO_REGISTRY_NAME] != registry_name:
        reads.append(lambda: source.get(REGISTRY, registry, fields(REGISTRY)))
    return reads
