# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of snow_store_app: install or upgrade a store application and wait until it is there (servicenow-connections
7).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    InputError,
    LoginError,
    ManualStepNeeded,
    NotStored,
    OutcomeUnknown,
    RateLimited,
    RecordMissing,
    UnexpectedAnswer,
    Unreachable,
    clause,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import READ_REFUSALS, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.cicd import (
    CANCELED,
    FAILED,
    PENDING,
    SUCCESSFUL,
    Progress,
    look,
    start,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import printable

Show = Callable[[str], None]
LATEST = "latest"
VERSION_OPTIONS = ("version", "base_app_version")
VERSION = r"[0-9]+([.][0-9]+){0,5}"
POLL_SECONDS = 5.0
# An instance is slow, restarts or shows pages for people while it installs (servicenow-rest 7).
PASSING = (Unreachable, UnexpectedAnswer, RateLimited)
# After a success, what readers see can be behind for a moment.
READ_BACK_SECONDS = 30.0
PENDING_CAUSES = (
    "no credential is bound to the alias sn_cicd_spoke.CICD, the property sn_cicd.apprepo.install.enabled is not true, "
    "the instance is not entitled to the application, or another installation is in front of it"
)


@dataclass(frozen=True)
class Options:
    """The options of snow_store_app. ``wanted`` is the version that is to be there, or `LATEST`; ``named`` has the
    options that name one.
    """

    scope: str
    sys_id: str
    wanted: str
    named: dict[str, str]
    auto_upgrade_base_app: bool
    load_demo_data: bool
    time_limit: int
    pending_limit: int


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets, show: Show | None = None) -> dict[str, Any]:
    """Install the application that ``params`` (the module's options) name; return the task's result.

    ``show`` is told how far it is while the task waits, where there is somebody to look.
    """
    options = read_options(params)
    scope, wanted = options.scope, options.wanted
    instance = Instance(params["instance"], secrets)
    found = _read(instance, scope)
    installed = found["version"] if found else ""
    warnings: list[str] = []
    target = _target(found, wanted, f"{scope} is installed on {instance.host}", warnings)
    result: dict[str, Any] = {
        "changed": bool(target),
        "version_before": installed or None,
        "warnings": warnings,
        "progress": [],
    }
    if not target:
        return dict(result, version=installed, diff=[])
    header = f"store application {scope}"
    before = {"version": installed} if installed else ""
    diff = [{"before_header": header, "after_header": header, "before": before, "after": {"version": target}}]
    if check_mode:
        return dict(result, version=target, diff=diff)
    waiting = _Waiting(instance, options, secrets, show)
    try:
        progress = _start(instance, options, found)
    except OutcomeUnknown as lost:
        # It may have begun. A second start is nobody's to make before that is known.
        version = waiting.until_installed(lambda: _is_there(instance, scope, installed, target), lost)
    else:
        waiting.until_done(progress)
        version = _read_back(instance, scope, installed, wanted)
    diff[0]["after"] = {"version": version}
    return dict(result, version=version, diff=diff, progress=waiting.history)


def read_options(params: dict[str, Any]) -> Options:
    """The options of a task. Raises `InputError` for what cannot work, before anything is sent."""
    _check_spelling(params)
    for option in ("time_limit", "pending_limit"):
        if params[option] <= 0:
            raise InputError(f"{option} has to be more than 0 seconds", advice="Correct it")
    wanted = params.get("base_app_version") or params.get("version") or LATEST
    if params["load_demo_data"] and (wanted == LATEST or not params.get("sys_id")):
        raise InputError(
            "load_demo_data needs sys_id and a version",
            why=(
                "Only the batch installation of the CI/CD API loads demo data, and it takes an application by these two"
            ),
            advice="Give both",
        )
    versions = {option: params.get(option) or LATEST for option in VERSION_OPTIONS}
    return Options(
        scope=params["scope"],
        sys_id=params.get("sys_id") or "",
        wanted=wanted,
        named={option: version for option, version in versions.items() if version != LATEST},
        auto_upgrade_base_app=params["auto_upgrade_base_app"],
        load_demo_data=params["load_demo_data"],
        time_limit=params["time_limit"],
        pending_limit=params["pending_limit"],
    )


def _check_spelling(params: dict[str, Any]) -> None:
    for option in ("scope", "sys_id", "version", "base_app_version"):
        check_text(params.get(option) or "", option)
    if not re.fullmatch("[a-z0-9_]{1,40}", params["scope"]):
        raise InputError("scope is not an application scope such as sn_qualtrics_spoke", advice="Correct it")
    if params.get("sys_id") and not re.fullmatch("[0-9a-f]{32}", params["sys_id"]):
        raise InputError("sys_id has to be 32 hexadecimal digits", advice="Copy it from the application's record")
    for option in VERSION_OPTIONS:
        named = params.get(option) or LATEST
        if named != LATEST and not re.fullmatch(VERSION, named):
            raise InputError(f"{option} is not a version such as 1.2.0", advice=f"Correct it, or give {LATEST}")


def _read(instance: Instance, scope: str) -> Row | None:
    """The installed application; sys_store_app is closed to web services on many instances, its parent is not."""
    for table, more in (("sys_store_app", ["latest_version"]), ("sys_scope", [])):
        try:
            rows = instance.find(table, {"scope": scope}, ["version", "active", *more])
        except LoginError:
            raise
        except READ_REFUSALS:
            if table == "sys_scope":
                raise
            continue
        if rows:
            return rows[0]
    return None


def _target(found: Row | None, wanted: str, is_installed: str, warnings: list[str]) -> str:
    """What to install: a version, `LATEST`, or nothing for an application that is right.

    ``is_installed`` says for people what is where.
    """
    if found is None:
        return wanted
    latest = found.get("latest_version", "")
    if wanted == LATEST and not latest:
        warnings.append(
            f"Version {found['version']} of {is_installed}; whether there is a later one cannot be read there. Name it "
            "to have it installed"
        )
    aim = latest if wanted == LATEST else wanted
    if wanted != LATEST and _key(aim) < _key(found["version"]):
        warnings.append(
            f"Version {found['version']} of {is_installed}, which is later than {wanted}; an application is never "
            "downgraded"
        )
    return aim if _key(aim) > _key(found["version"]) else ""


def _key(version: str) -> tuple[int, ...]:
    """For comparison; 1.2 and 1.2.0 are the same."""
    numbers = [int(number) for number in re.findall("[0-9]{1,9}", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _start(instance: Instance, options: Options, found: Row | None) -> Progress:
    if options.load_demo_data:
        package = {
            "id": options.sys_id,
            "type": "application",
            "requested_version": options.wanted,
            "load_demo_data": True,
        }
        return start(instance, "app/batch/install", {}, {"name": f"Install {options.scope}", "packages": [package]})
    query = {"sys_id": options.sys_id} if options.sys_id else {"scope": options.scope}
    query.update(options.named)
    if options.wanted == LATEST and found is not None:
        query["version"] = found["latest_version"]
    if options.auto_upgrade_base_app:
        query["auto_upgrade_base_app"] = "true"
    return start(instance, "app_repo/install", query)


class _Waiting:
    """Waits for one installation. ``history`` has what the instance said, each with the seconds since the start."""

    def __init__(self, instance: Instance, options: Options, secrets: Secrets, show: Show | None) -> None:
        self._instance = instance
        self._options = options
        self._secrets = secrets
        self._show = show
        self._began = time.monotonic()
        self._where = f"instance {instance.host}, application {options.scope}"
        self.history: list[dict[str, Any]] = []

    def until_done(self, progress: Progress) -> None:
        """Return once it has succeeded. Raises `ManualStepNeeded` where it failed or never begins, `OutcomeUnknown`
        after the time limit.
        """
        job = progress.job
        while True:
            self._note(progress)
            if progress.state == SUCCESSFUL:
                return
            if progress.state in (FAILED, CANCELED):
                raise self._failed(progress)
            if not job:
                raise UnexpectedAnswer(
                    "The CI/CD API did not say how to follow the installation",
                    self._where,
                    advice="Run again in some minutes",
                )
            progress = self._next(progress, job)

    def until_installed(self, version: Callable[[], str], lost: OutcomeUnknown) -> str:
        """The version that is there once the installation has ended whose start was answered by nobody, which leaves
        nothing to follow it by.

        ``version`` gives it, empty for the one from before. Raises `OutcomeUnknown` after ``pending_limit``: it may
        have begun, or not.
        """
        self.history.append({"status": "Unknown", "percent": 0, "message": lost.what, "seconds": 0})
        while True:
            found = self._quietly(version)
            if found:
                return found
            seconds = time.monotonic() - self._began
            limit = min(self._options.pending_limit, self._options.time_limit)
            if seconds >= limit:
                raise OutcomeUnknown(
                    "The answer to the start of the installation was lost",
                    self._where,
                    f"{clause(lost.why or lost.what)}; {round(seconds)} seconds later the application is as it was. "
                    "Without the answer there is no way to tell whether the installation began, so it was not started "
                    "again",
                    "Look at the running installations on the instance: All > System Applications > All Available "
                    "Applications. Where there is none, run again",
                )
            time.sleep(min(POLL_SECONDS, limit - seconds))

    def _quietly(self, read: Callable[[], str]) -> str:
        """What ``read`` gives; nothing while the instance is too busy to answer."""
        try:
            return read()
        except PASSING:
            return ""

    def _next(self, progress: Progress, job: str) -> Progress:
        """What the instance says next; while it is too busy to answer, what it said last."""
        time.sleep(min(POLL_SECONDS, self._left(progress)))
        try:
            return look(self._instance, job)
        except PASSING:
            return progress

    def _note(self, progress: Progress) -> None:
        said = progress.as_result()
        if self.history and {**self.history[-1], "seconds": 0} == {**said, "seconds": 0}:
            return
        self.history.append(dict(said, seconds=round(time.monotonic() - self._began)))
        if self._show is not None:
            text = f"{self._instance.host}: {said['status']}, {said['percent']} %" + (
                f", {said['message']}" if said["message"] else ""
            )
            self._show(str(printable(self._secrets.excerpt(text))))

    def _left(self, progress: Progress) -> float:
        """The seconds until the next limit. Raises `ManualStepNeeded` or `OutcomeUnknown` where there are none left."""
        seconds = time.monotonic() - self._began
        is_pending = progress.state == PENDING
        if is_pending and seconds >= self._options.pending_limit:
            advice = (
                "Look at All > System Applications > All Available Applications on the instance; correct the cause, "
                "or install it there by hand. Then run again"
            )
            raise ManualStepNeeded(
                f"The installation has been Pending for {round(seconds)} seconds",
                self._where,
                f"It never began. Known causes: {PENDING_CAUSES}",
                advice,
            )
        if seconds >= self._options.time_limit:
            never = f"; if it never begins, known causes are: {PENDING_CAUSES}" if is_pending else ""
            raise OutcomeUnknown(
                f"The installation was not done after {round(seconds)} seconds",
                self._where,
                f"The instance last said {progress.as_result()['status']}, {progress.percent} %. It continues{never}",
                "Run again later: what is installed by then counts as unchanged. Or set time_limit higher",
            )
        limits = [self._options.time_limit, *([self._options.pending_limit] if is_pending else [])]
        return min(limits) - seconds

    def _failed(self, progress: Progress) -> ManualStepNeeded:
        said = progress.error or progress.message or "The instance gave no reason"
        advice = "Correct the cause on the instance; an entitlement is a matter of the ServiceNow Store. Then run again"
        return ManualStepNeeded(
            f"The installation ended as {progress.as_result()['status']}", self._where, said, advice
        )


def _is_there(instance: Instance, scope: str, installed: str, target: str) -> str:
    """The version of the application if it is the wanted one or, of the latest, another one than before; else empty."""
    found = _read(instance, scope)
    version = found["version"] if found else ""
    if target == LATEST:
        return version if version != installed else ""
    return version if version and _key(version) >= _key(target) else ""


def _read_back(instance: Instance, scope: str, installed: str, wanted: str) -> str:
    """The version that is there afterwards. Raises `NotStored` where it is not the wanted one."""
    deadline = time.monotonic() + READ_BACK_SECONDS
    advice = "See the installation on the instance: All > System Applications"
    while True:
        version = _is_there(instance, scope, installed, wanted)
        if version:
            return version
        if time.monotonic() > deadline:
            break
        time.sleep(min(POLL_SECONDS, 1.0))
    found = _read(instance, scope)
    if found is None:
        raise RecordMissing(
            "The installation succeeded and the application is not there",
            f"instance {instance.host}, application {scope}",
            "",
            advice,
        )
    why = f"Version {found['version']} is installed, not {wanted}"
    raise NotStored(
        "The installation succeeded and left another version",
        f"instance {instance.host}, application {scope}",
        why,
        advice,
    )
