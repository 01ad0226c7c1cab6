# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Plans the records behind an alias: what has to be made or changed, and what goes when it is removed."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Ambiguous, InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import (
    Current,
    default_profile,
    other_users,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.desired import Desired, Place
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.deviations import (
    address_values,
    derived_values,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import (
    INSTANCE,
    OUTDATED_TOKEN,
    fit,
    is_own,
    read_mark,
    write_mark,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.secret import (
    SecretDecision,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ATTRIBUTE_VALUE,
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    PROFILE_SCOPE,
    REGISTRY,
    SCOPE,
    fields,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.task import Task
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import (
    Link,
    Plan,
    Traits,
    Value,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import poll

COMMENTS = "comments"


@dataclass(frozen=True)
class Links:
    """The records of a connection as references."""

    registry: Link
    profile: Link
    credential: Link
    connection: Link


def plan_present(task: Task, secret: SecretDecision) -> Plan:
    """The steps that make the current records what is desired. Nothing is written yet."""
    current, desired, source = task.current, task.desired, task.source
    plan = Plan(source, task.alias.sys_id)
    name = desired.registry["name"]
    links = Links(
        Link("registry", f"registry {name}"),
        Link("profile", f"default profile of {name}"),
        Link("credential", f"credential of {desired.connection['name']}"),
        Link("connection", f"connection {desired.connection['name']}"),
    )
    _plan_registry(plan, task, secret)
    plan.ensure(
        "profile",
        PROFILE,
        current.profile,
        {"oauth_entity": links.registry, "grant_type": desired.grant_type},
        only_new={"name": f"{name} default_profile", "default": "true"},
        natural_key=("oauth_entity",),
        traits=Traits(find_made=lambda entity: poll(lambda: _profile_made(source, entity))),
    )
    _plan_scopes(plan, current, desired, links)
    plan.ensure(
        "credential",
        CREDENTIAL,
        current.credential,
        {"oauth_entity_profile": links.profile, "active": "true"},
        only_new={"name": desired.credential_name, "applies_to": "all"},
        natural_key=("name", "oauth_entity_profile"),
    )
    _plan_connection(plan, task, links)
    for place in desired.attributes:
        _plan_attribute(plan, task, place, links.connection)
    if task.is_foreign:
        for place in desired.left_to_people:
            _clear_foreign_value(plan, current, place)
    return plan


def _profile_made(source: Source, entity: str) -> Row | None:
    """The default profile that the platform has made for the registry ``entity``."""
    return default_profile(source.find(PROFILE, {"oauth_entity": entity}, fields(PROFILE)))


def _plan_registry(plan: Plan, task: Task, secret: SecretDecision) -> None:
    stored, desired = task.current.registry, task.desired
    plan.outdates_token = has_token(task.current) and (
        task.is_foreign or secret.change is not None or _asks_for_other_tokens(task.current, desired)
    )
    wanted: dict[str, Value] = {
        **desired.registry,
        **derived_values(REGISTRY, stored, desired),
        "default_grant_type": desired.grant_type,
        "active": "true",
        COMMENTS: _comments(plan, task, secret),
    }
    step = plan.ensure(
        "registry",
        REGISTRY,
        stored,
        wanted,
        only_new={name: value for name, value in desired.presets[REGISTRY].items() if name not in wanted},
        secret=secret.change,
        traits=Traits(shorten={COMMENTS: fit}),
    )
    changes = set(step.after) - {COMMENTS}
    others = other_users(task.source, task.current).connections if stored and changes else ()
    if stored and others:
        raise InputError(
            f"The OAuth registry {stored['name']!r} is also used by: {', '.join(others)}",
            f"instance {task.source.host}, table {REGISTRY}, record {stored['sys_id']}",
            f"changing its {', '.join(sorted(changes))} would change those connections too",
            "Choose another oauth.name for this connection",
        )


def _comments(plan: Plan, task: Task, secret: SecretDecision) -> str:
    """The registry's comments with our lines. A line that means this instance stays as an earlier version wrote it."""
    stored = task.current.registry[COMMENTS] if task.current.registry else ""
    text, source = stored, task.source
    mark = read_mark(text, INSTANCE)
    leaves_unmarked = task.current.registry is not None and not mark and not task.options.mark_adopted
    if not leaves_unmarked and not is_own(mark, source.identity, source.host):
        text = write_mark(text, INSTANCE, source.identity)
    text = secret.comments(text)
    if plan.outdates_token:
        text = write_mark(text, OUTDATED_TOKEN, task.current.token["updated"] or "")
    if text.splitlines() == stored.splitlines():
        return stored
    return fit(text, task.longest_comments) if task.longest_comments else text


def has_token(current: Current) -> bool:
    """Whether the instance has a token for the credential; one that has expired is renewed on use
    (servicenow-connections 4).
    """
    return current.token["status"] in ("present", "expired")


def _asks_for_other_tokens(current: Current, desired: Desired) -> bool:
    """Whether tokens will be fetched with another client, at another URL or for other scopes than now."""
    registry, profile, credential = current.registry, current.profile, current.credential
    if (
        registry is None
        or profile is None
        or credential is None
        or credential["oauth_entity_profile"] != profile["sys_id"]
    ):
        return True
    names = {row["sys_id"]: row["oauth_entity_scope"] for row in current.scopes}
    scopes = {names.get(row["oauth_entity_scope"]) for row in current.profile_scopes}
    return (
        any(desired.registry.get(name) not in (None, registry[name]) for name in ("client_id", "token_url"))
        or desired.grant_type != profile["grant_type"]
        or (desired.scopes is not None and scopes != set(desired.scopes))
    )


def _plan_scopes(plan: Plan, current: Current, desired: Desired, links: Links) -> None:
    if desired.scopes is None:
        return
    existing = {row["oauth_entity_scope"]: row for row in reversed(current.scopes)}
    linked = {row["oauth_entity_scope"]: row for row in reversed(current.profile_scopes)}
    for scope in desired.scopes:
        step = plan.ensure(
            f"scope {scope}",
            SCOPE,
            existing.get(scope),
            {"oauth_entity_scope": scope},
            only_new={"name": scope, "oauth_entity": links.registry},
            natural_key=("oauth_entity", "oauth_entity_scope"),
        )
        # A link can have outlived its scope: made again, the scope gets the sys_id that the link still holds.
        plan.ensure(
            f"profile scope {scope}",
            PROFILE_SCOPE,
            linked.pop(step.sys_id, None),
            {"oauth_entity_profile": links.profile, "oauth_entity_scope": Link(step.role, f"scope {scope}")},
            natural_key=("oauth_entity_profile", "oauth_entity_scope"),
        )
    names = {row["sys_id"]: row["oauth_entity_scope"] for row in current.scopes}
    for scope_id, row in linked.items():
        label = names.get(scope_id, scope_id)
        if label not in desired.scopes:
            plan.remove(
                f"profile scope {label}",
                PROFILE_SCOPE,
                dict(row, oauth_entity_scope=f"scope {label}"),
                ("oauth_entity_scope",),
            )


def _plan_connection(plan: Plan, task: Task, links: Links) -> None:
    stored, desired = task.current.connection, task.desired
    wanted: dict[str, Value] = {
        **desired.connection,
        **derived_values(CONNECTION, stored, desired),
        "credential": links.credential,
        "active": "true",
    }
    presets = {name: value for name, value in desired.presets[CONNECTION].items() if name not in wanted}
    alias = plan.existing("alias", f"alias {task.alias.label}", task.alias.sys_id)
    plan.ensure(
        "connection",
        CONNECTION,
        stored,
        wanted,
        only_new={"connection_alias": alias, **presets},
        natural_key=("connection_alias", "name"),
    )
    address = address_values(stored, desired)
    if address:
        plan.ensure("address of the connection", CONNECTION, stored, dict(address))


def _plan_attribute(plan: Plan, task: Task, place: Place, connection: Link) -> None:
    definition, value, values = place.definition or {}, place.attribute.value, task.current.values or []
    rows = [row for row in values if row["variable"] == definition["sys_id"]]
    kept = _one_of_twins(plan, task, place, rows)
    if kept is None and definition["default_value"] == task.source.as_stored(value):
        return
    role = f"attribute {place.element}"
    is_hidden = place.attribute.is_secret or task.can.compare_secrets
    plan.ensure(
        role,
        ATTRIBUTE_VALUE,
        _with_same_value(kept, task, place),
        {"value": value},
        only_new={
            "document": values[0]["document"] if values else CONNECTION,
            "document_key": connection,
            "variable": plan.existing(f"definition {place.element}", role, definition["sys_id"]),
        },
        natural_key=("document_key", "variable"),
        traits=Traits(hidden=("value",) if is_hidden else (), subject=place.element),
    )


def _with_same_value(row: Row | None, task: Task, place: Place) -> Row | None:
    """The attribute's value record, with the given value where that is what the stored one stands for."""
    value = place.attribute.value
    if row is None or row["value"] != task.source.as_stored(value):
        return row
    # A foreign ciphertext is no more than another value, whatever it looks like.
    return row if task.is_foreign and place.is_encrypted else dict(row, value=value)


def _one_of_twins(plan: Plan, task: Task, place: Place, rows: list[Row]) -> Row | None:
    """The attribute's value record. Of several with the same value, which two runs at once can have made, all but one
    go.
    """
    if not rows:
        return None
    if len({row["value"] for row in rows}) > 1:
        raise Ambiguous(
            f"The connection holds more than one value of the attribute {place.element}",
            f"instance {task.source.host}, table {ATTRIBUTE_VALUE}",
            ", ".join(row["sys_id"] for row in rows),
            "Run again, in case another run was at work at the same moment; if they are still there then, "
            "delete the superfluous rows",
        )
    kept, *superfluous = sorted(rows, key=lambda row: row["sys_id"])
    for row in superfluous:
        plan.remove(f"second value of attribute {place.element} ({row['sys_id']})", ATTRIBUTE_VALUE, row, ())
    return kept


def _clear_foreign_value(plan: Plan, current: Current, place: Place) -> None:
    """Take away the ciphertext of another instance, which this one cannot decrypt, so that nobody takes the attribute
    for set.
    """
    if place.definition is None:
        return
    for row in current.values or []:
        if row["variable"] == place.definition["sys_id"] and row["value"]:
            plan.ensure(
                f"attribute {place.element}",
                ATTRIBUTE_VALUE,
                row,
                {"value": ""},
                traits=Traits(hidden=("value",), subject=place.element),
            )


def plan_absent(source: Source, alias: Alias, current: Current) -> tuple[Plan, list[str]]:
    """The steps that remove what belongs to the connection, and what is kept because others use it.

    The connection, by which the rest is found, goes last, so that a removal that was cut off can be completed by the
    next run.
    """
    plan = Plan(source, alias.sys_id)
    elements = {row["sys_id"]: row["element"] for row in current.definitions}
    for row in current.values or []:
        plan.remove(f"attribute {elements.get(row['variable'], row['variable'])}", ATTRIBUTE_VALUE, row, ())
    others = other_users(source, current)
    kept = []
    if others.connections or others.credentials:
        users = [*others.connections, *(f"the credential {name}" for name in others.credentials)]
        if current.registry is not None:
            kept.append(f"registry {current.registry['name']}: also used by {', '.join(users)}")
    else:
        _plan_registry_absent(plan, current)
    if current.credential is not None and others.share_credential:
        kept.insert(0, f"credential {current.credential['name']}: also used by {', '.join(others.connections)}")
    elif current.credential is not None:
        plan.remove("credential", CREDENTIAL, current.credential, ("name",))
    if current.connection is not None:
        plan.remove("connection", CONNECTION, current.connection, ("name", "connection_url"))
    return plan, kept


def _plan_registry_absent(plan: Plan, current: Current) -> None:
    for row in current.profile_scopes:
        plan.remove(f"profile scope {row['sys_id']}", PROFILE_SCOPE, row, ())
    for row in current.scopes:
        plan.remove(f"scope {row['oauth_entity_scope']}", SCOPE, row, ("oauth_entity_scope",))
    if current.registry is not None:
        plan.remove("registry", REGISTRY, current.registry, ("name", "client_id", "token_url"))
    if current.profile is not None:
        plan.remove("profile", PROFILE, current.profile, ("name", "grant_type"))
