# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What tests of snow_connection_alias share: run it, look at the records that it leaves, and put the setup endpoint on an instance."""

from __future__ import annotations

import json
from typing import Any

import requests
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._setup_endpoint import OPERATIONS, operations, script_of
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, ROOT, login, qualtrics_connection, run_task

from sandbox import Sandbox
from sandbox.world import USUAL_BEHAVIOUR

__all__ = ["OPERATIONS"]
MODULE = "snow_connection_alias"
TABLES = (
    "oauth_entity",
    "oauth_entity_profile",
    "oauth_entity_scope",
    "oauth_entity_profile_scope",
    "oauth_2_0_credentials",
    "http_connection",
    "sys_variable_value",
)


# What differs between any two records: when and by whom, identity, and the salt of what is encrypted.
OWN = (
    "sys_id",
    "sys_created_on",
    "sys_created_by",
    "sys_updated_on",
    "sys_updated_by",
    "sys_mod_count",
    "sys_update_name",
)


def attempt(check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    """Run the module, whatever comes of it."""
    return run_task(MODULE, qualtrics_connection(**changes), check_mode)


def configure(check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    """Run the module, which has to succeed."""
    result = attempt(check_mode, **changes)
    assert not result.get("failed"), result["msg"]
    return result


def own_records(sandbox: Sandbox, table: str, plain: bool = False, instance: str = "acmedev") -> list[dict[str, str]]:
    """The records of a table but for the inbound OAuth client that every instance has."""
    return [row for row in sandbox.control.records(instance, table, plain) if row.get("name") != "api.client"]


def all_records(sandbox: Sandbox, instance: str) -> dict[str, list[dict[str, str]]]:
    """The records of a connection, secrets in plain, references as the name of what they lead to."""
    rows = {table: own_records(sandbox, table, True, instance) for table in TABLES}
    roles = {row["sys_id"]: f"{table} {row.get('name', '')}" for table in TABLES for row in rows[table]}
    shown = {
        table: [
            {
                name: roles.get(value, value).replace(instance, "this")
                for name, value in row.items()
                if name not in OWN and value
            }
            for row in found
        ]
        for table, found in rows.items()
    }
    return {table: sorted(found, key=str) for table, found in shown.items()}


def one(sandbox: Sandbox, table: str, plain: bool = False, instance: str = "acmedev") -> dict[str, str]:
    """The only record of a table."""
    (row,) = own_records(sandbox, table, plain, instance)
    return row


def predicted(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The records of a result without the sys_ids, which only the platform knows before it makes a record."""
    return [(step["role"], step["table"], step["action"], step["before"], step["after"]) for step in result["records"]]


def assert_configured(sandbox: Sandbox) -> None:
    """Every record is there once and holds what the task asked for."""
    registry, profile, scope = (one(sandbox, table, plain=True) for table in TABLES[:3])
    link, credential, connection, value = (one(sandbox, table) for table in TABLES[3:])
    assert registry["name"] == "Qualtrics OAuth"
    assert registry["client_id"] == CLIENT_ID
    assert registry["client_secret"] == CLIENT_SECRET
    assert registry["token_url"] == "https://fra1.qualtrics.com/oauth2/token"
    assert registry["default_grant_type"] == profile["grant_type"] == "client_credentials"
    assert profile["oauth_entity"] == scope["oauth_entity"] == registry["sys_id"]
    assert scope["oauth_entity_scope"] == "manage:all"
    assert (link["oauth_entity_profile"], link["oauth_entity_scope"]) == (profile["sys_id"], scope["sys_id"])
    assert credential["oauth_entity_profile"] == profile["sys_id"]
    assert connection["name"] == "Qualtrics"
    assert connection["connection_url"] == "https://acme.qualtrics.com/API/v3"
    assert connection["credential"] == credential["sys_id"]
    assert connection["active"] == "true"
    assert value["document_key"] == connection["sys_id"]
    assert value["value"] == API_TOKEN


ACTION = ROOT / "sandbox" / "servicenow" / "actions" / "look_up_directories_metadata.js"


def endpoint_script(operation: str) -> str:
    """The script of an operation as the role setup_endpoint installs it."""
    return script_of(operation).rstrip()


def endpoint_api(name: str = "acmedev") -> dict[str, Any]:
    """The options of snow_scripted_rest_api that install the setup endpoint."""
    return {
        "instance": login(name),
        "service_id": "spoke_connection_setup",
        "name": "Spoke Connection Setup",
        "operations": operations(),
    }


def session_to(sandbox: Sandbox, user: str = "spoke.setup", password: str = PASSWORD) -> requests.Session:
    """A logged-in session of somebody who uses the REST API by hand."""
    session = requests.Session()
    session.auth = (user, password)
    session.proxies = {"https": sandbox.environment["HTTPS_PROXY"]}
    session.verify = sandbox.environment["REQUESTS_CA_BUNDLE"]
    return session


def delete_by_hand(sandbox: Sandbox, table: str, sys_id: str) -> None:
    """Delete a record as a person does: the platform removes what belongs to it."""
    with session_to(sandbox) as session:
        session.delete(f"https://acmedev.service-now.com/api/now/table/{table}/{sys_id}", timeout=30).raise_for_status()


def install_scripts(sandbox: Sandbox, service_id: str, scripts: dict[str, str], name: str = "acmedev") -> str:
    """Make a Scripted REST API with a POST operation for each script, and return its base path."""
    tables = f"https://{name}.service-now.com/api/now/table"
    with session_to(sandbox) as session:
        values = {"name": service_id, "service_id": service_id}
        definition = session.post(f"{tables}/sys_ws_definition", json=values, timeout=30).json()["result"]
        for operation, script in scripts.items():
            values = {
                "name": operation,
                "web_service_definition": definition["sys_id"],
                "http_method": "POST",
                "relative_path": f"/{operation}",
            }
            session.post(
                f"{tables}/sys_ws_operation", json={**values, "operation_script": script}, timeout=30
            ).raise_for_status()
    sandbox.control.clear_requests()
    return definition["base_uri"]


API_TABLES = ("sys_ws_definition", "sys_ws_operation")
# What an installation of the setup endpoint left, by how the instance was before: hundreds of tests begin with one.
_INSTALLED: dict[str, tuple[str, dict[str, list[dict[str, str]]]]] = {}


def install_endpoint(sandbox: Sandbox, name: str = "acmedev") -> str:
    """Put the setup endpoint on an instance and return its base path.

    Where an earlier call met an instance that was the same, the records that it left are put there.
    """
    before = api_records(sandbox, name)
    key = json.dumps([name, before])
    is_usual = sandbox.control.behaviour() == USUAL_BEHAVIOUR and not sandbox.control.faults()
    if is_usual and key in _INSTALLED:
        path, left = _INSTALLED[key]
        for table, rows in left.items():
            for row in rows:
                if row not in before[table]:
                    sandbox.control.put(name, table, row["sys_id"], row)
    else:
        path = run_task("snow_scripted_rest_api", endpoint_api(name))["base_path"]
        if is_usual:
            _INSTALLED[key] = (path, api_records(sandbox, name))
    sandbox.control.clear_requests()
    return path


def api_records(sandbox: Sandbox, name: str = "acmedev") -> dict[str, list[dict[str, str]]]:
    """The records of an instance's Scripted REST APIs."""
    return {table: sandbox.control.records(name, table) for table in API_TABLES}


def call(
    sandbox: Sandbox,
    path: str,
    document: Any,
    user: str = "spoke.setup",
    password: str = PASSWORD,
    name: str = "acmedev",
) -> requests.Response:
    """POST ``document`` to an instance."""
    with session_to(sandbox, user, password) as session:
        return session.post(f"https://{name}.service-now.com{path}", json=document, timeout=30)


def look_up_directories(sandbox: Sandbox, alias: str, name: str = "acmedev") -> dict[str, Any]:
    """Run the spoke's action "Look up Directories Metadata" on an instance: ``http_status``, ``error``, ``answer``."""
    path = install_scripts(sandbox, "spoke_actions", {"directories": ACTION.read_text()}, name)
    return call(sandbox, f"{path}/directories", {"alias": alias}, name=name).json()["result"]
