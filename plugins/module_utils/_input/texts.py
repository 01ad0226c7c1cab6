# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Options that are text or a dictionary, and what is neither in their place.

Ansible would write out a list in the place of a text, brackets and all, and go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError

# The types of options that are text, and those whose empty text counts as not given.
TEXTS = ("str", "path")
NO_TEXTS = ("bool", "float", "int")
NOT_SHOWN = "Its content is not shown, since it may be a secret"


def without_empty(options: Any, spec: Mapping[str, Any], as_dictionary: Callable[[Any], Any]) -> Any:
    """``options`` without the empty texts in the place of numbers and booleans, which count as not given: a form hands
    them over for every field that was left empty.

    ``as_dictionary`` is as in `check_kinds`. What holds none is returned as it is.
    """
    if not isinstance(options, Mapping):
        return options
    kept = {}
    for name, value in options.items():
        entry = spec.get(name) or {}
        if entry.get("type") in NO_TEXTS and isinstance(value, str) and not value:
            continue
        if entry.get("type") == "dict" and entry.get("options"):
            with suppress(TypeError, ValueError):
                inner = as_dictionary(value)
                lean = without_empty(inner, entry["options"], as_dictionary)
                value = value if lean == inner else lean
        kept[name] = value
    return kept if kept != options else options


def check_kinds(options: Any, spec: Mapping[str, Any], as_dictionary: Callable[[Any], Any], path: str = "") -> None:
    """Raise `InputError` naming the first of ``options`` that is a list or dictionary and, by ``spec``, has to be text,
    or has to be a dictionary and is none.

    ``as_dictionary`` reads a dictionary as Ansible does, also from JSON text, and raises `TypeError` where it cannot.
    What is of a wrong type otherwise is left to Ansible, and so is a number, which is text as it is written.
    """

    def check(value: Any, entry: Mapping[str, Any], kind: Any, option: str) -> None:
        if kind in TEXTS and isinstance(value, (Mapping, list, tuple, set)):
            raise InputError(
                f"{option} is a {'dictionary' if isinstance(value, Mapping) else 'list'}, where a text belongs",
                why=NOT_SHOWN,
                advice=f"Correct {option}: give the value alone",
            )
        if kind == "dict" and value is not None:
            inner = None
            # Ansible says it in three messages, and in those of Python for a number or for names that are none.
            with suppress(TypeError, ValueError):
                inner = as_dictionary(value)
            suboptions = entry.get("options") or {}
            if not isinstance(inner, Mapping) or (suboptions and not all(isinstance(name, str) for name in inner)):
                raise InputError(
                    f"{option} has to be a dictionary, or JSON text of one", why=NOT_SHOWN, advice=f"Correct {option}"
                )
            check_kinds(inner, suboptions, as_dictionary, option)

    if not isinstance(options, Mapping):
        return
    for name, value in options.items():
        entry = spec.get(name) or {}
        option = f"{path}.{name}" if path else str(name)
        if entry.get("type") == "list":
            for index, inner in enumerate(value if isinstance(value, (list, tuple)) else ()):
                check(inner, entry, entry.get("elements"), f"{option}[{index}]")
        else:
            check(value, entry, entry.get("type"), option)
