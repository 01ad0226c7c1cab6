# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A sample of the fuzzing of the setup endpoint's operations; `make fuzz` tries ten thousand calls."""

from __future__ import annotations

from sandbox import Sandbox

from .fuzz_endpoint import run

SAMPLE = 150


def test_no_input_changes_what_its_sender_may_not_change_or_gets_a_secret(sandbox: Sandbox) -> None:
    counted = run(sandbox, SAMPLE)
    assert sum(counted.values()) >= SAMPLE
    assert {200, 400, 403} <= set(counted), counted
