# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_scripted_rest_api: Scripted REST APIs and their operations (servicenow-connections 3.3)."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.identity import describe
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import apply
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.checks import (
    check_application,
    check_script_permission,
    check_versions,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.current import (
    find_application,
    read_current,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.options import read_options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.planner import (
    plan_absent,
    plan_present,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.result import (
    as_result,
    where_it_answers,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.writer import carry_out


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Install, change or remove a Scripted REST API as ``params`` (the module's options) say; the task's result."""
    options = read_options(params)
    instance = Instance(params["instance"], secrets)
    instance.application = find_application(instance, options.scope)
    about, current = instance.gather(
        lambda: describe(instance, instance.host), lambda: read_current(instance, options.service_id)
    )
    check_versions(instance, current)
    check_application(instance, current)
    if options.state == "absent":
        plan = plan_absent(instance, options, current)
        if not check_mode:
            apply(plan, instance)
        return as_result(about, plan)
    plan = plan_present(instance, options, current)
    if options.require_script_permission:
        check_script_permission(instance, plan)
    if plan.changed and not check_mode:
        current = carry_out(plan, instance, current)
    return {**as_result(about, plan), **where_it_answers(plan, options, current)}
