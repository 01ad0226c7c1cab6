# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The lines that this collection keeps in a registry record's comments: whose it is, what its secret looked like, which token is outdated.

A secret cannot be read back to be compared (servicenow-rest 0.1 fact 5), so `on_change` compares a salted scrypt fingerprint.
The instance line tells a clone from its source. A token that was there when client, secret, token URL or scopes changed is outdated until a
later one comes, which no other record tells.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

PREFIX = "snow_ops.spokes "
INSTANCE, CLIENT_SECRET, OUTDATED_TOKEN = "instance", "client_secret", "outdated_token"
SCRYPT = {"n": 2**14, "r": 8, "p": 1}


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


def fingerprint(secret: str, salt: bytes | None = None) -> str:
    """A salted scrypt fingerprint of ``secret`` as text."""
    salt = os.urandom(16) if salt is None else salt
    digest = hashlib.scrypt(secret.encode("utf-8"), salt=salt, dklen=32, **SCRYPT)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def is_fingerprint_of(text: str, secret: str) -> bool:
    """Whether ``text`` is a fingerprint of ``secret``."""
    try:
        salt = base64.b64decode(text.split("$")[1], validate=True)
    except (IndexError, ValueError):
        return False
    # As bytes: people can edit the comments, and compare_digest takes no other text than ASCII.
    return hmac.compare_digest(text.encode("utf-8", "surrogatepass"), fingerprint(secret, salt).encode())
