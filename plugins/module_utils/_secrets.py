# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Keeps secrets out of everything a task leaves behind."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"

# A shorter value is no secret worth the name, and masking it would make every text unreadable.
SHORTEST_SECRET = 4


class Secrets:
    """The secrets one task knows of, those of its options and those it was given on the way (access tokens).

    ``output_is_hidden`` tells a core whether its result may carry a secret that its caller asked for (``no_log: true``).
    """

    def __init__(self, values: Any = (), output_is_hidden: bool = False) -> None:
        self.output_is_hidden = output_is_hidden
        self._forms: set[str] = set()
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        """Take ``value`` (anything; only text of some length counts) and every form it may turn up in."""
        if not isinstance(value, str) or len(value) < SHORTEST_SECRET:
            return
        raw = value.encode("utf-8", "surrogatepass")
        encoded = base64.b64encode(raw).decode("ascii")
        self._forms.update(
            (
                value,
                quote(raw, safe=""),
                quote(raw),
                quote_plus(raw),
                json.dumps(value)[1:-1],
                json.dumps(value, ensure_ascii=False)[1:-1],
                repr(value)[1:-1],
                encoded,
                encoded.rstrip("="),
                base64.urlsafe_b64encode(raw).decode("ascii").rstrip("="),
            )
        )

    def add_login(self, user: str, password: str) -> None:
        """Take a password together with the form that HTTP Basic authentication gives it."""
        self.add(password)
        self.add(f"{user}:{password}")

    def mask(self, data: Any) -> Any:
        """A copy of ``data`` (text, numbers, lists, dictionaries) in which no known secret is left."""
        if isinstance(data, str):
            for form in sorted(self._forms, key=len, reverse=True):
                data = data.replace(form, MASK)
            return data
        if isinstance(data, dict):
            return {self.mask(key): self.mask(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.mask(item) for item in data]
        return data
