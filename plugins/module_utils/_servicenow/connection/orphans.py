# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""References of a connection's records that lead to what cannot be opened: gone, or an orphan, listed and yet not to be opened.

A clone that copies a table and not the one that it extends leaves orphans.
"""

from __future__ import annotations

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import (
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    REGISTRY,
    Current,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import READ_REFUSALS
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source


def find_orphans(source: Source, current: Current) -> list[dict[str, str]]:
    """The orphans among ``current.dangling``, each as ``referred_from`` (table.column), ``table`` and ``sys_id``."""
    found = []
    for reference in current.dangling:
        table, sys_id = _target(current, reference)
        if table and sys_id and _is_listed(source, table, sys_id):
            found.append({"referred_from": reference, "table": table, "sys_id": sys_id})
    return found


def _target(current: Current, reference: str) -> tuple[str, str]:
    """Table and sys_id of what a dangling ``reference`` names."""
    targets = {
        f"{CONNECTION}.credential": (CREDENTIAL, (current.connection or {}).get("credential", "")),
        f"{CREDENTIAL}.oauth_entity_profile": (PROFILE, (current.credential or {}).get("oauth_entity_profile", "")),
        f"{PROFILE}.oauth_entity": (REGISTRY, (current.profile or {}).get("oauth_entity", "")),
    }
    return targets.get(reference, ("", ""))


def _is_listed(source: Source, table: str, sys_id: str) -> bool:
    try:
        return bool(source.find(table, {"sys_id": sys_id}, []))
    except READ_REFUSALS:
        return False
