# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a task asks for, checked once, before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_secret, check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import check_base_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    COLUMNS,
    CONNECTION,
    REGISTRY,
    optional_columns,
)

# Longer than any label of the forms that the documentation shows, shorter than the tokens of providers.
LONGEST_LABEL = 30
SECRET_NAMES = re.compile("token|secret|passw|api.?key", re.IGNORECASE)
# Of these an empty text means the same as no value; of the others it means that the column has to be empty.
NEVER_EMPTY = (
    "name",
    "connection_url",
    "client_id",
    "auth_url",
    "token_url",
    "redirect_url",
    "send_client_credentials_as",
)


@dataclass(frozen=True)
class Attribute:
    """A connection attribute as a task gives it: ``name`` is a label or an element."""

    name: str
    value: str
    is_secret: bool


@dataclass(frozen=True)
class Options:
    """The options of snow_connection_alias. ``connection`` and ``registry`` map columns to the values that are asked
    for. ``foresees`` says that check mode is to foretell a run, so that a call through what it would change proves
    nothing.
    """

    scope: str = ""
    alias: str = ""
    preferred_alias_name: str = ""
    connection: dict[str, str] = field(default_factory=dict)
    registry: dict[str, str] = field(default_factory=dict)
    client_secret: str = ""
    grant_type: str = ""
    scopes: tuple[str, ...] | None = None
    credential_name: str = ""
    attributes: tuple[Attribute, ...] = ()
    unencrypted_attributes: tuple[str, ...] = ()
    update_secret: str = "on_create"
    replace_foreign_connection: bool = False
    distrust_stored: bool = False
    mark_adopted: bool = True
    state: str = "present"
    route: str = "auto"
    endpoint_path: str = ""
    endpoint_trust: str = "digest"
    get_token: bool = False
    test_path: str = ""
    foresees: bool = False
    put_back: bool = False

    @property
    def connection_name(self) -> str:
        """The name of the connection, empty where a removal does not say it."""
        return self.connection.get("name", "")

    @property
    def registry_name(self) -> str:
        """The name of the registry, empty where a removal does not say it."""
        return self.registry.get("name", "")


def read_options(params: dict[str, Any]) -> Options:
    """The options of a task. Raises `InputError` for what cannot work."""
    is_present = params["state"] == "present"
    oauth, connection = params.get("oauth") or {}, params.get("connection") or {}
    _check_alias(params)
    _check_texts(connection, oauth)
    if is_present and oauth.get("client_secret"):
        check_secret(oauth["client_secret"], "oauth.client_secret")
    return Options(
        scope=_text(params, "scope"),
        alias=_text(params, "alias"),
        preferred_alias_name=_text(params, "preferred_alias_name"),
        connection=_given(CONNECTION, params),
        registry=_given(REGISTRY, params),
        client_secret=_text(oauth, "client_secret"),
        grant_type=_text(oauth, "grant_type"),
        scopes=None if oauth.get("scopes") is None else tuple(oauth["scopes"]),
        credential_name=_text(oauth, "credential_name"),
        attributes=tuple(given_attributes(params)) if is_present else (),
        unencrypted_attributes=tuple(connection.get("unencrypted_attributes") or ()),
        update_secret=_text(params, "update_secret", "on_create"),
        replace_foreign_connection=bool(params.get("replace_foreign_connection")),
        distrust_stored=bool(params.get("distrust_stored")),
        mark_adopted=params.get("mark_adopted") is not False,
        state=params["state"],
        route=params["route"],
        endpoint_path=_text(params, "endpoint_path"),
        endpoint_trust=params["endpoint_trust"],
        get_token=bool(params.get("get_token")),
        test_path=_text(params, "test_path"),
        foresees=bool(params.get("foresees")),
        put_back=is_present and bool(params.get("put_back")),
    )


def _text(group: dict[str, Any], name: str, default: str = "") -> str:
    """An option of a group that is text, ``default`` where it is not given or empty."""
    text: str = group.get(name) or default
    return text


def _check_alias(params: dict[str, Any]) -> None:
    if not params.get("scope") and not params.get("alias"):
        raise InputError(
            "Neither scope nor alias is given",
            advice="Give the application scope of the spoke, or the alias by id or sys_id",
        )
    for option in ("scope", "alias", "preferred_alias_name"):
        check_text(_text(params, option), option)


def check_form(params: dict[str, Any], known_later: tuple[str, ...] = ()) -> None:
    """Raise `InputError` where a field of the form that has to be filled has no value, and is not ``known_later``."""
    oauth, connection = params.get("oauth") or {}, params.get("connection") or {}
    needed = {
        "connection.name": connection.get("name"),
        "connection.url": connection.get("url"),
        "oauth.name": oauth.get("name"),
    }
    for option, value in needed.items():
        if not value and option not in known_later:
            raise InputError(
                f"{option} is not given", advice="It is a field of the spoke's Configure form; give its value"
            )


def _check_texts(connection: dict[str, Any], oauth: dict[str, Any]) -> None:
    texts = {f"connection.{name}": value for name, value in connection.items() if isinstance(value, str)}
    texts.update({f"oauth.{name}": value for name, value in oauth.items() if isinstance(value, str)})
    for option, value in texts.items():
        check_text(value, option)
    for index, scope in enumerate(oauth.get("scopes") or []):
        option = f"oauth.scopes[{index}]"
        check_text(scope or "", option)
        if not scope or any(char.isspace() for char in scope):
            raise InputError(f"{option} is empty or contains white space: {scope!r}", advice="Give one scope per entry")
    for column in (*COLUMNS[CONNECTION], *COLUMNS[REGISTRY]):
        if column.is_url and texts.get(column.option):
            check_base_url(texts[column.option], column.option)


def _given(table: str, params: dict[str, Any]) -> dict[str, str]:
    """The columns of ``table`` for which the task has values, but for secrets."""
    found = {}
    for column in optional_columns(table):
        group, _dot, name = column.option.partition(".")
        value = (params.get(group) or {}).get(name)
        if value is not None and not column.is_secret and (value != "" or column.name not in NEVER_EMPTY):
            found[column.name] = as_text(value)
    return found


def given_attributes(params: dict[str, Any]) -> list[Attribute]:
    """The attributes of a task. Raises `InputError` for what no attribute can be."""
    given = []
    for option in ("attributes", "secret_attributes"):
        is_secret = option == "secret_attributes"
        for index, (name, value) in enumerate((params.get(option) or {}).items(), start=1):
            place = f"{option}.{name}" if is_label(str(name)) else f"Entry {index} of {option}"
            given.append(Attribute(str(name), _checked_value(str(name), value, place, is_secret), is_secret))
    return given


def _checked_value(name: str, value: Any, place: str, is_secret: bool) -> str:
    if not isinstance(value, (str, int, float, bool)):
        raise InputError(f"{place} is not a single value", advice="Give text, a number or true/false")
    text = as_text(value)
    if is_secret:
        check_secret(text, place)
    elif SECRET_NAMES.search(name):
        raise InputError(
            f"{place} is a secret by its name",
            advice="Move it to secret_attributes, where it is never shown; treat the value as exposed",
        )
    elif text.strip().lower().startswith("javascript:"):
        raise InputError(
            f"{place} starts with javascript:",
            why="An instance runs such a value as a script",
            advice="Use another value",
        )
    return text


def secrets_of(params: dict[str, Any]) -> list[Any]:
    """What is secret among the options of a task, also what `given_attributes` refuses as a secret in the
    wrong place.
    """
    attributes, secret_attributes = params.get("attributes") or {}, params.get("secret_attributes") or {}
    misplaced = [value for name, value in attributes.items() if SECRET_NAMES.search(str(name))]
    names = [name for name in (*attributes, *secret_attributes) if not is_label(str(name))]
    return [(params.get("oauth") or {}).get("client_secret"), *secret_attributes.values(), *misplaced, *names]


def is_label(name: str) -> bool:
    """Whether ``name`` can be shown: people who mix up the sides give the secret as the name."""
    return len(name) <= LONGEST_LABEL


def as_text(value: Any) -> str:
    """A single value as the instance writes it, empty for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
