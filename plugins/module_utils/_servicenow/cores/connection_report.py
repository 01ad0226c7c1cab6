# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a report on a spoke's prerequisites says of the connection that is there."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import ATTRIBUTE_PATH, Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import INSTANCE, read_mark
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    CONNECTION,
    DECLARED,
    DERIVED,
    PROVIDER,
    REGISTRY,
    guarded_columns,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.readiness import PRESENT
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row


def connection_report(current: Current) -> dict[str, Any]:
    """The alias's connection, which is there, with all that it leads to."""
    connection, registry = current.connection or {}, current.registry or {}
    return {
        "status": PRESENT,
        "sys_id": connection["sys_id"],
        "name": connection["name"],
        "is_active": connection["active"] == "true",
        "url": connection["connection_url"],
        "credential": (current.credential or {}).get("name"),
        "registry": registry.get("name"),
        "client_id": registry.get("client_id"),
        "token_url": registry.get("token_url"),
        "grant_type": (current.profile or {}).get("grant_type"),
        "scopes": _scopes(current),
        "has_client_secret": bool(registry.get("client_secret")),
        "connection_settings": _settings(CONNECTION, current.connection),
        "oauth_settings": _settings(REGISTRY, current.registry),
        "configured_for": read_mark(registry.get("comments", ""), INSTANCE) or None,
        "dangling": current.dangling,
    }


def _settings(table: str, row: Row | None) -> dict[str, str]:
    """What a record has of the settings that decide where secrets go, by the names of their options, as far as it is
    not the default.
    """
    columns = guarded_columns(table, DERIVED, DECLARED, PROVIDER)
    values = {column.option.partition(".")[2]: (row or {}).get(column.name, "") for column in columns if column.option}
    defaults = {column.option.partition(".")[2]: column.default for column in columns if column.option}
    return {name: value for name, value in values.items() if value not in ("", defaults[name])}


def _scopes(current: Current) -> list[str]:
    names = {row["sys_id"]: row["oauth_entity_scope"] for row in current.scopes}
    return sorted(
        names[row["oauth_entity_scope"]] for row in current.profile_scopes if row["oauth_entity_scope"] in names
    )


def attribute_reports(current: Current, alias: Alias) -> list[dict[str, Any]]:
    """The alias's connection attributes, and whether they are set; never what they are set to."""
    return [
        {
            "element": row["element"],
            "label": _label(row, alias),
            "type": row["internal_type"],
            "is_set": _is_set(row, current),
        }
        for row in current.definitions
    ]


def _label(definition: Row, alias: Alias) -> str:
    """An attribute's label: its own, which not every instance fills in, or its column's, or what the form calls the
    input.
    """
    path = ATTRIBUTE_PATH + definition["element"]
    on_form = next((entry.label for entry in alias.template.fields if entry.path == path), "")
    return definition.get("label") or definition.get("column_label") or on_form or definition["element"]


def _is_set(definition: Row, current: Current) -> bool | None:
    """Whether the connection has a value for the attribute; None where the values cannot be read."""
    if current.values is None:
        return None
    return any(row["variable"] == definition["sys_id"] and row["value"] for row in current.values) or bool(
        definition["default_value"]
    )
