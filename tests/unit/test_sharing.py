# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Who gets another host's answer, and what is kept of a question."""

from __future__ import annotations

import multiprocessing
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible_collections.snow_ops.spokes.plugins.plugin_utils import _sharing
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._sharing import shared

QUESTION = {"api_token": "sandboxAcmeToken00000000000000000000fake"}


class Asked:
    """Counts how often it was asked, and gives the number back."""

    def __init__(self, **result: Any) -> None:
        self.times = 0
        self._result = result

    def __call__(self) -> dict[str, Any]:
        self.times += 1
        return {"number": self.times, **self._result}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


def test_every_host_gets_an_answer_once() -> None:
    asked = Asked()
    numbers = [shared(QUESTION, host, asked)["number"] for host in ("one", "two", "three", "two", "one", "two")]
    assert numbers == [1, 1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    "result", [{"failed": True}, {"changed": True}, {"api_token": "fake"}, {"client_secret": "fake"}]
)
def test_failures_changes_and_secrets_are_not_shared(folder: Path, result: dict[str, Any]) -> None:
    asked = Asked(**result)
    assert [shared(QUESTION, host, asked)["number"] for host in ("one", "two")] == [1, 2]
    assert not list(folder.rglob("answer*"))


def test_another_question_gets_another_answer() -> None:
    asked = Asked()
    assert [
        shared(question, "one", asked)["number"] for question in (QUESTION, {**QUESTION, "directory_id": "POOL_fake"})
    ] == [1, 2]


def test_old_answers_and_damaged_ones_are_asked_for_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()
    shared(QUESTION, "one", asked)
    now = time.time()
    monkeypatch.setattr(_sharing.time, "time", lambda: now + _sharing.LONGEST_AGE_SECONDS + 1)
    assert shared(QUESTION, "two", asked)["number"] == 2
    (answer,) = folder.rglob("answer")
    answer.write_text("{")
    assert shared(QUESTION, "three", asked)["number"] == 3


def test_nobody_else_may_read_it_and_the_question_is_not_in_it(folder: Path) -> None:
    shared(QUESTION, "one", Asked())
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    assert {path.name for path in files} == {"answer", "shared-salt"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert not any(QUESTION["api_token"] in path.read_text() for path in files)


def ask_slowly(host: str, folder: Path) -> int:
    """In a process of its own, as Ansible's workers are."""

    def ask() -> dict[str, Any]:
        with open(folder / "asked", "a", encoding="utf-8") as log:
            log.write(f"{host}\n")
        time.sleep(0.2)
        return {"number": 1}

    return int(shared(QUESTION, host, ask)["number"])


def test_workers_that_ask_at_the_same_moment_wait_for_the_first(folder: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.starmap(ask_slowly, [(f"host{number}", folder) for number in range(8)]) == [1] * 8
    assert len((folder / "asked").read_text().splitlines()) == 1
