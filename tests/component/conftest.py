# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Tests against the sandbox."""
from sandbox_fixtures import running_sandbox, sandbox  # noqa: F401
