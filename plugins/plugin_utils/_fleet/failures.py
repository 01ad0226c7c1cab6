# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""A failure in its parts: which step, what, where, why, what to do next, and how the instance is left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.events import SAYS_PROBLEMS, Event
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import TITLES, record_name, tidy

Failure = dict[str, str]

PARTS = dict.fromkeys(("step", "task", "kind", "what", "where", "why", "next", "stands"), "")
MOST_NAMED = 4
# After these words the role's messages say what to do.
NEXT = re.compile(r"(?:N|from \S+ n)othing was (?:done|written)\.\s*")
# What a module's message calls its parts, where an assertion passes it on.
LABELS = {"Where: ": "where", "Why: ": "why", "What to do: ": "next"}
AGAIN = "Correct that and run again."
UNREACHABLE = (
    "Check that the host can be reached. An instance is reached from the controller (ansible_connection: local)."
)


def failure_of(event: Event, step: str, problems: list[Mapping[str, Any]]) -> Failure:
    """The failure that ``event`` is, in ``step``; an assertion that says the prerequisites' ``problems`` in one
    message fails of those that are blocking.
    """
    parts = {**PARTS, "step": step, "task": event.name, "kind": "failed", "what": event.message}
    parts.update(_told(event, problems))
    return {part: tidy(text) for part, text in {**parts, "next": parts["next"] or AGAIN}.items()}


def failed_before(event: Event) -> Failure:
    """The failure that ``event`` is, a task outside the role, which kept the role from running."""
    return {**failure_of(event, "", []), "where": f"task {event.name!r}, before the set-up"}


def stopped(step: str) -> Failure:
    """The failure of an instance that the run left in ``step``, and that none of its own tasks caused."""
    advice = "See what ended the run (another instance that failed, or an interruption), then run again."
    what = "the run ended before this instance was done"
    return {**PARTS, "step": step, "kind": "stopped", "what": what, "next": advice}


def difference(states: Mapping[str, dict[str, Any]]) -> Failure:
    """The parts of a failure that consists in the differences of ``states``, the steps that differ."""
    named = [f"{TITLES[name]}: {_records(state['differences'])}" for name, state in states.items()]
    return {
        "step": next(iter(states)),
        "kind": "differs",
        "what": f"differs from what it should be ({'; '.join(named)})",
        "next": "Run the set-up, with --check --diff first to see the values.",
    }


def incomplete(manual: list[dict[str, str]]) -> Failure:
    """The parts of a failure that consists in the ``manual`` steps which are left."""
    first = manual[0]
    return {
        "step": first["step"],
        "what": "not complete: " + ", ".join(entry["what"] for entry in manual),
        "next": f"{first['how']}: {first['url']}",
    }


def left_standing(message: str, first: str) -> str:
    """What ``message`` says beyond the ``first`` one, which it repeats: how the instance is left."""
    whole, repeated = (" ".join(text.split()) for text in (message, first))
    return tidy(whole.partition(repeated)[2].strip() or whole)


def _told(event: Event, problems: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The parts of a failure that the task's result has in one form or another."""
    if event.outcome == "unreachable":
        return {"kind": "unreachable", "what": f"host not reachable: {event.message}", "next": UNREACHABLE}
    error = event.result.get("error")
    if isinstance(error, Mapping):
        said = {part: error.get(part) or "" for part in ("kind", "what", "where", "why")}
        return {**said, "next": error.get("advice") or ""}
    blocking = [
        problem for problem in problems if problem.get("is_blocking") and str(problem.get("what")) in event.message
    ]
    if blocking and event.name == SAYS_PROBLEMS:
        what = "; ".join(str(problem.get("what")) for problem in blocking)
        return {"kind": "missing", "what": what, "next": "; ".join(str(problem.get("advice")) for problem in blocking)}
    return _parts_of(event.message)


def _parts_of(message: str) -> Failure:
    """The parts of a message that is one text."""
    what, *labelled = re.split(f"({'|'.join(LABELS)})", message)
    if labelled:
        return {"what": what, **{LABELS[label]: text for label, text in zip(labelled[::2], labelled[1::2])}}
    said = NEXT.split(message, maxsplit=1)
    return {"what": said[0], "next": said[1]} if len(said) == 2 and said[0].strip() else {}


def _records(differences: list[dict[str, str]]) -> str:
    """The records of ``differences``, each with its fields or with what is wrong with it as a whole."""
    records: dict[str, list[str]] = {}
    for entry in differences:
        words = {"create": "missing", "delete": "superfluous"}
        records.setdefault(record_name(entry), []).append(words.get(entry["action"], entry["field"]))
    parts = [f"{record} {', '.join(dict.fromkeys(fields))}" for record, fields in records.items()]
    more = f" and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
    return f"{', '.join(parts[:MOST_NAMED])}{more}"
