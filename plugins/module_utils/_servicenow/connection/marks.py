# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The lines that this collection keeps in a registry record's comments: whose it is, what its secret looked like, which
token is outdated.

A secret cannot be read back to be compared (servicenow-rest 0.1 fact 5), so `on_change` compares a salted fingerprint.
The instance line tells a clone from its source. A token that was there when client, secret, token URL or scopes changed
is outdated until a later one comes, which no other record tells.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.identity import canonical

PREFIX = "snow_ops.spokes "
INSTANCE, CLIENT_SECRET, OUTDATED_TOKEN = "instance", "client_secret", "outdated_token"
# What goes first where the comments have no room for all (see `fit`).
LEAST_NEEDED_FIRST = (CLIENT_SECRET, OUTDATED_TOKEN, INSTANCE)


def read_mark(comments: str, name: str) -> str:
    """The value of our line ``name`` in ``comments``, empty if there is none."""
    start = f"{PREFIX}{name}="
    return next((line[len(start) :].strip() for line in comments.splitlines() if line.startswith(start)), "")


def remove_mark(comments: str, name: str) -> str:
    """``comments`` without our line ``name``."""
    return "\n".join(line for line in comments.splitlines() if not line.startswith(f"{PREFIX}{name}="))


def write_mark(comments: str, name: str, value: str) -> str:
    """``comments`` with our line ``name`` saying ``value``; what people wrote there stays."""
    start = f"{PREFIX}{name}="
    lines = comments.splitlines()
    index = next((number for number, line in enumerate(lines) if line.startswith(start)), len(lines))
    lines[index : index + 1] = [start + value]
    return "\n".join(lines)


def fit(comments: str, longest: int) -> str:
    """``comments`` with as many of our lines as a column of ``longest`` characters keeps whole; a line cut short would
    say something else.
    """
    for name in LEAST_NEEDED_FIRST:
        if len(comments) <= longest:
            break
        comments = remove_mark(comments, name)
    return comments


def is_own(mark: str, identity: str, host: str) -> bool:
    """Whether the instance line ``mark`` means the instance of that ``identity`` at ``host``; earlier versions wrote
    the host as it was given.
    """
    return canonical(mark) in (identity, canonical(host))


def _scrypt(secret: bytes, salt: bytes, parallel: int) -> bytes:
    return hashlib.scrypt(secret, salt=salt, dklen=32, n=2**14, r=8, p=parallel)


# By the word that a fingerprint starts with. The first one was written by earlier versions; the last one is for Pythons
# whose OpenSSL has no scrypt, as in FIPS mode.
METHODS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "scrypt": lambda secret, salt: _scrypt(secret, salt, 1),
    "scrypt-p5": lambda secret, salt: _scrypt(secret, salt, 5),
    "pbkdf2": lambda secret, salt: hashlib.pbkdf2_hmac("sha256", secret, salt, 600_000),
}


def fingerprint(secret: str, salt: bytes | None = None, method: str = "") -> str:
    """A salted fingerprint of ``secret`` as text, by scrypt where this Python has it, else by PBKDF2."""
    salt = os.urandom(16) if salt is None else salt
    name = method or ("scrypt-p5" if _has_scrypt() else "pbkdf2")
    digest = METHODS[name](secret.encode("utf-8"), salt)
    return f"{name}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def is_fingerprint_of(text: str, secret: str) -> bool:
    """Whether ``text`` is a fingerprint of ``secret``; one that this Python cannot compute is none."""
    method, _dollar, rest = text.partition("$")
    try:
        salt = base64.b64decode(rest.split("$")[0], validate=True)
        made = fingerprint(secret, salt, method)
    except (KeyError, ValueError, AttributeError):
        return False
    # As bytes: people can edit the comments, and compare_digest takes no other text than ASCII.
    return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), made.encode())


def _has_scrypt() -> bool:
    try:
        _scrypt(b"", b"\0" * 16, 1)
    except (AttributeError, ValueError):
        return False
    return True
