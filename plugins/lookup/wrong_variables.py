# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which variables of a role have a value that cannot work: only their names, since the value may be a secret."""

from __future__ import annotations

DOCUMENTATION = r"""
name: wrong_variables
short_description: Name the variables whose value is not allowed
version_added: 1.0.0
author:
  - snow_ops contributors (@snow-ops)
description:
  - Looks at variables of a role and returns the names of those whose value is not allowed. Values are not returned,
    since any of them may be a secret that was put in the wrong place.
  - An inline vault value counts as its text. Only the variables that the options name are read.
  - It is made for the role P(snow_ops.spokes.qualtrics_spoke#role).
options:
  _terms:
    description: Takes no terms.
    type: list
    elements: str
  choices:
    description:
      - Variables that are one of a few words, with these words as text.
      - Where V(true) is among the words, upper case is allowed.
    type: dict
    default: {}
  dictionaries:
    description:
      - Variables that are a dictionary, or JSON text of one whose values are single or lists of single ones.
      - What is undefined or empty counts as an empty dictionary, and so does the JSON text V(null).
    type: list
    elements: str
    default: []
  reserved:
    description: Keys that the dictionaries must not have, each as the variable's name, a dot and the key.
    type: list
    elements: str
    default: []
  texts:
    description:
      - Variables that are a single text, or a number or a boolean, which can be written as one.
      - What is undefined or empty is allowed.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check the variables
  ansible.builtin.assert:
    that: wrong | length == 0
    fail_msg: "Nothing was done. Correct {{ wrong | join(', ') }}."
  vars:
    wrong: >-
      {{ query('snow_ops.spokes.wrong_variables', choices={'update_secret': ['on_create', 'always']},
               dictionaries=['settings'], reserved=['settings.name'], texts=['proxy']) }}
"""

RETURN = r"""
_raw:
  description:
    - The names of the variables whose value is not allowed, and the entries of O(reserved) that are given.
    - They stand in the order of the options, O(choices) first.
  type: list
  elements: str
"""

import json
from collections.abc import Collection, Mapping
from numbers import Number
from typing import Any

from ansible.errors import AnsibleUndefinedVariable
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return the names, as the options give them: ansible-core up to 2.18 templates what is returned here."""
        self.set_options(var_options=variables, direct=kwargs)
        given = variables or {}
        wrong = [
            name
            for name, words in self.get_option("choices").items()
            if not is_one_of(words, self._templar.template(given[name]))
        ]
        for name in self.get_option("dictionaries"):
            keys = keys_of(self._value(given.get(name), {}))
            if keys is None:
                wrong.append(name)
            else:
                of_variable = {f"{name}.{key}" for key in keys}
                wrong += [key for key in self.get_option("reserved") if key in of_variable]
        return wrong + [name for name in self.get_option("texts") if not is_text(self._value(given.get(name), ""))]

    def _value(self, variable: Any, default: Any) -> Any:
        """The value of ``variable``; ``default`` where it is undefined or empty.

        What is in a dictionary or list that is no template itself does not matter, and may be a request for a secret.
        """
        if isinstance(variable, (Mapping, list)):
            return variable or default
        try:
            return self._templar.template(variable) or default
        except AnsibleUndefinedVariable:
            return default


def is_one_of(words: Collection[str], value: Any) -> bool:
    """Whether ``value`` is one of ``words``, in upper case too where these are those of a boolean."""
    text = "" if value is None else str(value)
    return (text.lower() if "true" in words else text) in words


def is_text(value: Any) -> bool:
    """Whether ``value`` can stand for a text. An inline vault value, up to ansible-core 2.18 no str, equals its own."""
    return isinstance(value, Number) or bool(value == str(value))


def keys_of(value: Any) -> Collection[Any] | None:
    """The keys of a dictionary, or of JSON text of one with single values or lists of them; None for anything else."""
    if isinstance(value, Mapping):
        return value.keys()
    try:
        found = json.loads(str(value), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if found is None:
        return ()
    if not isinstance(found, dict) or not all(map(_is_flat, found.values())):
        return None
    return found.keys()


def _refuse(constant: str) -> None:
    """Python reads NaN and Infinity, which JSON does not have."""
    raise ValueError(constant)


def _is_flat(value: Any) -> bool:
    """Whether a value of JSON is a single one or a list of these."""
    return not any(isinstance(part, (dict, list)) for part in (value if isinstance(value, list) else [value]))
