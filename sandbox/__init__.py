# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The bundled stand-in for ServiceNow and Qualtrics: real sockets, real TLS, no canned answers."""

from __future__ import annotations

from .sandbox import Sandbox

__all__ = ["Sandbox"]
