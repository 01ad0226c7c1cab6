# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What installing a spoke puts on an instance: application, alias, form template, attribute definitions, properties
(servicenow-connections 1.1, 1.2, 2.1, 3.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .store import seeded_sys_id

SPOKE_DEFAULTS = {
    "oauth_api_script": "3e3a3a11c333210016194ffe5bba8f70",
    "public_client": "false",
    "use_mutual_auth": "false",
}


def spoke_records(spoke: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The records of a spoke, each as table, name for `seeded_sys_id`, values.

    ``spoke`` has ``scope``, ``name``, ``version``, ``alias``; ``fields``, the form's inputs in order as ``path``, ``label`` and
    optionally ``type`` and ``mandatory``; ``oauth``, what the template presets in the registry, with ``scopes``; ``attributes`` and
    ``properties``, columns of their records; ``kind``, the class of the application record.
    """
    scope, alias, kind = spoke["scope"], spoke["alias"], spoke.get("kind", "sys_store_app")
    scope_id, alias_id = seeded_sys_id(kind, scope), seeded_sys_id("sys_alias", f"{scope}.{alias}")
    owner = {"sys_scope": scope_id, "sys_package": scope_id}
    version = spoke["version"]
    application = {"scope": scope, "name": spoke["name"], "source": scope, "version": version, "active": True}
    if kind == "sys_store_app":
        application["latest_version"] = version
    yield kind, scope, application
    connection_fields, credential_fields = _form(spoke["fields"])
    schema = {"connection_fields": connection_fields, "credential_fields": credential_fields}
    template = {
        "name": f"{spoke['name']} template",
        "dynamic_data_schema": json.dumps(schema),
        "default_data_template": json.dumps(_defaults(spoke)),
        "post_process_script": spoke.get("post_process_script", ""),
    }
    yield "sys_alias_templates", scope, {**owner, **template}
    template_id = seeded_sys_id("sys_alias_templates", scope)
    values = {"name": alias, "id": f"{scope}.{alias}", "configuration_template": template_id}
    yield "sys_alias", f"{scope}.{alias}", {**owner, **values}
    dictionary = f"var__m_connection_attributes_{alias_id}"
    for order, attribute in enumerate(spoke.get("attributes", []), 1):
        place = {
            "name": dictionary,
            "model": alias_id,
            "model_id": alias_id,
            "model_table": "sys_alias",
            "order": order * 100,
        }
        column = {"column_label": attribute["label"], "max_length": 255, "mandatory": True}
        yield "connection_attributes", f"{dictionary}.{attribute['element']}", {**owner, **place, **column, **attribute}
    for setting in spoke.get("properties", []):
        name = f"{scope}.{setting['suffix']}"
        yield "sys_properties", name, {**owner, "name": name, "ignore_cache": True, **setting}


def _form(fields: list[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The inputs of the connection and those of the credential."""
    inputs = [
        {
            "name": field["path"],
            "label": field["label"],
            "type": field.get("type", "text"),
            "defaultValue": "",
            "hint": "",
            "mandatory": field.get("mandatory", True),
        }
        for field in fields
    ]
    return (
        [field for field in inputs if field["name"].startswith("connection.")],
        [f for f in inputs if f["name"].startswith("credential.")],
    )


def _defaults(spoke: Mapping[str, Any]) -> dict[str, Any]:
    oauth = dict(spoke["oauth"])
    scopes = oauth.pop("scopes", [])
    grant = oauth["default_grant_type"]
    profile = {
        "name": f"{spoke['alias']} default_profile",
        "grant_type": grant,
        "default": "true",
        "oauth_entity_profile_scope": scopes,
    }
    registry = {
        "type": "consumer",
        **SPOKE_DEFAULTS,
        **oauth,
        "oauth_entity_scope": [{"name": scope, "oauth_entity_scope": scope} for scope in scopes],
        "oauth_entity_profile": [profile],
    }
    credential = {"table": "oauth_2_0_credentials", "name": f"{spoke['alias']} credential", "oauth_entity": registry}
    connection = {"table": "http_connection", "name": f"{spoke['alias']} connection", "use_mid": "false"}
    return {"credential": credential, "connection": connection}
