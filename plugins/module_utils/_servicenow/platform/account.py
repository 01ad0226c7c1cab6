# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Who is logged in, which roles the account has, and whether it may write scripts."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import (
    READ_REFUSALS,
    SCRIPT_WRITER,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance

GRANTED, LACKING, NOT_NEEDED, UNKNOWN = "granted", "missing", "not_needed", "unknown"


@dataclass(frozen=True)
class Account:
    """The account that is logged in. ``sys_id`` is empty and ``roles`` None where they cannot be read."""

    user_name: str | None
    sys_id: str = ""
    roles: tuple[str, ...] | None = None


def read_account(instance: Instance) -> Account:
    """Who is logged in to ``instance``, as far as it says. Raises `LoginError`, and what the wire raises."""
    row = instance.find_own_user()
    if row is None:
        return Account(instance.login.user_name or None)
    try:
        rows = instance.find("sys_user_has_role", {"user": row["sys_id"]}, ["role.name", "state"])
    except READ_REFUSALS:
        return Account(row["user_name"], row["sys_id"])
    roles = tuple(sorted({entry["role.name"] for entry in rows if entry["state"] in ("active", "")}))
    # No row at all is what an account sees that may not read the table.
    return Account(row["user_name"], row["sys_id"], roles or None)


def has_script_writer_role(instance: Instance) -> bool | None:
    """Whether ``instance`` has the role of Scripting Governance, as releases since Zurich do; None if unreadable."""
    try:
        return bool(instance.find("sys_user_role", {"name": SCRIPT_WRITER}, []))
    except READ_REFUSALS:
        return None


def script_permission(role_exists: bool | None, account: Account) -> str:
    """Whether ``account`` may write scripts: granted, missing, not_needed (no such role on the instance) or unknown."""
    if account.roles is not None and SCRIPT_WRITER in account.roles:
        return GRANTED
    if role_exists is False:
        return NOT_NEEDED
    return LACKING if role_exists and account.roles is not None else UNKNOWN
