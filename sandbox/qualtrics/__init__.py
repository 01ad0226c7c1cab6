# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Qualtrics as the sandbox knows it: brands in datacenters, their public API, their OAuth 2 token endpoint.

Also the one thing that is not Qualtrics: a registration gateway, as a site may put before it (see ``gateway``).
"""

from __future__ import annotations

from .cloud import Cloud
from .seed import SeedError
from .switches import SWITCHES

__all__ = ["SWITCHES", "Cloud", "SeedError"]
