# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What readers ask at the same moment is asked together, whatever each of them does with its answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.rounds import Get, Rounds
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer


class Asked:
    """Answers everything with its own path, and remembers what came together."""

    def __init__(self, failing: str = "") -> None:
        self.rounds: list[list[str]] = []
        self._failing = failing

    def __call__(self, asked: Sequence[Get]) -> list[Answer | Exception]:
        self.rounds.append(sorted(get.path for get in asked))
        return [
            LookupError(get.path) if get.path == self._failing else Answer(200, {}, get.path.encode()) for get in asked
        ]


def reader(rounds: Rounds, *paths: str) -> Callable[[], list[str]]:
    """Asks for one path after the other."""
    return lambda: [rounds.get(Get(path)).text for path in paths]


def test_readers_that_need_different_numbers_of_answers_share_each_round() -> None:
    asked = Asked()
    rounds = Rounds(asked)
    results = rounds.run(
        [reader(rounds, "a1", "a2", "a3"), reader(rounds, "b1"), reader(rounds, "c1", "c2"), reader(rounds)]
    )
    assert results == [["a1", "a2", "a3"], ["b1"], ["c1", "c2"], []]
    assert asked.rounds == [["a1", "b1", "c1"], ["a2", "c2"], ["a3"]]


def test_a_reader_that_starts_others_shares_their_rounds() -> None:
    asked = Asked()
    rounds = Rounds(asked)

    def nested() -> list[Any]:
        first = rounds.get(Get("n1")).text
        return [first, *rounds.run([reader(rounds, "n2"), reader(rounds, "n3", "n4")]), rounds.get(Get("n5")).text]

    assert rounds.run([nested, reader(rounds, "a1", "a2")]) == [["n1", ["n2"], ["n3", "n4"], "n5"], ["a1", "a2"]]
    assert asked.rounds == [["a1", "n1"], ["a2", "n2", "n3"], ["n4"], ["n5"]]


def test_a_reader_whose_others_are_done_is_waited_for() -> None:
    for _attempt in range(50):
        asked = Asked()
        rounds = Rounds(asked)

        def nested(rounds: Rounds = rounds) -> str:
            rounds.run([reader(rounds, "n1"), reader(rounds, "n2")])
            time.sleep(0.001)
            return rounds.get(Get("n3")).text

        rounds.run([nested, reader(rounds, "a1", "a2"), reader(rounds, "b1", "b2")])
        assert asked.rounds == [["a1", "b1", "n1", "n2"], ["a2", "b2", "n3"]]


def test_outside_of_a_round_each_read_is_one() -> None:
    asked = Asked()
    rounds = Rounds(asked)
    assert rounds.get(Get("alone")).text == "alone"
    assert rounds.run([reader(rounds, "only", "then")]) == [["only", "then"]]
    assert asked.rounds == [["alone"], ["only"], ["then"]]


def test_a_failed_read_fails_its_reader_and_no_other() -> None:
    asked = Asked(failing="b1")
    rounds = Rounds(asked)
    done: list[str] = []

    def careful() -> str:
        try:
            return rounds.get(Get("b1")).text
        except LookupError:
            return rounds.get(Get("b2")).text

    results = rounds.run([reader(rounds, "a1", "a2"), careful])
    assert results == [["a1", "a2"], "b2"]
    with pytest.raises(LookupError, match="b1"):
        rounds.run([reader(rounds, "b1"), lambda: done.extend(reader(rounds, "c1", "c2")())])
    assert done == ["c1", "c2"]


def test_what_stops_the_asking_reaches_every_reader() -> None:
    def refuse(asked: Sequence[Get]) -> list[Answer | Exception]:
        raise ConnectionError(f"{len(asked)} unanswered")

    rounds = Rounds(refuse)
    with pytest.raises(ConnectionError, match="2 unanswered"):
        rounds.run([reader(rounds, "a"), reader(rounds, "b")])


def test_what_two_readers_ask_at_the_same_moment_is_asked_once() -> None:
    asked = Asked()
    rounds = Rounds(asked)
    assert rounds.run([reader(rounds, "a", "b"), reader(rounds, "a", "c"), reader(rounds, "d", "a")]) == [
        ["a", "b"],
        ["a", "c"],
        ["d", "a"],
    ]
    assert asked.rounds == [["a", "d"], ["a", "b", "c"]]


def test_what_is_asked_once_fails_for_everybody_who_asked() -> None:
    rounds = Rounds(Asked(failing="a"))

    def tolerant() -> str:
        try:
            return rounds.get(Get("a")).text
        except LookupError as error:
            return f"failed: {error}"

    assert rounds.run([tolerant, tolerant, reader(rounds, "b")]) == ["failed: a", "failed: a", ["b"]]
