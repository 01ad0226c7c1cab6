# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Which application a record is a file of.

A new file goes into the application that the login's preference ``apps.current_app`` names, whatever ``sys_scope`` the
request has; that is global for an account that never chose another. The parameter ``sysparm_transaction_scope``
overrides the preference. It is not documented, and ignored where it is unknown, so that the application of a new file
has to be read back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import READ_REFUSALS, Row

# The sys_id of the global application, and its scope.
GLOBAL = "global"
SCOPE_PARAMETER = "sysparm_transaction_scope"
# The tables that this collection inserts into and that extend sys_metadata: their records are files of an application.
FILE_TABLES = frozenset(
    (
        *("oauth_entity", "oauth_entity_profile", "oauth_entity_scope", "oauth_entity_profile_scope"),
        *("sys_properties", "sys_ws_definition", "sys_ws_operation"),
    )
)
PREFERENCE_ADVICE = (
    "New records go into the application that the preference apps.current_app of the login names: log in to the "
    "instance with this account and choose Global in the application picker, or delete the account's record of "
    "sys_user_preference with the name apps.current_app"
)


class Reader(Protocol):
    """What `name_of` asks."""

    def get(self, table: str, sys_id: str, fields: Iterable[str]) -> Row | None:
        """The record ``sys_id`` of ``table``, None if there is none."""


def name_of(source: Reader, application: str) -> str:
    """How messages name the application with the sys_id ``application``: by its scope, if that can be read."""
    if application in ("", GLOBAL):
        return GLOBAL
    try:
        row = source.get("sys_scope", application, ["scope"])
    except READ_REFUSALS:
        row = None
    return (row or {}).get("scope") or application
