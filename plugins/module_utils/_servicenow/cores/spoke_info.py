# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_spoke_info: what an instance has of a spoke's prerequisites (servicenow-connections 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    Ambiguous,
    InputError,
    RecordMissing,
    SpokesError,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias, find_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import (
    NO_TOKEN,
    read_current,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.foresight import read_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.orphans import find_orphans
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.connection_report import (
    attribute_reports,
    connection_report,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.readiness import (
    DOCUMENTED_ROLE,
    INACTIVE,
    MISSING,
    PRESENT,
    UNKNOWN,
    UNREAD,
    nothing_read,
    problems_of,
    reason_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import check_endpoint_options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.report import (
    NOTHING,
    report_endpoint,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.account import (
    Account,
    has_script_writer_role,
    read_account,
    script_permission,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import (
    READ_REFUSALS,
    SCRIPT_WRITER,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.identity import as_flag, identity_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import Conditions

# What need not be read (option also).
USER, CONNECTION_CHAIN, ENDPOINT = "user", "connection", "setup_endpoint"
# What every spoke needs (servicenow-connections 7).
PLUGINS = [
    "com.glide.hub.integration.runtime",
    "com.glide.hub.action_type.datastream",
    "com.glide.hub.dynamic_inputs",
    "com.glide.hub.action_step.rest",
    "com.glide.cobject",
]
OWN_PROPERTIES = ("instance_name", "glide.installation.production")


TEXTS = ("scope", "alias", "preferred_alias_name", "connection_name", "connection_url")


@dataclass(frozen=True)
class Options:
    """The options of snow_spoke_info; what is not given is empty."""

    scope: str
    alias: str
    preferred_alias_name: str
    connection_name: str
    connection_url: str
    plugins: tuple[str, ...]
    properties: tuple[str, ...]
    also: frozenset[str]
    orphans: bool
    endpoint_path: str
    endpoint_trust: str


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Report on the spoke that ``params`` (the module's options) name; nothing is ever written.

    A failed login or an instance that does not answer ends the task; everything else is part of the report.
    """
    return report(Instance(params["instance"], secrets), params)


def report(instance: Instance, params: dict[str, Any]) -> dict[str, Any]:
    """The same of an ``instance`` that is known already."""
    return _Report(instance, read_options(params)).as_result()


def read_options(params: dict[str, Any]) -> Options:
    """The options of a task. Raises `InputError` for what cannot work, before anything is sent."""
    if not params["scope"]:
        raise InputError("scope is empty", advice="Give the application scope of the spoke")
    texts = {option: params.get(option) or "" for option in TEXTS}
    for option, text in texts.items():
        check_text(text, option)
    for option in ("properties", "plugins"):
        for index, name in enumerate(params[option]):
            check_text(name, f"{option}[{index}]")
            if not name or "," in name:
                raise InputError(
                    f"{option}[{index}] is empty or contains a comma: {name!r}", advice="Give one name per entry"
                )
    path, trust = params.get("endpoint_path") or "", params["endpoint_trust"]
    check_endpoint_options(path, trust)
    return Options(
        **texts,
        plugins=tuple(params["plugins"]),
        properties=tuple(params["properties"]),
        also=frozenset(params["also"]),
        orphans=params["orphans"],
        endpoint_path=path,
        endpoint_trust=trust,
    )


class _Report:
    """What can be read about a spoke. A part that cannot be read is unknown, which is not missing, and ends nothing.

    ``errors`` has the error of each part that has one, by the part's name.
    """

    def __init__(self, instance: Instance, options: Options) -> None:
        self._instance = instance
        self._options = options
        self._has_read = False
        self.errors: dict[str, SpokesError] = {}

    def as_result(self) -> dict[str, Any]:
        """The task's result. Raises `UnexpectedAnswer` where nothing that came is an answer of an instance."""
        account, properties, application, plugins, role_exists, (alias, connection, attributes, token), endpoint = (
            self._instance.gather(
                self._account,
                self._properties,
                self._application,
                self._plugins,
                self._script_writer_role,
                self._alias_and_connection,
                self._endpoint,
            )
        )
        orphans = self._orphans(alias)
        report = {
            "instance": {
                "host": self._instance.host,
                "identity": identity_of(self._instance.host, properties["instance_name"]["value"] or ""),
                "name": properties["instance_name"]["value"],
                "is_production": as_flag(properties["glide.installation.production"]["value"]),
            },
            "user": _user_report(account),
            "script_permission": {
                "status": script_permission(role_exists, account) if account else UNREAD,
                "role": SCRIPT_WRITER,
            },
            "application": dict(application, scope=self._options.scope),
            "plugins": plugins,
            "alias": self._alias_report(alias),
            "attributes": attributes,
            "properties": {name: properties[name] for name in self._options.properties},
            "connection": connection,
            "token": token,
            "setup_endpoint": endpoint,
            "orphans": orphans,
        }
        if not self._has_read and self.errors:
            refused = [error for error in self.errors.values() if not isinstance(error, AccessDenied)]
            if refused:
                raise refused[0]
            problems, ready = nothing_read(self._instance.host, next(iter(self.errors.values())))
        else:
            problems, ready = problems_of(report, self.errors)
        return dict(report, problems=problems, ready=ready, changed=False)

    def _attempt(self, part: str, read: Callable[[], Any], also: tuple[type[SpokesError], ...] = ()) -> Any:
        """What ``read`` returns; None where it cannot be read, with the reason in ``errors``."""
        refusals: tuple[type[SpokesError], ...] = (*READ_REFUSALS, *also)
        try:
            found = read()
        except refusals as error:
            self.errors[part] = error
            return None
        self._has_read = True
        return found

    def _unknown(self, part: str) -> dict[str, Any]:
        return {"status": UNKNOWN, "reason": reason_of(self.errors[part])}

    def _endpoint(self) -> dict[str, Any]:
        if ENDPOINT not in self._options.also:
            return dict(NOTHING, status=UNREAD, reason=None)
        try:
            return report_endpoint(self._instance, self._options.endpoint_path, self._options.endpoint_trust)
        except READ_REFUSALS as error:
            return dict(NOTHING, status=UNKNOWN, reason=reason_of(error))

    def _orphans(self, alias: Alias | None) -> list[dict[str, str]] | None:
        """What a clone has left over; None where it was not asked for or cannot be read."""
        if not self._options.orphans or alias is None:
            return None
        try:
            return find_orphans(self._instance, alias, self._options.connection_url)
        except READ_REFUSALS:
            return None

    def _account(self) -> Account | None:
        if USER not in self._options.also:
            return None
        # The first question: what is not the answer of an instance ends the task here. A refusal says nothing of other
        # tables.
        return read_account(self._instance)

    def _script_writer_role(self) -> bool | None:
        return has_script_writer_role(self._instance) if USER in self._options.also else None

    def _properties(self) -> dict[str, dict[str, Any]]:
        names = list(dict.fromkeys([*OWN_PROPERTIES, *self._options.properties]))
        found = self._attempt(
            "properties", lambda: self._instance.find("sys_properties", {"name": names}, ["value", "type"])
        )
        if found is None:
            return {name: dict(self._unknown("properties"), value=None) for name in names}
        rows = {row["name"]: row for row in found}
        report = {}
        for name in names:
            row = rows.get(name)
            is_secret = row is not None and row["type"] in ("password", "password2")
            report[name] = {
                "status": PRESENT if row else MISSING,
                "value": None if row is None or is_secret else row["value"],
            }
        return report

    def _application(self) -> dict[str, Any]:
        """The spoke's application record: sys_scope has those of sys_store_app too, which is closed to REST on many
        instances.
        """
        report = self._application_from("sys_scope")
        if report is None or report["status"] != PRESENT:
            report = self._application_from("sys_store_app") or report
        if report is None:
            return self._unknown("application")
        self.errors.pop("application", None)
        return report

    def _application_from(self, table: str) -> dict[str, Any] | None:
        conditions: Conditions = {"scope": self._options.scope}
        rows = self._attempt(
            "application", lambda: self._instance.find(table, conditions, ["name", "version", "active"])
        )
        return None if rows is None else _application_report(rows)

    def _plugins(self) -> list[dict[str, Any]]:
        wanted = list(self._options.plugins)
        if not wanted:
            return []
        found = self._attempt("plugins", lambda: self._instance.find("v_plugin", {"id": wanted}, ["name", "active"]))
        if found == []:
            # Rows that an account may not read are left out without a word.
            where = f"instance {self._instance.host}, table v_plugin"
            self.errors["plugins"] = RecordMissing("None of the requested plugins is in the list of plugins", where)
        if not found:
            return [dict(self._unknown("plugins"), id=name) for name in wanted]
        rows = {row["id"]: row for row in found}
        return [{"id": name, "status": _plugin_status(rows.get(name))} for name in wanted]

    def _alias_and_connection(self) -> tuple[Alias | None, dict[str, Any], list[dict[str, Any]] | None, dict[str, Any]]:
        alias = self._alias()
        return (alias, *self._connection(alias))

    def _alias(self) -> Alias | None:
        options = self._options
        names = (options.scope, options.alias, options.preferred_alias_name)

        def read() -> Alias:
            if CONNECTION_CHAIN in options.also:
                return read_alias(self._instance, *names, options.connection_name, "")
            return find_alias(self._instance, *names)

        alias: Alias | None = self._attempt("alias", read, (Ambiguous, InputError))
        return alias

    def _alias_report(self, alias: Alias | None) -> dict[str, Any]:
        if alias is None:
            is_missing = self.errors["alias"].kind == RecordMissing.kind
            return dict(self._unknown("alias"), status=MISSING if is_missing else UNKNOWN)
        fields = [
            {"label": entry.label, "path": entry.path, "mandatory": entry.mandatory} for entry in alias.template.fields
        ]
        return dict(alias.as_result(), status=PRESENT, template=alias.template.name or None, form_fields=fields)

    def _connection(self, alias: Alias | None) -> tuple[dict[str, Any], list[dict[str, Any]] | None, dict[str, Any]]:
        """The reports on the connection, the attribute definitions (None if not known) and the token."""
        if CONNECTION_CHAIN not in self._options.also:
            return {"status": UNREAD}, None, dict(NO_TOKEN, status=UNREAD)
        unknown_token = dict(NO_TOKEN, status=UNKNOWN)
        if alias is None:
            return {"status": UNKNOWN, "reason": "the alias is not known"}, None, unknown_token
        name = self._options.connection_name
        current = self._attempt(
            "connection", lambda: read_current(self._instance, alias, name, ""), (Ambiguous, InputError)
        )
        if current is None:
            several = self.errors["connection"].kind == Ambiguous.kind and alias.row["multiple_connections"] == "true"
            return dict(self._unknown("connection"), name_is_needed=several and not name), None, unknown_token
        attributes = attribute_reports(current, alias)
        if current.connection is None:
            return {"status": MISSING}, attributes, dict(NO_TOKEN)
        return connection_report(current), attributes, {key: current.token[key] for key in NO_TOKEN}


def _user_report(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {"status": UNREAD, "user_name": None, "roles": None, "is_admin": None}
    roles = None if account.roles is None else list(account.roles)
    report = {"status": PRESENT if account.sys_id else UNKNOWN, "user_name": account.user_name, "roles": roles}
    if account.sys_id:
        report["sys_id"] = account.sys_id
    return dict(report, is_admin=None if roles is None else DOCUMENTED_ROLE in roles)


def _application_report(rows: list[Row]) -> dict[str, Any]:
    if not rows:
        return {"status": MISSING}
    row = next((row for row in rows if row["active"] == "true"), rows[0])
    return {"status": INACTIVE if row["active"] == "false" else PRESENT, "name": row["name"], "version": row["version"]}


def _plugin_status(row: Row | None) -> str:
    if row is None:
        return MISSING
    # Both spellings of "active" are reported (servicenow-connections 7).
    return PRESENT if row["active"].lower() in ("active", "true") else INACTIVE
