# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Plans the records behind an alias: what has to be made or changed for a wish, and what goes when it is removed."""

from __future__ import annotations

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Ambiguous, InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.chain import (
    ATTRIBUTE_VALUE,
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    PROFILE_FIELDS,
    PROFILE_SCOPE,
    REGISTRY,
    SCOPE,
    Chain,
    default_profile,
    other_users,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.form import Wish
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.marks import (
    CLIENT_SECRET,
    INSTANCE,
    OUTDATED_TOKEN,
    fingerprint,
    is_fingerprint_of,
    read_mark,
    remove_mark,
    write_mark,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.plan import Link, Plan, Value
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.source import Source
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.writer import poll


def plan_present(instance: Source, alias: Alias, chain: Chain, wish: Wish, update_secret: str, secrets: Secrets) -> Plan:
    """The steps that make ``chain`` what ``wish`` says. Nothing is written yet."""
    plan = Plan(instance, alias.sys_id)
    name = wish.registry["name"]
    registry = Link("registry", f"registry {name}")
    profile = Link("profile", f"default profile of {name}")
    credential = Link("credential", f"credential of {wish.connection['name']}")
    connection = Link("connection", f"connection {wish.connection['name']}")

    _plan_registry(plan, instance, chain, wish, update_secret, secrets)
    plan.record(
        "profile",
        PROFILE,
        chain.profile,
        {"oauth_entity": registry, "grant_type": wish.grant_type},
        only_new={"name": f"{name} default_profile", "default": "true"},
        natural_key=("oauth_entity",),
        find_made=lambda entity: poll(lambda: default_profile(instance.find(PROFILE, {"oauth_entity": entity}, PROFILE_FIELDS))),
    )
    _plan_scopes(plan, chain, wish, registry, profile)
    plan.record(
        "credential",
        CREDENTIAL,
        chain.credential,
        {"oauth_entity_profile": profile, "active": "true"},
        only_new={"name": wish.credential_name, "applies_to": "all"},
        natural_key=("name", "oauth_entity_profile"),
    )
    plan.record(
        "connection",
        CONNECTION,
        chain.connection,
        dict(wish.connection, credential=credential, active="true"),
        only_new={"connection_alias": plan.know("alias", f"alias {alias.label}", alias.sys_id)},
        natural_key=("connection_alias", "name"),
    )
    for element, value in wish.attributes.items():
        _plan_attribute(plan, instance, chain, wish, element, value, connection)
    return plan


def _plan_registry(plan: Plan, instance: Source, chain: Chain, wish: Wish, update_secret: str, secrets: Secrets) -> None:
    current = chain.registry
    comments = current["comments"] if current else ""
    known = read_mark(comments, CLIENT_SECRET)
    secrets.add(known)
    is_known = bool(known and wish.client_secret and is_fingerprint_of(known, wish.client_secret))
    is_new_client = bool(current and wish.registry.get("client_id") not in (None, current["client_id"]))
    has_secret = bool(current and current["client_secret"])
    if current and instance.has_fingerprints:
        writes_secret = bool(wish.client_secret) and current["client_secret"] != instance.as_read(wish.client_secret)
    else:
        writes_secret = bool(wish.client_secret) and (
            not has_secret or is_new_client or update_secret == "always" or (update_secret == "on_change" and not is_known)
        )
    comments = write_mark(comments, INSTANCE, instance.host)
    if wish.client_secret and (writes_secret and known or update_secret == "on_change" and not is_known):
        mark = fingerprint(wish.client_secret)
        secrets.add(mark)
        comments = write_mark(comments, CLIENT_SECRET, mark)
    plan.outdates_token = has_token(chain) and (writes_secret or _asks_for_other_tokens(chain, wish))
    if plan.outdates_token:
        comments = write_mark(comments, OUTDATED_TOKEN, chain.token["updated"] or "")
    wanted: dict[str, Value] = dict(wish.registry, default_grant_type=wish.grant_type, active="true", comments=comments)
    step = plan.record(
        "registry",
        REGISTRY,
        current,
        wanted,
        only_new={name: value for name, value in wish.presets.items() if name not in wanted},
        secret={"client_secret": wish.client_secret} if writes_secret else {},
        has_secret=has_secret,
        old_ciphertext=current["client_secret"] if current and update_secret == "on_change" and known and not is_known else "",
    )
    if current and known and step.secret_values:
        step.before_secret = {"comments": remove_mark(current["comments"], CLIENT_SECRET)}
    changes = (set(step.values) | set(step.secret_values)) - {"comments"}
    others = other_users(instance, chain).connections if current and changes else ()
    if current and others:
        raise InputError(
            f"The OAuth registry {current['name']!r} is also used by: {', '.join(others)}",
            f"instance {instance.host}, table {REGISTRY}, record {current['sys_id']}",
            f"changing its {', '.join(sorted(changes))} would change those connections too",
            "Choose another oauth.name for this connection",
        )


def has_token(chain: Chain) -> bool:
    """Whether the instance has a token for the chain's credential; one that has expired is renewed on use (servicenow-connections 4)."""
    return chain.token["status"] in ("present", "expired")


def _asks_for_other_tokens(chain: Chain, wish: Wish) -> bool:
    """Whether tokens will be fetched with another client, at another URL or for other scopes than now."""
    registry, profile, credential = chain.registry, chain.profile, chain.credential
    if registry is None or profile is None or credential is None or credential["oauth_entity_profile"] != profile["sys_id"]:
        return True
    names = {row["sys_id"]: row["oauth_entity_scope"] for row in chain.scopes}
    scopes = {names.get(row["oauth_entity_scope"]) for row in chain.profile_scopes}
    return (
        any(wish.registry.get(name) not in (None, registry[name]) for name in ("client_id", "token_url"))
        or wish.grant_type != profile["grant_type"]
        or (wish.scopes is not None and scopes != set(wish.scopes))
    )


def _plan_scopes(plan: Plan, chain: Chain, wish: Wish, registry: Link, profile: Link) -> None:
    if wish.scopes is None:
        return
    existing = {row["oauth_entity_scope"]: row for row in reversed(chain.scopes)}
    linked = {row["oauth_entity_scope"]: row for row in reversed(chain.profile_scopes)}
    for scope in wish.scopes:
        step = plan.record(
            f"scope {scope}",
            SCOPE,
            existing.get(scope),
            {"oauth_entity_scope": scope},
            only_new={"name": scope, "oauth_entity": registry},
            natural_key=("oauth_entity", "oauth_entity_scope"),
        )
        # A link can have outlived its scope: made again, the scope gets the sys_id that the link still holds.
        plan.record(
            f"profile scope {scope}",
            PROFILE_SCOPE,
            linked.pop(step.sys_id, None),
            {"oauth_entity_profile": profile, "oauth_entity_scope": Link(step.role, f"scope {scope}")},
            natural_key=("oauth_entity_profile", "oauth_entity_scope"),
        )
    names = {row["sys_id"]: row["oauth_entity_scope"] for row in chain.scopes}
    for scope_id, row in linked.items():
        label = names.get(scope_id, scope_id)
        if label not in wish.scopes:
            plan.remove(f"profile scope {label}", PROFILE_SCOPE, dict(row, oauth_entity_scope=f"scope {label}"), ("oauth_entity_scope",))


def _plan_attribute(plan: Plan, instance: Source, chain: Chain, wish: Wish, element: str, value: str, connection: Link) -> None:
    definition = wish.definitions[element]
    if chain.values is None:
        wish.by_hand.append((element, f"the instance keeps the table {ATTRIBUTE_VALUE} closed to this account"))
        return
    rows = [row for row in chain.values if row["variable"] == definition["sys_id"]]
    if len(rows) > 1:
        raise Ambiguous(
            f"The connection holds more than one value of the attribute {element}",
            f"instance {instance.host}, table {ATTRIBUTE_VALUE}",
            ", ".join(row["sys_id"] for row in rows),
            "Run again, in case another run was at work at the same moment; if they are still there then, delete the superfluous rows",
        )
    if not rows and definition["default_value"] == instance.as_read(value):
        return
    current = dict(rows[0]) if rows else None
    if current and current["value"] == instance.as_read(value):
        current["value"] = value
    document = chain.values[0]["document"] if chain.values else CONNECTION
    plan.record(
        f"attribute {element}",
        ATTRIBUTE_VALUE,
        current,
        {"value": value},
        only_new={
            "document": document,
            "document_key": connection,
            "variable": plan.know(f"definition {element}", f"attribute {element}", definition["sys_id"]),
        },
        natural_key=("document_key", "variable"),
        hidden=("value",) if element in wish.secret_elements or instance.has_fingerprints else (),
    )


def plan_absent(instance: Source, alias: Alias, chain: Chain) -> tuple[Plan, list[str]]:
    """The steps that remove what belongs to the connection, and what is kept because others use it.

    The connection, by which the rest is found, goes last, so that a removal that was cut off can be completed by the next run.
    """
    plan = Plan(instance, alias.sys_id)
    elements = {row["sys_id"]: row["element"] for row in chain.definitions}
    for row in chain.values or []:
        plan.remove(f"attribute {elements.get(row['variable'], row['variable'])}", ATTRIBUTE_VALUE, row, ())
    others = other_users(instance, chain)
    kept = []
    if others.connections or others.credentials:
        users = [*others.connections, *(f"the credential {name}" for name in others.credentials)]
        if chain.registry is not None:
            kept.append(f"registry {chain.registry['name']}: also used by {', '.join(users)}")
    else:
        _plan_registry_absent(plan, chain)
    if chain.credential is not None and others.share_credential:
        kept.insert(0, f"credential {chain.credential['name']}: also used by {', '.join(others.connections)}")
    elif chain.credential is not None:
        plan.remove("credential", CREDENTIAL, chain.credential, ("name",))
    if chain.connection is not None:
        plan.remove("connection", CONNECTION, chain.connection, ("name", "connection_url"))
    return plan, kept


def _plan_registry_absent(plan: Plan, chain: Chain) -> None:
    for row in chain.profile_scopes:
        plan.remove(f"profile scope {row['sys_id']}", PROFILE_SCOPE, row, ())
    for row in chain.scopes:
        plan.remove(f"scope {row['oauth_entity_scope']}", SCOPE, row, ("oauth_entity_scope",))
    if chain.registry is not None:
        plan.remove("registry", REGISTRY, chain.registry, ("name", "client_id", "token_url"))
    if chain.profile is not None:
        plan.remove("profile", PROFILE, chain.profile, ("name", "grant_type"))
