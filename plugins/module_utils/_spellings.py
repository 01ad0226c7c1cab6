# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Reads texts in which characters are written as escapes, and knows where in the text each character came from."""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Iterator

from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import INVISIBLE

# A JSON text within a JSON text within a page, and the text as it is.
MOST_READINGS = 4
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ESCAPE = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|&(?P<entity>#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    r"|\\u(?P<high>[dD][89ABab][0-9A-Fa-f]{2})\\u(?P<low>[dD][C-Fc-f][0-9A-Fa-f]{2})"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{2})+)"
    r"|\\(?:u(?P<four>[0-9A-Fa-f]{4})|U(?P<eight>000[0-9A-Fa-f]{5})|(?P<simple>[\\\"'/nrtbf]))"
    rf"|(?P<invisible>(?:(?![\n\r\t])[{INVISIBLE}])+)"
)


class Reading:
    """One way to read a text: ``text`` with escapes read, and the place of each of its characters in the
    text as it is.
    """

    def __init__(self, text: str, starts: array[int] | None = None, stops: array[int] | None = None) -> None:
        self.text = text
        self._starts = starts
        self._stops = stops

    def spans(self, text: str, form: str, alone: bool = False) -> Iterator[tuple[int, int]]:
        """Where ``form`` stands in ``text``, which is this reading's or as long, as places in the original.

        ``alone`` leaves out what is part of a word.
        """
        at = text.find(form)
        while at >= 0:
            end = at + len(form)
            if not (alone and (text[max(0, at - 1) : at].isalnum() or text[end : end + 1].isalnum())):
                yield self._place(at, end)
            at = text.find(form, at + 1)

    def _place(self, start: int, stop: int) -> tuple[int, int]:
        """What the characters from ``start`` to before ``stop`` were made of."""
        if self._starts is None or self._stops is None:
            return start, stop
        return self._starts[start], self._stops[stop - 1]

    def following(self) -> Reading | None:
        """What comes of reading the escapes that are left; None if there are none."""
        pieces: list[str] = []
        starts, stops = array("L"), array("L")
        end = 0

        def keep(start: int, stop: int) -> None:
            pieces.append(self.text[start:stop])
            starts.extend(range(start, stop) if self._starts is None else self._starts[start:stop])
            stops.extend(range(start + 1, stop + 1) if self._stops is None else self._stops[start:stop])

        for found in _ESCAPE.finditer(self.text):
            keep(end, found.start())
            at = found.start()
            for chars, width in _meaning(found):
                start, stop = self._place(at, at + width)
                pieces.append(chars)
                starts.extend([start] * len(chars))
                stops.extend([stop] * len(chars))
                at += width
            end = found.end()
        if not end:
            return None
        keep(end, len(self.text))
        text = "".join(pieces)
        return None if text == self.text else Reading(text, starts, stops)


def readings(text: str) -> Iterator[Reading]:
    """``text`` as it is, then with its escapes read, then with the escapes that came out of those, and so on."""
    reading: Reading | None = Reading(text)
    for _number in range(MOST_READINGS):
        if reading is None:
            return
        yield reading
        reading = reading.following()


def fold(text: str) -> str:
    """``text`` in small letters, as long as it is."""
    folded = text.lower()
    if len(folded) == len(text):
        return folded
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def _meaning(found: re.Match[str]) -> Iterator[tuple[str, int]]:
    """The characters that an escape stands for, each with the length of what stands for it."""
    kind, text = found.lastgroup, found.group()
    if kind in ("percent", "bytes"):
        sign = "%" if kind == "percent" else "\\x"
        for char, size in _characters(bytes.fromhex(text.replace(sign, "")), is_text=kind == "bytes"):
            yield char, size * (len(sign) + 2)
        return
    if kind == "entity":
        meaning = _entity(found["entity"])
    elif kind == "low":
        meaning = bytes.fromhex(found["high"] + found["low"]).decode("utf-16-be")
    elif kind in ("four", "eight"):
        meaning = chr(min(int(found[kind], 16), 0x10FFFF))
    elif kind == "simple":
        meaning = _SIMPLE.get(found["simple"], found["simple"])
    else:
        meaning = ""
    yield meaning, len(text)


def _entity(name: str) -> str:
    """What ``&name;`` stands for; a number is taken as it is, where HTML itself has exceptions."""
    if name[0] != "#":
        return html.unescape(f"&{name};")
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(number) if number <= 0x10FFFF else f"&{name};"


def _characters(raw: bytes, is_text: bool) -> Iterator[tuple[str, int]]:
    """The characters of ``raw`` with their sizes in bytes; of ``is_text``, what is not UTF-8 is Latin-1, as Python
    shows a text.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1") if is_text else raw.decode("utf-8", "surrogateescape")
        if is_text:
            yield from ((char, 1) for char in text)
            return
    for char in text:
        yield char, len(char.encode("utf-8", "surrogateescape"))
