# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The JSON around every answer of Qualtrics' API (qualtrics 5)."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer


def meta_of(answer: Answer) -> dict[str, Any]:
    """The part of an answer that describes it, empty where there is none."""
    meta = answer.document.get("meta") if isinstance(answer.document, dict) else None
    return meta if isinstance(meta, dict) else {}


def error_code(answer: Answer) -> str:
    """The code of an error, which says what it is in any language; empty where there is none."""
    return str(_error(answer).get("errorCode") or "")


def reported(answer: Answer) -> str:
    """What an error says of itself."""
    error = _error(answer)
    parts = [str(error[key]) for key in ("errorCode", "errorMessage") if error.get(key)]
    return ", ".join([f"HTTP {answer.status}", *parts])


def request_id(answer: Answer) -> str:
    """The id by which Qualtrics' support finds the request."""
    return str(meta_of(answer).get("requestId") or "")


def _error(answer: Answer) -> dict[str, Any]:
    error = meta_of(answer).get("error")
    return error if isinstance(error, dict) else {}
