# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Text that servers and users wrote, made fit for terminals, log files and people's eyes.

Control characters move a cursor or forge a line, bidirectional marks reorder what is read, and characters that are not
drawn hide in names. What is written to an instance does not pass here.
"""

from __future__ import annotations

import re
from typing import Any

# Characters that control: C0 and C1, line separators, surrogates (Unicode general categories Cc, Zl, Zp and Cs).
_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
# Characters that are not drawn: the property Default_Ignorable_Code_Point (Unicode 16.0, DerivedCoreProperties.txt),
# which has soft hyphen, joiners, fillers, marks of direction, variation selectors and tags, and places kept for such.
_IGNORABLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# The other format characters (general category Cf, DerivedGeneralCategory.txt), which change what stands around them.
_FORMAT = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
# Symbols that are drawn as nothing: the Braille pattern without dots, the musical null notehead.
_BLANK = "\u2800\U0001d159"
# No characters at all, and the only ones beside controls that no XML may hold, such as a JUnit report (XML 1.0, 2.2).
_NONCHARACTERS = "\ufffe\uffff"
INVISIBLE = _CONTROLS + _IGNORABLE + _FORMAT + _BLANK + _NONCHARACTERS
_UNSAFE = re.compile(f"[{INVISIBLE}]")
_UNSAFE_IN_LINES = re.compile(f"(?![\n\t])[{INVISIBLE}]")
# The results that have lines of their own: Ansible shows diffs line by line behind a sign, and tracebacks are lines.
KEYS_WITH_LINES = ("before", "after", "exception")


def one_line(text: str) -> str:
    """``text`` with every character that cannot be seen or moves others written as an escape such as ``\\n`` or
    ``\\u202e``.
    """
    return _UNSAFE.sub(_escape, text)


def in_lines(text: str) -> str:
    """The same, but line breaks and tabs stay."""
    return _UNSAFE_IN_LINES.sub(_escape, text)


def printable(data: Any, has_lines: bool = False) -> Any:
    """A copy of a task's result in which all text is printable, keys included; doing it again changes nothing."""
    if isinstance(data, str):
        return in_lines(data) if has_lines else one_line(data)
    if isinstance(data, dict):
        return {
            one_line(key) if isinstance(key, str) else key: printable(value, has_lines or key in KEYS_WITH_LINES)
            for key, value in data.items()
        }
    if isinstance(data, (list, tuple)):
        return [printable(item, has_lines) for item in data]
    return data


def _escape(found: re.Match[str]) -> str:
    return ascii(found.group())[1:-1]
