# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The summary at the end of a run: one line an instance, what needs somebody first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.report import is_changed
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import TITLES, UNJUDGED, record_name

LONGEST_LINE = 700
MOST_NAMED = 4
COUNTED = {
    "failed": "failed",
    "not_run": "not reached",
    "manual": "with steps left to a person",
    "would_change": "that would change",
    "changed": "changed",
    "not_judged": "not judged",
    "ok": "in order",
}

# A kind of line, for its color, and its text.
Line = tuple[str, str]


def summary(report: Mapping[str, Any]) -> list[Line]:
    """The lines; none for a single instance that is in order."""
    instances = report["instances"]
    if not instances or (len(instances) == 1 and _is_quiet(instances[0])):
        return []
    by_status: dict[str, list[Mapping[str, Any]]] = {}
    for entry in instances:
        by_status.setdefault(entry["status"], []).append(entry)
    return [
        ("title", _title(report)),
        *(("failed", f"FAILED {_failed(entry)}") for entry in by_status.get("failed", [])),
        *_not_run(by_status.get("not_run", [])),
        *_by_hand(instances),
        *(("changed", _would_change(entry)) for entry in by_status.get("would_change", [])),
        # What was there before a rotation that failed is said with the failure.
        *(
            ("changed", f"CHANGED {_who(entry, 'changed_by')}: {_changes(entry)}; failed, see above")
            for entry in by_status.get("failed", [])
            if is_changed(entry) and not entry["failure"]["stands"]
        ),
        *(
            ("changed", f"CHANGED {_who(entry)}: {_changes(entry)}{_end(entry)}")
            for entry in by_status.get("changed", [])
        ),
        *(("ok", f"{_deed(entry, report)} {_who(entry)}; not judged") for entry in by_status.get("not_judged", [])),
        *(("ok", f"IN ORDER {_who(entry)}{_end(entry)}") for entry in by_status.get("ok", [])),
        *_notes(instances),
    ]


def _is_quiet(entry: Mapping[str, Any]) -> bool:
    return entry["status"] in ("ok", "not_judged") and not _since(entry, "fixed") and not entry["notes"]


def _title(report: Mapping[str, Any]) -> str:
    counts, since = report["counts"], report["since"]
    words = dict(COUNTED)
    if counts["failed_and_changed"]:
        words["failed"] += f" ({counts['failed_and_changed']} of them changed)"
    parts = ", ".join(f"{counts[status]} {said}" for status, said in words.items() if counts[status])
    number = "1 instance" if counts["instances"] == 1 else f"{counts['instances']} instances"
    text = f"{number}: {parts}."
    if since:
        text += f" Since {since['created']}: {since['new']} new, {since['same']} the same, {since['fixed']} fixed."
        text += f" Not looked at this time: {'; '.join(_unseen(report))}." if any(_unseen(report)) else ""
    return text


def _unseen(report: Mapping[str, Any]) -> Iterator[str]:
    """What the report before has an issue with and this one says nothing of: instances, and steps of others."""
    if report["since"]["gone"]:
        yield _some(report["since"]["gone"])
    by_step: dict[str, list[str]] = {}
    for entry in report["instances"]:
        for name in _since(entry, "not_looked_at"):
            by_step.setdefault(TITLES.get(name, "the run"), []).append(entry["instance"])
    yield from (f"{title} of {_some(instances)}" for title, instances in by_step.items())


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
    stands = f" Now: {_stop(failure['stands'])}" if failure.get("stands") else ""
    return _short(f"{_who(entry)}{tag}: {' '.join(filter(None, parts))}") + stands


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
                f"changed: {_changes(entry)}" if is_changed(entry) else "",
            ]
            note = f" ({'; '.join(filter(None, notes))})" if any(notes) else ""
            yield "manual", f"  {_who(entry)}:{own} {manual['url']}{note}"


def _deed(entry: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """What was done with an instance that nobody judged; an export writes no file in check mode."""
    if report["check_mode"] and entry["operation"] == "export":
        return "WOULD BE EXPORTED"
    return UNJUDGED[entry["operation"]].upper()


def _notes(instances: list[Mapping[str, Any]]) -> Iterator[Line]:
    """What else the role said at its end; what is said of several instances once, without their names."""
    groups: dict[str, list[tuple[Mapping[str, Any], str]]] = {}
    for entry in instances:
        for note in entry["notes"]:
            groups.setdefault(note.replace(entry["instance"], "<instance>"), []).append((entry, note))
    for common, group in groups.items():
        text = common if len(group) > 1 else group[0][1]
        yield "manual", f"NOTE {', '.join(_who(entry) for entry, _note in group)}: {text}"


def _changes(entry: Mapping[str, Any], status: str = "") -> str:
    """The steps that were changed, or have the ``status``, with the records that were it, and what became of them."""
    steps = entry["steps"].items()
    named = [(name, state) for name, state in steps if (state["status"] == status if status else state["changed"])]
    return _short(", ".join(_change(TITLES[name], state["differences"], bool(status)) for name, state in named))


def _change(title: str, differences: list[Mapping[str, str]], is_to_come: bool) -> str:
    """What was changed in a step: removed, emptied, or else set, of which its records are enough."""
    verbs = {_verb(difference) for difference in differences}
    (verb,) = verbs if len(verbs) == 1 else ("",)
    records = dict.fromkeys(
        record_name(difference) + ("" if verb else _done(_verb(difference), is_to_come)) for difference in differences
    )
    return f"{title}{_done(verb, is_to_come)}" + (f" ({_some(list(records))})" if records else "")


def _verb(difference: Mapping[str, str]) -> str:
    if difference["action"] == "delete":
        return "removed"
    return "emptied" if difference["before"] and not difference["after"] else ""


def _done(verb: str, is_to_come: bool) -> str:
    if not verb:
        return ""
    return f" to be {verb}" if is_to_come else f" {verb}"


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


def _who(entry: Mapping[str, Any], by: str = "hosts") -> str:
    """The instance, with the inventory's names for it where they are others: all, or those that changed it."""
    hosts = [host for host in entry[by] if host not in (entry["instance"].partition(".")[0], entry["instance"])]
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
