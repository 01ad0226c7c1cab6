# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What keeps a task from changing a Scripted REST API."""

from __future__ import annotations

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import AccessDenied, InputError, Mismatch
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.account import (
    LACKING,
    has_script_writer_role,
    read_account,
    script_permission,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import (
    SCRIPT_ADVICE,
    SCRIPT_WRITER,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.applications import (
    GLOBAL,
    PREFERENCE_ADVICE,
    name_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.tables import (
    DEFINITION,
    OPERATION,
    SCRIPT,
    VERSION,
)


def check_versions(instance: Instance, current: Current) -> None:
    """Raise `InputError` for an API with versions; one that only says that it has some is put right."""
    definition, rows = current.definition, current.operations
    if definition and definition["is_versioned"] == "true" and (not rows or any(row[VERSION] for row in rows)):
        raise InputError(
            f"The Scripted REST API {definition['name']!r} is versioned",
            f"instance {instance.host}, table {DEFINITION}, record {definition['sys_id']}",
            "This module handles APIs without versions only",
            "Choose another service_id",
        )


def check_application(instance: Instance, current: Current) -> None:
    """Raise `Mismatch` for an API, or a part of one, that lies in another application than it should."""
    for table, row in current.records:
        application = row["sys_scope"] or GLOBAL
        if application == instance.application:
            continue
        found, wanted = name_of(instance, application), name_of(instance, instance.application)
        raise Mismatch(
            f"The Scripted REST API {row['name']!r} belongs to the application {found} instead of {wanted}",
            f"instance {instance.host}, table {table}, record {row['sys_id']}, field sys_scope",
            "Its path and what its scripts may do depend on the application, which cannot be changed afterwards",
            f"{PREFERENCE_ADVICE}. If the API is yours, remove it (state absent, scope {found}) before it is "
            "installed again; if it is not, find out who made it and why",
        )


def check_script_permission(instance: Instance, plan: Plan) -> None:
    """Raise `AccessDenied` where ``plan`` writes scripts, and Scripting Governance is known to keep the account from
    it.
    """
    if not any(SCRIPT in step.values for step in plan.steps):
        return
    account, role_exists = instance.gather(lambda: read_account(instance), lambda: has_script_writer_role(instance))
    if script_permission(role_exists, account) != LACKING:
        return
    raise AccessDenied(
        f"The account {account.user_name} may not write scripts; nothing was written",
        f"instance {instance.host}, table {OPERATION}, field {SCRIPT}",
        f"It does not have the role {SCRIPT_WRITER}",
        f"{SCRIPT_ADVICE}. On an instance that has switched its rules for scripts off, set "
        "require_script_permission to false",
    )
