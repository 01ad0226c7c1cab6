# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a report says of the setup endpoint: whether it is there, where, and whether it is ours."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    Ambiguous,
    Outdated,
    RecordMissing,
    Untrusted,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import find_endpoint
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance

PRESENT, MISSING, OUTDATED, UNTRUSTED, UNKNOWN = "present", "missing", "outdated", "untrusted", "unknown"
NOTHING: dict[str, Any] = {"path": None, "scope": None, "digest": None, "is_verified": False}


def report_endpoint(instance: Instance, path: str, trust: str) -> dict[str, Any]:
    """``status`` (present, missing, outdated, untrusted or unknown) and ``reason``, and of one that is there what
    `Endpoint` tells.
    """
    try:
        endpoint = find_endpoint(instance, path, trust)
    except Outdated as error:
        return dict(NOTHING, status=OUTDATED, reason=str(error))
    except (Ambiguous, RecordMissing, Untrusted) as error:
        return dict(NOTHING, status=UNTRUSTED, reason=str(error))
    except AccessDenied as error:
        return dict(NOTHING, status=UNKNOWN, reason=str(error))
    if endpoint is None:
        return dict(NOTHING, status=MISSING, reason=None)
    return dict(endpoint.as_result(), status=PRESENT, reason=None)
