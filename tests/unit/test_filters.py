# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A long check whose filter selects nothing has not passed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support import ROOT


@pytest.mark.parametrize(
    ("script", "arguments", "message"),
    [
        ("tests/promises/faults/matrix.py", ["--procedure", "nosuch"], "no procedure starts with 'nosuch'"),
        ("tests/promises/soak/run.py", ["--schedules", "0"], "has to be at least 1"),
        ("tests/promises/concurrency/crowd.py", ["--instances", "0"], "has to be at least 1"),
    ],
)
def test_a_check_that_selects_nothing_fails(script: str, arguments: list[str], message: str) -> None:
    done = subprocess.run(
        [sys.executable, script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 2
    assert message in done.stderr
