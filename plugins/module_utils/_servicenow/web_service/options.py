# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The options of snow_scripted_rest_api, checked before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.addresses import (
    key_of,
    normal_path,
)

# Names and path parameters, but no way up.
RELATIVE_PATH = re.compile(r"/|(/(?!\.{1,2}(/|$))([\w.~-]+|\{\w+\}))+/?", re.ASCII)


@dataclass(frozen=True)
class Options:
    """The options of snow_scripted_rest_api. A ``short_description`` of None stays as it is; an API to
    remove has only the first three.
    """

    service_id: str
    state: str
    scope: str
    name: str = ""
    short_description: str | None = None
    enforce_acl: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    require_script_permission: bool = True
    operations: tuple[dict[str, Any], ...] = ()


def read_options(params: dict[str, Any]) -> Options:
    """The options of a task. Raises `InputError` for what cannot work, before anything is sent."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", params["service_id"]):
        raise InputError(
            f"service_id is not an API ID: {params['service_id']!r}",
            advice="Use letters, digits, underscores and hyphens",
        )
    if params["state"] == "absent":
        return Options(params["service_id"], params["state"], params["scope"])
    _check_api(params)
    _check_operations(params["operations"])
    return Options(
        params["service_id"],
        params["state"],
        params["scope"],
        name=params["name"],
        short_description=params.get("short_description"),
        enforce_acl=tuple(params["enforce_acl"]),
        media_types=tuple(params["media_types"]),
        require_script_permission=params["require_script_permission"],
        operations=tuple(params["operations"]),
    )


def _check_api(params: dict[str, Any]) -> None:
    for option in ("name", "operations"):
        if not params[option]:
            raise InputError(
                f"{option} is empty", advice="Give the API's name and operations; state absent removes the API"
            )
    for option in ("name", "short_description"):
        check_text(params.get(option) or "", option)
    if not params["name"].strip():
        raise InputError("name is empty", advice="Give the API's name")
    check_text(params["scope"], "scope")
    if not params["scope"]:
        raise InputError("scope is empty", advice="Give the scope of the application, such as global")
    _check_acls(params["enforce_acl"], "enforce_acl")
    _check_media_types(params["media_types"])


def _check_operations(operations: list[dict[str, Any]]) -> None:
    seen = set()
    for number, operation in enumerate(operations):
        place = f"operations[{number}]"
        _check_operation(operation, place)
        # Neither the name of a path parameter, nor a slash at the end, nor what some releases replace, changes an
        # address.
        address = f"{operation['http_method']} {normal_path(re.sub(r'{[^}]+}', '{}', operation['relative_path']))}"
        if address in seen:
            raise InputError(
                f"{place} has the same method and path as another operation: {key_of(operation)}",
                advice="Remove one of them",
            )
        seen.add(address)


def _check_media_types(media_types: list[str]) -> None:
    for media_type in media_types:
        if not re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", media_type, re.ASCII):
            raise InputError(
                f"media_types has an entry that is not a media type: {media_type!r}",
                advice="Give names in lower case such as application/json",
            )


def _check_operation(operation: dict[str, Any], place: str) -> None:
    for option in ("name", "relative_path", "short_description"):
        check_text(operation.get(option) or "", f"{place}.{option}")
    _check_acls(operation["enforce_acl"], f"{place}.enforce_acl")
    if not operation["name"].strip() or not operation["script"].strip():
        raise InputError(f"{place} has an empty name or script", advice="Give both")
    if not RELATIVE_PATH.fullmatch(operation["relative_path"]):
        raise InputError(
            f"{place}.relative_path is not a path: {operation['relative_path']!r}",
            advice="Start it with a slash; path parameters stand in braces, such as /records/{sys_id}",
        )


def _check_acls(acls: list[str], option: str) -> None:
    for sys_id in acls:
        if not re.fullmatch("[0-9a-f]{32}", sys_id):
            raise InputError(
                f"{option} has an entry that is not a sys_id: {sys_id!r}", advice="Give the sys_ids of access controls"
            )
