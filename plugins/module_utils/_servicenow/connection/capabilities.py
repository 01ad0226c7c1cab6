# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a route to an instance can do besides reading and writing records; what depends on it is decided in this
package.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capabilities:
    """What the instance does for a task. Without any of it, what is left is what the Table API can do.

    ``compare_secrets``: say whether a stored secret or attribute is the given one (`Source.as_stored`). ``encrypt``:
    store an attribute encrypted. ``run_form``: make a connection as the Configure form does, with all that its script
    stores. ``fetch_token``: get an access token.
    """

    compare_secrets: bool = False
    encrypt: bool = False
    run_form: bool = False
    fetch_token: bool = False
