# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Secrets in the place of something else: refused before they become part of a host name, a record or a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets

NOT_SHOWN = "The value is not shown, since it may be a secret"
# The options that hold secrets, by the last part of their names; a test holds them equal to the modules' own.
SECRET_OPTIONS = (
    *("password", "client_secret", "refresh_token", "access_token", "api_key", "api_token", "secret_value"),
    *("initial_access_token", "registration_access_token"),
)
# Headers can repeat what is no secret, such as the host.
SECRET_GROUPS = ("secret_attributes",)
# A user's name goes where the password goes; a proxy's address and a script have checks of their own, or none.
NOT_LOOKED_AT = ("username", "proxy", "script", "custom_headers")
# The role's own, and the name of one of its variables, which may have a word in common with a weak password.
WORDS = "variable_names"
# Names that people make up or copy, none of which has the form of a token.
NAME_OPTIONS = (
    *(
        "instance.host",
        "instance.proxy",
        "instance.username",
        "scope",
        "alias",
        "preferred_alias_name",
        "name",
        "service_id",
        "version",
    ),
    *("connection.name", "oauth.name", "oauth.credential_name", "connection_name", "properties", "application"),
    *("base_app_version", "plugins"),
)
# Dictionaries whose keys people give: names of connection attributes.
NAMED_BY_KEYS = ("attributes", "secret_attributes", "environment_secrets")
FROM_ENVIRONMENT = "environment_secrets"
# A shorter secret can be part of a harmless text.
SHORTEST_TO_LOOK_FOR = 8
TOKEN = re.compile(r"(?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{32,}")
SYS_ID = re.compile("[0-9a-f]{32}", re.IGNORECASE)


class Text(NamedTuple):
    """A text among a task's options: the names that lead to it, how people call it, and what it says.

    ``is_key`` says that it is itself a name, of an entry of the last of the names.
    """

    path: tuple[str, ...]
    option: str
    value: str
    is_key: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether it stands where a secret belongs."""
        return not self.is_key and (self.path[-1] in SECRET_OPTIONS or self.path[0] in SECRET_GROUPS)


def looks_like_token(text: str) -> bool:
    """Whether ``text`` has the form of an API token, a Client ID or a Client Secret."""
    return bool(TOKEN.fullmatch(text.strip()))


def check_misplaced(params: dict[str, Any], secrets: Secrets) -> None:
    """Raise `InputError` for an option that repeats a secret of the task's own, or has the form of one where a name
    belongs.

    What is refused is among ``secrets`` then, and so is all else that has the form of one: the task's options may be
    shown.
    """
    texts = list(_texts({name: value for name, value in params.items() if name != WORDS}, (), ""))
    known = [text for text in texts if text.is_secret and len(text.value.strip()) >= SHORTEST_TO_LOOK_FOR]
    plain = [text for text in texts if not text.is_secret]
    refused = [text for text in plain if _repeated_in(text, known) or _is_no_name(text)]
    if not refused:
        return
    for text in refused:
        secrets.add(text.value)
    for text in texts:
        for run in TOKEN.findall(text.value):
            if not SYS_ID.fullmatch(run):
                secrets.add(run)
    raise _refusal(refused[0], _repeated_in(refused[0], known))


def _refusal(text: Text, repeated: str) -> InputError:
    advice = f"Correct {text.option}, or leave it out"
    if repeated:
        return InputError(f"{text.option} contains the value of {repeated}", why=NOT_SHOWN, advice=advice)
    return InputError(f"{text.option} has the form of a token", why=NOT_SHOWN, advice=advice)


def _repeated_in(text: Text, known: list[Text]) -> str:
    """The option whose secret ``text`` repeats, empty for none."""
    if not text.is_key and set(text.path) & set(NOT_LOOKED_AT):
        return ""
    said = text.value.lower()
    found = next((secret for secret in known if secret.value.strip().lower() in said), None)
    if found is None:
        return ""
    # The name of an entry of these is a text of the task's own, and can be what is refused.
    return f"an entry of {found.path[0]}" if found.path[0] in SECRET_GROUPS and text.is_key else found.option


def _is_no_name(text: Text) -> bool:
    """Whether ``text`` stands where a name belongs, and has the form of a token."""
    if not text.is_key and ".".join(text.path) not in NAME_OPTIONS and text.path[0] != FROM_ENVIRONMENT:
        return False
    parts = [text.value]
    if text.path[-1] in ("host", "proxy"):
        # A proxy's login is a secret in its place.
        address = text.value.rpartition("@")[2] if text.path[-1] == "proxy" else text.value
        parts = re.split(r"[./:@]", address)
    return any(looks_like_token(part) and not SYS_ID.fullmatch(part.strip()) for part in parts)


def _texts(value: Any, path: tuple[str, ...], option: str) -> Iterator[Text]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if path and path[0] in NAMED_BY_KEYS:
                yield Text(path, f"a key of {option}", str(name), is_key=True)
            yield from _texts(inner, (*path, str(name)), f"{option}.{name}" if option else str(name))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _texts(inner, path, f"{option}[{index}]")
    elif isinstance(value, str):
        yield Text(path, option, value)
