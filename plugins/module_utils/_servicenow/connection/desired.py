# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Matches what a task gives with what the alias's own form and attribute definitions ask for, so that any spoke can be set up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_secret
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import (
    ATTRIBUTE_PATH,
    REGISTRY_PATH,
    Alias,
    FormField,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import CREDENTIAL, Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row

REGISTRY_COLUMNS = ("name", "client_id", "auth_url", "token_url", "redirect_url", "send_client_credentials_as")
SECRET_TYPES = ("password", "password2")
# Longer than any label of the forms that the documentation shows, shorter than the tokens of providers.
LONGEST_LABEL = 30
SECRET_NAMES = re.compile("token|secret|passw|api.?key", re.IGNORECASE)
# Columns that a template may preset and that a new registry gets from it (servicenow-connections 3.1).
PRESET_COLUMNS = ("type", "send_client_credentials_as", "oauth_api_script", "code_challenge_method", "public_client", "use_mutual_auth")


@dataclass
class Desired:
    """What the records have to be, in the instance's own terms.

    ``attributes`` maps the element of an attribute to its value, ``definitions`` to its definition; ``by_hand`` lists the
    attributes that plain REST cannot set, each with the reason; ``secret_elements`` those whose values are never shown;
    ``form_only`` maps inputs that only the form's own script stores, by their path, to their values.
    """

    connection: dict[str, str] = field(default_factory=dict)
    registry: dict[str, str] = field(default_factory=dict)
    presets: dict[str, str] = field(default_factory=dict)
    grant_type: str = ""
    client_secret: str = ""
    scopes: list[str] | None = None
    credential_name: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, Row] = field(default_factory=dict)
    by_hand: list[tuple[str, str]] = field(default_factory=list)
    secret_elements: set[str] = field(default_factory=set)
    form_only: dict[str, str] = field(default_factory=dict)


def make_desired(alias: Alias, definitions: list[Row], params: dict[str, Any], on_server: bool) -> Desired:
    """What a task's ``params`` want for ``alias``; ``on_server`` says that the instance itself can encrypt and run the form.

    Raises `InputError` for what the spoke has no place for or lacks.
    """
    template, oauth = alias.template, params["oauth"]
    if template.credential_table not in ("", CREDENTIAL):
        raise InputError(
            f"The alias {alias.label} takes credentials of the kind {template.credential_table}, not OAuth 2.0",
            advice="This module configures OAuth 2.0 connections only",
        )
    desired = Desired(client_secret=oauth.get("client_secret") or "")
    desired.connection = {"name": params["connection"]["name"], "connection_url": params["connection"]["url"]}
    presets = template.registry_defaults
    desired.presets = {name: _text(presets[name]) for name in PRESET_COLUMNS if _text(presets.get(name, ""))}
    desired.presets.setdefault("type", "oauth_provider")
    desired.registry = {name: oauth[name] for name in REGISTRY_COLUMNS if oauth.get(name)}
    desired.grant_type = oauth.get("grant_type") or _text(presets.get("default_grant_type", "")) or "client_credentials"
    desired.scopes = oauth.get("scopes") if oauth.get("scopes") is not None else template.scopes or None
    desired.credential_name = oauth.get("credential_name") or template.credential_name or desired.connection["name"]
    for name, value, is_secret in given_attributes(params):
        _place_attribute(desired, alias, definitions, name, value, is_secret, on_server)
    return desired


def given_attributes(params: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """The attributes of a task: name, value, whether it is a secret. Raises `InputError` for what no attribute can be."""
    given = []
    for option in ("attributes", "secret_attributes"):
        for index, (name, value) in enumerate((params.get(option) or {}).items(), start=1):
            place = f"{option}.{name}" if is_label(str(name)) else f"Entry {index} of {option}"
            if not isinstance(value, (str, int, float, bool)):
                raise InputError(f"{place} is not a single value", advice="Give text, a number or true/false")
            text = _text(value)
            if option == "secret_attributes":
                check_secret(text, place)
            elif SECRET_NAMES.search(str(name)):
                raise InputError(
                    f"{place} is a secret by its name", advice="Move it to secret_attributes, where it is never shown; treat the value as exposed"
                )
            elif text.strip().lower().startswith("javascript:"):
                raise InputError(f"{place} starts with javascript:", why="An instance runs such a value as a script", advice="Use another value")
            given.append((str(name), text, option == "secret_attributes"))
    return given


def misplaced_secrets(params: dict[str, Any]) -> list[Any]:
    """What `given_attributes` refuses as a secret in the wrong place."""
    attributes, secret_attributes = params.get("attributes") or {}, params.get("secret_attributes") or {}
    named = [value for name, value in attributes.items() if SECRET_NAMES.search(str(name))]
    return [*named, *(name for name in (*attributes, *secret_attributes) if not is_label(str(name)))]


def is_label(name: str) -> bool:
    """Whether ``name`` can be shown: people who mix up the sides give the secret as the name."""
    return len(name) <= LONGEST_LABEL


def _place_attribute(desired: Desired, alias: Alias, definitions: list[Row], name: str, value: str, is_secret: bool, on_server: bool) -> None:
    """Find where the form puts the input called ``name``, by label or element."""
    wanted = name.strip().lower()
    form_field = next(
        (entry for entry in alias.template.fields if wanted in (entry.label.lower(), entry.path.lower(), _last(entry.path))), None
    )
    path = form_field.path if form_field else ""
    element = path[len(ATTRIBUTE_PATH) :] if path.startswith(ATTRIBUTE_PATH) else ""
    definition = next(
        (row for row in definitions if row["element"].lower() in (wanted, element.lower()) or row["column_label"].lower() == wanted), None
    )
    is_known_secret = bool(form_field and form_field.kind == "password") or bool(definition and definition["internal_type"] in SECRET_TYPES)
    if is_known_secret and not is_secret:
        raise InputError(
            f"{name!r} is a secret of this spoke's form", advice="Move it from attributes to secret_attributes; treat the value as exposed"
        )
    if definition is not None:
        _check_attribute(definition, value)
        if definition["element"] in desired.definitions:
            raise InputError(f"The attribute {definition['element']} is given twice", advice="Give it once, by label or by element")
        if is_secret:
            desired.secret_elements.add(definition["element"])
        desired.definitions[definition["element"]] = definition
        if definition["internal_type"] in SECRET_TYPES and not on_server:
            desired.by_hand.append((definition["element"], "it is stored encrypted, and plain REST would store it in clear"))
        else:
            desired.attributes[definition["element"]] = value
        return
    if path.startswith("connection.") and not element:
        _check_not_secret(alias, form_field, name, is_secret)
        desired.connection[path[len("connection.") :]] = value
        return
    if form_field and not path.startswith(REGISTRY_PATH):
        if path.startswith("credential."):
            _check_not_secret(alias, form_field, name, is_secret)
        desired.form_only[path] = value
        if not on_server:
            desired.by_hand.append((form_field.label or path, "only the form's own script stores it"))
        return
    asked = sorted(
        {
            entry.label
            for entry in alias.template.fields
            if entry.label and not entry.path.startswith((REGISTRY_PATH, "connection.name", "connection.connection_url"))
        }
        | {row["column_label"] or row["element"] for row in definitions}
    )
    raise InputError(
        f"The spoke of alias {alias.label} has no attribute {repr(name) if is_label(name) else 'as one that is given'}",
        why=f"It has: {', '.join(asked)}" if asked else "It has none",
        advice="Correct its name; labels and elements are both accepted",
    )


def _check_not_secret(alias: Alias, form_field: FormField | None, name: str, is_secret: bool) -> None:
    """Raise `InputError` if a secret would land in a plain column: whoever may change the form's template could read it there."""
    if not is_secret:
        return
    path = form_field.path if form_field else ""
    raise InputError(
        f"The form of alias {alias.label} puts {repr(name) if is_label(name) else 'a secret attribute'} into {path}, a column that anybody reads "
        "who reads the record; nothing was sent",
        why="A spoke keeps such values in connection attributes, so that the form's template may have been tampered with",
        advice="Compare the template (sys_alias_templates, sys_updated_by) with the spoke's own; if the value is no secret, move it to attributes",
    )


def _check_attribute(definition: Row, value: str) -> None:
    longest = int(definition["max_length"]) if definition["max_length"].isdigit() else 0
    if longest and len(value) > longest:
        raise InputError(
            f"The value of attribute {definition['element']} has {len(value)} characters, the instance keeps {longest} of them",
            advice="Check that the right value was given",
        )


def fill_form(desired: Desired, alias: Alias) -> dict[str, str]:
    """The inputs of the alias's Configure form by their paths, as far as ``desired`` has values for them (servicenow-connections 3.1)."""
    given = {
        **{f"connection.{name}": value for name, value in desired.connection.items()},
        **{f"{REGISTRY_PATH}{name}": value for name, value in desired.registry.items()},
        f"{REGISTRY_PATH}client_secret": desired.client_secret,
        **{f"{ATTRIBUTE_PATH}{element}": value for element, value in desired.attributes.items()},
        **desired.form_only,
    }
    return {entry.path: given[entry.path] for entry in alias.template.fields if given.get(entry.path)}


def check_complete(desired: Desired, alias: Alias, current: Current) -> None:
    """Raise `InputError` if the form's mandatory inputs, or those of a new registry, are neither given nor there already."""
    missing = []
    for entry in alias.template.fields:
        if not entry.mandatory:
            continue
        element, column = _last(entry.path), entry.path[len(REGISTRY_PATH) :]
        if entry.path.startswith(ATTRIBUTE_PATH):
            if current.connection is None and element not in desired.definitions:
                missing.append(f"{entry.label or element} (attributes)")
        elif entry.path.startswith(REGISTRY_PATH):
            given = desired.client_secret if column == "client_secret" else desired.registry.get(column)
            if not given and not (current.registry or {}).get(column):
                missing.append(f"{entry.label or column} (oauth.{column})")
    if current.registry is None:
        needed = {
            "client_id": desired.registry.get("client_id"),
            "client_secret": desired.client_secret,
            "token_url": desired.registry.get("token_url"),
        }
        missing += [
            f"oauth.{name}" for name, value in needed.items() if not value and not any(f"(oauth.{name})" in item for item in missing)
        ]
    if missing:
        raise InputError(
            f"The form of alias {alias.label} also asks for: {', '.join(missing)}", advice="Give the named options; nothing was written"
        )


def _last(path: str) -> str:
    return path.rpartition(".")[2].lower()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
