# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fast path of snow_probe."""

from __future__ import annotations

from ansible_collections.snow_ops.spokes.plugins.modules.snow_probe import MODULE_SPEC, run
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._action import CoreActionBase


class ActionModule(CoreActionBase):
    """Runs snow_probe in the controller's worker."""

    module_spec = MODULE_SPEC
    core = staticmethod(run)
