# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Which setup endpoint on an instance is ours: found and compared with what this collection ships, in one request.

Whoever may make a Scripted REST API can give it our API ID, so neither the ID nor the path says who answers. The
scripts do. Between this look and the calls that follow somebody could still change them; docs/security.md says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    Ambiguous,
    Outdated,
    RecordMissing,
    UnexpectedAnswer,
    Untrusted,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.digests import CURRENT, EARLIER
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.applications import GLOBAL
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import Conditions
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.addresses import base_paths_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.web_service.tables import (
    ACL,
    ADDRESSES,
    MEDIA_COLUMNS,
    OPERATION,
    SCRIPT,
    media_types_in,
)

SERVICE_ID = "spoke_connection_setup"
DEFINITION = "web_service_definition"
# What has to hold of each operation, and of the API that it belongs to.
OPERATION_FLAGS = {
    "active": "true",
    "requires_authentication": "true",
    "requires_acl_authorization": "true",
    "requires_snc_internal_role": "true",
    "web_service_version": "",
}
API_FLAGS = {"active": "true", "is_versioned": "false"}
# "Scripted REST External Default", the same on every instance: which access controls decide who may call.
DEFAULT_ACL = "cf9d01d3e73003009d6247e603f6a990"
# An operation that does not take and give JSON answers nothing that this collection sends.
MEDIA_TYPE = "application/json"
OPERATION_FIELDS = (
    "http_method",
    "relative_path",
    *ADDRESSES,
    SCRIPT,
    *OPERATION_FLAGS,
    ACL,
    *MEDIA_COLUMNS,
    "sys_updated_by",
    "sys_updated_on",
)
API_FIELDS = (
    *("service_id", "base_uri", "sys_scope", "sys_scope.scope", "namespace", "sys_created_on"),
    *(*API_FLAGS, ACL),
    *("sys_updated_by", "sys_updated_on"),
)
FIELDS = (*OPERATION_FIELDS, DEFINITION, *(f"{DEFINITION}.{name}" for name in API_FIELDS))
REINSTALL = "Run the playbook snow_ops.spokes.setup_endpoint"
ROLES = (
    "Give the account a role that reads sys_ws_operation with its scripts (web_service_admin, or admin); or set route "
    "to records; or, if you vouch for what is installed at endpoint_path, set endpoint_trust to path"
)


@dataclass(frozen=True)
class Api:
    """A Scripted REST API with the endpoint's ID: its ``operations`` as read."""

    sys_id: str
    operations: tuple[Row, ...]

    def __getitem__(self, name: str) -> str:
        return self.operations[0][f"{DEFINITION}.{name}"]

    @property
    def path(self) -> str:
        """Its base path, empty while the platform has not filled it in."""
        return self["base_uri"].rstrip("/")

    @property
    def scope(self) -> str:
        """The application that it belongs to."""
        return self["sys_scope.scope"] or self["sys_scope"]

    @property
    def changed(self) -> str:
        """Who changed its definition last, and when."""
        return _changed(self)

    @property
    def claimed_path(self) -> str:
        """The base path that the operations say, as far as all of them that say one agree; else the definition's."""
        paths = base_paths_of(self.operations)
        return paths.pop() if len(paths) == 1 else self.path

    @property
    def scripts(self) -> dict[str, str]:
        """The digest of each operation's script, by method and path."""
        return {key_of(row): script_digest(row[SCRIPT]) for row in self.operations}

    @property
    def digest(self) -> str:
        """One digest over everything that is compared."""
        flags = {key_of(row): [row[name] for name in OPERATION_FLAGS] for row in self.operations}
        lines = sorted(f"{key} {digest} {' '.join(flags[key])}" for key, digest in self.scripts.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def key_of(operation: Mapping[str, str]) -> str:
    """The method and path of an operation."""
    return f"{operation['http_method']} /{operation['relative_path'].strip('/')}"


def script_digest(script: str) -> str:
    """The SHA-256 of ``script``; line endings and white space at the ends of lines and of the text, which storing can
    change, do not count.
    """
    lines = (line.rstrip() for line in script.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return hashlib.sha256("\n".join(lines).rstrip().encode("utf-8", "surrogatepass")).hexdigest()


def find_trusted(instance: Instance, path: str) -> Api | None:
    """The setup endpoint that this collection ships, at ``path`` if given; None where nothing has its ID.

    Raises `AccessDenied` where the account may not read the scripts, `Untrusted` and `Outdated` for anything else that
    has the ID or path, `RecordMissing` where it has no path yet, and `Ambiguous`.
    """
    service_id = path.rstrip("/").rpartition("/")[2] if path else SERVICE_ID
    found = _find(instance, service_id)
    apis = [api for api in found if api["service_id"] == service_id]
    named = [api for api in apis if api.path == path.rstrip("/")] if path else apis
    own = [api for api in named if api["sys_scope"] == GLOBAL]
    if not own:
        if named:
            raise _foreign(instance, named[0])
        return None
    if len(own) > 1:
        listed = ", ".join(f"{api.path} ({api.sys_id})" for api in own)
        advice = "Find out who made the other one and remove it, or name the path of the right one in endpoint_path"
        raise Ambiguous("There is more than one setup endpoint", _where(instance, own[0]), listed, advice)
    _check(instance, own[0], found)
    return own[0]


def _find(instance: Instance, service_id: str) -> list[Api]:
    """The APIs with that ID, and all that have an operation whose address contains it."""
    conditions: Conditions = {f"{DEFINITION}.service_id": service_id}
    try:
        try:
            rows = instance.find(OPERATION, conditions, FIELDS, dict.fromkeys(ADDRESSES, f"/{service_id}/"))
        except UnexpectedAnswer:
            # Where query ACLs forbid to look for a part of a column, others that claim the path are not seen
            # (docs/security.md).
            rows = instance.find(OPERATION, conditions, FIELDS)
    except AccessDenied as error:
        what = (
            "The account may not read the scripts of the setup endpoint, so that nothing says who would get the secrets"
        )
        raise AccessDenied(what, error.where, error.why or error.what, ROLES, error.request_id) from None
    by_definition: dict[str, list[Row]] = {}
    for row in rows:
        by_definition.setdefault(row[DEFINITION], []).append(row)
    return [Api(sys_id, tuple(found)) for sys_id, found in by_definition.items()]


def _check(instance: Instance, api: Api, others: list[Api]) -> None:
    """Raise what keeps ``api`` from being trusted; ``others`` may hold it too."""
    problems = [*_problems_of_api(api), *_problems_with(api, [other for other in others if other is not api])]
    version = next((name for name, scripts in EARLIER.items() if scripts == api.scripts), "")
    if version:
        raise Outdated(
            f"The setup endpoint on the instance is that of an earlier release (version {version})",
            _where(instance, api),
            advice=f"{REINSTALL}, or set route to records",
        )
    if problems:
        raise Untrusted(
            "The setup endpoint on the instance is not the one that this collection installs; nothing was sent to it",
            _where(instance, api),
            "; ".join(problems),
            f"{REINSTALL} with --check --diff to see the difference, and without to put it right; or set route to "
            "records. If it was made by the account that installs, that account lacks the role "
            "snc_required_script_writer_permission, without which scripts are not stored (Scripting Governance, "
            "since Zurich); if nobody can explain it, treat it as an attack",
        )
    if not api.path:
        raise RecordMissing(
            "The setup endpoint on the instance has no base path",
            f"instance {instance.host}, table sys_ws_definition, record {api.sys_id}, field base_uri",
            "The platform fills it in when the record is saved, which an update set does not do",
            "Open the record, change its description and press Update, or make the update set with NAMESPACE",
        )


def _problems_of_api(api: Api) -> list[str]:
    """How an API and its operations differ from what is shipped."""
    problems = [
        f"its {name} is {api[name]!r}, {api.changed}"
        for name, value in API_FLAGS.items()
        if (api[name] or "false") != value
    ]
    if not has_default_acl(api[ACL]):
        problems.append(f"its {ACL} is {api[ACL]!r}, {api.changed}")
    if api.path and api.claimed_path != api.path:
        # Where it follows from the rest of the definition, either can be the one that was changed.
        is_derived = api.path == f"/api/{api['namespace']}/{api['service_id']}"
        others_changed = f", {_changed(api.operations[0])}" if is_derived else ""
        problems.append(
            f"its base_uri is {api.path!r}, {api.changed}, while its operations answer below "
            f"{api.claimed_path!r}{others_changed}"
        )
    for row in api.operations:
        problems += _problems_of(row, api)
    return problems + [f"{key} is missing" for key in CURRENT if key not in api.scripts]


def _problems_with(api: Api, others: list[Api]) -> list[str]:
    """How ``others`` are in the way of ``api``."""
    problems = [
        f"another API ({other.sys_id}) has the same path, {other.changed}" for other in others if other.path == api.path
    ]
    for other in others:
        for row in other.operations:
            problems += _claims_of(row, api)
    return problems


def _problems_of(row: Row, api: Api) -> list[str]:
    """How an operation differs from what is shipped."""
    key, who = key_of(row), _changed(row)
    if key not in CURRENT:
        return [f"{key} is not part of it, {who}"]
    if [key_of(other) for other in api.operations].count(key) > 1:
        return [f"{key} is there more than once, {who}"]
    problems = []
    if not row[SCRIPT].strip():
        problems.append(f"{key} has no script, {who}")
    elif script_digest(row[SCRIPT]) != CURRENT[key]:
        problems.append(f"the script of {key} is a different one, {who}")
    problems += [
        f"{name} of {key} is {row[name]!r}, {who}" for name, value in OPERATION_FLAGS.items() if row[name] != value
    ]
    if not has_default_acl(row[ACL]):
        problems.append(f"{ACL} of {key} is {row[ACL]!r}, {who}")
    problems += [f"{name} of {key} is {row[name]!r}, {who}" for name in MEDIA_COLUMNS if not is_for_json(row[name])]
    address = api.claimed_path + "/" + row["relative_path"].strip("/")
    if api.path and any(row[name].rstrip("/") not in ("", address) for name in ADDRESSES):
        problems.append(f"{key} answers at another path, {who}")
    return problems


def _changed(record: Row | Api) -> str:
    """Who changed a record last, and when."""
    return f"changed by {record['sys_updated_by']} on {record['sys_updated_on']} UTC"


def has_default_acl(acls: str) -> bool:
    """Whether a list of access controls is the platform's default."""
    return acls.split(",") == [DEFAULT_ACL]


def is_for_json(media_types: str) -> bool:
    """Whether JSON is among the media types of a column."""
    return MEDIA_TYPE in media_types_in(media_types)


def _address_of(row: Row, api: Api) -> str:
    return api.path + "/" + row["relative_path"].strip("/")


def _claims_of(row: Row, api: Api) -> list[str]:
    """What to say of an operation of another API that claims the address of one of ours, a parameter of its path
    included.
    """
    for name in ADDRESSES:
        pattern = re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(row[name].rstrip("/")))
        for own in api.operations:
            if api.path and re.fullmatch(pattern, _address_of(own, api), re.IGNORECASE):
                return [
                    f"an operation of another API ({row['sys_id']}) claims the path of {key_of(own)}, {_changed(row)}"
                ]
    return []


def _foreign(instance: Instance, api: Api) -> Untrusted:
    return Untrusted(
        f"A Scripted REST API of the application {api.scope} has the ID of the setup endpoint; it is not ours and "
        "was sent nothing",
        _where(instance, api),
        f"The setup endpoint belongs to the global scope; this one was {api.changed}",
        f"Find out who made it and why. {REINSTALL} for the right one, or set route to records",
    )


def _where(instance: Instance, api: Api) -> str:
    return f"instance {instance.host}, table sys_ws_definition, record {api.sys_id}, {api.path or 'without path'}"
