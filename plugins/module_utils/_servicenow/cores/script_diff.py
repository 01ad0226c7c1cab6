# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What changes in scripts, for people: as text, line by line, and what several scripts start with only once."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Step

SCRIPT = "operation_script"
# Fewer lines in common are not worth a line that says so.
FEWEST_SHARED_LINES = 3


def as_diff(steps: list[Step]) -> list[dict[str, Any]]:
    """The diff entries of ``steps``: columns and script apart, and the lines that the scripts have in common only with the first."""
    scripts = {side: [_text(step, side) for step in steps if _text(step, side)] for side in ("before", "after")}
    shared = {side: _shared_lines(texts) for side, texts in scripts.items()}
    entries: list[dict[str, Any]] = []
    first = ""
    for step in steps:
        title = f"{step.table} ({step.role})"
        columns = {
            side: {name: value for name, value in getattr(step, side).items() if name != SCRIPT}
            for side in ("before", "after")
        }
        if columns["before"] or columns["after"]:
            entries.append(_entry(title, columns["before"] or "", columns["after"] or ""))
        texts = {side: _text(step, side) for side in ("before", "after")}
        if not any(texts.values()):
            continue
        if first:
            texts = {side: _without(text, shared[side], first) for side, text in texts.items()}
        first = first or step.role
        entries.append(_entry(f"{title} script", texts["before"], texts["after"]))
    return entries


def _entry(title: str, before: Any, after: Any) -> dict[str, Any]:
    return {"before_header": title, "after_header": title, "before": before, "after": after}


def _text(step: Step, side: str) -> str:
    return str(getattr(step, side).get(SCRIPT) or "")


def _shared_lines(texts: list[str]) -> int:
    """How many lines all of several ``texts`` start with."""
    lines = os.path.commonprefix([text.splitlines() for text in texts]) if len(texts) > 1 else []
    return len(lines) if len(lines) >= FEWEST_SHARED_LINES else 0


def _without(text: str, count: int, first: str) -> str:
    """``text`` with a remark in the place of its first ``count`` lines, which were shown with the script of ``first``."""
    if not text or not count:
        return text
    return f"// ... {count} lines as in {first}\n" + "".join(text.splitlines(keepends=True)[count:])
