# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Secrets that a task takes from its environment, where only the task can see what the keyword C(environment) sets."""

from __future__ import annotations

import os
from typing import Any

CLIENT_SECRET = "oauth.client_secret"


def with_environment(params: dict[str, Any]) -> dict[str, Any]:
    """``params`` (the options of snow_connection_alias), completed from the variables that its ``environment_secrets``
    names.

    What a task gives itself comes first; an empty value counts as not given, on both sides.
    """
    completed = dict(
        params, oauth=dict(params.get("oauth") or {}), secret_attributes=dict(params.get("secret_attributes") or {})
    )
    for name, variable in (params.get("environment_secrets") or {}).items():
        is_client = name == CLIENT_SECRET
        place, key = (completed["oauth"], "client_secret") if is_client else (completed["secret_attributes"], name)
        value = os.environ.get(str(variable), "")
        if value and not place.get(key):
            place[key] = value
    return completed
