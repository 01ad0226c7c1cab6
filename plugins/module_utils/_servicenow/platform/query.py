# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Encoded queries that cannot be misread by the instance.

Only ``=`` and ``IN`` are used: they stay allowed under query ACLs, and every condition can be checked again on the rows that
come back, which is needed because an instance drops a condition that it cannot parse and returns the whole table
(servicenow-rest 0.1 fact 2 and 1.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text

# Conditions by field: one value for ``=``, several for ``IN``.
Conditions = Mapping[str, Union[str, Iterable[str]]]


def encode(conditions: Conditions) -> str:
    """The ``sysparm_query`` for ``conditions``, all of which have to hold.

    Raises `InputError` for values that an instance would run as a script or could not tell from the query's own syntax.
    """
    return "^".join(_term(field, wanted) for field, wanted in conditions.items())


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
