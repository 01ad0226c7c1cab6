# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Text that servers and users wrote, made fit for terminals, log files and people's eyes.

Control characters move a cursor or forge a line, bidirectional marks reorder what is read, and zero-width characters
hide in names.
"""

from __future__ import annotations

import re
from typing import Any

# C0 and C1 controls, soft hyphen, marks of direction, zero-width and other invisible characters, line separators,
# surrogates, tags.
INVISIBLE = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f"
)
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
    return repr(found.group())[1:-1]
