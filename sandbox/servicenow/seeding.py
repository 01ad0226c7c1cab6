# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Records that are there before anybody did anything: what the platform ships, spokes, and what a seed file describes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from .acl import EXTERNAL, SCRIPT_WRITER
from .login import ApiKey
from .schema import Schema, platform_schema
from .spokes import spoke_records
from .store import Row, seeded_sys_id
from .values import plain_text

if TYPE_CHECKING:
    from .instance import Instance

SHIPPED_ON = "2026-01-01 00:00:00"
ROLES = (
    *(
        "itil",
        "snc_basic_auth_api_access",
        "web_service_admin",
        "snc_platform_rest_api_access",
        "impersonator",
        EXTERNAL,
        SCRIPT_WRITER,
    ),
)


@cache
def shipped_rows() -> Mapping[str, Mapping[str, Row]]:
    """The rows that all instances share: the dictionary itself, choices, roles, the global scope."""
    schema = platform_schema()
    rows: dict[str, dict[str, Row]] = {}

    def ship(table: str, key: str, /, **values: str) -> None:
        sys_id = values.pop("sys_id", "") or seeded_sys_id(table, key)
        row = {column.name: column.default for column in schema[table].columns.values() if column.default}
        row.update(values, sys_id=sys_id, sys_class_name=table, sys_created_on=SHIPPED_ON, sys_created_by="system")
        row.update(sys_updated_on=SHIPPED_ON, sys_updated_by="system", sys_mod_count="0")
        if "sys_metadata" in schema[table].lineage:
            row["sys_name"] = values.get("name", "")
        rows.setdefault(table, {})[sys_id] = {column: value for column, value in row.items() if value}

    for table in schema:
        parent = seeded_sys_id("sys_db_object", table.lineage[1]) if len(table.lineage) > 1 else ""
        ship(
            "sys_db_object",
            table.name,
            name=table.name,
            label=table.label,
            super_class=parent,
            ws_access=str(table.ws_access).lower(),
        )
    for table in schema:
        _ship_columns(schema, table.name, ship)
    for role in sorted({role for table in schema for allowed in table.roles.values() for role in allowed} | set(ROLES)):
        ship("sys_user_role", role, name=role)
    ship("sys_scope", "global", sys_id="global", name="Global", scope="global", source="global")
    return rows


def _ship_columns(schema: Schema, table_name: str, ship: Any) -> None:
    for column in schema[table_name].columns.values():
        if column.table != table_name:
            continue
        ship(
            "sys_dictionary",
            f"{table_name}.{column.name}",
            name=table_name,
            element=column.name,
            column_label=column.label,
            internal_type=column.type,
            max_length=str(column.max_length or 40),
            reference=column.reference,
            default_value=column.default,
            **dict.fromkeys(column.flags, "true"),
        )
        for sequence, (value, label) in enumerate(column.choices.items()):
            name = f"{table_name}.{column.name}.{value}"
            ship(
                "sys_choice",
                name,
                name=table_name,
                element=column.name,
                value=value,
                label=label,
                sequence=str(sequence),
            )


def fill(instance: Instance, description: Mapping[str, Any]) -> None:
    """Put what ``description``, an instance's part of a seed file, says into the empty ``instance``."""
    properties = {"instance_name": instance.name, **description.get("properties", {})}
    for name, value in properties.items():
        if value is None:
            continue
        instance.put_record("sys_properties", seeded_sys_id("sys_properties", name), {"name": name, "value": value})
    for user in description.get("users", []):
        _add_user(instance, user)
    _add_spokes(instance, description)
    for plugin, state in description.get("plugins", {}).items():
        _add_plugin(instance, plugin, state)
    for client in description.get("oauth_clients", []):
        user = next(instance.store.find("sys_user", user_name=client.get("user", "")), {}).get("sys_id", "")
        values = {"type": "client", **client, "user": user}
        instance.put_record("oauth_entity", seeded_sys_id("oauth_entity", client["name"], instance.name), values)
    for key in description.get("api_keys", []):
        instance.login.api_keys[key["token"]] = ApiKey(key["user"], tuple(key.get("apis", ("table",))))
    _set_access(instance, description)
    for table, records in description.get("records", {}).items():
        for number, record in enumerate(records):
            sys_id = record.get("sys_id") or seeded_sys_id(table, str(record.get("name", number)), instance.name)
            instance.put_record(table, sys_id, record)


def _add_spokes(instance: Instance, description: Mapping[str, Any]) -> None:
    """The spokes that are installed."""
    entitled = description.get("spokes", [])
    for spoke in (spoke for spoke in entitled if spoke["scope"] not in description.get("not_installed", [])):
        for table, name, values in spoke_records(_with_types(spoke, description.get("attribute_types", {}))):
            instance.put_record(table, seeded_sys_id(table, name), values)


def _set_access(instance: Instance, description: Mapping[str, Any]) -> None:
    """Which tables REST reaches, and which columns nobody may write."""
    for name in description.get("closed_tables", []):
        instance.put_record("sys_db_object", seeded_sys_id("sys_db_object", name), {"ws_access": "false"})
    for name in description.get("open_tables", []):
        instance.put_record("sys_db_object", seeded_sys_id("sys_db_object", name), {"ws_access": "true"})
    for table, columns in description.get("denied_fields", {}).items():
        for column in columns:
            name = f"{table}.{column}"
            values = {"name": name, "operation": "write", "decision_type": "deny"}
            instance.put_record("sys_security_acl", seeded_sys_id("sys_security_acl", name), values)


def _with_types(spoke: Mapping[str, Any], types: Mapping[str, str]) -> Mapping[str, Any]:
    """``spoke`` with other internal types for some of its attributes, by element; the form hides the input of an encrypted one."""
    attributes = [
        {**attribute, "internal_type": types.get(attribute["element"], attribute["internal_type"])}
        for attribute in spoke["attributes"]
    ]
    hidden = {
        f"connection.extended_attributes.{entry['element']}"
        for entry in attributes
        if entry["internal_type"] == "password2"
    }
    fields = [{**field, "type": "password"} if field["path"] in hidden else field for field in spoke["fields"]]
    return {**spoke, "attributes": attributes, "fields": fields}


def _add_user(instance: Instance, user: Mapping[str, Any]) -> None:
    columns = {name: value for name, value in user.items() if name not in ("password", "roles")}
    first_name, _separator, last_name = user["user_name"].replace(".", " ").title().partition(" ")
    names = {"first_name": first_name, "last_name": last_name, "name": f"{first_name} {last_name}".strip()}
    user_id = seeded_sys_id("sys_user", user["user_name"], instance.name)
    instance.put_record("sys_user", user_id, {**names, **columns, "user_password": user.get("password", "")})
    for role in user.get("roles", []):
        role_id = seeded_sys_id("sys_user_role", role)
        if instance.store.get("sys_user_role", role_id) is None:
            instance.put_record("sys_user_role", role_id, {"name": role})
        sys_id = seeded_sys_id("sys_user_has_role", f"{user['user_name']}/{role}", instance.name)
        instance.put_record("sys_user_has_role", sys_id, {"user": user_id, "role": role_id})


def _add_plugin(instance: Instance, plugin: str, state: str) -> None:
    active = plain_text(state) == "active"
    values = {"name": plugin, "active": "active" if active else "inactive", "version": "1.0.0"}
    instance.put_record("v_plugin", seeded_sys_id("v_plugin", plugin), {"id": plugin, **values})
    in_package = {"name": plugin, "source": plugin, "version": "1.0.0", "active": active, "state": values["active"]}
    instance.put_record("sys_plugins", seeded_sys_id("sys_plugins", plugin), in_package)
