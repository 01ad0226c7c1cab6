# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Words a task's messages for the users of a role, who set the role's variables and not the module's options."""

from __future__ import annotations

import re
from typing import Any

# What Ansible itself says of an option that does not exist; the list that follows is of the module's own options.
LIST_OF_OPTIONS = "Supported parameters include:"
# The parts of a result that speak to people. "where" names tables and fields, and the rest is data.
SPOKEN = ("msg", "what", "why", "advice", "how", "warnings", "problems", "manual_steps", "error")


def speaks(result: dict[str, Any]) -> bool:
    """Whether ``result`` has anything to say to people, which most results do not."""
    return any(map(result.get, SPOKEN))


def reword(result: dict[str, Any], names: Any) -> dict[str, Any]:
    """``result`` with the words that are keys of ``names`` replaced by their values, wherever it speaks to people.

    A key that ends with a dot stands for what follows it as well: ``instance.`` is found in ``instance.host``, not at
    the end of a sentence.
    """
    if not isinstance(names, dict) or not names:
        return result
    words = {str(name): str(word) for name, word in names.items()}
    longest_first = sorted(words, key=len, reverse=True)

    def change(text: str) -> str:
        said, mark, listed = text.partition(LIST_OF_OPTIONS)
        # A pattern of all words takes longer to compile than the rest of a task's message to make.
        found = [_pattern(word) for word in longest_first if word in said]
        return re.sub("|".join(found), lambda match: words[match[0]], said) + mark + listed if found else text

    reworded: dict[str, Any] = _reworded(result, change)
    return reworded


def _pattern(word: str) -> str:
    # Stars are in the place of a secret.
    after = r"(?=[\w*])" if word.endswith(".") else ""
    if re.search(r"\w$", word):
        after = r"(?!\w)"
    return r"(?<![\w./-])" + re.escape(word) + after


def _reworded(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_reworded(inner, change) for inner in value]
    if isinstance(value, dict):
        return {name: _reworded(inner, change) if name in SPOKEN else inner for name, inner in value.items()}
    return value
