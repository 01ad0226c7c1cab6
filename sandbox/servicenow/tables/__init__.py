# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The dictionary every instance shares: tables, columns, types, defaults, unique indexes, access roles.

Each module holds one text; `sandbox.servicenow.schema` describes its notation and reads it.
"""

from __future__ import annotations

from . import connections, oauth, platform, web_services, work

TEXTS = (platform.TEXT, connections.TEXT, oauth.TEXT, web_services.TEXT, work.TEXT)
