# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Keeps secrets out of everything a task leaves behind.

Covered is a secret as it is, in capitals or small letters, with characters written as ``%XX``, as HTML entities, as
escapes of JSON, Python or Java (``\\uXXXX``, ``\\xXX``, ``\\/``), or parted by invisible characters, each up to three
times over; in hexadecimal; and in base64, also within a longer text that was encoded as a whole. Not covered is what
takes a secret apart or changes it: a piece of it, other alphabets and encodings, its letters in another order.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._spellings import fold, readings
from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import one_line

MASK = "********"

# A shorter value is masked only where it stands alone: within words it would make every text unreadable.
SHORTEST_SECRET = 4
LONGEST_SECRET = 10000
# A shorter piece of base64 can be part of a harmless word.
SHORTEST_PIECE = 8
# As much as is shown of one text that a server or a user wrote.
LONGEST_EXCERPT = 1000
# As many characters as one character of a secret can become: %25XX of a letter that takes four bytes.
LONGEST_SPELLING = 20


class Secrets:
    """The secrets one task knows of, those of its options and those it was given on the way (access tokens).

    ``output_is_hidden`` tells a core whether its result may carry a secret that its caller asked for (``no_log:
    true``). ``values`` are the secrets as they are.
    """

    def __init__(self, values: Any = (), output_is_hidden: bool = False) -> None:
        self.output_is_hidden = output_is_hidden
        self.values: set[str] = set()
        self._folded: set[str] = set()
        self._exact: set[str] = set()
        self._short: set[str] = set()
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        """Take ``value`` (anything; only text counts) and every form it may turn up in."""
        if not isinstance(value, str) or not value.strip() or value in self.values:
            return
        if len(value) < SHORTEST_SECRET:
            self._short.add(fold(value.strip()))
            return
        self.values.add(value)
        self._folded.update(_folded_forms(value))
        # What is longer is refused before it is used, and its forms would fill the memory.
        if len(value) <= LONGEST_SECRET:
            self._exact.update(_base64_forms(value))

    def add_login(self, user: str, password: str) -> None:
        """Take a password together with the form that HTTP Basic authentication gives it."""
        self.add(password)
        self.add(f"{user}:{password}")

    def mask(self, data: Any) -> Any:
        """A copy of ``data`` (text, numbers, lists, dictionaries) in whose values no known secret is left.

        Keys stay: they are the names of results and columns, and a task that failed would not be known as such without
        them.
        """
        if isinstance(data, str):
            return self._mask_text(data)
        if isinstance(data, dict):
            return {key: self.mask(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.mask(item) for item in data]
        return data

    def excerpt(self, text: str) -> str:
        """``text`` fit to be shown: no secret, no control characters that a terminal would obey, no more than can be
        read.
        """
        longest = LONGEST_SPELLING * max(map(len, self.values), default=0)
        window = text[: 10 * LONGEST_EXCERPT + longest]
        shown = self.mask(window)
        if len(window) < len(text):
            # The end can be the beginning of a secret.
            shown = shown[: max(0, len(shown) - longest)]
        shown = one_line(shown)
        return shown if len(shown) <= LONGEST_EXCERPT else f"{shown[:LONGEST_EXCERPT]}..."

    def _mask_text(self, text: str) -> str:
        spans = sorted(set(self._found_in(text)))
        pieces: list[str] = []
        end = 0
        for start, stop in _merged(spans):
            pieces += [text[end:start], MASK]
            end = stop
        return "".join([*pieces, text[end:]])

    def _found_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Where secrets stand in ``text``, in whatever spelling: the first character and the one after the last."""
        if not (self._folded or self._short):
            return
        for reading in readings(text):
            folded = fold(reading.text)
            for form in self._folded:
                yield from reading.spans(folded, form)
            for form in self._exact:
                yield from reading.spans(reading.text, form)
            for form in self._short:
                yield from reading.spans(folded, form, alone=True)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """``spans`` in order, those that overlap made one: of a secret that begins another nothing is left."""
    merged: list[tuple[int, int]] = []
    for start, stop in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _folded_forms(value: str) -> Iterator[str]:
    """What is looked for without regard to capitals in texts whose escapes are read.

    A secret that itself has something like an escape (``%41``) is looked for as what a reader would take it for, too.
    """
    for text in {reading.text for form in (value, value.strip()) for reading in readings(form)}:
        if len(text) >= SHORTEST_SECRET:
            yield fold(text)
            yield fold(text.replace(" ", "+"))
    if len(value) <= LONGEST_SECRET:
        yield value.encode("utf-8", "surrogatepass").hex()


def _base64_forms(value: str) -> Iterator[str]:
    for text in dict.fromkeys((value, value.strip())):
        raw = text.encode("utf-8", "surrogatepass")
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(raw).decode("ascii")
            yield from (form for form in (whole, whole.rstrip("=")) if len(form) >= SHORTEST_SECRET)
            # Within a longer text that is encoded as a whole, what is common to all such texts depends on where the
            # secret starts.
            for shift in range(3):
                piece = encode(b"\0" * shift + raw).decode("ascii")[4 * bool(shift) : -4]
                if len(piece) >= SHORTEST_PIECE:
                    yield piece
