# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The visits to one instance as one entry of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.failures import Failure, stopped
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import (
    OPTIONAL,
    TITLES,
    UNJUDGED,
    step,
    tidy,
    worse,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.visit import Visit

# How an instance is by how its steps are: the first of these that any of them has.
STATUS_OF_INSTANCE = ("failed", "would_change", "manual", "changed")


def instance_of(key: str, visits: list[Visit]) -> dict[str, Any]:
    """The ``visits`` to one instance as one entry, under the name ``key``.

    Of several by the same host and turn of a loop, such as a set-up and a verification, the last says how it is; other
    hosts and turns may mean another connection of it, so what any of them found counts.
    """
    turns: dict[tuple[str, str], list[Visit]] = {}
    for visit in visits:
        turns.setdefault((visit.host, visit.label), []).append(visit)
    lasts = [turn[-1] for turn in turns.values()]
    states = _worst_states(turns.values())
    failed = next((visit for visit in lasts if visit.failure or not visit.is_over), None)
    last = failed or lasts[-1]
    failure = (failed.failure or stopped(failed.last)) if failed else None
    status = _status(states, failure, "not_judged" if last.operation in UNJUDGED else "ok")
    if failure and last.role != "setup_endpoint":
        states = {**{name: step("not_reached") for name in TITLES if name not in OPTIONAL}, **states}
    manual = [entry for visit in lasts for entry in visit.manual]
    notes = [note for visit in lasts for note in visit.notes]
    return {
        "instance": key,
        "name": last.name,
        "hosts": sorted({tidy(visit.host) for visit in visits}),
        "changed_by": sorted({tidy(visit.host) for visit in visits if visit.has_changed}),
        "operation": last.operation,
        "status": status,
        "failure": failure,
        "manual_steps": [entry for number, entry in enumerate(manual) if entry not in manual[:number]],
        "notes": list(dict.fromkeys(notes)),
        "token": last.token,
        "steps": {name: states[name] for name in TITLES if name in states},
    }


def instance_not_run(host: str, label: str) -> dict[str, Any]:
    """The entry of an instance that ``host`` did not come to; ``label`` is the name it was to have in a loop."""
    return {
        "instance": tidy(label or host),
        "name": "",
        "hosts": [tidy(host)],
        "changed_by": [],
        "operation": "",
        "status": "not_run",
        "failure": None,
        "manual_steps": [],
        "notes": [],
        "token": None,
        "steps": {},
    }


def _status(states: Mapping[str, dict[str, Any]], failure: Failure | None, unchanged: str) -> str:
    """How an instance is, from how its steps are; ``unchanged`` if there is nothing to say of any."""
    found = {state["status"] for state in states.values()}
    if failure or "differs" in found:
        return "failed"
    return next((name for name in STATUS_OF_INSTANCE if name in found), unchanged)


def _worst_states(turns: Iterable[list[Visit]]) -> dict[str, dict[str, Any]]:
    """Each step as the turn says of it in which it went worst."""
    worst: dict[str, dict[str, Any]] = {}
    for turn in turns:
        for name, state in _states(turn).items():
            worst[name] = worse(worst.get(name), state)
    return worst


def _states(visits: list[Visit]) -> dict[str, dict[str, Any]]:
    """The steps after ``visits``, one after the other: the later counts, but what was changed has changed."""
    states: dict[str, dict[str, Any]] = {}
    for visit in visits:
        for name, state in visit.states.items():
            before = states.get(name, {})
            was_changed = before.get("changed") or before.get("status") == "would_change"
            states[name] = worse(states.get(name), state) if was_changed else state
    return states
