# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Checks of what a task is given, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from urllib.request import getproxies_environment

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import MASK, SHORTEST_SECRET, Secrets

LONGEST_OPTION = 1024 * 1024
# Servers refuse headers above 8 KiB. A token goes into one as it is, a user and password grow by a third each.
LONGEST_TOKEN = 8000
LONGEST_CREDENTIAL = 4000
# Most identity providers issue client ids of one of these two forms, and no secrets.
CLIENT_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Instances refuse long URLs (servicenow-rest 1.3), and no name is that long.
LONGEST_TEXT = 1000


def check_options(value: Any, option: str = "") -> None:
    """Raise `InputError` naming the option for text that neither a request nor a file name can hold, anywhere in a
    task's options.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            if len(str(name)) > LONGEST_CREDENTIAL:
                raise InputError(
                    f"A key of {option} has {len(str(name))} characters", advice=f"Give at most {LONGEST_CREDENTIAL}"
                )
            check_options(str(name), f"a key of {option}")
            check_options(inner, f"{option}.{name}" if option else str(name))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            check_options(inner, f"{option}[{index}]")
    elif isinstance(value, str):
        if len(value) > LONGEST_OPTION:
            raise InputError(f"{option} has {len(value)} characters", advice=f"Give at most {LONGEST_OPTION}")
        if re.search("[\\0\ud800-\udfff]", value):
            raise InputError(
                f"{option} contains a NUL character or half a character pair (a lone surrogate)",
                advice="Check how the value was read or decoded; it has to be text in UTF-8",
            )
        # Scripts have lines, and may well have stars of their own.
        if MASK in value and "\n" not in value.strip():
            raise InputError(
                f"{option} contains {MASK}",
                why=(
                    "Ansible puts that in place of a secret in results: the value was copied from a result in which "
                    "a part was masked"
                ),
                advice=(
                    "Give the value itself; a secret that is also a common word, such as a proxy's password, masks "
                    "that word everywhere"
                ),
            )


def url_secrets(params: dict[str, Any]) -> set[str]:
    """The passwords and queries in the URLs among a task's options and in the environment's proxies, as written and as
    meant.

    A proxy may have a login; elsewhere a URL with one is refused, which is no reason to show it. The scheme may be
    missing.
    """
    found: set[str] = set()
    for url in (*_texts(params), *getproxies_environment().values()):
        # Texts that hold a URL among other things are scripts and descriptions.
        address = re.fullmatch(r"\s*([A-Za-z][\w+.-]*:)?//(\S+)\s*|\s*([^\s:/@]+:\S+@[^\s@]+)\s*", url)
        rest = (address[2] or address[3]) if address else ""
        login, at, _host = rest.rpartition("@")
        for secret in (login.partition(":")[2] if at else "", rest.partition("?")[2]):
            found |= {text for text in (secret, unquote(secret)) if len(text) >= SHORTEST_SECRET}
    return found


def _texts(value: Any) -> Iterator[str]:
    """The texts among options, but for names of users, in which an @ and a colon say nothing."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from () if name == "username" else _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)


def check_credentials(
    given: dict[str, Any], names: tuple[str, ...], tokens: tuple[str, ...] = (), prefix: str = ""
) -> None:
    """Raise `InputError` for credentials among ``given`` that no request can carry, or that were copied together with
    something else.

    ``names`` are those that are encoded on their way, ``tokens`` those that go into a header as they are.
    """
    for name in names + tokens:
        value, longest = given.get(name) or "", LONGEST_TOKEN if name in tokens else LONGEST_CREDENTIAL
        if len(value) > longest:
            raise InputError(
                f"{prefix}{name} has {len(value)} characters",
                why="Servers refuse requests whose headers are longer than 8 KiB" if name in tokens else "",
                advice=f"Give at most {longest}",
            )
        if name in tokens and not re.fullmatch("[!-~]*", value):
            raise InputError(
                f"{prefix}{name} contains white space, a control character or a letter that is not ASCII",
                advice="Copy it again from where it was shown",
            )
        if value != value.strip() or re.search(r"[\x00-\x1f\x7f]", value):
            raise InputError(
                f"{prefix}{name} contains a control character, or white space at an end",
                why="A login with it would be refused, and count towards the lock-out of the account",
                advice=(
                    "Copy it again; a line break at its end is easily overlooked, and comes with a value that was "
                    "read from a file"
                ),
            )


def check_not_swapped(client_id: str | None, client_secret: str | None, secrets: Secrets, prefix: str = "") -> None:
    """Raise `InputError`, showing neither, where ``client_secret`` has the form of a client id and ``client_id`` has
    not.

    The latter is one of the ``secrets`` then.
    """
    if client_id and client_secret and CLIENT_ID.fullmatch(client_secret) and not CLIENT_ID.fullmatch(client_id):
        secrets.add(client_id)
        raise InputError(
            f"{prefix}client_id and {prefix}client_secret look swapped",
            why=(
                "What is given as the secret has the form of a client id, and what is given as the id does not; "
                "neither is shown"
            ),
            advice="Exchange the two values",
        )


def check_text(value: str, what: str) -> str:
    """Return ``value``; raises `InputError` naming ``what`` if no query and no name may hold it."""
    if len(value) > LONGEST_TEXT:
        raise InputError(f"{what} has {len(value)} characters", advice=f"Give at most {LONGEST_TEXT}")
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise InputError(f"{what} contains a control character", advice="Check the value for copy and paste errors")
    check_no_script(value, what)
    return value


def check_ends(value: str, what: str) -> None:
    """Raise `InputError` naming ``what`` for a secret with white space at an end, which nobody means and a file or a
    vault adds.
    """
    if value != value.strip():
        raise InputError(
            f"{what} has white space at an end", advice="Copy it again; a line break at its end is easily overlooked"
        )


def check_no_script(value: str, what: str) -> None:
    """Raise `InputError` naming ``what`` for a value that an instance would run where it is evaluated."""
    if value.strip().lower().startswith("javascript:"):
        raise InputError(
            f"{what} starts with javascript:",
            why="An instance runs such a value as a script",
            advice="Use another value",
        )


def check_secret(value: str, what: str) -> None:
    """Raise `InputError` naming ``what`` for a secret that is empty, has stray characters, or would be run
    as a script.
    """
    if not value:
        raise InputError(f"{what} is empty", advice="Give the secret, or leave it out")
    if any(ord(char) < 32 or ord(char) == 127 for char in value) or value != value.strip():
        raise InputError(
            f"{what} contains a control character, or white space at an end",
            advice="Copy it again; a line break at its end is easily overlooked",
        )
    check_no_script(value, what)
