# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The CI/CD API of an instance: starting an installation and asking how far it is (servicenow-rest 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    LoginError,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import error_in, words_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.login import LOGIN_ADVICE
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer

BASE = "/api/sn_cicd/"
PENDING, RUNNING, SUCCESSFUL, FAILED, CANCELED = "0", "1", "2", "3", "4"
STATES = {PENDING: "Pending", RUNNING: "Running", SUCCESSFUL: "Successful", FAILED: "Failed", CANCELED: "Canceled"}
ROLE = "sn_cicd.sys_ci_automation"


@dataclass(frozen=True)
class Progress:
    """How far an installation is: ``state`` is one of those above, ``job`` finds it again, empty for one that never
    began.
    """

    state: str
    percent: int
    message: str
    error: str
    job: str

    def as_result(self) -> dict[str, Any]:
        """What a task returns of it."""
        return {"status": STATES[self.state], "percent": self.percent, "message": self.message or self.error}


def start(instance: Instance, path: str, params: dict[str, str], document: Any = None) -> Progress:
    """Start an installation at the operation ``path``. Raises `OutcomeUnknown` when the answer is lost."""
    return _progress(instance, instance.call("POST", BASE + path, params, document), path)


def look(instance: Instance, job: str) -> Progress:
    """How far the installation ``job`` is now."""
    path = f"progress/{job}"
    return _progress(instance, instance.call("GET", BASE + path, {}), path)


def _progress(instance: Instance, answer: Answer, path: str) -> Progress:
    where = f"instance {instance.host}, {BASE}{path}"
    _check(answer, where)
    result = answer.document.get("result") if isinstance(answer.document, dict) else None
    state = str(result.get("status")) if isinstance(result, dict) else ""
    if not isinstance(result, dict) or state not in STATES:
        why = "'result' has no known status"
        raise UnexpectedAnswer("The answer is not in the format of the CI/CD API", where, why, "Check the host name")
    links = result.get("links")
    link = links.get("progress") if isinstance(links, dict) else None
    job = str(link.get("id") or "") if isinstance(link, dict) else ""
    percent = result.get("percent_complete")
    message = str(result.get("status_message") or result.get("status_detail") or "")
    return Progress(state, percent if isinstance(percent, int) else 0, message, str(result.get("error") or ""), job)


def _check(answer: Answer, where: str) -> None:
    """Raise what an error answer means; its words are shown and never interpreted."""
    error = error_in(answer)
    if answer.ok and not error:
        return
    why = ", ".join([f"HTTP {answer.status}", *words_of(error)])
    if answer.status == 401:
        raise LoginError("The instance did not accept the login", where, why, LOGIN_ADVICE)
    if answer.status == 403:
        advice = f"Give the account the role {ROLE} or admin"
        raise AccessDenied("The account may not use the CI/CD API", where, why, advice)
    if answer.status in (400, 404, 405):
        advice = (
            "Activate the plugin Continuous Integration and Continuous Delivery (com.glide.continuousdelivery) and "
            "its properties, or install the application by hand: All > System Applications > All Available "
            "Applications"
        )
        raise RecordMissing("The instance does not offer the CI/CD API", where, why, advice)
    if answer.status == 409:
        raise UnexpectedAnswer("The CI/CD API found more than one such application", where, why, "Name it by sys_id")
    raise UnexpectedAnswer("The CI/CD API refused the request", where, why, "See the instance's system log")
