# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Reads that do not depend on each other, asked together: one round trip for all that can be asked at that moment.

Each reader is ordinary code that asks, looks at the answer and asks on. Readers run side by side; when all of them wait
for an answer, what they have asked makes up one round.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer


@dataclass(frozen=True)
class Get:
    """One read: the ``path`` of a Table API address and its query ``params``."""

    path: str
    params: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What two reads have in common that ask the same."""
        return self.path, tuple(sorted(self.params.items()))


AskTogether = Callable[[Sequence[Get]], Sequence["Answer | Exception"]]


class Rounds:
    """Runs readers side by side and hands what they ask at the same moment to ``ask_together``.

    ``ask_together`` takes what was asked and gives the answers in the same order, an exception where a reader has to be
    told of one.

    Readers A and B, of which A asks twice; ``busy`` are those that do not wait for an answer:

        run([A, B])        busy 2
        A asks x, waits    busy 1
        B asks y, waits    busy 0: B is the last, so it asks for both, ask_together([x, y]); busy 2
        B is done          busy 1
        A asks z, waits    busy 0: A is the last, ask_together([z]); busy 1
        A is done          busy 0, and nothing is asked: run returns
    """

    def __init__(self, ask_together: AskTogether) -> None:
        self._ask_together = ask_together
        self._lock = threading.Lock()
        self._reader = threading.local()
        # Readers that are at work, not waiting for an answer.
        self._busy = 0
        self._asked: list[tuple[Get, Future[Answer]]] = []

    def run(self, readers: Sequence[Callable[[], Any]]) -> list[Any]:
        """What ``readers`` return, in their order. Raises what the first of them to fail in that order raises."""
        if len(readers) < 2:
            return [read() for read in readers]
        # A reader that starts others waits for them.
        is_nested = self._is_reader()
        with self._lock:
            self._busy += len(readers) - int(is_nested)
        # How many go on when one is done: the last of those that another reader started leaves its place to that one.
        unfinished = itertools.count(len(readers) - 1, -1)
        with ThreadPoolExecutor(max_workers=len(readers)) as pool:
            results = [pool.submit(self._work, read, unfinished if is_nested else None) for read in readers]
        return [result.result() for result in results]

    def get(self, asked: Get) -> Answer:
        """The answer to ``asked``. Raises what ``ask_together`` gives or raises."""
        if not self._is_reader():
            return _answer_of(self._ask_together([asked])[0])
        waiting: Future[Answer] = Future()
        with self._lock:
            self._asked.append((asked, waiting))
        self._pause()
        return waiting.result()

    def _is_reader(self) -> bool:
        return getattr(self._reader, "is_one", False)

    def _work(self, read: Callable[[], Any], unfinished: Iterator[int] | None) -> Any:
        self._reader.is_one = True
        try:
            return read()
        finally:
            if unfinished is None or next(unfinished) > 0:
                self._pause()

    def _pause(self) -> None:
        """A reader waits or is done; whoever is the last to do so asks for all."""
        with self._lock:
            self._busy -= 1
            if self._busy or not self._asked:
                return
            asked, self._asked = self._asked, []
            # They go on before the answers reach them, so that none of them takes itself for the last.
            self._busy += len(asked)
        # What several readers ask at the same moment is one question.
        questions = {get.key: get for get, _waiting in asked}
        try:
            answers = dict(zip(questions, self._ask_together(list(questions.values()))))
        except Exception as error:
            answers = dict.fromkeys(questions, error)
        for get, waiting in asked:
            answer = answers[get.key]
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)


def _answer_of(answer: Answer | Exception) -> Answer:
    if isinstance(answer, Exception):
        raise answer
    return answer
