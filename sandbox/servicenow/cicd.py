# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The CI/CD API: installing applications of the Store, and the progress of it (servicenow-rest 7, servicenow-connections 7)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..web import Request, Response
from . import answers
from .acl import Session
from .answers import ApiError
from .spokes import spoke_records
from .store import seeded_sys_id

if TYPE_CHECKING:
    from .instance import Instance

BASE = "/api/sn_cicd/"
PLUGIN = "com.glide.continuousdelivery"
ROLES = frozenset(("admin", "sn_cicd.sys_ci_automation"))
PROGRESS = re.compile(r"/api/sn_cicd/progress/([0-9a-f]{32})")
LABELS = {"0": "Pending", "1": "Running", "2": "Successful", "3": "Failed", "4": "Canceled"}
# One that nobody asks about is done after so many seconds.
SECONDS = 1.0
# The states that an installation goes through, each shown to one question.
COURSE = (("0", 0, ""), ("1", 40, "Installing the application"), ("1", 90, "Loading files"), ("2", 100, ""))


class StoreApps:
    """The applications that an instance may install, and its installations. ``spokes`` are their descriptions, by scope."""

    def __init__(self, spokes: Mapping[str, Mapping[str, Any]]) -> None:
        self._spokes = spokes
        self._jobs: dict[str, tuple[str, str, int]] = {}

    def respond(self, instance: Instance, session: Session, request: Request) -> Response | None:
        """The answer to a request of the API, None for an address that is not of it."""
        if not request.path.startswith(BASE) or not _is_active(instance):
            return None
        if instance.switch("cicd") == "inactive":
            raise ApiError(405, "Method not allowed", "Invalid method. The functionality is inactive")
        if not session.roles & ROLES:
            raise ApiError(403, "User Not Authorized", "The user does not have the role sn_cicd.sys_ci_automation")
        match = PROGRESS.fullmatch(request.path)
        if match and request.method == "GET":
            return self._progress(instance, match[1], request.host)
        if request.path == f"{BASE}app_repo/install" and request.method == "POST":
            args = request.args
            scope = args.get("scope") or self._scope_of(args.get("sys_id", ""))
            return self._start(instance, scope, args.get("base_app_version") or args.get("version", ""), request.host)
        if request.path == f"{BASE}app/batch/install" and request.method == "POST":
            package = json.loads(request.body)["packages"][0]
            return self._start(instance, self._scope_of(package["id"]), package["requested_version"], request.host)
        return None

    def _finish(self, instance: Instance, job: str) -> None:
        """End an installation that nobody has asked about."""
        scope, version, asked = self._jobs[job]
        if not asked and instance.switch("store_install") == "succeeds":
            install(instance, {**self._spokes[scope], "version": version})

    def _scope_of(self, sys_id: str) -> str:
        return next((scope for scope in self._spokes if seeded_sys_id("sys_store_app", scope) == sys_id), "")

    def _start(self, instance: Instance, scope: str, version: str, host: str) -> Response:
        if scope not in self._spokes or instance.switch("store_install") == "not_entitled":
            return answers.result(
                200, _state("3", 0, "", "The application is not available to this instance: it is not entitled to it")
            )
        versions = self._spokes[scope].get("versions", [self._spokes[scope]["version"]])
        if version and version not in versions:
            return answers.result(200, _state("3", 0, "", f"There is no version {version} of the application"))
        job = seeded_sys_id("sys_progress_worker", f"{scope}/{len(self._jobs)}", instance.name)
        self._jobs[job] = (scope, version or versions[-1], 0)
        instance.run_later(SECONDS, lambda: self._finish(instance, job))
        return answers.result(200, {**_state("0", 0, "", ""), "links": _links(host, job), "rollback_version": ""})

    def _progress(self, instance: Instance, job: str, host: str) -> Response:
        if job not in self._jobs:
            raise ApiError(404, "No Record found", "The progress worker does not exist")
        scope, version, asked = self._jobs[job]
        mode = instance.switch("store_install")
        status, percent, message = COURSE[min(asked, 0 if mode == "pending" else len(COURSE) - 1)]
        self._jobs[job] = (scope, version, asked + 1)
        error = ""
        if mode == "fails" and status == "2":
            status, error = "3", "A dependency of the application is missing"
        if status == "2":
            install(instance, {**self._spokes[scope], "version": version})
        return answers.result(200, {**_state(status, percent, message, error), "links": _links(host, job)})


def install(instance: Instance, spoke: Mapping[str, Any]) -> None:
    """Put an application on ``instance``, or another version of it: what people have set stays."""
    for table, name, values in spoke_records(spoke):
        sys_id = seeded_sys_id(table, name)
        if table != "sys_properties" or instance.store.get(table, sys_id) is None:
            instance.put_record(table, sys_id, values)


def _is_active(instance: Instance) -> bool:
    rows = instance.store.find("sys_plugins", source=PLUGIN)
    return any(row.get("active") == "true" for row in rows)


def _state(status: str, percent: int, message: str, error: str) -> dict[str, Any]:
    shown = {"status": status, "status_label": LABELS[status], "status_message": message, "status_detail": ""}
    return {**shown, "error": error, "percent_complete": percent}


def _links(host: str, job: str) -> dict[str, Any]:
    return {"progress": {"id": job, "url": f"https://{host}{BASE}progress/{job}"}}
