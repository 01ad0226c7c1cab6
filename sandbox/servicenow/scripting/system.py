# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What gs and the helper classes ask of the instance: user, properties, log, secrets, digests, times."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..acl import Session
from ..values import ENCRYPTED_TYPES, SESSION_OFFSET, TIME_FORMAT, seconds
from .engine import HostError, HostFunction

if TYPE_CHECKING:
    from ..instance import Instance

MAC_ALGORITHMS = {"HmacSHA256": "sha256", "HmacSHA1": "sha1", "HmacMD5": "md5", "HmacSHA512": "sha512"}


class System:
    """The host functions of gs and of the helper classes."""

    def __init__(self, instance: Instance, session: Session) -> None:
        self._instance = instance
        self._session = session

    def functions(self) -> dict[str, HostFunction]:
        """By the names that the prelude uses."""
        return {
            "log": lambda level, text: self._instance.log(level, self._session.user_name, text),
            "switch": self._instance.switch,
            "user": self.user,
            "has_role": self.has_role,
            "property": self.property,
            "guid": lambda: uuid.uuid4().hex,
            "encrypt": self._instance.vault.encrypt,
            "decrypt": self._instance.vault.decrypt,
            "mac": mac,
            "digest": digest,
            "base64_encode": lambda text: base64.b64encode(text.encode()).decode(),
            "base64_decode": lambda text: _decoded(text).decode("utf-8", "replace"),
            "milliseconds": self.milliseconds,
            "timestamp": timestamp,
        }

    def user(self) -> dict[str, str]:
        """Who runs the script."""
        user = self._session.user
        return {"id": user["sys_id"], "name": self._session.user_name, "display": user.get("name", "")}

    def has_role(self, roles: str) -> bool:
        """Whether the user has one of ``roles``; admin has them all."""
        return "admin" in self._session.roles or any(role.strip() in self._session.roles for role in roles.split(","))

    def property(self, name: str) -> str | None:
        """A system property, decrypted; None if there is none."""
        row = next(self._instance.store.find("sys_properties", name=name), None)
        if row is None:
            return None
        value = row.get("value", "")
        return self._instance.vault.decrypt(value) if row.get("type") in ENCRYPTED_TYPES else value

    def milliseconds(self, text: str | None) -> int | None:
        """A stored time in milliseconds since the epoch; of None the present one."""
        if text is None:
            return int(self._instance.clock.now()) * 1000
        return int(seconds(text)) * 1000 or None


def timestamp(milliseconds: int | None, is_display: bool) -> str:
    """Milliseconds since the epoch as stored, or as the session shows them."""
    if milliseconds is None:
        return ""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return (moment + SESSION_OFFSET if is_display else moment).strftime(TIME_FORMAT)


def mac(key: str, algorithm: str, data: str) -> str:
    """The base64 message authentication code under a base64 key."""
    if algorithm not in MAC_ALGORITHMS:
        raise HostError(f"java.security.NoSuchAlgorithmException: Algorithm {algorithm} not available")
    return base64.b64encode(hmac.digest(_decoded(key), data.encode(), MAC_ALGORITHMS[algorithm])).decode()


def digest(algorithm: str, form: str, text: str) -> str:
    """The digest of ``text`` as hex or base64."""
    made = hashlib.new(algorithm, text.encode(), usedforsecurity=False)
    return made.hexdigest() if form == "hex" else base64.b64encode(made.digest()).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise HostError("java.lang.IllegalArgumentException: Input is no base64") from None
