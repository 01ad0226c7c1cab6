# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The live tests with every disputed behaviour of the sandbox in every position: ``make rehearsal``.

Positions of different switches do not depend on each other, so that one run has the second position of all of them, the next one the
third, and so on. What makes the procedure impossible is in one list, and has tests of its own that say what is reported then.
"""

from __future__ import annotations

from typing import Any

import pytest
from support import DIRECTORY, leaks

from live.rehearsal import NEW_CLIENT, NEW_SECRET, records, run, seed_with_two_clients
from sandbox import Sandbox
from sandbox.world import SWITCHES

# The account of the live tests can do nothing then, or not all of it.
IMPOSSIBLE: set[tuple[str, Any]] = {
    ("servicenow.basic_auth", "restricted"),
    ("servicenow.mfa", "required"),
    ("servicenow.scripting_governance", "on"),
    ("servicenow.scripting_governance", "forbid"),
    ("servicenow.scripting_governance", "role_only"),
    # The spoke's own form sends the client in the body.
    ("qualtrics.client_auth_in_body", False),
    # The Connection URL has to be another one then.
    ("qualtrics.brand_host", "proxies"),
    ("qualtrics.brand_host", "refuses_bearers"),
}
MOST = max(len(values) for values in SWITCHES.values())


def positions(number: int) -> dict[str, Any]:
    """Every switch in its position of that number, or its last one; in its first where that would be impossible."""
    chosen = {name: values[min(number, len(values) - 1)] for name, values in SWITCHES.items()}
    return {name: SWITCHES[name][0] if (name, value) in IMPOSSIBLE else value for name, value in chosen.items()}


def test_every_position_is_tried_or_said_to_be_impossible() -> None:
    tried = {(name, value) for number in range(MOST) for name, value in positions(number).items()}
    everything = {(name, value) for name, values in SWITCHES.items() for value in values}
    assert everything - tried == IMPOSSIBLE


@pytest.mark.parametrize("number", range(1, MOST))
def test_the_procedure_is_done_and_undone(number: int) -> None:
    with Sandbox(seed_with_two_clients(), switches=positions(number)) as sandbox:
        before = records(sandbox)
        done = run(
            sandbox,
            SNOW_OPS_LIVE_INSTANCE="acmedev",
            # Where Qualtrics marks no directory as the default it has to be given.
            QUALTRICS_DIRECTORY_ID=DIRECTORY,
            SNOW_OPS_LIVE_CLIENT_ID=NEW_CLIENT,
            SNOW_OPS_LIVE_CLIENT_SECRET=NEW_SECRET,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert leaks(done.stdout + done.stderr, (NEW_SECRET,)) == []
        assert records(sandbox) == before
