# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What changes in scripts, for people: as text, line by line, and what several scripts start with only once."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Step
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.tables import SCRIPT

# Fewer lines in common are not worth a line that says so.
FEWEST_SHARED_LINES = 3


def as_diff(steps: list[Step]) -> list[dict[str, Any]]:
    """The diff entries of ``steps``: columns and script apart, and the lines that the scripts have in common only with
    the first.
    """
    shared_before = _shared_lines([_script(step.before) for step in steps])
    shared_after = _shared_lines([_script(step.after) for step in steps])
    entries: list[dict[str, Any]] = []
    first = ""
    for step in steps:
        title = f"{step.table} ({step.role})"
        columns_before, columns_after = _columns(step.before), _columns(step.after)
        if columns_before or columns_after:
            entries.append(_entry(title, columns_before or "", columns_after or ""))
        before, after = _script(step.before), _script(step.after)
        if not before and not after:
            continue
        if first:
            before, after = _without(before, shared_before, first), _without(after, shared_after, first)
        first = first or step.role
        entries.append(_entry(f"{title} script", before, after))
    return entries


def _entry(title: str, before: Any, after: Any) -> dict[str, Any]:
    return {"before_header": title, "after_header": title, "before": before, "after": after}


def _script(values: dict[str, str]) -> str:
    return str(values.get(SCRIPT) or "")


def _columns(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name != SCRIPT}


def _shared_lines(scripts: list[str]) -> int:
    """How many lines all of ``scripts`` that are there start with, if that is worth a remark."""
    texts = [script for script in scripts if script]
    if len(texts) < 2:
        return 0
    lines = os.path.commonprefix([text.splitlines() for text in texts])
    return len(lines) if len(lines) >= FEWEST_SHARED_LINES else 0


def _without(text: str, count: int, first: str) -> str:
    """``text`` with a remark in the place of its first ``count`` lines, which were shown with the script
    of ``first``.
    """
    if not text or not count:
        return text
    return f"// ... {count} lines as in {first}\n" + "".join(text.splitlines(keepends=True)[count:])
