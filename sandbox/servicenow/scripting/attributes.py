# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Connection attributes: definitions of an alias, values of a connection (servicenow-connections 2.1, 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..store import Row

if TYPE_CHECKING:
    from ..instance import Instance


@dataclass(frozen=True)
class Attribute:
    """An attribute of a connection. ``stored`` is its value as kept, the definition's default where it has none."""

    definition: Row
    stored: str
    value_row: Row | None

    @property
    def element(self) -> str:
        """Its name in scripts and templates."""
        return self.definition.get("element", "")

    @property
    def type(self) -> str:
        """Its internal type; the values of password2 are ciphertexts."""
        return self.definition.get("internal_type", "string")

    @property
    def label(self) -> str:
        """Its name on forms."""
        return self.definition.get("column_label", "")


def of_connection(instance: Instance, connection: Row) -> list[Attribute]:
    """The attributes that the alias of ``connection`` defines, with its values."""
    found = []
    definitions = instance.store.find(
        "connection_attributes", model=connection.get("connection_alias", "") or "none", active="true"
    )
    for definition in definitions:
        place = {"document_key": connection.get("sys_id", "") or "none", "variable": definition["sys_id"]}
        row = next(instance.store.find("sys_variable_value", **place), None)
        stored = definition.get("default_value", "") if row is None else row.get("value", "")
        found.append(Attribute(definition, stored, row))
    return found


def plain(instance: Instance, attribute: Attribute) -> str:
    """The value in plain."""
    return instance.vault.decrypt(attribute.stored) if attribute.type == "password2" else attribute.stored


def write(instance: Instance, connection: Row, element: str, stored: str, user_name: str) -> bool:
    """Keep ``stored`` as the value of an attribute of ``connection``; False if its alias has no such attribute."""
    attribute = next((found for found in of_connection(instance, connection) if found.element == element), None)
    if attribute is None:
        return False
    if attribute.value_row is not None:
        instance.writer.update(attribute.value_row, {"value": stored}, user_name)
    else:
        values = {"document": connection["sys_class_name"], "document_key": connection["sys_id"]}
        instance.writer.insert(
            "sys_variable_value", {**values, "variable": attribute.definition["sys_id"], "value": stored}, user_name
        )
    return True
