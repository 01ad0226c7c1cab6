# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Writes every task's result and the statistics of a play to the file that RESULTS_FILE names, for tests."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results_file
type: aggregate
short_description: Write results to a file
description: Writes every task's result to the file that RESULTS_FILE names.
"""


class CallbackModule(CallbackBase):
    """Collects results; written at the end of the run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "results_file"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._results: list[dict[str, Any]] = []

    def _keep(self, result: Any, failed: bool) -> None:
        outcome = {**json.loads(json.dumps(result._result, default=str)), "failed": failed}
        self._results.append({"host": result._host.get_name(), "task": result._task.get_name(), "result": outcome})

    def v2_runner_on_ok(self, result: Any) -> None:
        self._keep(result, failed=False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._keep(result, failed=True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._keep(result, failed=True)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        hosts = sorted(stats.processed)
        report = {
            "results": self._results,
            "stats": {host: stats.summarize(host) for host in hosts},
            "custom": stats.custom.get("_run", {}),
        }
        with open(os.environ["RESULTS_FILE"], "w", encoding="utf-8") as file:
            json.dump(report, file)
