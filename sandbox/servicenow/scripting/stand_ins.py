# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""All that a script can ask of its instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..acl import Session
from .connection_builder import ConnectionBuilder
from .engine import HostFunction
from .glide_record import Records
from .oauth_client import OAuthClient
from .rest_message import RestMessages
from .system import System

if TYPE_CHECKING:
    from ..instance import Instance


def host_functions(instance: Instance, session: Session) -> dict[str, HostFunction]:
    """The functions behind the prelude's classes, for scripts that ``session`` runs."""
    tokens = OAuthClient(instance, session)
    functions: dict[str, HostFunction] = {}
    for part in (System(instance, session), Records(instance, session), tokens, RestMessages(instance, tokens)):
        functions.update(part.functions())
    functions.update(ConnectionBuilder(instance, session, functions).functions())
    return functions
