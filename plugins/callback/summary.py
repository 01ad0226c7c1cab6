# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One look at a fleet: a summary at the end of every run, and the same as files and as a job's artifacts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: summary
type: aggregate
short_description: Summarize a run over many instances
version_added: 1.0.0
author:
  - snow_ops contributors (@snow-ops)
description:
  - Prints at the end of a run of the collection's roles one line for each instance - failures first, with what, where
    and the next step, then what is left to a person, by step and with its links, then what changed, then what is in
    order, with the expiry of its token.
  - Hosts that failed before the role, that were unreachable, or that the run did not come to are among them.
  - What is not proven, orphans of a clone and the like follow as notes, also for a single instance.
  - It is quiet after a run on a single instance that is in order, and after runs that do not use the collection's
    roles.
  - If the role's variable C(qualtrics_spoke_report_dir) is set, it writes C(report.html), C(report.json) and
    C(report.xml) there.
  - It keeps counts, failed instances and manual steps as the custom statistic C(snow_ops_spokes), in a job of AWX or
    Automation Controller C(snow_ops_spokes_) and the job's number, which the controller shows as the job's artifacts,
    also if every host failed.
requirements:
  - Enable it with E(ANSIBLE_CALLBACKS_ENABLED=snow_ops.spokes.summary), or with C(callbacks_enabled) in C(ansible.cfg).
"""

import inspect
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible import constants, context
from ansible.executor.stats import AggregateStats
from ansible.plugins.callback import CallbackBase
from ansible.template import Templar
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.misplaced import (
    SECRET_OPTIONS,
    SHORTEST_TO_LOOK_FOR,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.collect import Fleet
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.events import Event, events_of
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.files import write_files
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.report import (
    artifacts,
    compare,
    make_report,
    read_report,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import tidy
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.summary import summary

COLLECTION = "snow_ops.spokes"
ARTIFACT = "snow_ops_spokes"
FOLDER = "qualtrics_spoke_report_dir"
BEFORE = "qualtrics_spoke_report_since"
# Variables of the role's tasks (tasks/verify.yml, tasks/plan.yml, tasks/rotate.yml) that say what a difference means.
VERIFIES = "__qualtrics_spoke_verifies"
PLANS = "__qualtrics_spoke_plans"
FORESEES = "__qualtrics_spoke_foresees"
LOGIN = "qualtrics_spoke_instance"
SECRETS = (
    LOGIN,
    "qualtrics_spoke_api_token",
    "qualtrics_spoke_client_secret",
    "qualtrics_spoke_previous_api_token",
    "qualtrics_spoke_previous_client_secret",
)
SECRETS_IN_ENVIRONMENT = (
    *("SN_PASSWORD", "SN_CLIENT_SECRET", "SN_REFRESH_TOKEN", "SN_ACCESS_TOKEN", "SN_API_KEY"),
    *("QUALTRICS_API_TOKEN", "QUALTRICS_CLIENT_SECRET"),
)
# Colors that have a log level in every core: with a log file ansible-core 2.16 fails over any other one.
COLORS = {
    "title": "COLOR_VERBOSE",
    "failed": "COLOR_ERROR",
    "manual": "COLOR_WARN",
    "changed": "COLOR_CHANGED",
    "ok": "COLOR_OK",
}


class CallbackModule(CallbackBase):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "snow_ops.spokes.summary"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._fleet = Fleet()
        self._play: Any = None
        self._playbook = ""
        self._concerns = False
        self._paths: dict[str, str] = {}
        self._stats: Any = None
        self._witness: tuple[Any, Any] | None = None
        self._running = 0

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Keep the playbook's name."""
        self._playbook = os.path.splitext(os.path.basename(str(playbook._file_name)))[0]

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Look whether the play uses the collection's roles, and on which hosts."""
        self._play, self._concerns = play, any(map(_is_ours, _tasks(play)))
        self._stats = self._stats or _statistics_of_the_run()
        if self._concerns and not _loops(play):
            for host in self._variables().get("ansible_play_hosts_all") or []:
                self._fleet.expect(str(host))

    def v2_runner_on_ok(self, result: Any) -> None:
        """Take a result."""
        self._take(result, "ok")
        self._end()

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Take a failure, unless it is to be ignored."""
        if not ignore_errors:
            self._take(result, "failed")
        self._end()

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Take a host that did not answer."""
        self._take(result, "unreachable")
        self._end()

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Do not miss a host on which the role was left out."""
        if _is_ours(_part(result, "task")) and not _role_of(_part(result, "task")):
            self._fleet.forget(str(_part(result, "host").get_name()))
        self._end()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Count the tasks that run."""
        self._running += 1

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write the files and print the summary, in this order: the files are there whatever becomes of the display."""
        dead = [host for host in stats.processed if stats.failures.get(host) or stats.dark.get(host)]
        instances = self._fleet.instances(dead)
        if not instances:
            return
        if not self._paths and self._witness:
            # The role did not get to run on any host.
            self._find_paths(*self._witness)
        created = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        report = self._report(instances, created)
        folder = self._paths.get(FOLDER, "")
        doubt = self._compare(report, folder)
        self._publish(stats, report)
        said, fault = self._write(report, Path(folder)) if folder else ("", "")
        if doubt:
            self._display.warning(doubt)
        lines = summary(report)
        if lines:
            self._display.banner("SPOKES")
        for kind, text in lines:
            self._display.display(text, color=getattr(constants, COLORS[kind]))
        if fault:
            self._display.error(fault)
        elif said:
            self._display.display(said)

    def _take(self, result: Any, outcome: str) -> None:
        task, host = _part(result, "task"), str(_part(result, "host").get_name())
        values, variables = _part(result, "result"), task.get_vars()
        role = _role_of(task)
        if role and not self._paths:
            self._find_paths(_part(result, "host"), task)
        if outcome != "ok":
            self._witness = _part(result, "host"), task
        turns = _turns(values) if _module_of(task) == "include_role" and _is_ours(task) else []
        if turns:
            self._fleet.expect(host, [_label(turn.get("item")) for turn in turns if not turn.get("skipped")])
        if not role and not self._concerns:
            return
        event = Event(
            host=host,
            name=str(task.name or task.action).rpartition(" : ")[2],
            module=_module_of(task),
            outcome=outcome,
            result=values,
            role=role,
            entry=_entry_of(task),
            label=_label_of(task, variables),
            check_mode=bool(task.check_mode),
            verifies=bool(variables.get(VERIFIES)) and not variables.get(PLANS),
            foresees=bool(variables.get(FORESEES)),
        )
        for part in events_of(event):
            self._fleet.take(part)

    def _end(self) -> None:
        """Count a task that ended on a host, and keep the artifacts current whenever none runs, hence after the last
        one of a run, too.

        A controller's own callback reads them before this one is called at the end.
        """
        self._running -= 1
        if self._running > 0 or not self._stats:
            return
        self._running = 0
        instances = self._fleet.instances([*self._stats.failures, *self._stats.dark])
        if instances:
            self._publish(self._stats, self._report(instances))

    def _report(self, instances: list[dict[str, Any]], created: str = "") -> dict[str, Any]:
        return make_report(instances, created, self._playbook, bool(context.CLIARGS.get("check")))

    def _publish(self, stats: Any, report: Mapping[str, Any]) -> None:
        # The controller merges by key what the slices of a job and the jobs of a workflow leave, and the last one wins.
        given = str(self._play.get_variable_manager().extra_vars.get("awx_job_id"))
        job = int(given) if given.isdecimal() else 0
        key = f"{ARTIFACT}_{job}" if job else ARTIFACT
        stats.custom.setdefault("_run", {})[key] = artifacts(report, job)

    def _compare(self, report: dict[str, Any], folder: str) -> str:
        """Mark in ``report`` what is new since the one before, and return why not, if it cannot be said."""
        named = self._paths.get(BEFORE)
        before = named or (os.path.join(folder, "report.json") if folder else "")
        if not before:
            return ""
        try:
            compare(report, read_report(Path(before), BEFORE if named else ""))
        except ValueError as error:
            return f"{tidy(error)}; what is new and what is fixed is not said."
        return ""

    def _write(self, report: Mapping[str, Any], folder: Path) -> tuple[str, str]:
        """Write the files, and return what is to be said of that, or the fault."""
        try:
            paths = write_files(report, folder)
        except OSError as error:
            return "", f"The report was not written into {tidy(folder)} ({tidy(error.strerror)}). Correct {FOLDER}."
        return f"Report: {tidy(paths[0])} (and report.json, report.xml)", ""

    def _variables(self, **of: Any) -> dict[str, Any]:
        return self._play.get_variable_manager().get_vars(play=self._play, **of)

    def _find_paths(self, host: Any, task: Any) -> None:
        """Look up where the files are, as the first of the role's tasks would."""
        variables = self._variables(host=host, task=task)
        templar = Templar(loader=self._play.get_loader(), variables=variables)
        paths = dict.fromkeys((FOLDER, BEFORE), "")
        for name in paths:
            try:
                paths[name] = str(templar.template(variables.get(name) or "")).strip()
            except Exception as error:
                self._display.warning(f"{name} cannot be used ({type(error).__name__}); no report is written.")
        # A look-up may be behind each of them.
        secrets = list(_secrets(templar, variables)) if any(paths.values()) else []
        for name, path in paths.items():
            if any(secret in path.lower() for secret in secrets):
                self._display.error(f"{name} contains the value of a secret, and is not used. Correct it.")
                path = ""
            self._paths[name] = os.path.abspath(os.path.expanduser(path)) if path else ""


def _secrets(templar: Templar, variables: Mapping[str, Any]) -> Iterator[str]:
    """The secrets that the role's variables and the environment hold, in small letters.

    What is short can be part of a harmless path.
    """
    found = [os.environ.get(name) for name in SECRETS_IN_ENVIRONMENT]
    for name in SECRETS:
        # One that cannot be read cannot have become part of a path either.
        with suppress(Exception):
            value = templar.template(variables.get(name) or "")
            found += _secrets_in(json.loads(value)) if name == LOGIN and isinstance(value, str) else _secrets_in(value)
    yield from (text.strip().lower() for text in found if text and len(text.strip()) >= SHORTEST_TO_LOOK_FOR)


def _secrets_in(value: Any) -> list[str]:
    """The text itself, or the secret ones among the texts of a login."""
    if isinstance(value, Mapping):
        return [str(inner) for name, inner in value.items() if name in SECRET_OPTIONS]
    return [str(value)]


def _part(result: Any, name: str) -> Any:
    """A part of a task result, which ansible-core before 2.19 has under a private name only."""
    return getattr(result, name) if hasattr(result, name) else getattr(result, f"_{name}")


def _module_of(task: Any) -> str:
    return str(task.action).rpartition(".")[2]


def _parents(task: Any) -> Iterator[Any]:
    while task is not None:
        yield task
        task = getattr(task, "_parent", None)


def _role_of(task: Any) -> str:
    """The name of the collection's role that ``task`` is part of, empty if of none."""
    role = getattr(task, "_role", None)
    if role is None:
        return ""
    name = str(role.get_name(True))
    return name.rpartition(".")[2] if name.startswith(f"{COLLECTION}.") else ""


def _entry_of(task: Any) -> str:
    role = getattr(task, "_role", None)
    name = (getattr(role, "_from_files", None) or {}).get("tasks") or "main"
    return os.path.splitext(str(name))[0]


def _label_of(task: Any, variables: Mapping[str, Any]) -> str:
    """What the loop over an include of the role calls this turn of it; empty without a loop."""
    for parent in _parents(task):
        if getattr(parent, "loop", None) is not None or getattr(parent, "loop_with", None):
            control = getattr(parent, "loop_control", None)
            return _label(variables.get(getattr(control, "loop_var", None) or "item"))
    return ""


def _turns(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The results of the turns of a loop, empty for a task without one."""
    turns = values.get("results")
    return [turn for turn in turns if isinstance(turn, Mapping)] if isinstance(turns, list) else []


def _label(item: Any) -> str:
    """A name for an item of a loop: text, or what a dictionary calls its host or name. The rest may be anything, a
    secret too.
    """
    if isinstance(item, Mapping):
        item = item.get("host") or item.get("name") or item.get("instance")
    return tidy(item) if isinstance(item, str) else ""


def _tasks(play: Any) -> Iterator[Any]:
    """All tasks of a play, those in blocks too, and its roles."""
    yield from play.roles
    for entry in play.get_tasks():
        yield from entry if isinstance(entry, list) else [entry]


def _is_ours(entry: Any) -> bool:
    """Whether a task or role of a play is the collection's, or includes one."""
    if hasattr(entry, "get_name") and not hasattr(entry, "action"):
        return str(entry.get_name()).startswith(f"{COLLECTION}.")
    arguments = getattr(entry, "args", None) or {}
    is_include = _module_of(entry) in ("include_role", "import_role")
    return bool(_role_of(entry)) or (
        is_include and str(arguments.get("name") or arguments.get("role")).startswith(f"{COLLECTION}.")
    )


def _loops(play: Any) -> bool:
    """Whether the play includes the role in a loop: then its hosts are not the instances."""
    return any(
        _is_ours(task) and getattr(task, "loop", None) is not None for task in _tasks(play) if hasattr(task, "loop")
    )


def _statistics_of_the_run() -> Any:
    """The run's statistics, which Ansible hands to callbacks only at the very end, and to the controller's own one
    before this one.

    They belong to the caller of all callbacks, which is found among the callers of this function; None if a future
    version has it elsewhere: then the artifacts are there at the end only.
    """
    frame = inspect.currentframe()
    while frame is not None:
        statistics = getattr(frame.f_locals.get("self"), "_stats", None)
        if isinstance(statistics, AggregateStats):
            return statistics
        frame = frame.f_back
    return None
