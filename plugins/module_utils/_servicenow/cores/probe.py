# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_probe: how an instance behaves where the sources are silent or disagree (docs/proof.md). It only
reads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._findings import Finding, Findings
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import (
    ATTRIBUTE_PATH,
    Alias,
    find_alias,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores import probe_words as words
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform import batch
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.account import (
    Account,
    has_script_writer_role,
    read_account,
    script_permission,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import error_in, total_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer

# Every table that the collection reads or writes (servicenow-rest 5, servicenow-connections 1).
TABLES = (
    *("sys_alias", "sys_alias_templates", "connection_attributes", "http_connection", "sys_variable_value"),
    *(
        "oauth_2_0_credentials",
        "oauth_entity",
        "oauth_entity_profile",
        "oauth_entity_scope",
        "oauth_entity_profile_scope",
    ),
    *("oauth_requestor_profile", "oauth_credential", "sys_properties", "sys_store_app", "sys_scope", "v_plugin"),
    *("sys_user", "sys_user_has_role", "sys_user_role", "sys_user_preference", "sys_dictionary"),
    *("sys_ws_definition", "sys_ws_operation"),
)
# What the records route cannot do without.
NEEDED = TABLES[:9] + ("sys_properties",)
CODE = "glide.appcreator.company.code"
NOWHERE = "/api/now/snow_ops_probe"
NO_FIELD = "snow_ops_no_such_field"
# Three marks of the longest host name (connection.marks), with a fingerprint and a time.
LONGEST_MARKS = 255
# Those that the sandbox can play.
COMMENTS_LENGTHS = (4000, 255, 100, 40)
ATTRIBUTES = ("element", "label", "column_label", "internal_type", "mandatory", "max_length", "active")
# Presets of a template that name nobody.
PLAIN_PRESETS = ("default_grant_type", "send_client_credentials_as", "type", "public_client", "use_mutual_auth")
WORDING = {"User Not Authenticated": "old", "User is not authenticated": "new"}


@dataclass(frozen=True)
class Options:
    """The options of snow_probe."""

    scope: str
    alias: str
    preferred_alias_name: str
    plugins: tuple[str, ...]


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Read what ``params`` (the module's options) lead to; nothing is ever written. Raises what the first request
    meets.
    """
    for option in ("scope", "alias", "preferred_alias_name"):
        check_text(params.get(option) or "", option)
    options = Options(
        params["scope"], params.get("alias") or "", params["preferred_alias_name"], tuple(params["plugins"])
    )
    return _Probe(Instance(params["instance"], secrets), options).as_result()


class _Probe:
    """One method a point; each returns what was found."""

    def __init__(self, instance: Instance, options: Options) -> None:
        self._instance = instance
        self._options = options
        self._findings = Findings()
        # Ends the task where the login is refused or nobody answers: then there is nothing to find.
        self._account: Account = read_account(instance)
        self._seed: dict[str, Any] = {}
        self._version = ""

    def as_result(self) -> dict[str, Any]:
        """The task's result."""
        looks = {
            "release": self._release,
            "spoke": self._spoke,
            "alias": self._alias,
            "form": self._form,
            "attributes": self._attributes,
            "oauth_entity.type": self._stored_type,
            "oauth_entity.comments": self._comments,
            "apps.current_app": self._preference,
            "scripting governance": self._governance,
            "v_plugin": self._plugins,
            "web services": self._tables,
            "namespace": self._namespace,
            "batch": self._batch,
            "unknown field in a query": self._unknown_field,
            "unknown address": self._unknown_address,
            "refused login": self._refused_login,
        }
        for point, look in looks.items():
            self._findings.look(point, look)
        return dict(self._findings.as_result(), seed=self._seed)

    def _properties(self, *names: str) -> dict[str, str]:
        return {
            row["name"]: row["value"] for row in self._instance.find("sys_properties", {"name": list(names)}, ["value"])
        }

    def _release(self) -> Finding:
        found = self._properties("glide.buildname", "glide.war", CODE)
        # Whose the code is stays out of the seed, which has one of its own; only that there is none is kept.
        has_code = bool(found.pop(CODE, ""))
        build, war = found.get("glide.buildname", ""), found.get("glide.war", "")
        is_known = {"glide.buildname": build in words.RELEASES, "glide.war": words.WAR.fullmatch(war)}
        self._seed["properties"] = {name: value for name, value in found.items() if is_known[name]}
        if build and not has_code:
            self._seed["properties"][CODE] = None
        release = self._findings.said(build, words.RELEASES) or "not readable"
        why = "glide.buildname has no value, or the account may not read it"
        return Finding(release, "any release since Xanadu", True if build else None, {}, why)

    def _spoke(self) -> Finding:
        """The spoke's version, from where applications of the Store are listed everywhere."""
        rows = self._instance.find("sys_scope", {"scope": self._options.scope}, ["version"])
        if not rows:
            rows = self._instance.find("sys_store_app", {"scope": self._options.scope}, ["version"])
        if not rows:
            why = "there is no such application, or the account may not read it"
            return Finding("not found", "any version", None, {}, why)
        version = rows[0]["version"]
        self._version = version if words.VERSION.fullmatch(version) else ""
        return Finding({"version": self._findings.said(version, (self._version,))}, "any version", True, {})

    def _find_alias(self) -> Alias:
        options = self._options
        return find_alias(self._instance, options.scope, options.alias, options.preferred_alias_name)

    def _alias(self) -> Finding:
        rows = self._instance.find("sys_alias", {"sys_scope.scope": self._options.scope}, ["id", "name", "type"])
        try:
            chosen = self._findings.said(self._find_alias().row["id"], words.ALIASES)
        except SpokesError as error:
            chosen = f"none ({error.kind})"
        said = self._findings.said
        listed = [
            f"{said(row['id'] or row['name'], words.ALIASES)} ({said(row['type'], words.ALIAS_TYPES)})" for row in rows
        ]
        found = {"chosen": chosen, "all": sorted(listed)}
        return Finding(
            found, "one of the spoke's scope, or the one called Qualtrics", not chosen.startswith("none"), {}
        )

    def _form(self) -> Finding:
        alias = self._find_alias()
        template, said = alias.template, self._findings.said
        fields = [
            {
                "path": ".".join(self._findings.named(part, words.PATH_PARTS) for part in field.path.split(".")),
                "label": said(field.label, words.LABELS),
                "type": said(field.kind, words.FIELD_TYPES),
                "mandatory": field.mandatory,
            }
            for field in template.fields
        ]
        presets = {
            name: said(value, (*words.PRESETS, *words.FLAGS))
            for name, value in template.registry_defaults.items()
            if name in PLAIN_PRESETS
        }
        scopes = [said(scope, words.SCOPES) for scope in template.scopes]
        self._seed["spoke"] = {
            "scope": self._findings.named(self._options.scope, words.APPLICATIONS),
            "alias": self._findings.named(alias.row["name"], words.ALIASES),
            "fields": fields,
            "oauth": {
                "default_grant_type": str(presets.get("default_grant_type") or "client_credentials"),
                "send_client_credentials_as": str(
                    presets.get("send_client_credentials_as") or "request_body_parameter"
                ),
                "scopes": scopes,
            },
        }
        if self._version:
            self._seed["spoke"]["version"] = self._version
        found = {"fields": fields, "presets": presets, "scopes": scopes}
        return Finding(found, "read from the instance, by path and label", bool(fields), {})

    def _attributes(self) -> Finding:
        alias = self._find_alias()
        rows = self._instance.find("connection_attributes", {"model": alias.sys_id}, ATTRIBUTES)
        found = [self._attribute(row) for row in rows]
        if "spoke" in self._seed:
            labels = {field.path: field.label for field in alias.template.fields}
            self._seed["spoke"]["attributes"] = [
                {
                    "element": shown["element"],
                    "label": shown["label"]
                    or shown["column_label"]
                    or self._findings.said(labels.get(ATTRIBUTE_PATH + row["element"]) or "", words.LABELS)
                    or shown["element"],
                    "internal_type": shown["internal_type"],
                    **_limits(shown),
                }
                for row, shown in zip(rows, found)
            ]
        labelled = [name for name in ("label", "column_label") if any(row[name] for row in rows)]
        label = "both" if len(labelled) == 2 else "".join(labelled)
        can_be_written = bool(rows) and all(row["internal_type"] in ("string", "password2", "url") for row in rows)
        switches = {"servicenow.attribute_label": label} if label else {}
        return Finding(found, "a label in either column; types string or password2", can_be_written, switches)

    def _attribute(self, row: Row) -> dict[str, str]:
        """The definition of a connection attribute, its element's and labels' names only if they are known."""
        shown = {name: self._findings.said(row[name], words.FLAGS) for name in ATTRIBUTES}
        shown["element"] = self._findings.named(row["element"], words.PATH_PARTS)
        shown["internal_type"] = self._findings.said(row["internal_type"], words.FIELD_TYPES)
        for name in ("label", "column_label"):
            shown[name] = self._findings.said(row[name], words.LABELS)
        if words.LENGTH.fullmatch(row["max_length"]):
            shown["max_length"] = row["max_length"]
        return shown

    def _stored_type(self) -> Finding:
        assumes = "what the form's template presets, else oauth_provider; never compared"
        rows = self._instance.find("http_connection", {"connection_alias": self._find_alias().sys_id}, ["credential"])
        credentials = [row["credential"] for row in rows if row["credential"]]
        if not credentials:
            return Finding("no connection yet", assumes, None, {}, "no connection yet")
        conditions = {"sys_id": credentials}
        field = "oauth_entity_profile.oauth_entity.type"
        types = sorted({row[field] for row in self._instance.find("oauth_2_0_credentials", conditions, [field])})
        found = [self._findings.said(name, words.PRESETS) for name in types]
        return Finding(found, assumes, True, {})

    def _comments(self) -> Finding:
        row = self._dictionary("oauth_entity", "comments")
        length = int(row["max_length"]) if row and row["max_length"].isdecimal() else None
        works = None if length is None else length >= LONGEST_MARKS
        switches = {"servicenow.comments_length": length} if length in COMMENTS_LENGTHS else {}
        assumes = "255 characters hold every mark; shorter ones are left out"
        return Finding(length, assumes, works, switches, "the length of the column is not readable")

    def _dictionary(self, table: str, element: str) -> Row | None:
        found = self._instance.find("sys_dictionary", {"name": table, "element": element}, ["max_length"])
        return found[0] if found else None

    def _preference(self) -> Finding:
        assumes = "global, or sysparm_transaction_scope overrides it"
        if not self._account.sys_id:
            problem = "the account's own record is not readable"
            return Finding(problem, assumes, None, {}, problem)
        conditions = {"user": self._account.sys_id, "name": "apps.current_app"}
        rows = self._instance.find("sys_user_preference", conditions, ["value"])
        is_global = not rows or rows[0]["value"] in ("", "global")
        # The other two values of this switch make no difference to a login in the global application.
        switches = {} if is_global else {"servicenow.insert_scope": "preference"}
        why = "only writing shows whether the instance heeds sysparm_transaction_scope"
        found, works = ("global", True) if is_global else ("another application", None)
        return Finding(found, assumes, works, switches, why)

    def _governance(self) -> Finding:
        exists = has_script_writer_role(self._instance)
        permission = script_permission(exists, self._account)
        found = {"role_exists": exists, "account": permission}
        works = {"granted": True, "not_needed": True, "missing": False}.get(permission)
        states = {True: "on", False: "off"}
        switches = {} if exists is None else {"servicenow.scripting_governance": states[exists]}
        why = "the account may not read the role, or which roles it has itself"
        return Finding(found, "installing the endpoint needs the role where it exists", works, switches, why)

    def _plugins(self) -> Finding:
        rows = self._instance.find("v_plugin", {"id": list(self._options.plugins)}, ["active"])
        literals = sorted({row["active"] for row in rows})
        switches: dict[str, Any] = {}
        if not rows:
            switches["servicenow.v_plugin_rows"] = "none"
        elif not {"active", "true"} & set(literals):
            switches["servicenow.v_plugin_rows"] = "stale"
        else:
            switches = {
                "servicenow.v_plugin_active": "true" if "true" in literals else "active",
                "servicenow.v_plugin_rows": "live",
            }
        works = all(value in words.PLUGIN_STATES for value in literals)
        return Finding(
            {"rows": len(rows), "active": [self._findings.said(value, words.PLUGIN_STATES) for value in literals]},
            "active or true is active; no row at all is unknown",
            works,
            switches,
        )

    def _tables(self) -> Finding:
        found: dict[str, str] = {}
        totals: set[str] = set()
        for table in TABLES:
            answer = self._instance.peek(table, {"sysparm_fields": "sys_id"})
            found[table] = _openness(answer)
            if answer.ok:
                totals.add("sent" if "X-Total-Count" in answer.headers else "absent")
        open_tables = sorted(table for table, state in found.items() if state == "open")
        report: dict[str, Any] = {
            "open": open_tables,
            **{table: state for table, state in found.items() if state != "open"},
        }
        self._seed["closed_tables"] = sorted(table for table, state in found.items() if state == "HTTP 403")
        switches = {"servicenow.total_count": "".join(totals)} if len(totals) == 1 else {}
        return Finding(
            report, "what the set-up writes to is open", all(found[table] == "open" for table in NEEDED), switches
        )

    def _namespace(self) -> Finding:
        assumes = "the company code, global without one; read back from base_uri"
        conditions = {"service_id": "spoke_connection_setup"}
        rows = self._instance.find("sys_ws_definition", conditions, ["base_uri", "sys_scope"])
        code = self._properties(CODE).get(CODE, "")
        found: dict[str, Any] = {"company_code": bool(code), "endpoint": bool(rows)}
        if not rows:
            why = "the setup endpoint is not installed, so that there is no base_uri"
            return Finding(found, assumes, None, {}, why)
        namespace = rows[0]["base_uri"].lower().replace("/api/", "", 1).split("/")[0]
        found["namespace"] = "the company code" if code and namespace == code.lower() else None
        found["namespace"] = found["namespace"] or self._findings.said(namespace, words.NAMESPACES)
        found["in_global"] = rows[0]["sys_scope"] == "global"
        expected = code.lower() or "global"
        return Finding(found, assumes, namespace == expected, {})

    def _batch(self) -> Finding:
        item = {
            "method": "GET",
            "url": "/api/now/table/sys_properties?sysparm_limit=1&sysparm_fields=sys_id",
            "headers": [],
        }
        items = [dict(item, id=str(number)) for number in (1, 2)]
        answer = self._instance.post(batch.PATH, {"batch_request_id": "probe", "rest_requests": items}, is_read=True)
        serviced = answer.document.get("serviced_requests") if answer.ok and isinstance(answer.document, dict) else None
        if not isinstance(serviced, list):
            return Finding(f"HTTP {answer.status}", "used where it answers", True, {"servicenow.batch": "closed"})
        state = "open" if len(serviced) == len(items) else "unserviced"
        found = f"{len(serviced)} of {len(items)} reads answered"
        return Finding(found, "what it leaves out is asked for singly", True, {"servicenow.batch": state})

    def _unknown_field(self) -> Finding:
        answer = self._instance.peek("sys_properties", {"sysparm_query": f"{NO_FIELD}=1", "sysparm_fields": "sys_id"})
        assumes = "the condition is dropped or refused; every row is compared again"
        if not answer.ok:
            return Finding(f"HTTP {answer.status}", assumes, True, {"servicenow.unknown_query_field": "forbid"})
        rows = answer.document.get("result") if isinstance(answer.document, dict) else None
        if rows:
            return Finding("the condition is dropped", assumes, True, {"servicenow.unknown_query_field": "drop"})
        return Finding("no rows", assumes, True, {})

    def _unknown_address(self) -> Finding:
        answer = self._instance.read(NOWHERE)
        error = error_in(answer)
        detail = error.get("detail") if isinstance(error, dict) else None
        switches: dict[str, Any] = {}
        if answer.status in (400, 404):
            switches["servicenow.unknown_path_status"] = answer.status
        if isinstance(error, dict):
            switches["servicenow.error_detail"] = "null" if detail is None else "text"
        found = {"status": answer.status, "detail": type(detail).__name__}
        return Finding(found, "400 or 404, with or without a detail", answer.status in (400, 404), switches)

    def _refused_login(self) -> Finding:
        """Without any login: a wrong password would count towards the lock-out."""
        answer = self._instance.read("/api/now/table/sys_properties", {"sysparm_limit": "1"}, with_login=False)
        error = error_in(answer)
        message = str(error.get("message")) if isinstance(error, dict) else ""
        known = WORDING.get(message)
        switches = {"servicenow.unauthorized_wording": known} if known else {}
        found = {"status": answer.status, "wording": known or "other", "form": self._shape(answer.document)}
        return Finding(found, "401, whatever its words", answer.status == 401, switches)

    def _shape(self, document: Any) -> str:
        """The keys of a JSON document, without its values."""

        def keys(value: Any) -> Any:
            if not isinstance(value, dict):
                return type(value).__name__
            return sorted(self._findings.said(key, words.ERROR_KEYS) for key in value)

        if not isinstance(document, dict):
            return type(document).__name__
        return json.dumps({self._findings.said(key, words.ERROR_KEYS): keys(value) for key, value in document.items()})


def _limits(attribute: dict[str, str]) -> dict[str, Any]:
    """What an attribute takes, as far as it is known, as a seed says it."""
    limits: dict[str, Any] = {}
    if words.LENGTH.fullmatch(attribute["max_length"]):
        limits["max_length"] = int(attribute["max_length"])
    if attribute["mandatory"] in ("true", "false"):
        limits["mandatory"] = attribute["mandatory"] == "true"
    return limits


def _openness(answer: Answer) -> str:
    if not answer.ok:
        return f"HTTP {answer.status}"
    rows = answer.document.get("result") if isinstance(answer.document, dict) else None
    return "rows are hidden" if not rows and total_of(answer, 0) else "open"
