# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Why an instance is not set up, although everything could be asked. The task has written nothing then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Mismatch, RecordMissing
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.address import canonical
from ansible_collections.snow_ops.spokes.plugins.module_utils._spoke.parts import DIRECTORY_PROPERTY

PURPOSES = {"production": True, "non_production": False}


def check_alone(claimants: Sequence[str], host: str) -> None:
    """Raise `Mismatch` where several inventory hosts mean the connection of the instance at ``host``."""
    if len(claimants) > 1:
        raise Mismatch(
            f"{', '.join(claimants)} lead to one instance, {canonical(host)}, and mean the same connection "
            "(connection.name). Nothing was written from here",
            f"instance {host}",
            advice="Give each host an instance of its own in instance.host; SN_HOST in the environment counts for all "
            "hosts",
        )


def check_expected(instance: Mapping[str, Any], name: str, purpose: str) -> None:
    """Raise `Mismatch` where the ``instance`` that a report describes is not called ``name``, or not of the ``purpose``
    that is expected; both are empty where nothing is.
    """
    host, own_name = instance["host"], instance["name"] or ""
    if name and (not own_name or canonical(own_name) != canonical(name)):
        # What was given is not shown, since anything can have been put there.
        raise Mismatch(
            f"{host} calls itself {own_name or '(its property instance_name cannot be read)'}, which is not what "
            "expected_instance_name says. Nothing was written",
            f"instance {host}",
            advice="Correct the host or expected_instance_name",
        )
    is_production = instance["is_production"]
    if purpose and is_production is not PURPOSES[purpose]:
        shown = {True: "true", False: "false", None: "not set or not readable"}[is_production]
        raise Mismatch(
            f"A {purpose} instance is expected, but glide.installation.production of {own_name or host} is {shown}. "
            "Nothing was written",
            f"instance {host}",
            advice="Correct the host or expected_purpose. Not every instance sets this property: set it there (System "
            "Properties), or leave expected_purpose empty and give expected_instance_name only",
        )


def check_ready(report: Mapping[str, Any]) -> None:
    """Raise `RecordMissing` with all that keeps the instance of ``report`` from being set up."""
    if report["ready"] is True:
        return
    host = report["instance"]["host"]
    problems = [problem for problem in report["problems"] if problem["is_blocking"]]
    state = f"{host} is not ready for the Qualtrics spoke"
    if report["ready"] is None:
        state = f"Whether {host} is ready for the Qualtrics spoke could not be determined"
    raise RecordMissing(
        f"{state}. Nothing was written. {_listed([problem['what'] for problem in problems])}",
        f"instance {host}",
        advice=_listed([problem["advice"] for problem in problems]),
    )


def check_directory(account: Mapping[str, Any]) -> None:
    """Raise `RecordMissing` where the ``account`` has no directory."""
    if not account["default_directory_id"]:
        raise RecordMissing(
            f"The Qualtrics organization {account['organization_id']} has no directory, so that the property "
            f"{DIRECTORY_PROPERTY} cannot be set. Nothing was written",
            "Qualtrics, /API/v3/directories",
            why="The spoke needs XM Directory",
            advice="Check the license of the organization, and that the user may see a directory",
        )


def _listed(texts: Sequence[str]) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return "; ".join(f"({number}) {text}" for number, text in enumerate(texts, start=1))
