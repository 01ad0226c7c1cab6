# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What the two ways to an instance have in common: what they can do, and how a decision is carried out and proven by
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.capabilities import Capabilities
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.decision import Decision
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

# Makes the decision anew from what is there after a write.
Decide = Callable[[Source], Decision]


class Route(Protocol):
    """A way to an instance. ``can`` is what it can do besides reading and writing records.

    ``notices`` are what the task's user should know besides its result.
    """

    can: Capabilities
    notices: list[str]

    @property
    def is_silent(self) -> bool:
        """Whether what it relies on turned out not to answer, before anything was written: another route may do."""

    @property
    def source(self) -> Source:
        """What decisions read."""

    def as_result(self) -> dict[str, Any]:
        """What a task returns of it: ``route``, ``endpoint`` and ``endpoint_path``."""

    def read_alias(self, options: Options) -> Alias:
        """The alias that ``options`` mean. Raises what `alias.find_alias` raises."""

    def predict(self, decision: Decision) -> None:
        """Take out of the plan of ``decision`` what nobody knows before it is carried out."""

    def apply(self, decision: Decision, options: Options, decide: Decide) -> Decision:
        """Do what ``decision`` plans, as ``options`` ask; the decision on what is there afterwards, as far as that is
        read.
        """

    def prove(
        self, done: Decision, plan: Plan, options: Options, check_mode: bool, result: dict[str, Any]
    ) -> SpokesError | None:
        """Put the token's state and what came of a test call into ``result``; returns what is wrong, if anything.

        ``done`` is the decision on what is there now, ``plan`` what this task planned.
        """
