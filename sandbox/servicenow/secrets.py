# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""How an instance keeps secrets: two-way encrypted (password2) and one-way hashed (password)."""

from __future__ import annotations

import base64
import hashlib
import os

from cryptography.fernet import Fernet, InvalidToken

MASK = "********"


class Vault:
    """One instance's key: what one instance encrypted no other can read.

    Every encryption of a text gives another ciphertext, all longer than 106 characters (servicenow-rest 0.1 fact 5).
    """

    def __init__(self, instance: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"vault of {instance}".encode()).digest()))

    def encrypt(self, text: str) -> str:
        """What is stored for ``text``; nothing for an empty one."""
        return self._fernet.encrypt(text.encode().ljust(16, b"\0")).decode() if text else ""

    def is_ciphertext(self, stored: str) -> bool:
        """Whether this instance made ``stored``."""
        return self._open(stored) is not None

    def decrypt(self, stored: str) -> str:
        """The text behind ``stored``. Clear text in an encrypted column is tolerated: it comes back as it is."""
        text = self._open(stored)
        return stored if text is None else text

    def mangle(self, text: str) -> str:
        """What becomes of a clear text that the platform takes for a ciphertext (servicenow-connections 5): not that text."""
        return self.encrypt(hashlib.sha256(text.encode()).hexdigest()) if text else ""

    def _open(self, stored: str) -> str | None:
        if not stored.startswith("gAAAAA"):
            return None
        try:
            return self._fernet.decrypt(stored.encode()).rstrip(b"\0").decode()
        except (InvalidToken, UnicodeError):
            return None


def hash_password(text: str) -> str:
    """What is stored for a user's password; nothing for an empty one."""
    salt = os.urandom(8).hex()
    return f"{salt},{hashlib.sha256((salt + text).encode()).hexdigest()}" if text else ""


def password_fits(text: str, stored: str) -> bool:
    """Whether ``text`` is the password behind ``stored``; a password stored unhashed fits nothing (servicenow-rest 0.1 fact 4)."""
    salt, _separator, digest = stored.partition(",")
    return bool(text and digest) and hashlib.sha256((salt + text).encode()).hexdigest() == digest
