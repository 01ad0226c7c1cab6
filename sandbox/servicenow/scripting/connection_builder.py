# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""sn_cc: what the Configure form does with its template (servicenow-connections 3.1 to 3.3), and what a spoke reads back (2.1).

That nothing is left behind when a record is refused, and that the registry's own default profile is taken for the template's, are
inferences.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..acl import Guard, Session
from ..store import Row
from ..values import plain_text, secret_type, to_stored
from ..writes import Refused
from . import attributes, engine
from .engine import HostFunction

if TYPE_CHECKING:
    from ..instance import Instance
# The word for success, and the word for failure that goes with it.
STATUSES = {"success": "failure", "true": "false"}


class Failure(Exception):
    """No connection; the message goes into the response."""


class ConnectionBuilder:
    """The host functions of sn_cc."""

    def __init__(self, instance: Instance, session: Session, functions: Mapping[str, HostFunction]) -> None:
        self._instance = instance
        self._session = session
        self._store = instance.store
        self._functions = functions
        self._created: list[Row] = []

    def functions(self) -> dict[str, HostFunction]:
        """By the names that the prelude uses."""
        return {"create_connection": self.create_connection, "connection_info": self.connection_info}

    def create_connection(self, alias_id: str, form: str, check_acl: bool) -> dict[str, str]:
        """Make the records of an alias from its template and ``form``, a JSON object of template field to value."""
        self._created = []
        try:
            connection = self._create(alias_id, form, check_acl)
        except (Failure, Refused) as failure:
            for row in reversed(self._created):
                self._instance.writer.delete(row)
            self._instance.log("error", "sn_cc.ConnectionBuilder", str(failure))
            return {"status": STATUSES[self._instance.switch("builder_status")], "id": "", "message": str(failure)}
        return {"status": self._instance.switch("builder_status"), "id": connection["sys_id"], "message": ""}

    def _create(self, alias_id: str, form: str, check_acl: bool) -> Row:
        alias = self._store.get("sys_alias", alias_id)
        template = self._store.get("sys_alias_templates", (alias or {}).get("configuration_template", ""))
        if alias is None or template is None:
            raise Failure(f"No alias with a configuration template: {alias_id}")
        data = _filled(template, form)
        credential, connection = data.get("credential") or {}, data.get("connection") or {}
        if check_acl:
            if self._instance.switch("builder_access") == "refused":
                raise Failure("Insufficient rights to create the connection")
            guard = Guard(self._store, self._session)
            tables = [
                connection.get("table", "http_connection"),
                credential.get("table", "oauth_2_0_credentials"),
                "oauth_entity",
            ]
            for table in tables:
                if table not in self._store.schema or not guard.may("create", self._store.schema[table]):
                    raise Failure(f"Insufficient rights to create records in {table}")
        references = {"connection_alias": alias_id}
        if credential:
            references["credential"] = self._credential(credential)["sys_id"]
        row = self._insert(connection.get("table", "http_connection"), {**connection, **references})
        for element, value in (connection.get("extended_attributes") or {}).items():
            self._attribute(row, element, plain_text(value))
        variables = {"aliasId": alias_id, "connectionSysId": row["sys_id"], "jsonDynamicData": form}
        self._post_process(template, {**variables, "jsonDefaultData": template.get("default_data_template", "")})
        return row

    def _credential(self, data: Mapping[str, Any]) -> Row:
        references = {}
        if isinstance(data.get("oauth_entity"), dict):
            references["oauth_entity_profile"] = self._registry(data["oauth_entity"])["sys_id"]
        return self._insert(data.get("table", "oauth_2_0_credentials"), {**data, **references})

    def _registry(self, data: Mapping[str, Any]) -> Row:
        """The registry with scopes and profiles; returns the profile for the credential."""
        entity = self._insert("oauth_entity", data)
        scopes = {}
        for scope in data.get("oauth_entity_scope") or []:
            row = self._insert("oauth_entity_scope", {**scope, "oauth_entity": entity["sys_id"]})
            scopes[row.get("oauth_entity_scope", "")] = row
        made = None
        for profile in data.get("oauth_entity_profile") or [
            {"default": "true", "grant_type": data.get("default_grant_type", "")}
        ]:
            row = self._profile(entity, profile)
            made = row if made is None or plain_text(profile.get("default", "")) == "true" else made
            for value in profile.get("oauth_entity_profile_scope") or []:
                name = value.get("oauth_entity_scope", value.get("name", "")) if isinstance(value, dict) else value
                if name not in scopes:
                    raise Failure(f"The template's profile names the scope {name}, which it does not define")
                link = {"oauth_entity_profile": row["sys_id"], "oauth_entity_scope": scopes[name]["sys_id"]}
                self._insert("oauth_entity_profile_scope", link)
        assert made is not None
        return made

    def _profile(self, entity: Row, profile: Mapping[str, Any]) -> Row:
        is_default = plain_text(profile.get("default", "")) == "true"
        existing = next(self._store.find("oauth_entity_profile", oauth_entity=entity["sys_id"], default="true"), None)
        if is_default and existing is not None:
            return self._instance.writer.update(
                existing, {"grant_type": plain_text(profile.get("grant_type", ""))}, self._session.user_name
            )
        name = profile.get("name") or f"{entity.get('name', '')} default_profile"
        return self._insert("oauth_entity_profile", {**profile, "name": name, "oauth_entity": entity["sys_id"]})

    def _insert(self, table_name: str, data: Mapping[str, Any]) -> Row:
        """Add a record; secrets are encrypted as a form does it. What is no column of the table is left out."""
        if table_name not in self._store.schema:
            raise Failure(f"The template names the table {table_name}, which does not exist")
        columns = self._store.schema[table_name].columns
        texts = {
            name: plain_text(value)
            for name, value in data.items()
            if name in columns and not isinstance(value, (dict, list))
        }
        stored = {}
        for name, value in texts.items():
            secret = secret_type(columns[name], texts)
            stored[name] = self._instance.vault.encrypt(value) if secret else to_stored(columns[name], value)
        row = self._instance.writer.insert(table_name, stored, self._session.user_name, self._session.user["sys_id"])
        self._created.append(row)
        return row

    def _attribute(self, connection: Row, element: str, value: str) -> None:
        definition = next(
            (a for a in attributes.of_connection(self._instance, connection) if a.element == element), None
        )
        if definition is None:
            raise Failure(f"The alias has no connection attribute {element}")
        stored = self._instance.vault.encrypt(value) if definition.type == "password2" else value
        attributes.write(self._instance, connection, element, stored, self._session.user_name)

    def _post_process(self, template: Row, variables: Mapping[str, str]) -> None:
        """Run the template's script, which finds these globals (docs of create-template.md, step 7)."""
        script = template.get("post_process_script", "")
        if not script:
            return
        try:
            engine.run(script, {**self._functions, **self.functions()}, variables)
        except engine.ScriptFailed as failure:
            raise Failure(f"The post-processing script failed: {failure}") from None

    def connection_info(self, alias_id: str) -> dict[str, Any] | None:
        """What a spoke gets of the alias's active connection, secrets decrypted; None if there is none."""
        connection = next(self._store.find("sys_connection", connection_alias=alias_id or "none", active="true"), None)
        if connection is None:
            return None
        credential = self._store.get("discovery_credentials", connection.get("credential", "")) or {}
        values = {
            attribute.element: attributes.plain(self._instance, attribute)
            for attribute in attributes.of_connection(self._instance, connection)
        }
        return {
            "connection": dict(connection),
            "credential": {k: self._instance.vault.decrypt(v) for k, v in credential.items()},
            "attributes": values,
        }


def _filled(template: Row, form: str) -> dict[str, Any]:
    """The template's defaults with the form's values in their places. Raises `Failure`."""
    try:
        given = json.loads(form)
        data = copy.deepcopy(json.loads(template.get("default_data_template") or "{}"))
        schema = json.loads(template.get("dynamic_data_schema") or "{}")
    except ValueError as error:
        raise Failure(f"Invalid JSON: {error}") from None
    if not isinstance(given, dict):
        raise Failure("The form data has to be a JSON object")
    fields = [
        field
        for part in ("connection_fields", "credential_fields", "additional_fields")
        for field in schema.get(part) or []
    ]
    for field in fields:
        if plain_text(field.get("mandatory", "")) == "true" and not plain_text(
            given.get(field["name"], field.get("defaultValue", ""))
        ):
            raise Failure(f"Mandatory field is missing: {field['label']}")
        if field["name"] in given or field.get("defaultValue"):
            _put(data, re.findall(r"[^.\[\]]+", field["name"]), given.get(field["name"], field.get("defaultValue")))
    return data


def _put(data: Any, path: list[str], value: Any) -> None:
    """Set the value at a path of names and, for lists, positions."""
    *steps, last = path
    for step in steps:
        data = data[int(step)] if isinstance(data, list) else data.setdefault(step, {})
    if isinstance(data, list):
        data[int(last)] = value
    else:
        data[last] = value
