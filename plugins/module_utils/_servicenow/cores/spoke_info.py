# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_spoke_info: what an instance has of a spoke's prerequisites, all at once (servicenow-connections 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import AccessDenied, Ambiguous, InputError, RecordMissing
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias, find_alias, label_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import NO_TOKEN, Current, read_current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import INSTANCE, read_mark
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row

PRESENT, MISSING, INACTIVE, UNKNOWN = "present", "missing", "inactive", "unknown"
OWN_PROPERTIES = ("instance_name", "glide.installation.production")
# What the documented procedure wants (servicenow-connections 6): anything less may work and is not proven.
DOCUMENTED_ROLE = "admin"


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Report on the spoke that ``params`` (the module's options) name; nothing is ever written.

    A failed login or an instance that does not answer ends the task; everything else is part of the report.
    """
    if not params["scope"]:
        raise InputError("scope is empty", advice="Give the application scope of the spoke")
    for option in ("scope", "alias", "preferred_alias_name"):
        check_text(params.get(option) or "", option)
    for option in ("properties", "plugins"):
        for index, name in enumerate(params[option]):
            check_text(name, f"{option}[{index}]")
            if not name or "," in name:
                raise InputError(f"{option}[{index}] is empty or contains a comma: {name!r}", advice="Give one name per entry")
    instance = Instance(params["instance"], secrets)
    user, properties, application, plugins, found_alias = instance.gather(
        lambda: _user(instance),
        lambda: _properties(instance, [*OWN_PROPERTIES, *params["properties"]]),
        lambda: _application(instance, params["scope"]),
        lambda: _plugins(instance, params["plugins"]),
        lambda: _alias(instance, params),
    )
    alias, alias_report = found_alias
    connection, attributes, token = _connection(instance, alias, params, secrets)
    report = {
        "instance": {
            "host": instance.host,
            "name": properties["instance_name"]["value"],
            "is_production": _as_bool(properties["glide.installation.production"]["value"]),
        },
        "user": user,
        "application": application,
        "plugins": plugins,
        "alias": alias_report,
        "attributes": attributes,
        "properties": {name: properties[name] for name in params["properties"]},
        "connection": connection,
        "token": token,
    }
    problems = _problems(report)
    return dict(report, problems=problems, ready=not any(problem["is_blocking"] for problem in problems), changed=False)


def _attempt(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The report of ``read``; what the account may not see is unknown, which is not missing."""
    try:
        return read()
    except (AccessDenied, RecordMissing) as error:
        return {"status": UNKNOWN, "reason": str(error)}


def _user(instance: Instance) -> dict[str, Any]:
    row = instance.find_own_user()
    if row is None:
        return {"status": UNKNOWN, "user_name": instance.login.user_name or None, "roles": None, "is_admin": None}
    user = {"status": PRESENT, "user_name": row["user_name"], "sys_id": row["sys_id"], "roles": None, "is_admin": None}
    try:
        rows = instance.find("sys_user_has_role", {"user": row["sys_id"]}, ["role.name", "state"])
    except AccessDenied:
        return user
    roles = sorted({entry["role.name"] for entry in rows if entry["state"] in ("active", "")})
    # No row at all is what an account sees that may not read the table.
    return dict(user, roles=roles, is_admin=DOCUMENTED_ROLE in roles) if roles else user


def _properties(instance: Instance, names: list[str]) -> dict[str, dict[str, Any]]:
    try:
        rows = {row["name"]: row for row in instance.find("sys_properties", {"name": names}, ["value", "type"])}
    except AccessDenied as error:
        return {name: {"status": UNKNOWN, "value": None, "reason": str(error)} for name in names}
    report = {}
    for name in names:
        row = rows.get(name)
        is_secret = row is not None and row["type"] in ("password", "password2")
        report[name] = {"status": PRESENT if row else MISSING, "value": None if row is None or is_secret else row["value"]}
    return report


def _application(instance: Instance, scope: str) -> dict[str, Any]:
    """The spoke's application record; sys_store_app is closed to REST on many instances, its parent is not."""

    def from_table(table: str) -> dict[str, Any]:
        rows = instance.find(table, {"scope": scope}, ["name", "version", "active"])
        if not rows:
            return {"status": MISSING}
        row = next((row for row in rows if row["active"] == "true"), rows[0])
        return {"status": INACTIVE if row["active"] == "false" else PRESENT, "name": row["name"], "version": row["version"]}

    report = _attempt(lambda: from_table("sys_store_app"))
    if report["status"] != PRESENT:
        other = _attempt(lambda: from_table("sys_scope"))
        report = other if other["status"] != UNKNOWN else report
    return dict(report, scope=scope)


def _plugins(instance: Instance, wanted: list[str]) -> list[dict[str, Any]]:
    if not wanted:
        return []
    try:
        rows = {row["id"]: row for row in instance.find("v_plugin", {"id": wanted}, ["name", "active"])}
    except (AccessDenied, RecordMissing) as error:
        return [{"id": name, "status": UNKNOWN, "reason": str(error)} for name in wanted]
    report = []
    for name in wanted:
        row = rows.get(name)
        # Both spellings of "active" are reported (servicenow-connections 7).
        status = MISSING if row is None else PRESENT if row["active"].lower() in ("active", "true") else INACTIVE
        report.append({"id": name, "status": status})
    return report


def _alias(instance: Instance, params: dict[str, Any]) -> tuple[Alias | None, dict[str, Any]]:
    try:
        alias = find_alias(instance, params["scope"], params.get("alias") or "", params.get("preferred_alias_name") or "")
    except RecordMissing as error:
        return None, {"status": MISSING, "reason": str(error)}
    except (AccessDenied, Ambiguous) as error:
        return None, {"status": UNKNOWN, "reason": str(error)}
    fields = [{"label": entry.label, "path": entry.path, "mandatory": entry.mandatory} for entry in alias.template.fields]
    return alias, dict(alias.as_result(), status=PRESENT, template=alias.template.name or None, form_fields=fields)


def _connection(
    instance: Instance, alias: Alias | None, params: dict[str, Any], secrets: Secrets
) -> tuple[dict[str, Any], list[dict[str, Any]] | None, dict[str, Any]]:
    """The reports on the connection, the attribute definitions (None if not known) and the token."""
    unknown_token = dict(NO_TOKEN, status=UNKNOWN)
    if alias is None:
        return {"status": UNKNOWN, "reason": "the alias is not known"}, None, unknown_token
    try:
        current = read_current(instance, alias, "", "")
    except (AccessDenied, Ambiguous, RecordMissing) as error:
        return {"status": UNKNOWN, "reason": str(error)}, None, unknown_token
    attributes = [
        {"element": row["element"], "label": label_of(row), "type": row["internal_type"], "is_set": _is_set(row, current)}
        for row in current.definitions
    ]
    if current.connection is None:
        return {"status": MISSING}, attributes, dict(NO_TOKEN)
    registry = current.registry or {}
    report = {
        "status": PRESENT,
        "sys_id": current.connection["sys_id"],
        "name": current.connection["name"],
        "is_active": current.connection["active"] == "true",
        "url": current.connection["connection_url"],
        "credential": (current.credential or {}).get("name"),
        "registry": registry.get("name"),
        "client_id": registry.get("client_id"),
        "token_url": registry.get("token_url"),
        "grant_type": (current.profile or {}).get("grant_type"),
        "scopes": _scopes(current),
        "has_client_secret": bool(registry.get("client_secret")),
        "configured_for": read_mark(registry.get("comments", ""), INSTANCE) or None,
        "dangling": current.dangling,
    }
    return report, attributes, {name: current.token[name] for name in NO_TOKEN}


def _scopes(current: Current) -> list[str]:
    names = {row["sys_id"]: row["oauth_entity_scope"] for row in current.scopes}
    return sorted(names[row["oauth_entity_scope"]] for row in current.profile_scopes if row["oauth_entity_scope"] in names)


def _is_set(definition: Row, current: Current) -> bool | None:
    """Whether the connection has a value for the attribute; None where the values cannot be read."""
    if current.values is None:
        return None
    return any(row["variable"] == definition["sys_id"] and row["value"] for row in current.values) or bool(definition["default_value"])


def _as_bool(text: str | None) -> bool | None:
    return {"true": True, "false": False}.get((text or "").lower())


def _problems(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What keeps the spoke from being set up; what is only not known does not block."""
    problems: list[dict[str, Any]] = []

    def add(is_blocking: bool, what: str, advice: str) -> None:
        problems.append({"is_blocking": is_blocking, "what": what, "advice": advice})

    application, user, alias = report["application"], report["user"], report["alias"]
    if application["status"] in (MISSING, INACTIVE):
        add(True, f"The application {application['scope']} is {application['status']}", "Activate the spoke: All > System Applications")
    for plugin in report["plugins"]:
        if plugin["status"] in (MISSING, INACTIVE):
            add(
                True,
                f"The plugin {plugin['id']} is {plugin['status']}",
                "Activate it; Integration Hub plugins are activated by ServiceNow personnel",
            )
    if alias["status"] == MISSING or (alias["status"] == UNKNOWN and "More than one" in alias["reason"]):
        add(True, alias["reason"], "Activate the spoke, or name the alias")
    if "connections" in report["connection"].get("reason", ""):
        add(True, report["connection"]["reason"], "Deactivate or remove the connections that are not meant")
    for name, entry in report["properties"].items():
        if entry["status"] == MISSING:
            add(True, f"The system property {name} does not exist", "The spoke ships it: activate the spoke, or correct the name")
    if user["is_admin"] is False:
        add(False, f"The account {user['user_name']} has no admin role", "admin is the documented role; see the documentation for less")
    unknown = [plugin["id"] for plugin in report["plugins"] if plugin["status"] == UNKNOWN]
    unknown += [name for name in ("user", "application", "alias", "connection") if report[name]["status"] == UNKNOWN]
    unknown += ["user.roles"] if user["status"] == PRESENT and user["roles"] is None else []
    unknown += [name for name, entry in report["properties"].items() if entry["status"] == UNKNOWN]
    if unknown:
        add(
            False,
            f"Could not be found out: {', '.join(unknown)}",
            "The account may not read the tables; this alone does not stop the set-up",
        )
    return problems
