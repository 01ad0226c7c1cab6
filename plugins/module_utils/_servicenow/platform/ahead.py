# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Answers to questions that a task is about to ask: asked in one round, each handed over once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import READ_REFUSALS, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.rounds import Get
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer

Key = tuple[str, tuple[tuple[str, str], ...]]


class Ahead:
    """Hands over what was asked ahead, else asks with ``ask``.

    An answer serves one question of the very same address and is then forgotten, as all are before a write: nobody gets
    an answer from before what this task did, and asking a second time means the instance.
    """

    def __init__(self, ask: Callable[[Get], Answer]) -> None:
        self._ask = ask
        self._answers: dict[Key, Answer] = {}
        self._rows: dict[Key, list[Row]] = {}
        self._thread = threading.local()

    def get(self, asked: Get) -> Answer:
        """The answer to ``asked``. Raises what ``ask`` raises."""
        key = asked.key
        if getattr(self._thread, "is_ahead", False):
            answer = self._answers[key] = self._ask(asked)
            return answer
        return self._answers.pop(key, None) or self._ask(asked)

    def know(self, table: str, conditions: dict[str, str], rows: list[Row]) -> None:
        """``rows``, which another question brought, are what ``table`` has under ``conditions``."""
        self._rows[table, tuple(sorted(conditions.items()))] = rows

    def known(self, table: str, conditions: Mapping[str, Any], fields: Iterable[str]) -> list[Row] | None:
        """What `know` was told of these, once, if it has the ``fields``; else None."""
        if not all(isinstance(value, str) for value in conditions.values()):
            return None
        rows = self._rows.pop((table, tuple(sorted(conditions.items()))), None)
        if rows is None or not all(name in row for row in rows for name in fields):
            return None
        return [{name: row[name] for name in fields} for row in rows]

    def reader(self, read: Callable[[], Any]) -> Callable[[], None]:
        """``read`` so that the answers to what it asks are kept; what refuses it will refuse the one who asks in
        earnest.
        """

        def read_ahead() -> None:
            self._thread.is_ahead = True
            try:
                read()
            except READ_REFUSALS:
                return
            finally:
                self._thread.is_ahead = False

        return read_ahead

    def forget(self) -> None:
        """Keep nothing."""
        self._answers.clear()
        self._rows.clear()
