# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_connection_alias: read everything, plan, apply, report what is left to a person."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, Mismatch
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.alias import Alias, find_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.chain import CONNECTION, CREDENTIAL, Chain, read_chain, read_token
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.form import Wish, check_complete, make_wish
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.marks import read_mark
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.plan import Plan, Step
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.query import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.setup import TOKEN_SOURCES, plan_absent, plan_present
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.writer import apply
from ansible_collections.snow_ops.spokes.plugins.module_utils._urls import check_base_url

ROUTE = "records"


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Configure or remove the connection of an alias as ``params`` (the module's options) say; return the task's result."""
    secrets.add((params.get("oauth") or {}).get("client_secret"))
    for value in (params.get("secret_attributes") or {}).values():
        secrets.add(value)
    _check_options(params)
    instance = Instance(params["instance"], secrets)
    alias = find_alias(instance, params.get("scope") or "", params.get("alias") or "", params.get("preferred_alias_name") or "")
    act = _present if params["state"] == "present" else _absent
    return dict(act(instance, alias, params, check_mode, secrets), alias=alias.as_result(), route=ROUTE)


def _check_options(params: dict[str, Any]) -> None:
    """Raise `InputError` for what cannot work, before anything is sent."""
    oauth, connection = params.get("oauth") or {}, params.get("connection") or {}
    if not params.get("scope") and not params.get("alias"):
        raise InputError("Neither scope nor alias is given", advice="Give the application scope of the spoke, or the alias by id or sys_id")
    if params["state"] == "present":
        for option, value in (
            ("connection.name", connection.get("name")),
            ("connection.url", connection.get("url")),
            ("oauth.name", oauth.get("name")),
        ):
            if not value:
                raise InputError(f"{option} is not given", advice="It is a field of the spoke's Configure form; give its value")
    texts = {f"connection.{name}": value for name, value in connection.items()}
    texts.update({f"oauth.{name}": value for name, value in oauth.items() if isinstance(value, str)})
    texts.update({f"oauth.scopes[{index}]": scope for index, scope in enumerate(oauth.get("scopes") or [])})
    for option, value in texts.items():
        check_text(value or "", option)
        if option.startswith("oauth.scopes") and (not value or any(char.isspace() for char in value)):
            raise InputError(f"{option} is empty or contains white space: {value!r}", advice="Give one scope per entry")
    for option in ("connection.url", "oauth.token_url", "oauth.auth_url", "oauth.redirect_url"):
        if texts.get(option):
            check_base_url(texts[option], option)


def _present(instance: Instance, alias: Alias, params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    chain = read_chain(instance, alias, params["connection"]["name"], params["oauth"]["name"])
    if not params["replace_foreign_connection"]:
        _check_not_foreign(instance, chain, params["connection"]["url"])
    wish = make_wish(alias, chain.definitions, params)
    _keep_stored_secrets(secrets, chain, wish)
    check_complete(wish, alias, chain)
    plan = plan_present(instance, alias, chain, wish, params["update_secret"], secrets)
    if not check_mode:
        apply(plan)
    steps = {step.role: step for step in plan.steps}
    token = read_token(instance, chain.credential)
    if token["status"] in ("present", "expired") and set(steps["registry"].after) & set(TOKEN_SOURCES):
        token["status"] = "outdated"
    result = _result(plan)
    result.update(
        connection_sys_id=steps["connection"].sys_id,
        token=token,
        dangling=chain.dangling,
        manual_steps=[
            *_attributes_by_hand(instance, wish, chain, steps["connection"]),
            *_token_by_hand(instance, token, steps["credential"], (chain.credential or {}).get("name") or wish.credential_name),
        ],
    )
    return result


def _check_not_foreign(instance: Instance, chain: Chain, wanted_url: str) -> None:
    """Raise `Mismatch` if what is there was configured for another instance or leads to another host (a clone, wrong values)."""
    advice = "Correct the values or the host; if the change is meant, set replace_foreign_connection to true"
    marked = read_mark(chain.registry["comments"], "instance") if chain.registry else ""
    if chain.registry and marked and marked != instance.host:
        raise Mismatch(
            f"{instance.host} holds a connection that was configured for {marked}; nothing was written",
            f"instance {instance.host}, table oauth_entity, record {chain.registry['sys_id']}",
            f"The mark in the comments of {chain.registry['name']!r} says so: it looks like a clone",
            advice,
        )
    current_url = chain.connection["connection_url"] if chain.connection else ""
    if current_url and _host_of(current_url) != _host_of(wanted_url):
        raise Mismatch(
            f"The connection of {instance.host} leads to {current_url} instead of {wanted_url}; nothing was written",
            f"instance {instance.host}, table {CONNECTION}, record {chain.connection['sys_id'] if chain.connection else ''}",
            "Either the instance is a clone or the values are those of another environment",
            advice,
        )


def _host_of(url: str) -> str:
    """The host of a URL, the text itself where it is none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _absent(instance: Instance, alias: Alias, params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    connection, oauth = params.get("connection") or {}, params.get("oauth") or {}
    chain = read_chain(instance, alias, connection.get("name") or "", oauth.get("name") or "", is_removal=True)
    _keep_stored_secrets(secrets, chain)
    plan, kept = plan_absent(instance, alias, chain)
    if not check_mode:
        apply(plan)
    return dict(_result(plan), kept=kept)


def _keep_stored_secrets(secrets: Secrets, chain: Chain, wish: Wish | None = None) -> None:
    """What an instance holds of secrets, in clear or encrypted, is not for anybody's eyes either."""
    if chain.registry is not None:
        secrets.add(chain.registry["client_secret"])
    hidden = [wish.definitions[element]["sys_id"] for element in wish.secret_elements] if wish else []
    for row in chain.values or []:
        if row["variable"] in hidden:
            secrets.add(row["value"])


def _result(plan: Plan) -> dict[str, Any]:
    return {
        "changed": plan.changed,
        "records": [step.as_result() for step in plan.steps],
        "diff": [step.as_diff() for step in plan.steps if step.action != "none"],
    }


def _attributes_by_hand(instance: Instance, wish: Wish, chain: Chain, connection: Step) -> list[dict[str, str]]:
    """The attributes left to a person; one that already has a value is left alone, it cannot be compared."""
    filled = {row["variable"] for row in chain.values or [] if row["value"]}
    steps = []
    for element, reason in wish.by_hand:
        definition: Row = wish.definitions.get(element, {})
        if definition.get("sys_id") in filled:
            continue
        label = definition.get("column_label") or element
        steps.append(
            {
                "what": f"Set the connection attribute {label}",
                "why": reason,
                "how": f"Open the connection record, set {label} under Attributes, and press Update",
                "url": instance.record_url(CONNECTION, connection.sys_id),
            }
        )
    return steps


def _token_by_hand(instance: Instance, token: dict[str, Any], credential: Step, name: str) -> list[dict[str, str]]:
    if token["status"] in ("present", "expired"):
        return []
    reasons = {
        "absent": "no access token has been fetched yet, and ServiceNow has no REST API to fetch one",
        "outdated": "the access token was fetched with the old client, secret or token URL",
        "unknown": "this account may not read whether there is an access token",
    }
    return [
        {
            "what": "Get the OAuth token",
            "why": reasons[token["status"]],
            "how": f"Open the OAuth 2.0 credential {name!r} and press Get OAuth Token under Related Links",
            "url": instance.record_url(CREDENTIAL, credential.sys_id),
        }
    ]
