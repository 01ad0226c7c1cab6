# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fast path of qualtrics_spoke, where hosts of a play that mean the same Qualtrics account share the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._spoke.parts import ACCOUNT, PARTS
from ansible_collections.snow_ops.spokes.plugins.module_utils._spoke.set_up import warnings_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import Core
from ansible_collections.snow_ops.spokes.plugins.modules.qualtrics_spoke import MODULE_SPEC, run
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._action import CoreActionBase

# Options that have to do with the instance, in what is said of one.
OF_INSTANCE = re.compile("instance|connection|oauth")


class ActionModule(CoreActionBase):
    """Runs qualtrics_spoke in the controller's worker."""

    module_spec = MODULE_SPEC
    core = staticmethod(run)

    def _core(self, task_vars: Mapping[str, Any]) -> Core:
        return partial(run, ask=partial(self._shared, task_vars))

    def _worded(self, result: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """``result``, each part in the words for the system that it talks to, and the failure in those of its part."""
        of_instance, of_qualtrics = (
            partial(self._reworded, words=self._task.args.get(option), task_vars=task_vars)
            for option in ("variable_names", "qualtrics_variable_names")
        )
        raw = {part: result[part] for part in PARTS if part in result}
        parts = {part: (of_qualtrics if part == ACCOUNT else of_instance)(found) for part, found in raw.items()}
        if "part" not in result and not OF_INSTANCE.search(str(result.get("msg"))):
            # An option was refused before the parts were told of it.
            result = of_qualtrics(result)
        worded = of_qualtrics if result.get("part") == ACCOUNT else of_instance
        heard, said = warnings_of(raw.values()), warnings_of(parts.values())
        others = [text for text in result.get("warnings") or [] if text not in heard]
        return {**worded({**result, "warnings": others}), **parts, "warnings": [*others, *said]}
