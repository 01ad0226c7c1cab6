# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What is configured for an alias now: connection, credential, profile, registry, scopes, attribute values, token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import AccessDenied, Ambiguous, InputError, TableRefused
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias, find_attributes
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

CONNECTION, CREDENTIAL, REGISTRY = "http_connection", "oauth_2_0_credentials", "oauth_entity"
PROFILE, SCOPE, PROFILE_SCOPE = "oauth_entity_profile", "oauth_entity_scope", "oauth_entity_profile_scope"
ATTRIBUTE_VALUE, TOKEN = "sys_variable_value", "oauth_credential"

CONNECTION_FIELDS = ("sys_id", "name", "active", "connection_alias", "connection_url", "credential")
CREDENTIAL_FIELDS = ("sys_id", "name", "active", "oauth_entity_profile")
PROFILE_FIELDS = ("sys_id", "name", "oauth_entity", "grant_type", "default")
REGISTRY_FIELDS = (
    "sys_id",
    "name",
    "type",
    "active",
    "client_id",
    "client_secret",
    "default_grant_type",
    "auth_url",
    "token_url",
    "redirect_url",
    "send_client_credentials_as",
    "comments",
    "sys_updated_on",
)
SCOPE_FIELDS = ("sys_id", "name", "oauth_entity", "oauth_entity_scope")
PROFILE_SCOPE_FIELDS = ("sys_id", "oauth_entity_profile", "oauth_entity_scope")
NO_TOKEN = {"status": "absent", "expires": None}
VALUE_FIELDS = ("sys_id", "document", "document_key", "variable", "value")


@dataclass
class Current:
    """The records behind an alias, as far as they exist.

    ``dangling`` names references that lead nowhere, ``definitions`` are the connection attributes that the alias has, ``token`` is what
    `read_token` gives.
    """

    connection: Row | None = None
    credential: Row | None = None
    profile: Row | None = None
    registry: Row | None = None
    scopes: list[Row] = field(default_factory=list)
    profile_scopes: list[Row] = field(default_factory=list)
    values: list[Row] | None = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)
    definitions: list[Row] = field(default_factory=list)
    token: dict[str, str | None] = field(default_factory=lambda: dict(NO_TOKEN))


def read_current(instance: Source, alias: Alias, connection_name: str, registry_name: str, is_removal: bool = False) -> Current:
    """Follow the alias's connection to its end; what the connection does not lead to is looked up by name.

    With ``is_removal`` a connection name, if given, has to fit: nothing else must go.

    Raises `Ambiguous` where more than one record fits, and `InputError` where a wanted name belongs to something else.
    """
    current = Current()
    reads: list[Callable[[], Any]] = [
        lambda: instance.find(CONNECTION, {"connection_alias": alias.sys_id}, [*CONNECTION_FIELDS, *alias.template.connection_columns]),
        lambda: find_attributes(instance, alias),
    ]
    if registry_name:
        reads.append(lambda: instance.find(REGISTRY, {"name": registry_name}, REGISTRY_FIELDS))
    results = instance.gather(*reads)
    current.definitions = results[1]
    own = [row for row in results[0] if row["name"] == connection_name] if is_removal and connection_name else results[0]
    current.connection = choose_connection(instance, alias, own, connection_name)
    if connection_name and not is_removal and (current.connection or {}).get("name") != connection_name:
        _check_name_is_free(instance, alias, connection_name)
    _follow(instance, current, results[2] if registry_name else [], is_removal)
    _read_details(instance, current, with_token=not is_removal)
    return current


def choose_connection(instance: Source, alias: Alias, rows: list[Row], wanted_name: str) -> Row | None:
    """The one of an alias's connections that a task means: the active one, else an inactive one (with the wanted name, if any).

    Raises `Ambiguous` when several remain, as several active ones always do unless the alias allows them.
    """
    active = [row for row in rows if row["active"] == "true"]
    named = [row for row in active or rows if row["name"] == wanted_name]
    chosen = active or (named if wanted_name else rows)
    if alias.row["multiple_connections"] == "true" and len(named) == 1:
        chosen = named
    if len(chosen) > 1:
        listed = "; ".join(f"{row['name']} ({row['sys_id']}, {row['connection_url']})" for row in chosen)
        raise Ambiguous(
            f"The alias {alias.label} has {len(chosen)} {'active ' if active else ''}connections",
            f"instance {instance.host}, table {CONNECTION}",
            listed,
            "Deactivate or remove those that are not meant; where the alias allows several, name the one that is meant in connection.name",
        )
    return chosen[0] if chosen else None


def _check_name_is_free(instance: Source, alias: Alias, name: str) -> None:
    """Raise `InputError` if a connection has the name already; names are unique on an instance (servicenow-connections 1.3)."""
    for row in instance.find(CONNECTION, {"name": name}, ["connection_alias", "connection_alias.id"]):
        owner = "the same alias" if row["connection_alias"] == alias.sys_id else f"the alias {row['connection_alias.id'] or '(none)'}"
        raise InputError(
            f"The connection name {name!r} is taken",
            f"instance {instance.host}, table {CONNECTION}, field name",
            f"another connection of {owner} has it (record {row['sys_id']})",
            "Choose another connection.name, or rename or remove that connection",
        )


def _follow(instance: Source, current: Current, named: list[Row], is_removal: bool) -> None:
    """Fill in credential, profile and registry: along the references, and by name (``named``) where none leads to the registry."""
    reference = current.connection["credential"] if current.connection else ""
    if reference:
        current.credential = instance.get(CREDENTIAL, reference, CREDENTIAL_FIELDS)
        if current.credential is None:
            current.dangling.append(f"{CONNECTION}.credential")
    profile_reference = current.credential["oauth_entity_profile"] if current.credential else ""
    if profile_reference:
        current.profile = instance.get(PROFILE, profile_reference, PROFILE_FIELDS)
        if current.profile is None:
            current.dangling.append(f"{CREDENTIAL}.oauth_entity_profile")
    registry_reference = current.profile["oauth_entity"] if current.profile else ""
    current.registry = next((row for row in named if row["sys_id"] == registry_reference), None)
    if current.registry is None and registry_reference:
        followed = instance.get(REGISTRY, registry_reference, REGISTRY_FIELDS)
        if followed is None:
            current.dangling.append(f"{PROFILE}.oauth_entity")
        current.registry = followed if not named else None
    if current.registry is None and len(named) > 1:
        raise Ambiguous(
            f"There are {len(named)} OAuth registries called {named[0]['name']!r}",
            f"instance {instance.host}, table {REGISTRY}",
            ", ".join(row["sys_id"] for row in named),
            "Rename or delete all but the right one",
        )
    current.registry = current.registry or (named[0] if named else None)
    if is_removal and current.registry is None:
        return
    if current.profile and (current.registry is None or current.profile["oauth_entity"] != current.registry["sys_id"]):
        # The credential hangs on another registry than the one asked for: it will be pointed at a profile of the latter.
        current.profile = None


def _read_details(instance: Source, current: Current, with_token: bool) -> None:
    """Fill in what hangs on the records found: default profile, scopes, attribute values, a credential left without connection, its token."""
    reads: dict[str, Callable[[], Any]] = {}
    if current.registry is not None:
        registry = current.registry["sys_id"]
        reads["scopes"] = lambda: instance.find(SCOPE, {"oauth_entity": registry}, SCOPE_FIELDS)
        reads["profile_scopes"] = lambda: instance.find(
            PROFILE_SCOPE, {"oauth_entity_profile.oauth_entity": registry}, PROFILE_SCOPE_FIELDS
        )
        if current.profile is None:
            reads["profiles"] = lambda: instance.find(PROFILE, {"oauth_entity": registry}, PROFILE_FIELDS)
    if current.connection is not None:
        connection = current.connection["sys_id"]
        reads["values"] = lambda: _attribute_values(instance, connection)
    credential = current.credential
    if with_token and credential is not None:
        reads["token"] = lambda: read_token(instance, credential)
    found = dict(zip(reads, instance.gather(*reads.values())))
    if "profiles" in found:
        current.profile = default_profile(found["profiles"])
    current.scopes = found.get("scopes", [])
    if current.profile is not None:
        own = current.profile["sys_id"]
        current.profile_scopes = [row for row in found.get("profile_scopes", []) if row["oauth_entity_profile"] == own]
    current.values = found.get("values", [])
    if current.registry is not None and current.credential is None:
        current.credential = _credential_left_behind(instance, current.registry)
    current.token = found["token"] if "token" in found else read_token(instance, current.credential if with_token else None)


def default_profile(rows: list[Row]) -> Row | None:
    """The registry's default profile, else its only one (servicenow-connections 1.6)."""
    return next((row for row in rows if row["default"] == "true"), rows[0] if len(rows) == 1 else None)


def _credential_left_behind(instance: Source, registry: Row) -> Row | None:
    """The registry's credential that no connection uses: an earlier run or a person made it. Raises `Ambiguous`."""
    rows = _credentials(instance, registry)
    used = {user["credential"] for user in _users(instance, rows)}
    free = [row for row in rows if row["sys_id"] not in used]
    if len(free) > 1:
        raise Ambiguous(
            "More than one unused credential belongs to the OAuth registry",
            f"instance {instance.host}, table {CREDENTIAL}",
            "; ".join(f"{row['name']} ({row['sys_id']})" for row in free),
            "Delete those that are not needed, or select the right one in the connection record",
        )
    return free[0] if free else None


@dataclass(frozen=True)
class OtherUsers:
    """Who else uses the registry: ``connections`` by name, of which some share the chain's own ``credential``, and
    ``credentials`` that no connection uses."""

    connections: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    share_credential: bool = False


def other_users(instance: Source, current: Current) -> OtherUsers:
    """Look for them."""
    credentials: list[Row] = []
    if current.registry is not None:
        credentials = _credentials(instance, current.registry)
    elif current.profile is not None:
        credentials = instance.find(CREDENTIAL, {"oauth_entity_profile": current.profile["sys_id"]}, CREDENTIAL_FIELDS)
    if current.credential is not None and current.credential["sys_id"] not in [row["sys_id"] for row in credentials]:
        credentials = [*credentials, current.credential]
    own_credential = current.credential["sys_id"] if current.credential else ""
    own_connection = current.connection["sys_id"] if current.connection else ""
    users = [row for row in _users(instance, credentials) if row["sys_id"] != own_connection]
    used = {row["credential"] for row in users}
    return OtherUsers(
        tuple(sorted(row["name"] for row in users)),
        tuple(sorted(row["name"] for row in credentials if row["sys_id"] not in used | {own_credential})),
        own_credential in used,
    )


def _credentials(instance: Source, registry: Row) -> list[Row]:
    return instance.find(CREDENTIAL, {"oauth_entity_profile.oauth_entity": registry["sys_id"]}, CREDENTIAL_FIELDS)


def _users(instance: Source, credentials: list[Row]) -> list[Row]:
    """The connections that use any of ``credentials``."""
    return instance.find(CONNECTION, {"credential": [row["sys_id"] for row in credentials]}, ["name"]) if credentials else []


def _attribute_values(instance: Source, connection: str) -> list[Row] | None:
    """The stored attribute values of a connection, None where the instance keeps the table closed (servicenow-connections 2.3)."""
    try:
        return instance.find(ATTRIBUTE_VALUE, {"document_key": connection}, VALUE_FIELDS)
    except (AccessDenied, TableRefused):
        return None


def read_token(instance: Source, credential: Row | None) -> dict[str, str | None]:
    """The state of the credential's access token: ``status`` present, expired, absent or unknown, when it ``expires`` and, if there is
    one, was ``updated`` (UTC).

    No token column is ever requested (servicenow-connections 4).
    """
    if credential is None:
        return dict(NO_TOKEN)
    conditions = {"oauth_requestor_profile.requestor_id": credential["sys_id"], "type": "access_token"}
    try:
        rows = instance.find(TOKEN, conditions, ["expires", "sys_updated_on"])
    except (AccessDenied, TableRefused):
        return {"status": "unknown", "expires": None}
    if not rows:
        return dict(NO_TOKEN)
    expires = max(row["expires"] for row in rows)
    status = "present" if not expires or expires > instance.now() else "expired"
    return {"status": status, "expires": expires or None, "updated": max(row["sys_updated_on"] for row in rows)}
