# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a clone or a person has left over: records that lead nowhere, that nothing uses, or that cannot be opened."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import (
    INSTANCE,
    is_own,
    read_mark,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.ownership import lead_to_one_host
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    CONNECTION,
    CREDENTIAL,
    REGISTRY,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

# Connections of every kind, which extend it (servicenow-connections 1.3).
ANY_CONNECTION = "sys_connection"
KINDS = {CONNECTION: "connection", CREDENTIAL: "OAuth 2.0 credential", REGISTRY: "OAuth registry"}


def find_orphans(source: Source, alias: Alias, wanted_url: str) -> list[dict[str, str]]:
    """The orphans around ``alias``, each with ``what``, ``advice``, ``table``, ``sys_id`` and ``url``; nothing is
    written.

    ``wanted_url`` is where its connections are to lead, empty for anywhere. Raises what reading raises.
    """
    connections, credentials, registries = source.gather(
        lambda: source.find(CONNECTION, {"connection_alias": alias.sys_id}, ["name", "connection_url", "credential"]),
        lambda: source.find(CREDENTIAL, {}, ["name"]),
        lambda: source.find(REGISTRY, {}, ["name", "comments"]),
    )
    found = [orphan for row in connections for orphan in _of_connection(source, row, wanted_url)]
    found += _unused(source, credentials)
    found += _foreign(source, registries)
    listed = [*_rows(CONNECTION, connections), *_rows(CREDENTIAL, credentials), *_rows(REGISTRY, registries)]
    return found + _unopenable(source, listed)


def _of_connection(source: Source, row: Row, wanted_url: str) -> list[dict[str, str]]:
    """What is wrong with one connection of the alias."""
    found = []
    if not row["credential"]:
        advice = "Select a credential in it, or delete it"
        found.append(_orphan(source, CONNECTION, row, "has no credential", advice))
    if wanted_url and row["connection_url"] and not lead_to_one_host(row["connection_url"], wanted_url):
        what = f"leads to {row['connection_url']}, which is another environment than {wanted_url}"
        found.append(_orphan(source, CONNECTION, row, what, "Deactivate or delete it"))
    return found


def _unused(source: Source, credentials: list[Row]) -> list[dict[str, str]]:
    """The credentials that no connection uses."""
    ids = [row["sys_id"] for row in credentials]
    users = source.find(ANY_CONNECTION, {"credential": ids}, []) if ids else []
    used = {row["credential"] for row in users}
    what, advice = "is used by no connection", "Delete it if nothing else uses it"
    return [_orphan(source, CREDENTIAL, row, what, advice) for row in credentials if row["sys_id"] not in used]


def _foreign(source: Source, registries: list[Row]) -> list[dict[str, str]]:
    """The registries that another instance's set-up made."""
    found = []
    for row in registries:
        owner = read_mark(row["comments"], INSTANCE)
        if owner and not is_own(owner, source.identity, source.host):
            what = f"was configured for {owner}"
            found.append(_orphan(source, REGISTRY, row, what, "Delete it, or set up the connection that uses it"))
    return found


def _unopenable(source: Source, listed: list[tuple[str, Row]]) -> list[dict[str, str]]:
    """The records, given with their tables, that are listed and not found by their sys_id."""
    opened = source.gather(*[_opener(source, table, row) for table, row in listed])
    what, advice = (
        "is listed and cannot be opened",
        "Delete it on the instance, from the list or with a background script",
    )
    return [_orphan(source, table, row, what, advice) for (table, row), record in zip(listed, opened) if record is None]


def _rows(table: str, rows: list[Row]) -> list[tuple[str, Row]]:
    return [(table, row) for row in rows]


def _opener(source: Source, table: str, row: Row) -> Callable[[], Row | None]:
    return lambda: source.get(table, row["sys_id"], ["name"])


def _orphan(source: Source, table: str, row: Row, what: str, advice: str) -> dict[str, str]:
    return {
        "what": f"The {KINDS[table]} {row['name']!r} {what}",
        "advice": advice,
        "table": table,
        "sys_id": row["sys_id"],
        "url": source.record_url(table, row["sys_id"]),
    }
