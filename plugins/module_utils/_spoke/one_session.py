# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a set-up asks of an instance, over one session: all that is read before a decision in as few rounds as it takes.

The cores are those of snow_spoke_info, snow_connection_alias and snow_sys_property, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores import (
    connection_alias,
    spoke_info,
    sys_property,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import find_endpoint
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.identity import describe

Params = dict[str, Any]


class OneSession:
    """The three cores for one ``instance``; ``connection`` are the options of the connection, but for what a provider
    says, and ``directory`` is the name of the property.

    ``expect`` takes what the instance says of itself, and raises where another one is expected; None where any will do.
    """

    def __init__(
        self,
        instance: Instance,
        connection: Options,
        directory: str,
        expect: Callable[[Mapping[str, Any]], None] | None,
    ) -> None:
        self._instance = instance
        self._connection = connection
        self._directory = directory
        self._expect = expect
        self._look: connection_alias.Look | None = None
        self._property: tuple[Row | None, ...] = ()

    def read(self, params: Params, check_mode: bool, secrets: Secrets) -> dict[str, Any]:
        """The core of snow_spoke_info, which comes first; what the other two ask is asked along with it."""
        report: dict[str, Any]
        report, self._look, self._property = self._instance.gather(
            partial(spoke_info.report, self._instance, params), self._look_at_connection, self._look_up_property
        )
        return report

    def configure(self, params: Params, check_mode: bool, secrets: Secrets) -> dict[str, Any]:
        """The core of snow_connection_alias; what was read serves once."""
        look, self._look = self._look, None
        return connection_alias.configure(self._instance, params, check_mode, secrets, look)

    def set_directory(self, params: Params, check_mode: bool, secrets: Secrets) -> dict[str, Any]:
        """The core of snow_sys_property."""
        looked_up, self._property = self._property, ()
        return sys_property.ensure(self._instance, params, check_mode, secrets, looked_up)

    def _look_at_connection(self) -> connection_alias.Look | None:
        """None where it cannot be read, which whoever configures will say, or where the API token that the
        instance is to compare is not known yet.
        """
        instance, options = self._instance, self._connection
        if not options.attributes:
            return None
        try:
            if options.route != "records" and (self._expect or options.endpoint_trust == "path"):
                # An instance that is not the expected one does not get the proofs of the secrets, and a path that is
                # trusted is not the first to get a login, which goes alone.
                find = partial(find_endpoint, instance, options.endpoint_path, options.endpoint_trust)
                described, _nothing = instance.gather(
                    partial(describe, instance, instance.host), partial(instance.ahead, find)
                )
                if self._expect:
                    self._expect(described)
            return connection_alias.look_at(instance, options)
        except SpokesError:
            return None

    def _look_up_property(self) -> tuple[Row | None, ...]:
        try:
            return (sys_property.find_property(self._instance, self._directory),)
        except SpokesError:
            return ()
