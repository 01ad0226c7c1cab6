# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a task is going to do to the records of an alias: read the state, match it with what is desired, plan. Nothing
is written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.capabilities import Capabilities
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import (
    Current,
    read_current,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.desired import (
    Desired,
    check_complete,
    make_desired,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.deviations import (
    check_outbound,
    check_settings,
    put_right,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.ownership import (
    check_not_foreign,
    foreign_owner,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.planner import (
    COMMENTS,
    plan_absent,
    plan_present,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.secret import decide_secret
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ATTRIBUTE_VALUE,
    REGISTRY,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.task import Task
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.squatters import refuse_squatters

GLOBAL_SCOPE = "global"
# What a column keeps that nobody gave a length (the platform's default).
SHORTEST_COLUMN = 40


@dataclass(frozen=True)
class Decision:
    """``plan`` is what turns ``current``, as read from ``source``, into ``desired``; ``kept`` names what a removal
    leaves.

    ``is_foreign`` says that another instance configured what is there, ``is_secret_compared`` whether the stored Client
    Secret is known to be the given one, None where none is given.
    """

    source: Source
    alias: Alias
    current: Current
    plan: Plan
    desired: Desired = field(default_factory=Desired)
    kept: list[str] = field(default_factory=list)
    is_foreign: bool = False
    is_secret_compared: bool | None = None

    @property
    def is_for_the_form(self) -> bool:
        """Whether the alias's own form can make everything: it has one, and nothing of the connection is there yet."""
        is_empty = not (self.current.connection or self.current.credential or self.current.registry)
        return is_empty and bool(self.alias.template.fields and self.desired.connection)

    @property
    def put_right(self) -> list[str]:
        """What people should know of values that the plan puts right; after a clone all of them are another
        instance's.
        """
        return [] if self.is_foreign else put_right(self.source, self.current, self.plan)

    @property
    def warnings(self) -> list[str]:
        """What people should know of the records as they are."""
        registry = self.current.registry
        if registry is None or registry["sys_scope"] in ("", GLOBAL_SCOPE):
            return []
        return [
            f"The OAuth registry {registry['name']!r} of {self.source.host} (record {registry['sys_id']}) belongs "
            "to another application than Global: whoever made it had that application selected (preference "
            "apps.current_app). Removing or upgrading that application can take it along"
        ]


def decide_present(source: Source, can: Capabilities, alias: Alias, options: Options, secrets: Secrets) -> Decision:
    """How the alias gets the connection of ``options`` by a route that ``can`` do so much. Raises for what must not or
    cannot be done.
    """
    current = read_current(source, alias, options.connection_name, options.registry_name)
    if not options.replace_foreign_connection:
        check_not_foreign(source, current, options)
    decision = _decide(source, can, alias, current, options, secrets)
    if can.run_form and decision.is_for_the_form:
        return decision
    if ATTRIBUTE_VALUE in refuse_squatters(source, decision.plan):
        # Closed to this account, which reading did not show as long as there was no connection.
        current.values = None
        decision = _decide(source, can, alias, current, options, secrets)
    return decision


def _decide(
    source: Source, can: Capabilities, alias: Alias, current: Current, options: Options, secrets: Secrets
) -> Decision:
    is_foreign = options.distrust_stored or bool(foreign_owner(source, current))
    desired = make_desired(alias, current, options, can)
    _keep_stored_secrets(secrets, current, desired)
    check_complete(desired, alias, current, is_foreign)
    check_settings(source, current, desired)
    task = Task(source, can, alias, current, desired, options, is_foreign)
    # Once: a fingerprint of the secret is dear, on purpose.
    secret = decide_secret(task, secrets)
    plan = plan_present(task, secret)
    longest = _longest_comments(source, plan)
    if longest:
        plan = plan_present(replace(task, longest_comments=longest), secret)
    return Decision(source, alias, current, plan, desired, is_foreign=is_foreign, is_secret_compared=secret.is_compared)


def _longest_comments(source: Source, plan: Plan) -> int:
    """How many characters the registry's comments keep; 0 where that does not matter or is not known.

    No source says how long the column is; asked only where a short one would make a difference.
    """
    texts = [str(step.values[COMMENTS]) for step in plan.steps if step.table == REGISTRY and COMMENTS in step.values]
    return source.longest(REGISTRY, COMMENTS) if any(len(text) > SHORTEST_COLUMN for text in texts) else 0


def decide_absent(source: Source, alias: Alias, options: Options, secrets: Secrets) -> Decision:
    """How the connection that ``options`` mean goes, and what belongs to it alone."""
    current = read_current(source, alias, options.connection_name, options.registry_name, is_removal=True)
    _keep_stored_secrets(secrets, current)
    check_outbound(source, current.registry)
    plan, kept = plan_absent(source, alias, current)
    return Decision(source, alias, current, plan, kept=kept)


def _keep_stored_secrets(secrets: Secrets, current: Current, desired: Desired | None = None) -> None:
    """What an instance holds of secrets, in clear or encrypted, is not for anybody's eyes either."""
    if current.registry is not None:
        secrets.add(current.registry["client_secret"])
    places = desired.places if desired else ()
    hidden = [place.definition["sys_id"] for place in places if place.definition and place.attribute.is_secret]
    for row in current.values or []:
        if row["variable"] in hidden:
            secrets.add(row["value"])
