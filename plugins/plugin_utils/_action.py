# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The fast path: a task that targets the controller runs its module's core in the worker, without a new
Python process.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import filter_loader, lookup_loader, test_loader
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.batch import remember_in
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import (
    Core,
    Validated,
    refused_beforehand,
    requests_problem,
    run_validated,
    shown_options,
    validate,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.certificates import prepare
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._play import play_of
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._sharing import KeptRefusals, shared
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._wording import reword, speaks

# Workers are forks of the process that imports this. Ansible loads its own filters and tests together, with the first;
# the role's set-up asks the look-up. What is there by then is left out of every later garbage collection, as Python's
# documentation of `gc.freeze` advises before a fork: almost all of it stays until the end, and each worker would go
# through all of it, and copy it by that.
prepare()
filter_loader.get("ansible.builtin.combine")
test_loader.get("ansible.builtin.truthy")
lookup_loader.get("snow_ops.spokes.claim")
gc.freeze()


class CoreActionBase(ActionBase):
    """An action plugin whose module's ``MODULE_SPEC`` and core it shares; results are the same as the module's.

    Everything that the fast path cannot honour is handed to the module: other connections, async, become, another
    interpreter.
    """

    module_spec: ClassVar[dict[str, Any]]
    core: ClassVar[Core]

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the task's result."""
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        del tmp
        self._shows_invocation = _shows_invocation(task_vars)
        with self._task_environment():
            outcome: dict[str, Any] | None
            options = validate(self._task.action, self.module_spec, self._task.args)
            if options.refusal is not None:
                outcome = options.refusal
            elif self._runs_here(task_vars):
                outcome = self._run_core(options, task_vars)
            else:
                outcome = refused_beforehand(options)
        if outcome is None:
            outcome = self._execute_module(
                module_args=options.given, task_vars=task_vars, wrap_async=self._task.async_val
            )
            _make_plain(outcome)
        return dict(result, **self._worded(outcome, task_vars))

    def _core(self, task_vars: Mapping[str, Any]) -> Core:
        """What the task does here."""
        return type(self).core

    def _worded(self, result: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """``result`` in the words of the variable that the option ``variable_names`` names."""
        return self._reworded(result, self._task.args.get("variable_names"), task_vars)

    def _reworded(self, result: dict[str, Any], words: Any, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        # By its name, so that the words are templated only here.
        return reword(result, self._templar.template(task_vars.get(str(words)))) if speaks(result) else result

    def _shared(
        self, task_vars: Mapping[str, Any], asked: Mapping[str, Any], answer: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """What ``answer`` gives, or gave to another host of the play that ``asked`` the same."""
        # Whom a request reaches depends on the environment as well; the logins to instances differ by nature.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SN_")}
        question = [
            self._task.action,
            play_of(task_vars),
            asked,
            self._task.check_mode,
            bool(self._task.no_log),
            environment,
        ]
        return shared(question, str(task_vars.get("inventory_hostname")), answer)

    def _run_core(self, options: Validated, task_vars: dict[str, Any]) -> dict[str, Any]:
        remember_in(KeptRefusals())
        secrets = Secrets(options.no_log_values, bool(self._task.no_log))
        answer = partial(run_validated, self._core(task_vars), options, self._task.check_mode, secrets)
        is_shared = options.params.get("once_per_play")
        result = self._shared(task_vars, options.params, answer) if is_shared else answer()
        if self._shows_invocation:
            spec = self.module_spec["argument_spec"]
            result["invocation"] = {"module_args": shown_options(options.params, spec, options.no_log_values, result)}
        return result

    def _runs_here(self, task_vars: dict[str, Any]) -> bool:
        """Whether the worker can do what the module would do: same host, same user, same Python, in the foreground."""
        interpreter = task_vars.get("ansible_python_interpreter")
        return (
            not requests_problem()
            and self._connection.transport in ("local", "ansible.builtin.local")
            and not self._task.async_val
            and self._connection.become is None
            and (
                not interpreter
                or str(interpreter).startswith("auto")
                or _is_this_python(self._templar.template(interpreter))
            )
        )

    @contextmanager
    def _task_environment(self) -> Iterator[None]:
        """The task's ``environment`` keyword, which the module would find in its process."""
        changes: dict[str, str] = {}
        self._compute_environment_string(changes)  # type: ignore[no-untyped-call]
        before = dict(os.environ)
        os.environ.update({name: str(value) for name, value in changes.items()})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _make_plain(result: dict[str, Any]) -> None:
    """Have the ``result`` of a module's process say everything as text, as that of the fast path does.

    Since ansible-core 2.19 warnings arrive as objects of Ansible's own, and so does what a failed module said; that is
    shown in the place of the message, and goes unless a traceback is in it.
    """
    if "warnings" in result:
        result["warnings"] = [
            str(getattr(getattr(warning, "event", None), "msg", warning)) for warning in result["warnings"]
        ]
    said = getattr(result.get("exception"), "event", None)
    if said is not None and not said.formatted_traceback:
        del result["exception"]


def _shows_invocation(task_vars: dict[str, Any]) -> bool:
    """Whether a module's result would tell its options: since ansible-core 2.21 only where the setting asks for it,
    before always.
    """
    try:
        return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True


def _is_this_python(interpreter: str) -> bool:
    """Whether ``interpreter`` has the packages of the running Python: the same bin folder, so the same environment."""
    return os.path.realpath(os.path.dirname(interpreter)) == os.path.realpath(os.path.dirname(sys.executable))
