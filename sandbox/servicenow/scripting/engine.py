# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs one script in an engine of its own: the prelude's classes around it, a limit on its time and memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import quickjs

from .es5 import SyntaxRefused, prepared

PRELUDE = Path(__file__).parent / "prelude"
# One scope for all files: each may use what stands in those before it.
PRELUDE_FILES = ("core.js", "system.js", "glide_record.js", "rest.js", "connections.js", "limits.js")
MEMORY_BYTES = 64 * 1024 * 1024
STACK_BYTES = 512 * 1024
SECONDS = 10.0
OUT_OF_TIME = "Transaction cancelled: maximum execution time exceeded"
# The functions that change something on the instance.
WRITES = ("insert", "update", "delete", "request_token")

HostFunction = Callable[..., Any]


class ScriptFailed(Exception):
    """The script did not end well; the message is what the platform reports."""


class HostError(Exception):
    """What the platform's side of a stand-in throws into the script."""


class _Transaction:
    """What the platform allows a script: so many seconds and, if not 0, so many writes."""

    def __init__(self, seconds: float, most_writes: int) -> None:
        self._deadline = time.monotonic() + seconds
        self._most_writes = most_writes
        self._writes = 0

    @property
    def is_over(self) -> bool:
        """Whether the platform has cancelled it."""
        return time.monotonic() > self._deadline or 0 < self._most_writes <= self._writes

    def carry_out(self, host: Mapping[str, HostFunction], name: str, parameters: list[Any]) -> Any:
        """What the host function ``name`` gives. Raises `ScriptFailed` once the transaction is over, and what the function raises."""
        if name == "time_is_up":
            return self.is_over
        if self.is_over:
            raise ScriptFailed(OUT_OF_TIME)
        self._writes += name in WRITES
        return host[name](*parameters)


@cache
def _prelude() -> str:
    parts = ((PRELUDE / name).read_text(encoding="utf-8") for name in PRELUDE_FILES)
    return '(function (nativeHost, global) {\n"use strict";\n' + "\n".join(parts) + "\nreturn run;\n})(__host, this)"


def run(
    source: str,
    host: Mapping[str, HostFunction],
    variables: Mapping[str, Any],
    seconds: float = SECONDS,
    most_writes: int = 0,
) -> dict[str, Any]:
    """Run ``source`` and return what became of it (see ``run`` in prelude/limits.js).

    ``host`` are the functions that the prelude calls, ``variables`` what the script finds defined. After ``most_writes`` of them (0: never)
    the platform cancels the transaction: what was written stays, and nothing else happens. Raises `ScriptFailed`.
    """
    try:
        text = prepared(source)
    except SyntaxRefused as error:
        raise ScriptFailed(f"SyntaxError: {error}") from None
    transaction = _Transaction(seconds, most_writes)
    bugs: list[BaseException] = []

    def call(name: str, arguments: str) -> str:
        # An exception must not pass through the engine, which loses it.
        try:
            return json.dumps({"value": transaction.carry_out(host, name, json.loads(arguments))})
        except (HostError, ScriptFailed) as error:
            return json.dumps({"error": str(error)})
        except Exception as error:
            bugs.append(error)
            return json.dumps({"error": "The sandbox failed"})

    context = quickjs.Context()
    context.set_memory_limit(MEMORY_BYTES)
    context.set_max_stack_size(STACK_BYTES)
    context.add_callable("__host", call)
    try:
        outcome = json.loads(context.eval(_prelude())(text, json.dumps(variables)))
    except quickjs.JSException as error:
        outcome = {"thrown": str(error).splitlines()[0]}
    if bugs:
        raise bugs[0]
    if transaction.is_over:
        raise ScriptFailed(OUT_OF_TIME)
    if "thrown" in outcome:
        raise ScriptFailed(outcome["thrown"])
    return outcome
