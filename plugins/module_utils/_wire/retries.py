# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What tells the session that another try does no harm."""

from __future__ import annotations


class Retryable(Exception):
    """Within the wire: the attempt failed harmlessly. ``wait_seconds`` is what the server asked for, if it did."""

    def __init__(self, error: Exception, wait_seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_seconds = wait_seconds
