# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Every table and column that a Scripted REST API is made of (servicenow-connections 3.3)."""

from __future__ import annotations

DEFINITION, OPERATION = "sys_ws_definition", "sys_ws_operation"
SCRIPT, VERSION, ACL = "operation_script", "web_service_version", "enforce_acl"
# Where an operation answers; the platform fills them in whenever the record is saved, and nobody is meant to write
# them.
ADDRESSES = ("operation_uri", "default_operation_uri")
# What the platform derives whenever a record is saved.
DERIVED = ("namespace", "base_uri", *ADDRESSES)
# What is taken and given.
MEDIA_COLUMNS = ("consumes", "produces")
OPERATION_FLAGS = ("active", "requires_authentication", "requires_acl_authorization", "requires_snc_internal_role")
# What is read.
DEFINITION_FIELDS = (
    *("name", "service_id", "short_description", "active", "namespace", "base_uri", "is_versioned", ACL, "sys_scope"),
    *MEDIA_COLUMNS,
)
OPERATION_FIELDS = (
    *("name", "http_method", "relative_path", "short_description", SCRIPT, *OPERATION_FLAGS, VERSION, ACL),
    *("sys_scope", *MEDIA_COLUMNS, *ADDRESSES),
)


def media_types_in(column: str) -> set[str]:
    """The media types in the text of one of `MEDIA_COLUMNS`, in lower case."""
    return {part.strip().lower() for part in column.split(",")}
