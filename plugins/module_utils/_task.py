# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Runs a module's core from AnsibleModule, in the controller's worker or in a test, with the same result.

A core is ``run(params, check_mode, secrets) -> result``. It knows nothing of Ansible, raises `SpokesError`, and
registers in ``secrets`` what it is given on the way (access tokens).
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.errors import UnsupportedError
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_options, url_secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.misplaced import TOKEN, check_misplaced
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.texts import check_kinds, without_empty
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import MASK, Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import one_line, printable
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import (
    OLDEST_REQUESTS,
    REQUESTS_IMPORT_ERROR,
    outdated_requests,
)

# What is shorter is a slip that has to be shown to be understood, such as a misspelt choice.
SHORTEST_SECRET_TO_HIDE = 12
# What Ansible says of an option that is not a number, with the place between.
_NO_NUMBER = re.compile(
    r" is of type (?:<class '[^']*'>|\w+)(?:( found in '[^']*')[.])? and we were unable to convert to (float|int): "
    r"<class '[^']*'> cannot be converted to an? \w+"
)


class Core(Protocol):
    """What a module does: ``params`` are its validated options, the result is the task's."""

    def __call__(self, params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
        """Do it, or only say what would be done. Raises `SpokesError`."""


@dataclass(frozen=True)
class Validated:
    """The options of a task as its core takes them, ``params``; ``no_log_values`` is the set of what Ansible hides.

    ``given`` are the task's own without those that count as not given, for a process of the module. ``refusal`` is the
    task's result where they cannot be taken, None where they can.
    """

    given: dict[str, Any]
    params: dict[str, Any]
    no_log_values: set[str]
    refusal: dict[str, Any] | None


def validate(name: str, spec: Mapping[str, Any], options: dict[str, Any]) -> Validated:
    """The ``options`` of a task of the module ``name`` by its ``spec``, as `AnsibleModule` validates them."""
    arguments = {key: value for key, value in spec.items() if key != "supports_check_mode"}
    options = without_empty(options, spec["argument_spec"], check_type_dict)
    try:
        check_kinds(options, spec["argument_spec"], check_type_dict)
    except InputError as error:
        return Validated(options, {}, set(), dict(error.as_result(one_line), failed=True))
    found = ArgumentSpecValidator(**arguments).validate(options)
    refusal = _refusal(name, options, found) if found.error_messages else None
    return Validated(options, found.validated_parameters, found._no_log_values, refusal)


def _refusal(name: str, options: dict[str, Any], found: ValidationResult) -> dict[str, Any]:
    """What a module says to options that it does not take, but without showing them.

    One may be a secret under a misspelt name, or in the place of a choice or a number, which Ansible would repeat.
    """
    # The first alone, as a module says it, need not name the option that it is about.
    message = "; ".join(dict.fromkeys(found.error_messages))
    if isinstance(found.errors[0], UnsupportedError):
        message = f"Unsupported parameters for ({name}) module: {found.errors.msg}"
    # The name of an option that does not exist can be a secret in its place, too.
    message = TOKEN.sub(MASK, _NO_NUMBER.sub(_as_number, message))
    hidden = found._no_log_values | set(_long_texts(options))
    shown: dict[str, Any] = printable(remove_values({"failed": True, "msg": message}, hidden))
    return shown


def _as_number(found: re.Match[str]) -> str:
    """What is wrong with an option that is not a number, without the names of Python's classes."""
    return f"{found[1] or ''} has to be a {'whole ' * (found[2] == 'int')}number: unable to convert to {found[2]}"


def _long_texts(value: Any) -> Iterator[str]:
    """The texts among a task's options that are as long as a secret."""
    if isinstance(value, str) and len(value) >= SHORTEST_SECRET_TO_HIDE:
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _long_texts(inner)


def requests_problem() -> str:
    """What is wrong with the installed requests, which decides whether a task can run at all; empty if nothing."""
    if REQUESTS_IMPORT_ERROR is not None:
        return str(missing_required_lib("requests"))
    outdated, needed = outdated_requests(), ".".join(map(str, OLDEST_REQUESTS))
    if not outdated:
        return ""
    return (
        f"The Python library requests {outdated} of {sys.executable} is too old: {needed} or later is needed. "
        "Upgrade it there."
    )


def run_module(module: Any, core: Core) -> None:
    """Run ``core`` for an `AnsibleModule` and leave through its exit_json or fail_json."""
    secrets = Secrets(module.no_log_values, module.no_log)
    result = run_core(core, module.params, module.check_mode, secrets)
    # Ansible itself shows the options; it knows only of the secret ones.
    module.no_log_values.update(secrets.values)
    # Ansible adds them to the result, and masks secrets in their values, not in their keys.
    module.params = shown_options(module.params, module.argument_spec, module.no_log_values, result)
    for warning in result.pop("warnings", []):
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


def run_validated(core: Core, options: Validated, check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Run ``core`` outside of a module's process: the refusal of ``options``, else what `run_core` returns."""
    if options.refusal is not None:
        return options.refusal
    result = run_core(core, options.params, check_mode, secrets)
    options.no_log_values.update(secrets.values)
    shown: dict[str, Any] = remove_values(result, options.no_log_values)
    return shown


def refused_beforehand(options: Validated) -> dict[str, Any] | None:
    """The refusal of options that no core takes, None for others.

    A module process would first write them to its machine's system log.
    """
    secrets = Secrets(options.no_log_values)
    try:
        _check(options.params, secrets)
    except InputError as error:
        refusal: dict[str, Any] = printable(dict(error.as_result(secrets.excerpt), failed=True))
        return refusal
    return None


def _check(params: dict[str, Any], secrets: Secrets) -> None:
    """Raise `InputError` for options that no core takes; what they hold of secrets is among ``secrets`` then."""
    for value in url_secrets(params):
        secrets.add(value)
    check_options(params)
    check_misplaced(params, secrets)


def shown_options(
    params: dict[str, Any], spec: Mapping[str, Any], no_log_values: set[str], result: Mapping[str, Any]
) -> dict[str, Any]:
    """The options as a task's result may tell them at -vvv: without what the task found to be secret, keys included.

    Options that were refused are not told: one may be a secret of which only its owner knows that it is one.
    """
    error = result.get("error")
    if isinstance(error, Mapping) and error.get("kind") == InputError.kind:
        return {}
    values: dict[str, Any] = remove_values(params, no_log_values)
    shown: dict[str, Any] = _with_masked_keys(values, set(_names(spec)), Secrets(no_log_values))
    return shown


def _with_masked_keys(value: Any, names: set[str], secrets: Secrets) -> Any:
    """``value`` without secrets in keys, but for the ``names`` of options, which are nobody's."""
    if isinstance(value, dict):
        return {
            key if key in names or not isinstance(key, str) else secrets.mask(key): _with_masked_keys(
                inner, names, secrets
            )
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_with_masked_keys(inner, names, secrets) for inner in value]
    return value


def _names(spec: Mapping[str, Any]) -> Iterator[str]:
    for name, entry in spec.items():
        yield name
        yield from _names(entry.get("options") or {})


def run_core(core: Core, params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Run ``core`` and return its result, or its failure as a result with ``failed: true``; no secret is left in
    either.

    ``secrets`` are those of the options; what the task finds to be secret is added.
    """
    problem = requests_problem()
    if problem:
        return {"failed": True, "msg": problem}
    try:
        _check(params, secrets)
        result = core(params, check_mode, secrets)
    except SpokesError as error:
        result = dict(error.as_result(secrets.excerpt), failed=True)
    except Exception as error:
        result = {
            "failed": True,
            "msg": f"Unexpected {type(error).__name__}: {secrets.excerpt(str(error))}. This is a fault of the "
            "collection; please report it with the traceback.",
            "exception": _trace(error, secrets),
        }
    if not result.get("failed"):
        result.setdefault("changed", False)
    if "warnings" in result:
        result["warnings"] = [secrets.excerpt(warning) for warning in result["warnings"]]
    shown: dict[str, Any] = printable(secrets.mask(result))
    return shown


def _trace(error: Exception, secrets: Secrets) -> str:
    """The traceback, its last line, which can be a server's text, fit to be shown."""
    lines = traceback.format_tb(error.__traceback__)
    return (
        f"Traceback (most recent call last):\n{''.join(lines)}{type(error).__name__}: {secrets.excerpt(str(error))}\n"
    )
