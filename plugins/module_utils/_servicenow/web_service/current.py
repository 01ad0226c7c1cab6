# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""A Scripted REST API as it is on the instance: its definition and its operations."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Ambiguous, RecordMissing
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.applications import GLOBAL
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.addresses import normal_id
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.tables import (
    DEFINITION,
    DEFINITION_FIELDS,
    OPERATION,
    OPERATION_FIELDS,
)


@dataclass(frozen=True)
class Current:
    """The records of an API: its ``definition``, None if there is none, and its ``operations``."""

    definition: Row | None = None
    operations: tuple[Row, ...] = ()

    @property
    def records(self) -> list[tuple[str, Row]]:
        """All of them, each with its table, the definition first."""
        if self.definition is None:
            return []
        return [(DEFINITION, self.definition), *((OPERATION, row) for row in self.operations)]


def read_current(instance: Instance, service_id: str) -> Current:
    """The API with the ID ``service_id`` in the instance's ``application``, else in any. Raises `Ambiguous`."""
    return with_operations(instance, find_definition(instance, service_id))


def find_definition(instance: Instance, service_id: str) -> Row | None:
    """The definition of the API with that ID, None if there is none. Raises `Ambiguous`."""
    ids = list(dict.fromkeys((service_id, normal_id(service_id))))
    rows = instance.find(DEFINITION, {"service_id": ids if len(ids) > 1 else service_id}, DEFINITION_FIELDS)
    rows = [row for row in rows if row["service_id"] == service_id] or rows
    # Anybody who may make an API in some application can give it the same ID.
    rows = [row for row in rows if (row["sys_scope"] or GLOBAL) == instance.application] or rows
    if len(rows) > 1:
        raise Ambiguous(
            f"There are {len(rows)} Scripted REST APIs with the API ID {service_id}",
            f"instance {instance.host}, table {DEFINITION}",
            "; ".join(f"{row['name']} ({row['sys_id']}, {row['base_uri']})" for row in rows),
            "Remove all but the right one",
        )
    return rows[0] if rows else None


def with_operations(instance: Instance, definition: Row | None) -> Current:
    """The API that ``definition`` belongs to, its operations read."""
    if definition is None:
        return Current()
    rows = instance.find(OPERATION, {"web_service_definition": definition["sys_id"]}, OPERATION_FIELDS)
    return Current(definition, tuple(rows))


def find_application(instance: Instance, scope: str) -> str:
    """The sys_id of the application called ``scope``. Raises `RecordMissing`."""
    if scope == GLOBAL:
        return GLOBAL
    rows = instance.find("sys_scope", {"scope": scope}, ["name"])
    if not rows:
        where = f"instance {instance.host}, table sys_scope"
        raise RecordMissing(
            f"There is no application with the scope {scope}", where, advice="Correct scope, or install the application"
        )
    return rows[0]["sys_id"]
