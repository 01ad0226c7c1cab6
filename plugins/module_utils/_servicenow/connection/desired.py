# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Matches what a task gives with what the alias's own form and attribute definitions ask for, so that any spoke can be
set up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, Mismatch
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import (
    ATTRIBUTE_PATH,
    REGISTRY_PATH,
    Alias,
    FormField,
    label_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.capabilities import Capabilities
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import (
    Attribute,
    Options,
    as_text,
    is_label,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ALIAS,
    ATTRIBUTE_VALUE,
    CONNECTION,
    CREDENTIAL,
    DEFINITION,
    REGISTRY,
    preset_columns,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row

SECRET_TYPES = ("password", "password2")


@dataclass(frozen=True)
class Place:
    """Where an attribute goes: the definition of a connection attribute, a ``column`` of the connection, or only the
    form's own input at ``path``. ``by_hand`` says why a person has to set it, empty if nobody has to.
    """

    attribute: Attribute
    definition: Row | None = None
    column: str = ""
    path: str = ""
    label: str = ""
    by_hand: str = ""

    @property
    def element(self) -> str:
        """The attribute's element, empty for anything else."""
        return self.definition["element"] if self.definition else ""

    @property
    def is_encrypted(self) -> bool:
        """Whether the instance keeps it encrypted."""
        return self.definition is not None and self.definition["internal_type"] in SECRET_TYPES


@dataclass(frozen=True)
class Desired:
    """What the records have to be, in the instance's own terms.

    ``given`` and ``presets`` map tables to columns and their values: those that the options give, and those that the
    template does.
    """

    given: dict[str, dict[str, str]] = field(default_factory=lambda: {CONNECTION: {}, REGISTRY: {}})
    presets: dict[str, dict[str, str]] = field(default_factory=lambda: {CONNECTION: {}, REGISTRY: {}})
    grant_type: str = ""
    client_secret: str = ""
    scopes: tuple[str, ...] | None = None
    credential_name: str = ""
    places: tuple[Place, ...] = ()

    @property
    def connection(self) -> dict[str, str]:
        """The connection's columns that are asked for."""
        return self.given[CONNECTION]

    @property
    def registry(self) -> dict[str, str]:
        """The registry's columns that are asked for."""
        return self.given[REGISTRY]

    @property
    def attributes(self) -> list[Place]:
        """The connection attributes that the task sets."""
        return [place for place in self.places if place.definition is not None and not place.by_hand]

    @property
    def definitions(self) -> dict[str, Row]:
        """The definitions of the attributes that are given, by element."""
        return {place.definition["element"]: place.definition for place in self.places if place.definition is not None}

    @property
    def left_to_people(self) -> list[Place]:
        """What a person has to set."""
        return [place for place in self.places if place.by_hand]

    @property
    def form_only(self) -> dict[str, str]:
        """The inputs that only the form's own script stores, by their path."""
        return {
            place.path: place.attribute.value
            for place in self.places
            if place.path and not place.column and place.definition is None
        }

    def preset(self, table: str, column: str) -> str:
        """What the template presets in a column, empty for nothing."""
        return self.presets[table].get(column, "")


def make_desired(alias: Alias, current: Current, options: Options, can: Capabilities) -> Desired:
    """What a task's ``options`` want for ``alias``; ``can`` is what the route can do.

    Raises `InputError` for what the spoke has no place for or lacks.
    """
    template = alias.template
    if template.credential_table not in ("", CREDENTIAL):
        raise InputError(
            f"The alias {alias.label} uses credentials of type {template.credential_table}, not OAuth 2.0",
            f"table {ALIAS}, record {alias.sys_id}",
            advice="This module configures OAuth 2.0 connections only",
        )
    places = tuple(_place(alias, current, attribute, can) for attribute in options.attributes)
    _check_encrypted(alias, places, options.unencrypted_attributes)
    _check_given_once(places)
    columns = {place.column: place.attribute.value for place in places if place.column}
    default_grant = as_text(template.registry_defaults.get("default_grant_type")) or "client_credentials"
    return Desired(
        given={CONNECTION: {**options.connection, **columns}, REGISTRY: options.registry},
        presets={
            CONNECTION: _presets(CONNECTION, template.connection_defaults),
            REGISTRY: {"type": "oauth_provider", **_presets(REGISTRY, template.registry_defaults)},
        },
        grant_type=options.grant_type or default_grant,
        client_secret=options.client_secret,
        scopes=options.scopes if options.scopes is not None else tuple(template.scopes) or None,
        credential_name=options.credential_name or template.credential_name or options.connection_name,
        places=places,
    )


def _presets(table: str, defaults: Mapping[str, Any]) -> dict[str, str]:
    """The columns of ``table`` that a template's ``defaults`` preset."""
    texts = {column.name: as_text(defaults.get(column.name)) for column in preset_columns(table)}
    return {name: text for name, text in texts.items() if text}


def _check_given_once(places: tuple[Place, ...]) -> None:
    elements = [place.element for place in places if place.element]
    for element in elements:
        if elements.count(element) > 1:
            raise InputError(f"The attribute {element} is given twice", advice="Give it once, by label or by element")


def _place(alias: Alias, current: Current, attribute: Attribute, can: Capabilities) -> Place:
    """Where the form puts the input that ``attribute`` names, by label or element."""
    form_field = _form_field(alias, attribute.name)
    path = form_field.path if form_field else ""
    element = path[len(ATTRIBUTE_PATH) :] if path.startswith(ATTRIBUTE_PATH) else ""
    definition = _definition(current.definitions, attribute.name, element)
    if not attribute.is_secret and _is_secret(form_field, definition):
        raise InputError(
            f"{attribute.name!r} is a secret of this spoke's form",
            advice="Move it from attributes to secret_attributes; treat the value as exposed",
        )
    if attribute.is_secret:
        _check_place_of_secret(alias, current, attribute, form_field)
    if definition is not None:
        _check_length(definition, attribute.value)
        return Place(
            attribute, definition, label=label_of(definition), by_hand=_reason_by_hand(definition, current, can)
        )
    if path.startswith("connection.") and not element:
        _check_not_secret(alias, path, attribute)
        return Place(attribute, column=path[len("connection.") :], path=path)
    if form_field and not path.startswith(REGISTRY_PATH):
        if path.startswith("credential."):
            _check_not_secret(alias, path, attribute)
        reason = "" if can.run_form else "only the form's own script stores it"
        return Place(attribute, path=path, label=form_field.label or path, by_hand=reason)
    raise _no_place(alias, current, attribute)


def _form_field(alias: Alias, name: str) -> FormField | None:
    wanted = name.strip().lower()
    for entry in alias.template.fields:
        if wanted in (entry.label.lower(), entry.path.lower(), _last(entry.path)):
            return entry
    return None


def _definition(definitions: list[Row], name: str, element: str) -> Row | None:
    """The attribute whose element is that of the form's input, or whose element or label is ``name``."""
    wanted = name.strip().lower()
    for row in definitions:
        labels = (row["label"].lower(), row["column_label"].lower())
        if row["element"].lower() in (wanted, element.lower()) or wanted in labels:
            return row
    return None


def _is_secret(form_field: FormField | None, definition: Row | None) -> bool:
    is_hidden_input = form_field is not None and form_field.kind == "password"
    return is_hidden_input or (definition is not None and definition["internal_type"] in SECRET_TYPES)


def _reason_by_hand(definition: Row, current: Current, can: Capabilities) -> str:
    """Why a person has to set the attribute, empty if nobody has to."""
    if definition["internal_type"] in SECRET_TYPES and not can.encrypt:
        return "it is stored encrypted, and plain REST would store it in clear"
    if current.values is None:
        return f"the instance keeps the table {ATTRIBUTE_VALUE} closed to this account"
    return ""


def _no_place(alias: Alias, current: Current, attribute: Attribute) -> InputError:
    """What to say of an attribute that the spoke does not have."""
    elsewhere = (REGISTRY_PATH, "connection.name", "connection.connection_url")
    asked = {entry.label for entry in alias.template.fields if entry.label and not entry.path.startswith(elsewhere)}
    asked |= {label_of(row) for row in current.definitions}
    shown = (
        repr(attribute.name) if is_label(attribute.name) else "of the given name (not shown: it is as long as a secret)"
    )
    return InputError(
        f"The spoke of alias {alias.label} has no attribute {shown}",
        why=f"It has: {', '.join(sorted(asked))}" if asked else "It has none",
        advice="Correct its name; labels and elements are both accepted",
    )


def _check_not_secret(alias: Alias, path: str, attribute: Attribute) -> None:
    """Raise `InputError` if a secret would land in a plain column, where whoever may change the form's template reads
    it.
    """
    if not attribute.is_secret:
        return
    raise InputError(
        f"The form of alias {alias.label} puts {_shown(attribute)} into {path}, a column that anyone who can read the "
        "record can read; nothing was sent",
        f"table {ALIAS}, record {alias.sys_id}",
        why=(
            "A spoke keeps such values in connection attributes, so that the form's template may have been tampered "
            "with"
        ),
        advice="Compare the template (sys_alias_templates, sys_updated_by) with the spoke's own; if the value is not "
        "a secret, move it to attributes",
    )


def _check_place_of_secret(alias: Alias, current: Current, attribute: Attribute, form_field: FormField | None) -> None:
    """Raise `Mismatch` if the form leads a secret elsewhere than to the attribute that bears its name."""
    if form_field is None:
        return
    named = _definition(current.definitions, attribute.name, "") or _definition(
        current.definitions, form_field.label, ""
    )
    if named is None or form_field.path.lower() == f"{ATTRIBUTE_PATH}{named['element']}".lower():
        return
    raise Mismatch(
        f"The form of alias {alias.label} leads {_shown(attribute)} to {form_field.path}, while the attribute "
        f"{named['element']!r} bears that name; nothing was written",
        f"table sys_alias_templates, alias {alias.label}; table {DEFINITION}, record {named['sys_id']}",
        "The form's template, or the attribute, may have been tampered with",
        "Compare both (sys_alias_templates, connection_attributes: sys_updated_by) with the spoke's own, and put "
        "them right",
    )


def _check_encrypted(alias: Alias, places: tuple[Place, ...], unencrypted: tuple[str, ...]) -> None:
    """Raise `Mismatch` if the instance would keep a secret in clear which the form treats as one, unless that is
    declared.
    """
    meant = {name.strip().lower() for name in unencrypted}
    for place in places:
        form_field = _form_field(alias, place.attribute.name) or _form_field(alias, place.label)
        is_hidden = form_field is not None and form_field.kind == "password"
        names = {place.element.lower(), place.label.lower(), place.attribute.name.strip().lower()}
        if place.definition is None or not is_hidden or place.is_encrypted or names & meant:
            continue
        raise Mismatch(
            f"The instance would keep {_shown(place.attribute)} in clear: the form of alias {alias.label} treats it "
            f"as a secret, and its definition is of the type {place.definition['internal_type']!r}; nothing was sent",
            f"table {DEFINITION}, record {place.definition['sys_id']}, field internal_type",
            f"Anybody who reads {ATTRIBUTE_VALUE} would read it, and the definition may have been tampered with",
            "Compare the definition (sys_updated_by) with the spoke's own, and put it right (password2); if the "
            "spoke means it so, name the attribute in connection.unencrypted_attributes",
        )


def _shown(attribute: Attribute) -> str:
    return repr(attribute.name) if is_label(attribute.name) else "a secret attribute"


def _check_length(definition: Row, value: str) -> None:
    longest = int(definition["max_length"]) if definition["max_length"].isdigit() else 0
    if longest and len(value) > longest:
        raise InputError(
            f"The value of attribute {definition['element']} has {len(value)} characters, "
            f"the instance keeps {longest} of them",
            f"table {DEFINITION}, record {definition['sys_id']}, field max_length",
            advice="Check that the right value was given",
        )


def fill_form(desired: Desired, alias: Alias) -> dict[str, str]:
    """The inputs of the alias's Configure form by their paths, as far as ``desired`` has values for them
    (servicenow-connections 3.1).
    """
    given = {
        **{f"connection.{name}": value for name, value in desired.connection.items()},
        **{f"{REGISTRY_PATH}{name}": value for name, value in desired.registry.items()},
        f"{REGISTRY_PATH}client_secret": desired.client_secret,
        **{f"{ATTRIBUTE_PATH}{place.element}": place.attribute.value for place in desired.attributes},
        **desired.form_only,
    }
    return {entry.path: given[entry.path] for entry in alias.template.fields if given.get(entry.path)}


def check_complete(desired: Desired, alias: Alias, current: Current, is_foreign: bool) -> None:
    """Raise `InputError` if the form's mandatory inputs, or those of a new registry, are neither given nor there
    already.

    What another instance has left is not there (``is_foreign``): its secrets cannot be decrypted here.
    """
    # How each is named, by its path in the form.
    missing = {
        entry.path: _name_of(entry)
        for entry in alias.template.fields
        if entry.mandatory and _is_missing(entry, desired, current, is_foreign)
    }
    for name, value in _needed_by_registry(desired, current, is_foreign).items():
        if not value:
            missing.setdefault(f"{REGISTRY_PATH}{name}", f"oauth.{name}")
    if missing:
        raise InputError(
            f"The form of alias {alias.label} also asks for: {', '.join(missing.values())}",
            advice="Give the named options; nothing was written",
        )


def _needed_by_registry(desired: Desired, current: Current, is_foreign: bool) -> dict[str, str | None]:
    """The values that the registry cannot be without: all of a new one, the secret of another instance's."""
    if current.registry is None:
        given = desired.registry
        return {
            "client_id": given.get("client_id"),
            "client_secret": desired.client_secret,
            "token_url": given.get("token_url"),
        }
    return {"client_secret": desired.client_secret} if is_foreign else {}


def _is_missing(entry: FormField, desired: Desired, current: Current, is_foreign: bool) -> bool:
    """Whether an input is neither given nor there already."""
    if entry.path.startswith(ATTRIBUTE_PATH):
        return entry.path[len(ATTRIBUTE_PATH) :] not in desired.definitions and current.connection is None
    if not entry.path.startswith(REGISTRY_PATH):
        return False
    column = entry.path[len(REGISTRY_PATH) :]
    if column == "client_secret":
        return not (desired.client_secret or _stored_secret(current, is_foreign))
    return not (desired.registry.get(column) or (current.registry or {}).get(column))


def _name_of(entry: FormField) -> str:
    """How a missing input is named: by its label, and by the option that gives it."""
    if entry.path.startswith(ATTRIBUTE_PATH):
        return f"{entry.label or entry.path[len(ATTRIBUTE_PATH) :]} (attributes)"
    column = entry.path[len(REGISTRY_PATH) :]
    return f"{entry.label or column} (oauth.{column})"


def _stored_secret(current: Current, is_foreign: bool) -> str:
    return current.registry["client_secret"] if current.registry and not is_foreign else ""


def _last(path: str) -> str:
    return path.rpartition(".")[2].lower()
