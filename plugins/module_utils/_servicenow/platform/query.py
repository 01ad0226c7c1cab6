# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Encoded queries that cannot be misread by the instance.

Only ``=`` and ``IN`` are used, since they stay allowed under query ACLs, but for alternatives that can be done without.
Every condition can be checked again on the rows that come back, which is needed because an instance drops a condition
that it cannot parse and returns the whole table (servicenow-rest 0.1 fact 2 and 1.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text

# Conditions by field: one value for ``=``, several for ``IN``.
Conditions = Mapping[str, Union[str, Iterable[str]]]


def encode(conditions: Conditions, or_containing: Mapping[str, str] | None = None) -> str:
    """The ``sysparm_query`` for ``conditions``, all of which have to hold.

    ``or_containing`` are alternatives to the last of them: a field and a text within it. They need an operator that
    query ACLs can forbid. Raises `InputError` for values that an instance would run as a script or could not tell from
    the query's own syntax.
    """
    terms = [_term(field, wanted) for field, wanted in conditions.items()]
    for field, text in (or_containing or {}).items():
        terms.append(f"OR{field}LIKE{_escape(check_text(text, field))}")
    return "^".join(terms)


def _term(field: str, wanted: str | Iterable[str]) -> str:
    if not isinstance(wanted, str):
        values = [check_text(value, field) for value in wanted]
        if any("," in value or not value for value in values):
            raise InputError(f"{field} has a value that is empty or contains a comma", advice="Use other values")
        return f"{field}IN{','.join(_escape(value) for value in values)}"
    check_text(wanted, field)
    return f"{field}={_escape(wanted)}" if wanted else f"{field}ISEMPTY"


def _escape(value: str) -> str:
    """``^`` separates conditions; doubled it stands for itself (GlideStringUtil.escapeQueryTermSeparator)."""
    return value.replace("^", "^^")


def matches(row: dict[str, str], conditions: Conditions, ignore_case: bool = False) -> bool:
    """Whether ``row`` fulfils ``conditions`` to the letter, or but for upper and lower case, which databases ignore."""
    fold = str.casefold if ignore_case else str
    for field, wanted in conditions.items():
        allowed = [wanted] if isinstance(wanted, str) else wanted
        if fold(row[field]) not in [fold(value) for value in allowed]:
            return False
    return True


def contains(row: dict[str, str], texts: Mapping[str, str] | None) -> bool:
    """Whether one of the columns of ``row`` contains its text, whatever its capitals."""
    return any(text.casefold() in row[field].casefold() for field, text in (texts or {}).items())
