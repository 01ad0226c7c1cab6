# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What the records of a Scripted REST API say of its addresses and media types."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row

# Where an operation answers; the platform fills them in whenever the record is saved, and nobody is meant to write
# them.
ADDRESSES = ("operation_uri", "default_operation_uri")
# What it takes and gives.
MEDIA_COLUMNS = ("consumes", "produces")


def base_paths_of(operations: Iterable[Row]) -> set[str]:
    """The base paths that the addresses of ``operations`` say; one where all of them that have any agree."""
    return {
        row[name].rstrip("/").removesuffix(row["relative_path"].rstrip("/"))
        for row in operations
        for name in ADDRESSES
        if row[name]
    }


def media_types_in(column: str) -> set[str]:
    """The media types in the text of one of `MEDIA_COLUMNS`, in lower case."""
    return {part.strip().lower() for part in column.split(",")}
