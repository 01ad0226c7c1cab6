# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The route through the setup endpoint: the instance itself makes, encrypts, compares and proves."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias, find_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.capabilities import Capabilities
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import Decision
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import Endpoint
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.snapshot import Snapshot
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.endpoint_writer import apply_on_server
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.proof import prove
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.rotation import (
    Rotation,
    apply_or_put_back,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.route import Decide


class EndpointRoute:
    """The setup ``endpoint`` as a `Route`; ``snapshot`` is what it answered first."""

    can = Capabilities(compare_secrets=True, encrypt=True, run_form=True, fetch_token=True)

    def __init__(self, endpoint: Endpoint, snapshot: Snapshot) -> None:
        self._endpoint = endpoint
        self._rotation: Rotation | None = None
        self.source = snapshot
        self.notices = endpoint.notices

    @property
    def is_silent(self) -> bool:
        """Whether the endpoint turned out not to answer, before anything was written."""
        return self._endpoint.is_silent

    def as_result(self) -> dict[str, Any]:
        """What a task returns of it."""
        endpoint = self._endpoint.as_result()
        return {"route": "endpoint", "endpoint": endpoint, "endpoint_path": endpoint["path"]}

    def read_alias(self, options: Options) -> Alias:
        """The alias that ``options`` mean; everything about it is here already."""
        return find_alias(self.source, options.scope, options.alias, options.preferred_alias_name)

    def predict(self, decision: Decision) -> None:
        """The form chooses sys_ids of its own."""
        if decision.is_for_the_form:
            decision.plan.forget_new_sys_ids()

    def apply(self, decision: Decision, options: Options, decide: Decide) -> Decision:
        """Have the instance do what ``decision`` plans. Raises what `apply_on_server` and `apply_or_put_back` raise."""
        if options.put_back:
            done, self._rotation = apply_or_put_back(decision, self._endpoint, options, decide)
        else:
            done = apply_on_server(decision, self._endpoint, decide)
        decision.plan.adopt_sys_ids(done.plan)
        return done

    def prove(
        self, done: Decision, plan: Plan, options: Options, check_mode: bool, result: dict[str, Any]
    ) -> SpokesError | None:
        """Have a token fetched if one is needed, and a test call made, as ``options`` ask."""
        if self._rotation is not None:
            return self._rotation.report(result)
        return prove(self._endpoint, done, plan, options, check_mode, result)
