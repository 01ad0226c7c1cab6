# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The sandbox that tests talk to, and the environment that leads there."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest

from sandbox import Sandbox
from tools import link_collection

# Machines are noisy, and how long an example takes proves nothing.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Before pytest-ansible, which comes next, puts the links on Python's path.
link_collection.main()


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
    for name, value in running_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    yield running_sandbox
    assert running_sandbox.control.errors() == []
