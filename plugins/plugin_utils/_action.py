# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The fast path: a task that targets the controller runs its module's core in the worker, without a new Python process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.batch import remember_in
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import Core, requests_problem, run_core
from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import printable
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.certificates import prepare
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._sharing import KeptRefusals, play_of, shared
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._wording import reword

# Workers are forks of the process that imports this.
prepare()

# What is shorter is a slip that has to be shown to be understood, such as a misspelt choice.
SHORTEST_SECRET_TO_HIDE = 12


class CoreActionBase(ActionBase):
    """An action plugin whose module's ``MODULE_SPEC`` and core it shares; results are the same as the module's.

    Everything that the fast path cannot honour is handed to the module: other connections, async, become, another interpreter.
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
            spec = {key: value for key, value in self.module_spec.items() if key != "supports_check_mode"}
            validated = ArgumentSpecValidator(**spec).validate(self._task.args)
            if validated.error_messages:
                outcome = self._refusal(validated)
            elif self._runs_here(task_vars):
                outcome = self._run_core(validated, task_vars)
            else:
                outcome = None
        if outcome is None:
            outcome = self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val)
        return dict(result, **reword(outcome, self._task.args.get("variable_names")))

    def _refusal(self, validated: ValidationResult) -> dict[str, Any]:
        """What a module says to options that it does not take, but without showing them.

        One may be a secret under a misspelt name, or in the place of a choice or a number, which Ansible would repeat.
        """
        message = validated.errors.msg
        if isinstance(validated.errors[0], UnsupportedError):
            message = f"Unsupported parameters for ({self._task.action}) module: {message}"
        hidden = validated._no_log_values | set(_long_texts(self._task.args))
        shown: dict[str, Any] = printable(remove_values({"failed": True, "msg": message}, hidden))
        return shown

    def _run_core(self, validated: ValidationResult, task_vars: dict[str, Any]) -> dict[str, Any]:
        params, no_log_values = validated.validated_parameters, validated._no_log_values
        remember_in(KeptRefusals())

        def ask() -> dict[str, Any]:
            return run_core(type(self).core, params, self._task.check_mode, no_log_values, bool(self._task.no_log))

        if params.get("once_per_play"):
            # Whom a request reaches depends on the environment as well; the logins to instances differ by nature.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("SN_")}
            question = [
                self._task.action,
                play_of(task_vars),
                params,
                self._task.check_mode,
                bool(self._task.no_log),
                environment,
            ]
            result = shared(question, str(task_vars.get("inventory_hostname")), ask)
        else:
            result = ask()
        if self._shows_invocation:
            result["invocation"] = {"module_args": params}
        shown: dict[str, Any] = remove_values(result, no_log_values)
        return shown

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


def _long_texts(value: Any) -> Iterator[str]:
    """The texts among a task's options that are as long as a secret."""
    if isinstance(value, str) and len(value) >= SHORTEST_SECRET_TO_HIDE:
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _long_texts(inner)


def _shows_invocation(task_vars: dict[str, Any]) -> bool:
    """Whether a module's result would tell its options: since ansible-core 2.21 only where the setting asks for it, before always."""
    try:
        return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True


def _is_this_python(interpreter: str) -> bool:
    """Whether ``interpreter`` has the packages of the running Python: the same bin folder, so the same environment."""
    return os.path.realpath(os.path.dirname(interpreter)) == os.path.realpath(os.path.dirname(sys.executable))
