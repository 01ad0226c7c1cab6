# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""How often a run waits, by the sandbox's request log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# So long a latency that what is sent together is seen to be, on a busy machine too.
OVERLAP_MS = 1000


def rounds_of(log: Iterable[dict[str, Any]]) -> int:
    """The longest chain of requests none of which began before the one before it had been answered."""
    chain, free = 0, 0.0
    for entry in sorted(log, key=lambda entry: entry["ended"] or entry["began"]):
        if entry["began"] >= free:
            chain, free = chain + 1, entry["ended"] or entry["began"]
    return chain
