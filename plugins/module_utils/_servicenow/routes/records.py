# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The route over the Table API alone: every record is written and read back one by one; nothing is proven."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.capabilities import Capabilities
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import Decision
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.foresight import read_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.writer import apply
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.proof import token_state
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.route import Decide


class RecordsRoute:
    """The Table API of ``instance`` as a `Route`."""

    can = Capabilities()
    # The Table API is all that there is besides: none takes its place.
    is_silent = False

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.source = instance
        self.notices: list[str] = []

    def as_result(self) -> dict[str, Any]:
        """What a task returns of it."""
        return {"route": "records", "endpoint": None, "endpoint_path": None}

    def read_alias(self, options: Options) -> Alias:
        """The alias that ``options`` mean; what a decision asks next is asked ahead."""
        return read_alias(
            self._instance,
            options.scope,
            options.alias,
            options.preferred_alias_name,
            options.connection_name,
            options.registry_name,
        )

    def predict(self, decision: Decision) -> None:
        """Everything is known before: the collection chooses the sys_ids itself."""

    def apply(self, decision: Decision, _options: Options, _decide: Decide) -> Decision:
        """Write what ``decision`` plans, and read it back. Raises what `writer.apply` raises."""
        apply(decision.plan, self._instance)
        return decision

    def prove(
        self, done: Decision, plan: Plan, _options: Options, _check_mode: bool, result: dict[str, Any]
    ) -> SpokesError | None:
        """Put the token's state into ``result``; more cannot be known."""
        result["token"] = token_state(done, plan)
        return None
