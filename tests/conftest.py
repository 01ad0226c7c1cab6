# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The sandbox that tests talk to, and the environment that leads there."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import hypothesis
import pytest
from support import lead_to

from sandbox import Sandbox
from tools import link_collection

# Machines are noisy, and how long an example takes proves nothing.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Before pytest-ansible, which comes next, puts the links on Python's path.
link_collection.main()


# With what takes longest first, no worker is left with it when the others are done.
FROM_THE_SLOWEST = ("integration", "benchmark", "promises", "component")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--long``."""
    parser.addoption("--long", action="store_true", help="run what is marked long, and every case of what is sampled")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the slowest first; leaves out the tests marked ``long``, and of a test marked ``sampled`` all cases but the first, or the first
    of ``every`` so many.

    All of them are run with ``--long``, and where tests are selected by their names.
    """
    items.sort(key=_turn)
    if config.getoption("--long") or any("::" in argument for argument in config.args):
        return
    cases: Counter[str] = Counter()
    kept, left_out = [], []
    for item in items:
        name = item.nodeid.partition("[")[0]
        mark = item.get_closest_marker("sampled")
        every = mark.kwargs.get("every", sys.maxsize) if mark else 1
        is_left_out = item.get_closest_marker("long") is not None or cases[name] % every != 0
        cases[name] += 1
        (left_out if is_left_out else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


def _turn(item: pytest.Item) -> int:
    """When a test is due, by its folder."""
    folders = [name for name in FROM_THE_SLOWEST if name in item.path.parts]
    return FROM_THE_SLOWEST.index(folders[0]) if folders else len(FROM_THE_SLOWEST)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for the whole session."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox as new, with this process's own environment leading to it; a fault of its own fails the test."""
    running_sandbox.control.reset()
    running_sandbox.control.clear_requests()
    lead_to(running_sandbox.environment, monkeypatch)
    yield running_sandbox
    assert running_sandbox.control.errors() == []
