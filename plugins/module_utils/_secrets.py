# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Keeps secrets out of everything a task leaves behind."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"

# A shorter value is no secret worth the name, and masking it would make every text unreadable.
SHORTEST_SECRET = 4
LONGEST_SECRET = 10000
# A shorter piece of base64 can be part of a harmless word.
SHORTEST_PIECE = 8
# As much as is shown of one text that a server or a user wrote.
LONGEST_EXCERPT = 1000


class Secrets:
    """The secrets one task knows of, those of its options and those it was given on the way (access tokens).

    ``output_is_hidden`` tells a core whether its result may carry a secret that its caller asked for (``no_log: true``). ``values`` are the
    secrets as they are.
    """

    def __init__(self, values: Any = (), output_is_hidden: bool = False) -> None:
        self.output_is_hidden = output_is_hidden
        self.values: set[str] = set()
        self._forms: set[str] = set()
        self._longest_first: list[str] = []
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        """Take ``value`` (anything; only text of some length counts) and every form it may turn up in."""
        if not isinstance(value, str) or len(value) < SHORTEST_SECRET:
            return
        self.values.add(value)
        # What is longer is refused before it is used, and a hundred forms of it would fill the memory.
        forms = {form for text in (value, value.strip()) for form in _forms(text)} if len(value) <= LONGEST_SECRET else {value}
        self._forms |= {form for form in forms if len(form) >= SHORTEST_SECRET}
        self._longest_first = sorted(self._forms, key=len, reverse=True)

    def add_login(self, user: str, password: str) -> None:
        """Take a password together with the form that HTTP Basic authentication gives it."""
        self.add(password)
        self.add(f"{user}:{password}")

    def mask(self, data: Any) -> Any:
        """A copy of ``data`` (text, numbers, lists, dictionaries) in whose values no known secret is left.

        Keys stay: they are the names of results and columns, and a task that failed would not be known as such without them.
        """
        if isinstance(data, str):
            for form in self._longest_first:
                data = data.replace(form, MASK)
            return data
        if isinstance(data, dict):
            return {key: self.mask(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.mask(item) for item in data]
        return data

    def excerpt(self, text: str) -> str:
        """``text`` fit to be shown: no secret, no control characters that a terminal would obey, no more than can be read."""
        longest = len(self._longest_first[0]) if self._forms else 0
        window = text[: 10 * LONGEST_EXCERPT + longest]
        shown = self.mask(window)
        if len(window) < len(text):
            # The end can be the beginning of a secret.
            shown = shown[: max(0, len(shown) - longest)]
        shown = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", lambda found: repr(found.group())[1:-1], shown)
        return shown if len(shown) <= LONGEST_EXCERPT else f"{shown[:LONGEST_EXCERPT]}..."


def _forms(value: str) -> Iterator[str]:
    """Every form that ``value`` may turn up in: as it is, escaped for URLs, JSON, Python or HTML, once or twice, in hexadecimal, in base64."""
    raw = value.encode("utf-8", "surrogatepass")
    for once in (value, *_escaped(value)):
        yield once
        yield from _escaped(once)
    yield from (raw.hex(), raw.hex().upper())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode("ascii")
        yield from (whole, whole.rstrip("="))
        # Within a longer text that is encoded as a whole, what is common to all such texts depends on where the secret starts.
        for shift in range(3):
            piece = encode(b"\0" * shift + raw).decode("ascii")[4 * bool(shift) : -4]
            if len(piece) >= SHORTEST_PIECE:
                yield piece


def _escaped(value: str) -> Iterator[str]:
    raw = value.encode("utf-8", "surrogatepass")
    for text in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield text
        yield re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), text)
    for text in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]):
        yield text
        yield text.replace("/", "\\/")
        yield re.sub(r"\\u[0-9a-f]{4}", lambda found: "\\u" + found.group()[2:].upper(), text)
    yield from (html.escape(value), html.escape(value, quote=False))
