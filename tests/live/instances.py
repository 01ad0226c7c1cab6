# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Which instance the live tests may change."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


def named_instance(environment: Mapping[str, str]) -> str:
    """The host in ``SNOW_OPS_LIVE_INSTANCE``, which ``SN_HOST`` has to agree with. Raises `ValueError` for every other instance."""
    allowed = _host(environment.get("SNOW_OPS_LIVE_INSTANCE", ""))
    asked = _host(environment.get("SN_HOST", ""))
    if not allowed:
        raise ValueError("SNOW_OPS_LIVE_INSTANCE names no instance")
    if asked and asked != allowed:
        raise ValueError(f"SN_HOST is {asked}, and SNOW_OPS_LIVE_INSTANCE allows {allowed} only")
    return f"https://{allowed}"


def _host(text: str) -> str:
    """The host name of an address or a bare name, as instances spell it."""
    text = text.strip().lower()
    host = urlsplit(text if "//" in text else f"//{text}").netloc
    return host if not host or "." in host else f"{host}.service-now.com"
