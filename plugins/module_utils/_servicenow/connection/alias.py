# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Connection & Credential Aliases: which one a task means, its form template and its connection attributes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    Ambiguous,
    InputError,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ALIAS,
    DEFINITION,
    fields,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

TEMPLATE = "configuration_template"
ATTRIBUTE_PATH = "connection.extended_attributes."
REGISTRY_PATH = "credential.oauth_entity."


@dataclass(frozen=True)
class FormField:
    """One input of the Configure form: the ``path`` that it fills, its ``label``, its ``kind`` (text,
    password, ...).
    """

    path: str
    label: str
    kind: str
    mandatory: bool


@dataclass(frozen=True)
class Template:
    """The JSON behind the Configure form (servicenow-connections 3.1)."""

    name: str = ""
    fields: tuple[FormField, ...] = ()
    defaults: dict[str, Any] = field(default_factory=dict)

    @property
    def registry_defaults(self) -> dict[str, Any]:
        """What the template presets in the Application Registry record."""
        return _mapping(_mapping(self.defaults.get("credential")).get("oauth_entity"))

    @property
    def connection_defaults(self) -> dict[str, Any]:
        """What the template presets in the connection record."""
        return _mapping(self.defaults.get("connection"))

    @property
    def connection_columns(self) -> list[str]:
        """The columns of the connection record that the form fills."""
        paths = [entry.path.split(".") for entry in self.fields]
        return [path[1] for path in paths if len(path) == 2 and path[0] == "connection"]

    @property
    def credential_table(self) -> str:
        """The table of the credential that the form makes, empty if the template does not say."""
        return str(_mapping(self.defaults.get("credential")).get("table") or "")

    @property
    def credential_name(self) -> str:
        """The name that the form gives to the credential record, empty if it does not preset one."""
        return str(_mapping(self.defaults.get("credential")).get("name") or "")

    @property
    def scopes(self) -> list[str]:
        """The OAuth scopes that the template presets, as sent on the wire."""
        rows = self.registry_defaults.get("oauth_entity_scope")
        return (
            [str(row.get("oauth_entity_scope") or row.get("name")) for row in rows if isinstance(row, dict)]
            if isinstance(rows, list)
            else []
        )


@dataclass(frozen=True)
class Alias:
    """An alias record with its template."""

    row: Row
    template: Template

    @property
    def sys_id(self) -> str:
        """The record's sys_id."""
        return self.row["sys_id"]

    @property
    def label(self) -> str:
        """What people call it: its id, else its name."""
        return self.row["id"] or self.row["name"]

    def as_result(self) -> dict[str, str]:
        """What a task returns of it."""
        return {
            "sys_id": self.sys_id,
            "id": self.row["id"],
            "name": self.row["name"],
            "scope": self.row["sys_scope.scope"],
        }


def find_alias(instance: Source, scope: str, wanted: str, preferred_name: str) -> Alias:
    """The alias that a task means.

    ``wanted`` is an id, a sys_id or, together with ``scope``, a name. Without it the one connection alias that
    ``scope`` ships is taken; of several the one called ``preferred_name`` (servicenow-connections 8). Raises
    `RecordMissing`, or `Ambiguous` with the candidates listed.
    """
    where = f"instance {instance.host}, table sys_alias"
    rows = _candidates(instance, scope, wanted)
    chosen = _called(rows, wanted) if wanted else _preferred(rows, preferred_name)
    if not chosen:
        what = f"The alias {wanted} does not exist" if wanted else f"The application {scope} has no connection alias"
        advice = (
            "Install the spoke (snow_ops.spokes.snow_store_app), or activate it, or correct the alias; its id is on "
            "the alias record under "
            "Connections & Credentials"
        )
        others = ", ".join(sorted(row["id"] or row["name"] for row in rows))
        raise RecordMissing(what, where, f"There is: {others}" if others else "", advice)
    if len(chosen) > 1:
        listed = "; ".join(f"{row['id'] or row['name']} ({row['sys_id']})" for row in chosen)
        raise Ambiguous(
            "More than one alias fits", where, listed, "Name one of them in the option alias, by id or sys_id"
        )
    row = chosen[0]
    if row["connection_type"] not in ("http_connection", ""):
        raise InputError(
            f"The alias {row['id']} uses connections of type {row['connection_type']}, not HTTP connections",
            where,
            advice="Name another alias",
        )
    return Alias(row, _parse_template(row, where))


def _called(rows: list[Row], wanted: str) -> list[Row]:
    """The aliases with the sys_id or id ``wanted``, else those of that name."""
    by_id = [row for row in rows if wanted in (row["sys_id"], row["id"])]
    return by_id or [row for row in rows if row["name"].lower() == wanted.lower()]


def _preferred(rows: list[Row], name: str) -> list[Row]:
    """Of several aliases the one called ``name``, all of them if none is."""
    if len(rows) < 2 or not name:
        return rows
    wanted = name.lower()
    return [row for row in rows if wanted in (row["name"].lower(), row["id"].lower().rpartition(".")[2])] or rows


def _candidates(instance: Source, scope: str, wanted: str) -> list[Row]:
    """The aliases that can be meant: where none is named, the connection aliases that are not below another one."""
    if scope:
        rows = instance.find(ALIAS, {"sys_scope.scope": scope}, fields(ALIAS))
        return rows if wanted else [row for row in rows if row["type"] == "connection" and not row["parent"]]
    check_text(wanted, "alias")
    by_sys_id = len(wanted) == 32 and all(char in "0123456789abcdef" for char in wanted)
    return instance.find(ALIAS, {"sys_id" if by_sys_id else "id": wanted}, fields(ALIAS))


def label_of(definition: Row) -> str:
    """What the form calls a connection attribute: its own label, which not every instance fills in, or its column's,
    else its element.

    The definitions extend var_dictionary, which has a label of its own.
    """
    return definition["label"] or definition["column_label"] or definition["element"]


def find_attributes(instance: Source, alias: Alias) -> list[Row]:
    """The definitions of the alias's connection attributes (servicenow-connections 2.1)."""
    return instance.find(DEFINITION, {"model": alias.sys_id}, fields(DEFINITION))


def _parse_template(row: Row, where: str) -> Template:
    if not row[TEMPLATE]:
        return Template()
    schema = _parse(row[f"{TEMPLATE}.dynamic_data_schema"], where, "dynamic_data_schema")
    inputs = []
    for section in ("connection_fields", "credential_fields", "additional_fields"):
        entries = schema.get(section)
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and entry.get("name"):
                label, kind = str(entry.get("label") or ""), str(entry.get("type") or "text")
                inputs.append(FormField(str(entry["name"]), label, kind, str(entry.get("mandatory")).lower() == "true"))
    return Template(
        row[f"{TEMPLATE}.name"],
        tuple(inputs),
        _parse(row[f"{TEMPLATE}.default_data_template"], where, "default_data_template"),
    )


def _parse(text: str, where: str, column: str) -> dict[str, Any]:
    try:
        document = json.loads(text or "{}")
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise UnexpectedAnswer(
            "The configuration template of the alias is not a JSON object",
            f"{where}, field {TEMPLATE}.{column}",
            advice="Repair the template of the spoke (sys_alias_templates), or reinstall the spoke",
        )
    return document


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
