# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The report on a fleet as data: what ``report.json`` holds, and what is compared with the one before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import ISSUES, TITLES, tidy

VERSION = 1
SCHEMA = "https://github.com/snow-ops/snow_ops.spokes/blob/main/docs/schemas/report.schema.json"
# In this order instances are shown: what needs somebody first.
ORDER = ("failed", "not_run", "manual", "would_change", "changed", "not_judged", "ok")
# What can have become of a step since an earlier report.
KINDS = ("new", "same", "fixed", "not_looked_at")


def make_report(instances: list[dict[str, Any]], created: str, playbook: str, check_mode: bool) -> dict[str, Any]:
    """The report on ``instances``, made at ``created`` (UTC, ISO 8601) by ``playbook``."""
    counted = Counter(entry["status"] for entry in instances)
    used = {name for entry in instances for name in entry["steps"]}
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "created": created,
        "playbook": tidy(playbook),
        "check_mode": check_mode,
        "counts": {
            "instances": len(instances),
            **{status: counted[status] for status in ORDER},
            "failed_and_changed": sum(entry["status"] == "failed" and is_changed(entry) for entry in instances),
        },
        "steps": [{"id": name, "title": title} for name, title in TITLES.items() if name in used],
        "instances": sorted(instances, key=lambda entry: (ORDER.index(entry["status"]), entry["instance"])),
        "since": None,
    }


def artifacts(report: Mapping[str, Any], job: int = 0) -> dict[str, Any]:
    """What a controller's workflow branches on; ``job`` is the number of the controller's job, 0 outside one."""
    failed = [entry for entry in report["instances"] if entry["status"] in ("failed", "not_run")]
    return {
        "playbook": report["playbook"],
        "job_id": job,
        "check_mode": report["check_mode"],
        **report["counts"],
        "hosts": _hosts(report["instances"]),
        "failed_hosts": _hosts(failed),
        "failed_instances": [entry["instance"] for entry in failed],
        "changed_instances": [entry["instance"] for entry in report["instances"] if is_changed(entry)],
        "manual_steps": [
            {
                "instance": entry["instance"],
                "hosts": entry["hosts"],
                **{part: manual[part] for part in ("what", "why", "how", "url")},
            }
            for entry in report["instances"]
            for manual in entry["manual_steps"]
        ],
    }


def _hosts(instances: Iterable[Mapping[str, Any]]) -> list[str]:
    """The hosts of the inventory that ``instances`` were reached by."""
    return sorted({host for entry in instances for host in entry["hosts"]})


def is_changed(entry: Mapping[str, Any]) -> bool:
    """Whether a step of an instance was changed, whatever else became of it."""
    return bool(entry["changed_by"])


def read_report(path: Path, variable: str = "") -> dict[str, Any] | None:
    """The report that a run before left at ``path``, None if there is none.

    Raises `ValueError` if it is not one, and where a ``variable`` names it, also if there is none.
    """
    named = f"{variable}: {path}" if variable else str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if not variable:
            return None
        raise ValueError(f"{named} does not exist") from error
    except (OSError, UnicodeError) as error:
        raise ValueError(f"{named} cannot be read ({type(error).__name__})") from error
    try:
        report = json.loads(text)
        issues = {entry["instance"]: _issues(entry) for entry in report["instances"]}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{named} is not a report of this collection") from error
    return {"created": tidy(report.get("created")), "issues": issues}


def compare(report: dict[str, Any], before: Mapping[str, Any] | None) -> None:
    """Add to ``report`` and its instances what is new, the same and fixed since ``before`` (from `read_report`)."""
    if before is None:
        return
    total: Counter[str] = Counter()
    for entry in report["instances"]:
        entry["since"] = _since(entry, before["issues"].get(entry["instance"], set()))
        total.update({kind: len(names) for kind, names in entry["since"].items()})
    known = {entry["instance"] for entry in report["instances"]}
    gone = sorted(tidy(name) for name in before["issues"] if name not in known)
    report["since"] = {
        "created": before["created"],
        **{kind: total[kind] for kind in KINDS},
        "gone": gone,
    }


def _since(entry: Mapping[str, Any], then: set[str]) -> dict[str, list[str]]:
    """What is new among the steps that are a reason to act, and what became of those that were one ``then``."""
    now = _issues(entry)
    kinds: dict[str, list[str]] = {kind: [] for kind in KINDS}
    kinds["new"] = sorted(now - then)
    for name in sorted(then):
        kinds["same" if name in now else _became(entry, name)].append(name)
    return kinds


def _became(entry: Mapping[str, Any], name: str) -> str:
    """What became of the step ``name``, which needs nobody any more as far as this run knows."""
    if entry["status"] == "not_run":
        return "not_looked_at"
    if not name:
        # What kept the run before from beginning.
        return "not_looked_at" if entry["failure"] else "fixed"
    status = entry["steps"].get(name, {}).get("status")
    if status == "would_change":
        # Nothing was written.
        return "same"
    return "fixed" if status in ("ok", "changed") else "not_looked_at"


def _issues(entry: Mapping[str, Any]) -> set[str]:
    """The steps of an instance that are a reason to act."""
    found = {str(name) for name, state in entry["steps"].items() if state["status"] in ISSUES}
    return found | ({str(entry["failure"]["step"])} if entry["failure"] else set())
