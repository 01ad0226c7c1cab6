# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What is configured for an alias now: connection, credential, profile, registry, scopes, attribute values, token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    Ambiguous,
    InputError,
    TableRefused,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias, find_attributes
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ATTRIBUTE_VALUE,
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    PROFILE_SCOPE,
    REGISTRY,
    SCOPE,
    TOKEN,
    fields,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import derived_sys_id
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import orphan

NO_TOKEN = {"status": "absent", "expires": None}


@dataclass
class Current:
    """The records behind an alias, as far as they exist. ``others`` are further connections of it, for a removal.

    ``dangling`` names references that lead nowhere, ``definitions`` are the connection attributes that the alias has,
    ``token`` is what `read_token` gives.
    """

    connection: Row | None = None
    others: list[Row] = field(default_factory=list)
    credential: Row | None = None
    profile: Row | None = None
    registry: Row | None = None
    scopes: list[Row] = field(default_factory=list)
    profile_scopes: list[Row] = field(default_factory=list)
    values: list[Row] | None = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)
    definitions: list[Row] = field(default_factory=list)
    token: dict[str, str | None] = field(default_factory=lambda: dict(NO_TOKEN))


def read_current(
    instance: Source, alias: Alias, connection_name: str, registry_name: str, is_removal: bool = False
) -> Current:
    """Follow the alias's connection to its end; what the connection does not lead to is looked up by name.

    With ``is_removal`` a connection name, if given, has to fit: nothing else must go.

    Raises `Ambiguous` where more than one record fits, and `InputError` where a wanted name belongs to something else.
    """
    current = Current()
    reads: list[Callable[[], Any]] = [
        lambda: find_connections(instance, alias),
        lambda: find_attributes(instance, alias),
    ]
    if registry_name:
        reads.append(lambda: instance.find(REGISTRY, {"name": registry_name}, fields(REGISTRY)))
    results = instance.gather(*reads)
    current.definitions = results[1]
    own = (
        [row for row in results[0] if row["name"] == connection_name] if is_removal and connection_name else results[0]
    )
    current.connection = choose_connection(instance, alias, own, connection_name)
    current.others = [row for row in results[0] if row is not current.connection] if is_removal else []
    if connection_name and not is_removal and (current.connection or {}).get("name") != connection_name:
        _check_name_is_free(instance, alias, connection_name)
    _follow(instance, current, results[2] if registry_name else [], is_removal)
    _read_details(instance, current, with_token=not is_removal)
    return current


def find_connections(instance: Source, alias: Alias) -> list[Row]:
    """The connections of ``alias``."""
    return instance.find(CONNECTION, {"connection_alias": alias.sys_id}, connection_columns(alias))


def connection_columns(alias: Alias) -> list[str]:
    """The columns of a connection of ``alias`` that are read."""
    return [*fields(CONNECTION), *alias.template.connection_columns]


def find_connections_called(instance: Source, name: str) -> list[Row]:
    """The connections called ``name``, whosoever they are."""
    return instance.find(CONNECTION, {"name": name}, ["connection_alias", "connection_alias.id"])


def find_scopes(instance: Source, registry: str) -> list[Row]:
    """The scopes of a registry."""
    return instance.find(SCOPE, {"oauth_entity": registry}, fields(SCOPE))


def find_profile_scopes(instance: Source, registry: str) -> list[Row]:
    """Which scopes the profiles of a registry ask for."""
    return instance.find(PROFILE_SCOPE, {"oauth_entity_profile.oauth_entity": registry}, fields(PROFILE_SCOPE))


def choose_connection(instance: Source, alias: Alias, rows: list[Row], wanted_name: str) -> Row | None:
    """The one of an alias's connections that a task means: the active one, else an inactive one with the wanted name,
    else one that is ours but for its name.

    Raises `Ambiguous` when several remain, as several active ones always do unless the alias allows them.
    """
    active = [row for row in rows if row["active"] == "true"]
    named = [row for row in active or rows if row["name"] == wanted_name]
    chosen = active or named
    if not chosen:
        chosen = _renamed(instance, alias, rows) if wanted_name else rows
    if alias.row["multiple_connections"] == "true" and len(named) == 1:
        chosen = named
    if len(chosen) > 1:
        listed = "; ".join(f"{row['name']} ({row['sys_id']}, {row['connection_url']})" for row in chosen)
        raise Ambiguous(
            f"The alias {alias.label} has {len(chosen)} {'active ' if active else ''}connections",
            f"instance {instance.host}, table {CONNECTION}",
            listed,
            "Deactivate or remove those that are not meant; where the alias allows several, name the one that is "
            "meant in connection.name",
        )
    return chosen[0] if chosen else None


def _renamed(instance: Source, alias: Alias, rows: list[Row]) -> list[Row]:
    """Of inactive connections, none of which has the wanted name, the one that this collection made, else the alias's
    only one.
    """
    own = derived_sys_id(instance.identity, alias.sys_id, "connection")
    made = [row for row in rows if row["sys_id"] == own]
    is_only = len(rows) == 1 and alias.row["multiple_connections"] != "true"
    return made or (rows if is_only else [])


def _check_name_is_free(instance: Source, alias: Alias, name: str) -> None:
    """Raise `InputError` if a connection has the name already; names are unique (servicenow-connections 1.3)."""
    for row in find_connections_called(instance, name):
        owner = (
            "the same alias"
            if row["connection_alias"] == alias.sys_id
            else f"the alias {row['connection_alias.id'] or '(none)'}"
        )
        raise InputError(
            f"The connection name {name!r} is taken",
            f"instance {instance.host}, table {CONNECTION}, field name",
            f"another connection of {owner} has it (record {row['sys_id']})",
            "Choose another connection.name, or rename or remove that connection",
        )


def _follow(instance: Source, current: Current, named: list[Row], is_removal: bool) -> None:
    """Fill in credential, profile and registry: along the references, and by name (``named``) where none leads to the
    registry.
    """
    current.credential = _referenced(instance, current, f"{CONNECTION}.credential", current.connection, CREDENTIAL)
    current.profile = _referenced(instance, current, f"{CREDENTIAL}.oauth_entity_profile", current.credential, PROFILE)
    current.registry = _find_registry(instance, current, named)
    if is_removal and current.registry is None:
        return
    if current.profile and (current.registry is None or current.profile["oauth_entity"] != current.registry["sys_id"]):
        # The credential hangs on another registry than the one asked for: it will be pointed at a profile of the
        # latter.
        current.profile = None


def _referenced(instance: Source, current: Current, place: str, owner: Row | None, table: str) -> Row | None:
    """The record of ``table`` that the column ``place`` of ``owner`` leads to; one that is gone is noted as dangling.

    Raises `RecordMissing` for one that is listed and cannot be opened, as some are after a clone: writes to it would
    fail.
    """
    reference = owner[place.rpartition(".")[2]] if owner else ""
    if not reference:
        return None
    row = instance.get(table, reference, fields(table))
    if row is None and instance.find(table, {"sys_id": reference}, ["sys_id"]):
        raise orphan(instance.host, table, reference)
    if row is None:
        current.dangling.append(place)
    return row


def _find_registry(instance: Source, current: Current, named: list[Row]) -> Row | None:
    """The registry that the profile leads to if it has the wanted name or none is wanted, else the one of that name."""
    reference = current.profile["oauth_entity"] if current.profile else ""
    for row in named:
        if row["sys_id"] == reference:
            return row
    followed = _referenced(instance, current, f"{PROFILE}.oauth_entity", current.profile, REGISTRY)
    if not named:
        return followed
    if len(named) > 1:
        raise Ambiguous(
            f"There are {len(named)} OAuth registries called {named[0]['name']!r}",
            f"instance {instance.host}, table {REGISTRY}",
            ", ".join(row["sys_id"] for row in named),
            "Rename or delete all but the right one",
        )
    return named[0]


def _read_details(instance: Source, current: Current, with_token: bool) -> None:
    """Fill in what hangs on the records found: default profile, scopes, attribute values, a credential left without
    connection, its token.
    """
    reads = _reads_of_details(instance, current, with_token)
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
    if "token" in found:
        current.token = found["token"]
    else:
        current.token = read_token(instance, current.credential if with_token else None)


def _reads_of_details(instance: Source, current: Current, with_token: bool) -> dict[str, Callable[[], Any]]:
    """What is still to be read, by what it is."""
    reads: dict[str, Callable[[], Any]] = {}
    if current.registry is not None:
        registry = current.registry["sys_id"]
        reads["scopes"] = lambda: find_scopes(instance, registry)
        reads["profile_scopes"] = lambda: find_profile_scopes(instance, registry)
        if current.profile is None:
            reads["profiles"] = lambda: instance.find(PROFILE, {"oauth_entity": registry}, fields(PROFILE))
    if current.connection is not None:
        connection = current.connection["sys_id"]
        reads["values"] = lambda: find_attribute_values(instance, connection)
    credential = current.credential
    if with_token and credential is not None:
        reads["token"] = lambda: read_token(instance, credential)
    return reads


def default_profile(rows: list[Row]) -> Row | None:
    """The registry's default profile, else its only one (servicenow-connections 1.6)."""
    if len(rows) == 1:
        return rows[0]
    return next((row for row in rows if row["default"] == "true"), None)


def _credential_left_behind(instance: Source, registry: Row) -> Row | None:
    """The registry's credential that no connection uses: an earlier run or a person made it. Raises `Ambiguous`."""
    rows = _credentials(instance, registry)
    used = {user["credential"] for user in _users(instance, rows)}
    free = [row for row in rows if row["sys_id"] not in used]
    if len({row["name"] for row in free}) == 1:
        # Made twice, by two runs at once: they are alike, and every run has to choose the same.
        return min(free, key=lambda row: row["sys_id"])
    if free:
        raise Ambiguous(
            "More than one unused credential belongs to the OAuth registry",
            f"instance {instance.host}, table {CREDENTIAL}",
            "; ".join(f"{row['name']} ({row['sys_id']})" for row in free),
            "Delete those that are not needed, or select the right one in the connection record",
        )
    return None


@dataclass(frozen=True)
class OtherUsers:
    """Who else uses the registry: ``connections`` by name, of which some share the chain's own ``credential``, and
    ``credentials`` that no connection uses."""

    connections: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    share_credential: bool = False


def other_users(instance: Source, current: Current) -> OtherUsers:
    """Who else uses the registry and the credential of ``current``."""
    credentials: list[Row] = []
    if current.registry is not None:
        credentials = _credentials(instance, current.registry)
    elif current.profile is not None:
        credentials = instance.find(CREDENTIAL, {"oauth_entity_profile": current.profile["sys_id"]}, fields(CREDENTIAL))
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
    return instance.find(CREDENTIAL, {"oauth_entity_profile.oauth_entity": registry["sys_id"]}, fields(CREDENTIAL))


def _users(instance: Source, credentials: list[Row]) -> list[Row]:
    """The connections that use any of ``credentials``."""
    return (
        instance.find(CONNECTION, {"credential": [row["sys_id"] for row in credentials]}, ["name"])
        if credentials
        else []
    )


def find_attribute_values(instance: Source, connection: str) -> list[Row] | None:
    """The stored attribute values of a connection, None where the instance keeps the table closed
    (servicenow-connections 2.3).
    """
    try:
        return instance.find(ATTRIBUTE_VALUE, {"document_key": connection}, fields(ATTRIBUTE_VALUE))
    except (AccessDenied, TableRefused):
        return None


def read_token(instance: Source, credential: Row | None) -> dict[str, str | None]:
    """The state of the credential's access token: ``status`` present, expired, absent or unknown, when it ``expires``
    and, if there is one, was ``updated`` (UTC).

    No token column is ever requested (servicenow-connections 4).
    """
    if credential is None:
        return dict(NO_TOKEN)
    conditions = {"oauth_requestor_profile.requestor_id": credential["sys_id"], "type": "access_token"}
    try:
        rows = instance.find(TOKEN, conditions, fields(TOKEN))
    except (AccessDenied, TableRefused):
        return {"status": "unknown", "expires": None}
    if not rows:
        return dict(NO_TOKEN)
    expires = max(row["expires"] for row in rows)
    status = "present" if not expires or expires > instance.now() else "expired"
    return {"status": status, "expires": expires or None, "updated": max(row["sys_updated_on"] for row in rows)}
