# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Which play a task belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def play_of(task_vars: Mapping[str, Any]) -> list[Any]:
    """What tells a play from the others of the same run."""
    return [str(task_vars.get("ansible_play_name")), sorted(map(str, task_vars.get("ansible_play_hosts_all") or []))]
