# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Business rules: what the platform does by itself when a record is written (servicenow-connections 1)."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .query import Asker, parse
from .schema import Table
from .store import Row

if TYPE_CHECKING:
    from .instance import Instance


class Abort(Exception):
    """A rule stops the write; carries the rule's name."""


@dataclass
class Change:
    """A write that is about to happen. ``row`` may be changed by rules; ``old`` is None for an insert."""

    instance: Instance
    table: Table
    row: dict[str, str]
    old: Row | None

    def changes(self, column: str) -> bool:
        """Whether the write gives ``column`` another value."""
        return self.row.get(column, "") != (self.old or {}).get(column, "")

    def others(self, table: str, **values: str) -> list[Row]:
        """The other rows of ``table`` with these values."""
        return [row for row in self.instance.store.find(table, **values) if row["sys_id"] != self.row["sys_id"]]


Rule = Callable[[Change], None]
BEFORE: list[tuple[str, Rule]] = []
# What an operation does of which nobody gave the script: nothing, and it answers all the same.
DEFAULT_SCRIPT = """(function process(/*RESTAPIRequest*/ request, /*RESTAPIResponse*/ response) {

    // implement resource here

})(request, response);"""
TASK_PREFIXES = {"incident": "INC", "problem": "PRB"}
AFTER_INSERT: list[tuple[str, Rule]] = []


def before(table: str) -> Callable[[Rule], Rule]:
    """Run the decorated rule before each insert into and update of ``table`` and the tables that extend it."""

    def register(rule: Rule) -> Rule:
        BEFORE.append((table, rule))
        return rule

    return register


def after_insert(table: str) -> Callable[[Rule], Rule]:
    """Run the decorated rule after each insert into ``table`` and the tables that extend it."""

    def register(rule: Rule) -> Rule:
        AFTER_INSERT.append((table, rule))
        return rule

    return register


def run(rules: list[tuple[str, Rule]], change: Change) -> None:
    """Run those of ``rules`` that concern ``change``. Raises `Abort`."""
    for table, rule in rules:
        if table in change.table.lineage:
            rule(change)


@before("sys_alias")
def compute_alias_id(change: Change) -> None:
    """The id is scope.name, in the global scope the name alone (1.1)."""
    scope = scope_name(change)
    name = re.sub(r"[^A-Za-z0-9_]", "_", change.row.get("name", ""))
    if change.old is None:
        change.row["id"] = name if scope == "global" else f"{scope}.{name}"


@before("sys_properties")
def compute_property_name(change: Change) -> None:
    """A property that comes with a suffix alone is named scope.suffix (1.9)."""
    if change.old is None and not change.row.get("name") and change.row.get("suffix"):
        scope = scope_name(change)
        change.row["name"] = ("" if scope == "global" else f"{scope}.") + change.row["suffix"]


@before("connection_attributes")
def place_attribute(change: Change) -> None:
    """The attributes of an alias make up a dictionary of their own (2.1)."""
    model = change.row.get("model", "")
    change.row.update(name=f"var__m_connection_attributes_{model}", model_id=model, model_table="sys_alias")


@before("sys_connection")
def unique_connection_name(change: Change) -> None:
    """Connection names are unique in the table (1.3)."""
    if change.instance.switch("connection_name") != "unique" or not change.changes("name"):
        return
    name = change.row.get("name", "").casefold()
    if name and any(row.get("name", "").casefold() == name for row in change.others("sys_connection")):
        raise Abort("Unique connection name")


@before("sys_connection")
def one_active_connection(change: Change) -> None:
    """One active connection an alias, unless the alias takes several; one active connection a credential (1.3)."""
    row = change.row
    if row.get("active") != "true" or not any(
        change.changes(column) for column in ("active", "connection_alias", "credential")
    ):
        return
    alias = change.instance.store.get("sys_alias", row.get("connection_alias", ""))
    is_single = alias is not None and alias.get("multiple_connections") != "true"
    if is_single and change.others("sys_connection", connection_alias=alias["sys_id"], active="true"):
        raise Abort("Check for active connection")
    credential = row.get("credential", "")
    if credential and change.others("sys_connection", credential=credential, active="true"):
        raise Abort("Unique credential across active connections")


@before("http_connection")
def url_wins_over_host(change: Change) -> None:
    """Writing host and connection_url together leaves the host empty (field report, 1.3)."""
    if change.changes("host") and change.changes("connection_url"):
        change.row["host"] = ""


@before("oauth_entity")
def keep_part_of_comments(change: Change) -> None:
    """The column keeps so many characters, whatever is written (its length is in no source)."""
    if change.changes("comments"):
        change.row["comments"] = change.row.get("comments", "")[: int(change.instance.switch("comments_length"))]


@before("oauth_entity_profile")
def one_default_profile(change: Change) -> None:
    """A registry has one default profile (1.6)."""
    row = change.row
    if row.get("default") == "true" and change.others(
        "oauth_entity_profile", oauth_entity=row.get("oauth_entity", ""), default="true"
    ):
        raise Abort("Validate OAuth entity profile")


@after_insert("oauth_entity")
def make_default_profile(change: Change) -> None:
    """A registry of a provider gets a default profile of its grant type, without scopes (1.6)."""
    entity = change.row
    if entity.get("type") == "client":
        return

    def make() -> None:
        if change.instance.store.get("oauth_entity", entity["sys_id"]) is None:
            return
        profile = {
            "name": f"{entity.get('name', '')} default_profile",
            "oauth_entity": entity["sys_id"],
            "grant_type": entity.get("default_grant_type", ""),
            "default": "true",
            "sys_scope": entity.get("sys_scope", ""),
            "sys_package": entity.get("sys_package", ""),
        }
        if not change.others("oauth_entity_profile", oauth_entity=entity["sys_id"], default="true"):
            change.instance.writer.insert("oauth_entity_profile", profile, entity["sys_created_by"])

    if change.instance.switch("default_profile") == "late":
        change.instance.run_later(0.5, make)
    else:
        make()


@before("sys_ws_definition")
def place_web_service(change: Change) -> None:
    """The address of a scripted REST API: the scope's name, of a global one the company's code, and the API's id (3.3)."""
    row, instance = change.row, change.instance
    scope = scope_name(change)
    company = instance.property("glide.appcreator.company.code", "") or "global"
    row["namespace"] = company if scope == "global" else scope
    row["service_id"] = row.get("service_id") or re.sub(r"\W+", "_", row.get("name", "").strip().lower())
    if instance.switch("api_paths") == "normalised":
        row["service_id"] = normal_path(row["service_id"]).lower()
    row["base_uri"] = f"/api/{row['namespace']}/{row['service_id']}"
    for operation in instance.store.find("sys_ws_operation", web_service_definition=row["sys_id"]):
        instance.store.put({**operation, "operation_uri": row["base_uri"] + operation.get("relative_path", "")})


@before("sys_ws_operation")
def place_web_service_operation(change: Change) -> None:
    """An operation's address is its API's with its own path."""
    definition = change.instance.store.get("sys_ws_definition", change.row.get("web_service_definition", "")) or {}
    path = "/" + change.row.get("relative_path", "").lstrip("/")
    if change.instance.switch("api_paths") == "normalised":
        path = "/" + normal_path(path).strip("/")
    if change.old is None:
        change.row["operation_script"] = change.row.get("operation_script") or DEFAULT_SCRIPT
    change.row.update(relative_path=path, operation_uri=definition.get("base_uri", "") + path)


def normal_path(text: str) -> str:
    """An ID or path as the platform's own normalisers write it."""
    return re.sub(r"[^A-Za-z0-9_/{}]", "_", text)


@before("task")
def number_task(change: Change) -> None:
    """Tasks are numbered by table."""
    if change.old is None:
        prefix = TASK_PREFIXES.get(change.table.name, "TASK")
        rows = change.instance.store.rows(change.table.name)
        last = max((int(row.get("number", "").lstrip(string.ascii_uppercase) or 0) for row in rows), default=10000)
        change.row["number"] = f"{prefix}{last + 1:07}"
        change.row.setdefault("opened_at", change.row["sys_created_on"])


@before("sys_user")
def compose_user_name(change: Change) -> None:
    """A user's name is first and last name."""
    change.row["name"] = " ".join(part for part in (change.row.get("first_name"), change.row.get("last_name")) if part)


def configured_abort(change: Change) -> None:
    """Run the rules that rows of ``sys_script`` describe: a filter condition and "abort action". Raises `Abort`."""
    operation = "action_insert" if change.old is None else "action_update"
    for rule in change.instance.store.rows("sys_script"):
        if rule.get("collection") not in change.table.lineage or not all(
            rule.get(column) == "true" for column in ("active", "abort_action", operation)
        ):
            continue
        query = parse(rule.get("filter_condition", ""), change.table, change.instance.store, Asker())
        if query.select([change.row]):
            raise Abort(rule.get("name", ""))


def scope_name(change: Change) -> str:
    """The scope that the record of ``change`` belongs to, by name."""
    scope = change.instance.store.get("sys_scope", change.row.get("sys_scope", "")) or {}
    return scope.get("scope", "global")
