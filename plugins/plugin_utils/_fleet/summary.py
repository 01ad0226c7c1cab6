# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The summary at the end of a run: one line an instance, what needs somebody first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.report import is_changed
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import TITLES, record_name

LONGEST_LINE = 700
MOST_NAMED = 4
COUNTED = {
    "failed": "failed",
    "not_run": "not reached",
    "manual": "with steps left to a person",
    "would_change": "that would change",
    "changed": "changed",
    "ok": "in order",
}

# A kind of line, for its color, and its text.
Line = tuple[str, str]


def summary(report: Mapping[str, Any]) -> list[Line]:
    """The lines; none for a single instance that is in order."""
    instances = report["instances"]
    if not instances or (len(instances) == 1 and instances[0]["status"] == "ok" and not _since(instances[0], "fixed")):
        return []
    by_status: dict[str, list[Mapping[str, Any]]] = {}
    for entry in instances:
        by_status.setdefault(entry["status"], []).append(entry)
    return [
        ("title", _title(report)),
        *(("failed", _short(f"FAILED {_failed(entry)}")) for entry in by_status.get("failed", [])),
        *_not_run(by_status.get("not_run", [])),
        *_by_hand(instances),
        *(("changed", _would_change(entry)) for entry in by_status.get("would_change", [])),
        *(
            ("changed", f"CHANGED {_who(entry)}: {_changes(entry, 'changed')}{_end(entry)}")
            for entry in by_status.get("changed", [])
        ),
        *(("ok", f"IN ORDER {_who(entry)}{_end(entry)}") for entry in by_status.get("ok", [])),
    ]


def _title(report: Mapping[str, Any]) -> str:
    counts, since = report["counts"], report["since"]
    parts = ", ".join(f"{counts[status]} {words}" for status, words in COUNTED.items() if counts[status])
    number = "1 instance" if counts["instances"] == 1 else f"{counts['instances']} instances"
    text = f"{number}: {parts}."
    if since:
        text += f" Since {since['created']}: {since['new']} new, {since['same']} the same, {since['fixed']} fixed."
        text += f" Not looked at this time: {_some(since['gone'])}." if since["gone"] else ""
    return text


def _failed(entry: Mapping[str, Any]) -> str:
    failure = entry["failure"] or {}
    step = failure.get("step", "")
    at = [TITLES.get(step, ""), "new" if step in _since(entry, "new") else ""]
    tag = f" [{', '.join(filter(None, at))}]" if any(at) else ""
    parts = [
        _stop(failure.get("what", "")),
        f"Where: {_stop(failure['where'])}" if failure.get("where") else "",
        f"Why: {_stop(failure['why'])}" if failure.get("why") else "",
        f"Next: {_stop(failure.get('next', ''))}",
        _later(entry, "Then by hand: "),
    ]
    return f"{_who(entry)}{tag}: {' '.join(filter(None, parts))}"


def _not_run(entries: list[Mapping[str, Any]]) -> Iterator[Line]:
    if entries:
        yield (
            "failed",
            f"NOT REACHED {', '.join(entry['instance'] for entry in entries)}: the run ended before. Next: run again.",
        )


def _by_hand(instances: list[Mapping[str, Any]]) -> Iterator[Line]:
    """What is left to a person, by step; in each the instances with the record to open.

    Where something failed, or nothing was done yet, that comes first, and is a line of its own.
    """
    groups: dict[str, list[tuple[Mapping[str, Any], Mapping[str, str]]]] = {}
    for entry in instances:
        for manual in entry["manual_steps"] if entry["status"] in ("manual", "changed", "ok") else []:
            groups.setdefault(manual["what"], []).append((entry, manual))
    for what, group in sorted(groups.items()):
        ways = {manual["how"] for _entry, manual in group}
        common = f" ({ways.pop()})" if len(ways) == 1 else ""
        yield "manual", _short(f"TO DO BY HAND {what}{common}:")
        for entry, manual in group:
            own = "" if common else f" {manual['how']}:"
            notes = [
                "new" if manual["step"] in _since(entry, "new") else "",
                f"changed: {_changes(entry, 'changed')}" if is_changed(entry) else "",
            ]
            note = f" ({'; '.join(filter(None, notes))})" if any(notes) else ""
            yield "manual", f"  {_who(entry)}:{own} {manual['url']}{note}"


def _changes(entry: Mapping[str, Any], status: str) -> str:
    """The steps that were changed, with the records that did."""
    named = []
    for name, state in entry["steps"].items():
        if state["status"] == status or (state["differences"] and state["status"] == "manual"):
            records = list(dict.fromkeys(record_name(difference) for difference in state["differences"]))
            named.append(f"{TITLES[name]} ({_some(records)})" if records else TITLES[name])
    return _short(", ".join(named))


def _would_change(entry: Mapping[str, Any]) -> str:
    changes = _stop(_changes(entry, "would_change"))
    return f"WOULD CHANGE {_who(entry)}: {changes} {_later(entry, 'Then by hand: ')}".rstrip()


def _later(entry: Mapping[str, Any], words: str) -> str:
    steps = ", ".join(dict.fromkeys(manual["what"] for manual in entry["manual_steps"]))
    return f"{words}{steps}." if steps else ""


def _end(entry: Mapping[str, Any]) -> str:
    """What is said of an instance that needs nobody: until when its token is valid, and what is fixed since the last
    time.
    """
    state = entry["steps"].get("token")
    token = f"; token {state['text']}" if state and state["text"] else ""
    fixed = _since(entry, "fixed")
    return token + (f" (fixed: {', '.join(TITLES.get(name, name) for name in fixed)})" if fixed else "")


def _who(entry: Mapping[str, Any]) -> str:
    """The instance, with the inventory's name for it where it is another one."""
    hosts = [host for host in entry["hosts"] if host not in (entry["instance"].partition(".")[0], entry["instance"])]
    return f"{entry['instance']}" + (f" ({', '.join(hosts)})" if hosts else "")


def _since(entry: Mapping[str, Any], kind: str) -> list[str]:
    since: Mapping[str, list[str]] = entry.get("since") or {}
    return since.get(kind) or []


def _some(names: list[str]) -> str:
    """The names if they are few, else how many there are."""
    return (
        ", ".join(names)
        if len(names) <= MOST_NAMED
        else f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    )


def _stop(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}..."
