# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Plans the records behind an alias: what has to be made or changed, and what goes when it is removed."""

from __future__ import annotations

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Ambiguous, InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import (
    ATTRIBUTE_VALUE,
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    PROFILE_FIELDS,
    PROFILE_SCOPE,
    REGISTRY,
    SCOPE,
    Current,
    default_profile,
    other_users,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.desired import Desired
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import (
    CLIENT_SECRET,
    INSTANCE,
    OUTDATED_TOKEN,
    fingerprint,
    is_fingerprint_of,
    read_mark,
    remove_mark,
    write_mark,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Link, Plan, Value
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import poll


def plan_present(instance: Source, alias: Alias, current: Current, desired: Desired, update_secret: str, secrets: Secrets) -> Plan:
    """The steps that make ``current`` what ``desired`` says. Nothing is written yet."""
    plan = Plan(instance, alias.sys_id)
    name = desired.registry["name"]
    registry = Link("registry", f"registry {name}")
    profile = Link("profile", f"default profile of {name}")
    credential = Link("credential", f"credential of {desired.connection['name']}")
    connection = Link("connection", f"connection {desired.connection['name']}")

    _plan_registry(plan, instance, current, desired, update_secret, secrets)
    plan.ensure(
        "profile",
        PROFILE,
        current.profile,
        {"oauth_entity": registry, "grant_type": desired.grant_type},
        only_new={"name": f"{name} default_profile", "default": "true"},
        natural_key=("oauth_entity",),
        find_made=lambda entity: poll(lambda: default_profile(instance.find(PROFILE, {"oauth_entity": entity}, PROFILE_FIELDS))),
    )
    _plan_scopes(plan, current, desired, registry, profile)
    plan.ensure(
        "credential",
        CREDENTIAL,
        current.credential,
        {"oauth_entity_profile": profile, "active": "true"},
        only_new={"name": desired.credential_name, "applies_to": "all"},
        natural_key=("name", "oauth_entity_profile"),
    )
    plan.ensure(
        "connection",
        CONNECTION,
        current.connection,
        dict(desired.connection, credential=credential, active="true"),
        only_new={"connection_alias": plan.existing("alias", f"alias {alias.label}", alias.sys_id)},
        natural_key=("connection_alias", "name"),
    )
    for element, value in desired.attributes.items():
        _plan_attribute(plan, instance, current, desired, element, value, connection)
    return plan


def _plan_registry(plan: Plan, instance: Source, current: Current, desired: Desired, update_secret: str, secrets: Secrets) -> None:
    stored = current.registry
    comments = stored["comments"] if stored else ""
    known = read_mark(comments, CLIENT_SECRET)
    secrets.add(known)
    is_known = bool(known and desired.client_secret and is_fingerprint_of(known, desired.client_secret))
    is_new_client = bool(stored and desired.registry.get("client_id") not in (None, stored["client_id"]))
    has_secret = bool(stored and stored["client_secret"])
    if stored and instance.has_fingerprints:
        writes_secret = bool(desired.client_secret) and stored["client_secret"] != instance.as_stored(desired.client_secret)
    else:
        writes_secret = bool(desired.client_secret) and (
            not has_secret or is_new_client or update_secret == "always" or (update_secret == "on_change" and not is_known)
        )
    comments = write_mark(comments, INSTANCE, instance.host)
    if desired.client_secret and (writes_secret and known or update_secret == "on_change" and not is_known):
        mark = fingerprint(desired.client_secret)
        secrets.add(mark)
        comments = write_mark(comments, CLIENT_SECRET, mark)
    plan.outdates_token = has_token(current) and (writes_secret or _asks_for_other_tokens(current, desired))
    if plan.outdates_token:
        comments = write_mark(comments, OUTDATED_TOKEN, current.token["updated"] or "")
    wanted: dict[str, Value] = dict(desired.registry, default_grant_type=desired.grant_type, active="true", comments=comments)
    step = plan.ensure(
        "registry",
        REGISTRY,
        stored,
        wanted,
        only_new={name: value for name, value in desired.presets.items() if name not in wanted},
        secret={"client_secret": desired.client_secret} if writes_secret else {},
        has_secret=has_secret,
        old_ciphertext=stored["client_secret"] if stored and update_secret == "on_change" and known and not is_known else "",
    )
    if stored and known and step.secret_values:
        step.before_secret = {"comments": remove_mark(stored["comments"], CLIENT_SECRET)}
    changes = (set(step.values) | set(step.secret_values)) - {"comments"}
    others = other_users(instance, current).connections if stored and changes else ()
    if stored and others:
        raise InputError(
            f"The OAuth registry {stored['name']!r} is also used by: {', '.join(others)}",
            f"instance {instance.host}, table {REGISTRY}, record {stored['sys_id']}",
            f"changing its {', '.join(sorted(changes))} would change those connections too",
            "Choose another oauth.name for this connection",
        )


def has_token(current: Current) -> bool:
    """Whether the instance has a token for the credential; one that has expired is renewed on use (servicenow-connections 4)."""
    return current.token["status"] in ("present", "expired")


def _asks_for_other_tokens(current: Current, desired: Desired) -> bool:
    """Whether tokens will be fetched with another client, at another URL or for other scopes than now."""
    registry, profile, credential = current.registry, current.profile, current.credential
    if registry is None or profile is None or credential is None or credential["oauth_entity_profile"] != profile["sys_id"]:
        return True
    names = {row["sys_id"]: row["oauth_entity_scope"] for row in current.scopes}
    scopes = {names.get(row["oauth_entity_scope"]) for row in current.profile_scopes}
    return (
        any(desired.registry.get(name) not in (None, registry[name]) for name in ("client_id", "token_url"))
        or desired.grant_type != profile["grant_type"]
        or (desired.scopes is not None and scopes != set(desired.scopes))
    )


def _plan_scopes(plan: Plan, current: Current, desired: Desired, registry: Link, profile: Link) -> None:
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
            only_new={"name": scope, "oauth_entity": registry},
            natural_key=("oauth_entity", "oauth_entity_scope"),
        )
        # A link can have outlived its scope: made again, the scope gets the sys_id that the link still holds.
        plan.ensure(
            f"profile scope {scope}",
            PROFILE_SCOPE,
            linked.pop(step.sys_id, None),
            {"oauth_entity_profile": profile, "oauth_entity_scope": Link(step.role, f"scope {scope}")},
            natural_key=("oauth_entity_profile", "oauth_entity_scope"),
        )
    names = {row["sys_id"]: row["oauth_entity_scope"] for row in current.scopes}
    for scope_id, row in linked.items():
        label = names.get(scope_id, scope_id)
        if label not in desired.scopes:
            plan.remove(f"profile scope {label}", PROFILE_SCOPE, dict(row, oauth_entity_scope=f"scope {label}"), ("oauth_entity_scope",))


def _plan_attribute(plan: Plan, instance: Source, current: Current, desired: Desired, element: str, value: str, connection: Link) -> None:
    definition = desired.definitions[element]
    if current.values is None:
        desired.by_hand.append((element, f"the instance keeps the table {ATTRIBUTE_VALUE} closed to this account"))
        return
    rows = [row for row in current.values if row["variable"] == definition["sys_id"]]
    if len(rows) > 1:
        raise Ambiguous(
            f"The connection holds more than one value of the attribute {element}",
            f"instance {instance.host}, table {ATTRIBUTE_VALUE}",
            ", ".join(row["sys_id"] for row in rows),
            "Run again, in case another run was at work at the same moment; if they are still there then, delete the superfluous rows",
        )
    if not rows and definition["default_value"] == instance.as_stored(value):
        return
    stored = dict(rows[0]) if rows else None
    if stored and stored["value"] == instance.as_stored(value):
        stored["value"] = value
    document = current.values[0]["document"] if current.values else CONNECTION
    plan.ensure(
        f"attribute {element}",
        ATTRIBUTE_VALUE,
        stored,
        {"value": value},
        only_new={
            "document": document,
            "document_key": connection,
            "variable": plan.existing(f"definition {element}", f"attribute {element}", definition["sys_id"]),
        },
        natural_key=("document_key", "variable"),
        hidden=("value",) if element in desired.secret_elements or instance.has_fingerprints else (),
    )


def plan_absent(instance: Source, alias: Alias, current: Current) -> tuple[Plan, list[str]]:
    """The steps that remove what belongs to the connection, and what is kept because others use it.

    The connection, by which the rest is found, goes last, so that a removal that was cut off can be completed by the next run.
    """
    plan = Plan(instance, alias.sys_id)
    elements = {row["sys_id"]: row["element"] for row in current.definitions}
    for row in current.values or []:
        plan.remove(f"attribute {elements.get(row['variable'], row['variable'])}", ATTRIBUTE_VALUE, row, ())
    others = other_users(instance, current)
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
