# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A controller that the example was loaded into, once for all checks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.api import Controller, serve
from controller.loading import EXAMPLE, load


@pytest.fixture(scope="session")
def controller() -> Controller:
    return Controller(EXAMPLE / "project")


@pytest.fixture(scope="session")
def address(controller: Controller) -> Iterator[str]:
    yield from serve(controller)


@pytest.fixture(scope="session")
def loaded(controller: Controller, address: str, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    """The controller after a first load."""
    done = load(address, EXAMPLE, tmp_path_factory.mktemp("load"))
    assert done.returncode == 0, done.stdout + done.stderr
    return controller
