# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Which route a task takes: the setup endpoint where it is there and is ours, else the Table API."""

from __future__ import annotations

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    Ambiguous,
    Outdated,
    RecordMissing,
    SpokesError,
    UnexpectedAnswer,
    Untrusted,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import (
    INSTALL,
    Endpoint,
    find_endpoint,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.proofs import Held
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.endpoint import EndpointRoute
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.records import RecordsRoute
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.route import Route


def choose_route(instance: Instance, options: Options, warnings: list[str]) -> Route:
    """What the task reads and writes through: the setup endpoint if ``options.route`` wants it and it is there, else
    the Table API.

    Why an endpoint that is there is not used is added to ``warnings``, or raised where the route has to be the
    endpoint.
    """
    if options.route == "records":
        return RecordsRoute(instance)
    endpoint = None
    try:
        endpoint = _find_endpoint(instance, options)
        if endpoint is not None:
            return EndpointRoute(endpoint, endpoint.look(_subject(options), _held(options)))
    except UnexpectedAnswer as error:
        # What the script of an endpoint that was verified refuses is refused, and a server error is the instance's own;
        # of any other endpoint nobody knows that it is one.
        if options.route == "endpoint" or endpoint is None or (endpoint.digest and not endpoint.is_silent):
            raise
        warnings.append(_instead(error, error.why, INSTALL))
    except (AccessDenied, Ambiguous, Outdated, RecordMissing, Untrusted) as error:
        if options.route == "endpoint":
            raise
        why = error.why if isinstance(error, (Ambiguous, Untrusted)) else ""
        warnings.append(_instead(error, why, error.advice))
    return RecordsRoute(instance)


def do_without(route: Route, instance: Instance, options: Options, error: SpokesError, warnings: list[str]) -> Route:
    """The Table API in the place of ``route``, where ``options`` leave it open and its endpoint did not answer before
    anything was written.

    Raises ``error`` in any other case.
    """
    if options.route != "auto" or not route.is_silent:
        raise error
    warnings.append(_instead(error, error.why, INSTALL))
    return RecordsRoute(instance)


def _instead(error: SpokesError, why: str, advice: str) -> str:
    return f"{error.what}{f' ({why})' if why else ''}; the plain Table API is used instead. {advice}"


def _find_endpoint(instance: Instance, options: Options) -> Endpoint | None:
    """The setup endpoint; None where there is none and ``route`` leaves it open. Raises what `find_endpoint` raises."""
    endpoint = find_endpoint(instance, options.endpoint_path, options.endpoint_trust)
    if endpoint is None and (options.route == "endpoint" or options.endpoint_path):
        raise RecordMissing(
            "The setup endpoint is not installed" + (" at this path" if options.endpoint_path else ""),
            f"instance {instance.host}, table sys_ws_operation",
            options.endpoint_path,
            "Install it with the playbook snow_ops.spokes.setup_endpoint, or set route to auto or records",
        )
    return endpoint


def _subject(options: Options) -> dict[str, str]:
    """What the endpoint is asked about."""
    return {
        "scope": options.scope,
        "alias": options.alias,
        "connection_name": options.connection_name,
        "registry_name": options.registry_name,
    }


def _held(options: Options) -> Held:
    """The secrets of the task, which the instance compares with what it stores."""
    if options.state != "present":
        return Held()
    attributes = dict.fromkeys(attribute.value for attribute in options.attributes if attribute.value)
    return Held(options.client_secret, tuple(attributes))
