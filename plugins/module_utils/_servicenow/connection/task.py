# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""All that a plan for a connection is made from."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.alias import Alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.capabilities import Capabilities
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.desired import Desired
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source


@dataclass(frozen=True)
class Task:
    """What a plan is made from. ``can`` is what the route can do, ``is_foreign`` says that another instance configured
    what is there.
    """

    source: Source
    can: Capabilities
    alias: Alias
    current: Current
    desired: Desired
    options: Options
    is_foreign: bool
    longest_comments: int = 0
