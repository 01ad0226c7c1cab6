# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Where the operations of a Scripted REST API answer, as a task gives it and as releases store it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.tables import ADDRESSES


def key_of(operation: Mapping[str, Any]) -> str:
    """The method and path of an operation, given or stored."""
    return f"{operation['http_method']} {operation['relative_path']}"


def normal_path(path: str) -> str:
    """The path as releases store it that normalise paths: of other characters underscores, and no slash at the end."""
    return re.sub(r"[^A-Za-z0-9_/{}]", "_", path).rstrip("/") or "/"


def normal_id(service_id: str) -> str:
    """The API ID as such releases store it."""
    return normal_path(service_id).lower()


def base_paths_of(operations: Iterable[Row]) -> set[str]:
    """The base paths that the addresses of ``operations`` say; one where all of them that have any agree."""
    return {
        row[name].rstrip("/").removesuffix(row["relative_path"].rstrip("/"))
        for row in operations
        for name in ADDRESSES
        if row[name]
    }
