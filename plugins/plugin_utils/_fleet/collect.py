# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a run did and found, kept by instance: from task results, so that a host that died is in it like the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import (
    MODULES,
    OPTIONAL,
    TITLES,
    UNJUDGED,
    by_hand,
    manual_steps,
    outcomes,
    record_name,
    step,
    tidy,
    token_of,
    worse,
    would_install,
)

# The first tasks of the role: what comes after them belongs to the instance that they begin.
FIRST_TASKS = ("validate_argument_spec", "Preflight | Check the variables")
# What only brings in other tasks is no task of an instance.
STRUCTURE = ("include_tasks", "import_tasks", "include_role", "import_role")
# Entry points that end in the fact `qualtrics_spoke_result`; without it they did not get to their end.
WITH_AN_END = ("main", "verify", "plan", "rotate", "restore", "remove", "install", "export")
# What entry points are called in a report, if not by their names.
OPERATIONS = {"main": "setup", "restore": "after_clone", "report": "verify"}
# Those that end where the spoke would have to be installed first.
SETTING_UP = ("main", "plan")
# Some of them in the result of a module.
ENDS = {"install": ("snow_store_app",), "export": ("template", "copy")}
FRAME = "report"
RESULT = "qualtrics_spoke_result"
MOST_NAMED = 4
# Assertions on something else than the module before them; a module whose failure is said by its assertion has no
# result of its own.
STEP_OF_ASSERTION = {
    "Qualtrics | Check that the Qualtrics IDs could be read, and that there is a directory": "account",
    "Rotate | Check that there is a new API token": "api_token",
}
# Assertions that list the problems which the prerequisites have.
OF_PROBLEMS = ("Preflight | Check that nothing is missing", "Preflight | Check that what is needed could be read")
# After these words the role's messages say what to do.
NEXT = re.compile(r"Nothing was (?:done|written)\.\s*")
# How the modules' errors name an instance as the place.
INSTANCE = re.compile(r"instance ([\w.:-]+)")
# What a module's message calls its parts, where an assertion passes it on.
LABELS = {"Where: ": "where", "Why: ": "why", "What to do: ": "next"}
# Those of a failure.
PARTS = dict.fromkeys(("step", "task", "kind", "what", "where", "why", "next", "stands"), "")
AGAIN = "Correct that and run again."
UNREACHABLE = (
    "Check that the host can be reached. An instance is reached from the controller (ansible_connection: local)."
)
AFTER_INSTALLATION = "What the set-up would do is known only once the spoke is installed."
STATUS_OF_INSTANCE = ("failed", "would_change", "manual", "changed")


@dataclass(frozen=True)
class Event:
    """A task that ended on ``host``: ``module`` and ``name`` without collection and role, ``entry`` point of ``role``
    (empty outside).

    ``label`` names the instance as long as nothing better is known; ``outcome`` is ``ok``, ``failed`` or
    ``unreachable``. ``foresees`` says that the task only looks at what another one is going to do.
    """

    host: str
    name: str
    module: str
    outcome: str
    result: Mapping[str, Any]
    role: str = ""
    entry: str = "main"
    label: str = ""
    check_mode: bool = False
    verifies: bool = False
    foresees: bool = False


@dataclass
class Visit:
    """One run of the role for one instance."""

    host: str
    label: str
    role: str
    entry: str
    instance: str = ""
    name: str = ""
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    failure: dict[str, str] | None = None
    message: str = ""
    manual: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    token: dict[str, str] | None = None
    problems: list[Mapping[str, Any]] = field(default_factory=list)
    last: str = "prerequisites"
    has_begun: bool = False
    has_ended: bool = False
    events: int = 0

    @property
    def key(self) -> str:
        """What the instance is kept under."""
        return self.instance or tidy(self.label or self.host)

    @property
    def operation(self) -> str:
        """What was to be done with the instance, in the words of the playbooks."""
        if self.role == "setup_endpoint":
            return "setup_endpoint_remove" if self.entry == "remove" else "setup_endpoint"
        return OPERATIONS.get(self.entry, self.entry) if self.role else ""


class Fleet:
    """Takes events and gives instances."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self._open: dict[str, Visit] = {}
        self._deaths: dict[str, dict[str, str]] = {}
        self._expected: dict[tuple[str, str], None] = {}
        # What was made of an instance's visits, and of how many of their events: it is asked for after every host.
        self._made: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {}

    def expect(self, host: str, labels: Iterable[str] = ("",)) -> None:
        """Have in mind that ``host`` was to go through the instances called ``labels``, even if it does not come to
        that.
        """
        self._expected.update({(host, label): None for label in labels})

    def forget(self, host: str) -> None:
        """No longer expect ``host``: the role was left out on it."""
        for host_and_label in [entry for entry in self._expected if entry[0] == host]:
            del self._expected[host_and_label]

    def take(self, event: Event) -> None:
        """Keep what ``event`` says. Of tasks outside the role only failures count: they keep it from running."""
        if event.module in STRUCTURE and event.outcome == "ok":
            return
        if event.role:
            # The entry point report only frames the verification, whose tasks come one by one.
            if event.entry != FRAME or event.outcome != "ok":
                self._take(self._visit(event), event)
        elif event.outcome != "ok":
            self._deaths.setdefault(
                event.host, {**_failure(event, "", []), "where": f"task {event.name!r}, before the set-up"}
            )

    def instances(self, dead: Iterable[str] = ()) -> list[dict[str, Any]]:
        """What is known of each instance, sorted by its name; ``dead`` are the hosts that had failed or were
        unreachable in the end.

        Only then are instances missed that were expected: a condition or ``run_once`` leaves hosts out on purpose.
        """
        dead = list(dead)
        for host in dead:
            self._bury(host)
        by_key: dict[str, list[Visit]] = {}
        for visit in self._counted():
            by_key.setdefault(visit.key, []).append(visit)
        found = [self._instance(key, visits) for key, visits in by_key.items()]
        seen = {(visit.host, visit.label) for visit in self.visits} | {(visit.host, "") for visit in self.visits}
        absent = [(host, label) for host, label in self._expected if dead and (host, label) not in seen]
        return sorted([*found, *(_not_run(host, label) for host, label in absent)], key=lambda entry: entry["instance"])

    def _counted(self) -> list[Visit]:
        """The visits without those that the role began anew before it was known which instance they are to."""
        lasts = {(visit.host, visit.label): visit for visit in self.visits}
        return [
            visit for visit in self.visits if visit.instance or visit.failure or visit is lasts[visit.host, visit.label]
        ]

    def _instance(self, key: str, visits: list[Visit]) -> dict[str, Any]:
        events = tuple(visit.events for visit in visits)
        if self._made.get(key, ((), {}))[0] != events:
            self._made[key] = (events, _instance(key, visits))
        return self._made[key][1]

    def _visit(self, event: Event) -> Visit:
        visit = self._open.get(event.host)
        begins = event.module in FIRST_TASKS or event.name in FIRST_TASKS
        if (
            visit is None
            or visit.role != event.role
            or (begins and visit.has_begun)
            or (event.label and event.label != visit.label)
        ):
            visit = Visit(event.host, event.label, event.role, event.entry)
            self.visits.append(visit)
            self._open[event.host] = visit
        visit.has_begun = visit.has_begun or not begins
        if event.entry in WITH_AN_END or not visit.has_begun:
            visit.entry = event.entry
        return visit

    def _take(self, visit: Visit, event: Event) -> None:
        visit.events += 1
        name = MODULES.get(event.module)
        visit.last = name or STEP_OF_ASSERTION.get(event.name, visit.last)
        if name:
            _name_instance(visit, event)
        if event.outcome != "ok":
            self._fail(visit, event)
            return
        if not event.foresees:
            _learn(visit, event)

    def _fail(self, visit: Visit, event: Event) -> None:
        message = _message(event)
        if visit.failure:
            # What follows the first failure is its consequence, and a task that only fails says what has become of it.
            if event.module == "fail":
                visit.failure["stands"] = _stands(message, visit.message)
            return
        visit.message = message
        differing = [key for key, state in visit.states.items() if state["status"] == "differs"]
        failure = _failure(event, visit.last, visit.problems)
        if differing and "nothing differs" in event.name:
            failure.update(_difference(visit.states, differing))
            visit.failure = failure
            return
        left = visit.manual and "nothing is left" in event.name
        if left:
            failure.update(
                step=visit.manual[0]["step"],
                what="not complete: " + ", ".join(manual["what"] for manual in visit.manual),
            )
            failure.update(next=f"{visit.manual[0]['how']}: {visit.manual[0]['url']}")
            visit.has_ended = True
        else:
            state = step("failed", failure["what"], next=failure["next"])
            visit.states[visit.last] = worse(visit.states.get(visit.last), state)
        visit.failure = failure

    def _bury(self, host: str) -> None:
        """Let the last instance of a host that died have failed, whatever the host died of."""
        visit = self._open.get(host)
        death = self._deaths.get(host)
        if visit is None and death:
            visit = self._open[host] = Visit(host, "", "", "main")
            self.visits.append(visit)
        if visit and not visit.failure and death and not visit.has_ended:
            visit.failure = death
            visit.events += 1


def _learn(visit: Visit, event: Event) -> None:
    """Keep what a task that did not fail says of the instance."""
    result = event.result
    visit.has_ended = visit.has_ended or event.module in ENDS.get(event.entry, ())
    if event.module in MODULES:
        _keep_states(visit, event)
    if event.module == "snow_spoke_info":
        visit.problems = [problem for problem in result.get("problems") or [] if isinstance(problem, Mapping)]
    if event.module == "snow_connection_alias":
        visit.manual = manual_steps(result)
        visit.token = token_of(result)
    if visit.entry in SETTING_UP and event.module == "snow_store_app" and would_install(result, event.check_mode):
        # Nothing else can be foreseen without the spoke: the set-up ends here.
        visit.has_ended = True
        visit.notes.append(AFTER_INSTALLATION)
    facts = result.get("ansible_facts")
    if isinstance(facts, Mapping) and RESULT in facts:
        _conclude(visit, facts[RESULT])


def _keep_states(visit: Visit, event: Event) -> None:
    for key, state in outcomes(event.module, event.result, event.check_mode, event.verifies).items():
        if visit.operation in UNJUDGED and key == "prerequisites":
            # They are read, but it needs few of them.
            state = step("unknown", "not judged")
        # Of these two what is found last counts: nothing of them is a record.
        before = visit.states.get(key)
        if before and before["status"] == "would_change" and not event.check_mode:
            # What was looked at before it was done.
            before = None
        visit.states[key] = state if key in ("token", "call") else worse(before, state)


def _conclude(visit: Visit, result: Any) -> None:
    """Take what only the role's ``result`` says at its end: manual steps that no module knows of, and notes."""
    visit.has_ended = True
    if not isinstance(result, Mapping):
        return
    for manual in manual_steps(result):
        if manual not in visit.manual:
            visit.manual.append(manual)
            visit.states[manual["step"]] = worse(visit.states.get(manual["step"]), by_hand(manual))
    notes = result.get("notes")
    visit.notes += [tidy(note) for note in notes if isinstance(note, str)] if isinstance(notes, list) else []


def _name_instance(visit: Visit, event: Event) -> None:
    """Learn which instance this is. An address that a module refused may be a secret in the wrong place."""
    instance = event.result.get("instance")
    if isinstance(instance, Mapping) and instance.get("host"):
        visit.instance, visit.name = tidy(instance["host"]), tidy(instance.get("name"))
    error = event.result.get("error")
    if not visit.instance and isinstance(error, Mapping) and error.get("kind") != "input":
        # Results of failures have no other place for it.
        named = INSTANCE.match(str(error.get("where") or ""))
        visit.instance = tidy(named[1]) if named else ""


def _failure(event: Event, last: str, problems: list[Mapping[str, Any]]) -> dict[str, str]:
    """What, where, why and next step of a failure; the role's assertions say it in one message."""
    message = _message(event)
    parts = {**PARTS, "step": last, "task": event.name, "kind": "failed", "what": message}
    parts.update(_told(event, message, problems))
    return {part: tidy(text) for part, text in {**parts, "next": parts["next"] or AGAIN}.items()}


def _told(event: Event, message: str, problems: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The parts of a failure that the task's result has in one form or another."""
    if event.outcome == "unreachable":
        return {"kind": "unreachable", "what": f"host not reachable: {message}", "next": UNREACHABLE}
    error = event.result.get("error")
    if isinstance(error, Mapping):
        said = {part: error.get(part) or "" for part in ("kind", "what", "where", "why")}
        return {**said, "next": error.get("advice") or ""}
    blocking = [problem for problem in problems if problem.get("is_blocking")]
    if blocking and event.name in OF_PROBLEMS:
        what = "; ".join(str(problem.get("what")) for problem in blocking)
        return {"kind": "missing", "what": what, "next": "; ".join(str(problem.get("advice")) for problem in blocking)}
    return _parts_of(message)


def _message(event: Event) -> str:
    return str(event.result.get("msg") or event.result.get("censored") or "the task failed without a message")


def _stands(message: str, first: str) -> str:
    """What ``message`` says beyond the ``first`` one, which it repeats: how the instance is left."""
    whole, repeated = (" ".join(text.split()) for text in (message, first))
    return tidy(whole.partition(repeated)[2].strip() or whole)


def _parts_of(message: str) -> dict[str, str]:
    """The parts of a message that is one text."""
    what, *labelled = re.split(f"({'|'.join(LABELS)})", message)
    if labelled:
        return {"what": what, **{LABELS[label]: text for label, text in zip(labelled[::2], labelled[1::2])}}
    said = NEXT.split(message, maxsplit=1)
    return {"what": said[0], "next": said[1]} if len(said) == 2 and said[0].strip() else {}


def _difference(states: Mapping[str, dict[str, Any]], differing: list[str]) -> dict[str, str]:
    named = []
    for key in differing:
        records: dict[str, list[str]] = {}
        for entry in states[key]["differences"]:
            words = {"create": "missing", "delete": "superfluous"}
            records.setdefault(record_name(entry), []).append(words.get(entry["action"], entry["field"]))
        parts = [f"{record} {', '.join(dict.fromkeys(fields))}" for record, fields in records.items()]
        more = f" and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
        named.append(f"{TITLES[key]}: {', '.join(parts[:MOST_NAMED])}{more}")
    advice = "Run the set-up, with --check --diff first to see the values."
    return {
        "step": differing[0],
        "kind": "differs",
        "what": f"differs from what it should be ({'; '.join(named)})",
        "next": advice,
    }


def _instance(key: str, visits: list[Visit]) -> dict[str, Any]:
    """The visits to one instance as one entry.

    Of several by the same host and turn of a loop, such as a set-up and a verification, the last says how it is; other
    hosts and turns may mean another connection of it, so what any of them found counts.
    """
    turns: dict[tuple[str, str], list[Visit]] = {}
    for visit in visits:
        turns.setdefault((visit.host, visit.label), []).append(visit)
    lasts = [turn[-1] for turn in turns.values()]
    states = _worst_states(turns.values())
    failed = next((visit for visit in lasts if visit.failure or not _is_over(visit)), None)
    last = failed or lasts[-1]
    failure = (failed.failure or _stopped(failed)) if failed else None
    status = _status(states, failure, "not_judged" if last.operation in UNJUDGED else "ok")
    if failure and last.role != "setup_endpoint":
        states = {**{name: step("not_reached") for name in TITLES if name not in OPTIONAL}, **states}
    manual = [entry for visit in lasts for entry in visit.manual]
    notes = [note for visit in lasts for note in visit.notes]
    return {
        "instance": key,
        "name": last.name,
        "hosts": sorted({tidy(visit.host) for visit in visits}),
        "changed_by": sorted({tidy(visit.host) for visit in visits if _has_changed(visit)}),
        "operation": last.operation,
        "status": status,
        "failure": failure,
        "manual_steps": [entry for number, entry in enumerate(manual) if entry not in manual[:number]],
        "notes": list(dict.fromkeys(notes)),
        "token": last.token,
        "steps": {name: states[name] for name in TITLES if name in states},
    }


def _status(states: Mapping[str, dict[str, Any]], failure: dict[str, str] | None, unchanged: str) -> str:
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


def _has_changed(visit: Visit) -> bool:
    return any(state["changed"] for state in visit.states.values())


def _is_over(visit: Visit) -> bool:
    """Whether the role came to its end, as far as its entry point has one that can be seen."""
    return visit.has_ended or visit.role != "qualtrics_spoke" or visit.entry not in WITH_AN_END


def _stopped(visit: Visit) -> dict[str, str]:
    """The failure of an instance that none of its own tasks caused."""
    failure = {"step": visit.last, "kind": "stopped", "what": "the run ended before this instance was done"}
    advice = "See what ended the run (another instance that failed, or an interruption), then run again."
    return {**PARTS, **failure, "next": advice}


def _not_run(host: str, label: str) -> dict[str, Any]:
    """An instance that it did not come to."""
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
