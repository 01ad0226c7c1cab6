# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fast path of snow_store_app, which shows how far an installation is while it waits."""

from __future__ import annotations

from functools import partial

from ansible.utils.display import Display
from ansible_collections.snow_ops.spokes.plugins.modules.snow_store_app import MODULE_SPEC, run
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._action import CoreActionBase


class ActionModule(CoreActionBase):
    """Runs snow_store_app in the controller's worker."""

    module_spec = MODULE_SPEC
    core = staticmethod(partial(run, show=Display().display))
