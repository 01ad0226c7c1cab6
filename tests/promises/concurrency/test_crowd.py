# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Many instances at once, each with a trouble of its own; ``make crowd`` does it with two hundred."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import leaks

from promises.concurrency.crowd import REFUSALS, duplicates, limit_rates, play, write_inventory
from promises.faults.procedures import OAUTH_CLIENT
from sandbox import Sandbox

# One instance for each: the fault that hits it from a certain request on, and whether the set-up can succeed all the same.
# The reads within a batch count as well: the writes are the 32nd request to the 39th.
TROUBLES: dict[str, tuple[dict[str, Any], bool]] = {
    "refused": ({"kind": "refused"}, True),
    "tls-failure": ({"kind": "tls_failure"}, True),
    "reset": ({"kind": "reset", "when": "after", "skip": 31}, True),
    "lost": ({"kind": "close", "when": "after", "skip": 32}, True),
    "garbled": ({"kind": "garbled", "when": "after", "skip": 33}, True),
    "truncated": ({"kind": "truncated", "when": "before", "skip": 34}, True),
    "queued": ({"kind": "accepted_202", "skip": 32}, True),
    "unavailable": ({"kind": "status", "status": 503, "when": "after", "skip": 35}, True),
    "stale": ({"kind": "stale_read", "skip": 41, "times": 2}, True),
    "slow": ({"kind": "slow", "seconds": 12.0, "skip": 32}, True),
    "gateway": ({"kind": "status", "status": 502, "skip": 36}, True),
    "overtime": ({"kind": "status", "status": 504, "when": "after", "skip": 37}, True),
    "page": ({"kind": "not_json", "when": "after", "skip": 34}, True),
    "limited": ({"kind": "rate_limited", "retry_after": 1, "skip": 5}, True),
    "semaphore": ({"kind": "rate_limited", "skip": 38}, True),
    "expiring": ({"kind": "token_expiry", "skip": 33}, True),
    "unknown": ({"kind": "status", "status": 401, "skip": 34}, False),
    "mislabelled": ({"kind": "wrong_content_type", "when": "after", "times": 0}, True),
    "hibernating": ({"kind": "html", "skip": 31, "times": 0}, False),
    "sso": ({"kind": "login_redirect", "skip": 32, "times": 0}, False),
    "busy": ({"kind": "rate_limited", "retry_after": 3600, "skip": 33, "times": 0}, False),
    "broken": ({"kind": "status", "status": 500, "skip": 34, "times": 0}, False),
    "forbidden": ({"kind": "status", "status": 403, "skip": 35, "times": 0}, False),
}


@pytest.mark.long
def test_each_instance_fails_or_succeeds_by_itself_and_all_are_done_by_the_next_run(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    inventory = write_inventory(tmp_path, list(TROUBLES), expiring=OAUTH_CLIENT)
    for name, (rule, _can_succeed) in TROUBLES.items():
        sandbox.control.fault(host=f"{name}.service-now.com", **rule)
    troubled = play(sandbox, tmp_path, inventory, 8)
    output = troubled.stdout + troubled.stderr + str(troubled.results)
    for name, (_rule, can_succeed) in TROUBLES.items():
        failures = [
            entry["result"]["msg"] for entry in troubled.results if entry["host"] == name and entry["result"]["failed"]
        ]
        assert bool(failures) != can_succeed, (name, failures)
        for message in failures:
            assert f"{name}.service-now.com" in message
            assert "What to do: " in message
    assert all(fault["fired"] for fault in sandbox.control.faults())
    sandbox.control.clear_faults()
    second = play(sandbox, tmp_path, inventory, 8)
    third = play(sandbox, tmp_path, inventory, 8)
    output += second.stdout + third.stdout
    assert [stats["failures"] for stats in second.stats.values()] == [0] * len(TROUBLES), second.stdout
    assert [stats["changed"] for stats in third.stats.values()] == [0] * len(TROUBLES)
    assert duplicates(sandbox, list(TROUBLES)) == []
    assert leaks(output) == []


@pytest.mark.long
def test_a_crowd_under_rate_limits_is_set_up(sandbox: Sandbox, tmp_path: Path) -> None:
    names = [f"crowd{number}" for number in range(8)]
    inventory = write_inventory(tmp_path, names)
    limit_rates(sandbox, names)
    done = play(sandbox, tmp_path, inventory, 4)
    assert [(stats["failures"], stats["changed"]) for stats in done.stats.values()] == [(0, 2)] * len(names), (
        done.stdout
    )
    assert sum(entry["status"] == 429 for entry in sandbox.control.requests()) == REFUSALS * len(names)
    assert duplicates(sandbox, names) == []
