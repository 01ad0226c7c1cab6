# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Counts the templates that a run compiles, in its workers too: one byte each, at the end of the file COUNTED_TEMPLATES."""

from __future__ import annotations

import os
from typing import Any

import jinja2
from ansible.plugins.callback import CallbackBase

COMPILE = jinja2.Environment.compile


def counted(*arguments: Any, **options: Any) -> Any:
    """Compile a template and count it."""
    with open(os.environ["COUNTED_TEMPLATES"], "ab") as file:
        file.write(b".")
    return COMPILE(*arguments, **options)


# Workers are forks of the process that loads this.
jinja2.Environment.compile = counted  # type: ignore[method-assign]


class CallbackModule(CallbackBase):
    """Has nothing to say."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "templates"
