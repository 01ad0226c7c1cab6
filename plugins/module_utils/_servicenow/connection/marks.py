# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The lines that this collection keeps in a registry record's comments: whose it is, what its secret looked like, which
token is outdated.

A secret cannot be read back to be compared (servicenow-rest 0.1 fact 5), so `on_change` compares a salted fingerprint:
of scrypt, or of PBKDF2 where OpenSSL runs in FIPS mode and has no scrypt. The mark says how it was made; those of
earlier releases say "scrypt" only. The instance line tells a clone from its source. A token that was there when client,
secret, token URL or scopes changed is outdated until a later one comes, which no other record tells.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.address import canonical

PREFIX = "snow_ops.spokes "
INSTANCE, CLIENT_SECRET, OUTDATED_TOKEN = "instance", "client_secret", "outdated_token"
# What goes first where the comments have no room for all (see `fit`).
LEAST_NEEDED_FIRST = (CLIENT_SECRET, OUTDATED_TOKEN, INSTANCE)
# How fingerprints are made. Only these are ever computed: people can edit the comments, and other costs could keep a
# task busy for ever.
SCRYPT = {"scrypt": 1, "scrypt$14-8-5": 5}
PBKDF2 = {"pbkdf2$600000": 600000}


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


def fingerprint(secret: str) -> str:
    """A salted fingerprint of ``secret`` as text."""
    salt = os.urandom(16)
    strong, allowed = "scrypt$14-8-5", "pbkdf2$600000"
    return _made(strong, secret, salt) or _made(allowed, secret, salt)


def is_fingerprint_of(text: str, secret: str) -> bool:
    """Whether ``text`` is a fingerprint of ``secret``; one that cannot be computed here, as scrypt's in FIPS mode,
    counts as another's.
    """
    try:
        kind, salt_text, _digest = text.rsplit("$", 2)
        salt = base64.b64decode(salt_text, validate=True)
    except ValueError:
        return False
    made = _made(kind, secret, salt)
    # As bytes: people can edit the comments, and compare_digest takes no other text than ASCII.
    return bool(made) and hmac.compare_digest(text.encode("utf-8", "surrogatepass"), made.encode())


def _made(kind: str, secret: str, salt: bytes) -> str:
    """The fingerprint of ``kind``, empty for one that there is not, or not on this machine."""
    raw = secret.encode("utf-8", "surrogatepass")
    try:
        if kind in SCRYPT:
            digest = hashlib.scrypt(raw, salt=salt, dklen=32, n=2**14, r=8, p=SCRYPT[kind])
        elif kind in PBKDF2:
            digest = hashlib.pbkdf2_hmac("sha256", raw, salt, PBKDF2[kind], dklen=32)
        else:
            return ""
    except (ValueError, AttributeError):
        # OpenSSL without scrypt, in FIPS mode for one; a Python that was built without it.
        return ""
    return f"{kind}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
