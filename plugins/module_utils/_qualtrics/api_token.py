# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Reading a user's API token with an OAuth client, and having a new one made (qualtrics 3)."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    InputError,
    LoginError,
    Mismatch,
    OutcomeUnknown,
    RecordMissing,
    SpokesError,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Credential
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import Identity, Qualtrics
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.home import find_home, host_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import Target
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.options import (
    AccountOptions,
    Client,
    hides_unproven,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.token_endpoint import fetch_token
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.urls import API_PATH, token_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget

BY_HAND = "copy the token from Account Settings > Qualtrics IDs > API and give it as api_token (QUALTRICS_API_TOKEN)"
WHO_MAY_READ = (
    "The user that the OAuth client acts as has to be a brand administrator, and the client needs the scope manage:all;"
    f" or else {BY_HAND}"
)
VOID = (
    "The API token from before becomes void at once, for everything that uses it: "
    "other instances, reports, integrations"
)
COPY_DATACENTER = "Copy the Datacenter ID from Account Settings > Qualtrics IDs"
NOT_NAMED = "An OAuth client is known at its own datacenter only, and without an API token Qualtrics does not name that"
NAMED_NO_MORE = (
    "A further run has to find the OAuth client when the API token of this one is void and names no datacenter any more"
)
READ_AGAIN = (
    "Run again with the same api_token: the token that is valid then is read, and no second one is made as long as "
    "api_token is the one from before"
)


class Asker(NamedTuple):
    """Qualtrics' API at the organization's own datacenter, and whom the credential belongs to."""

    api: Qualtrics
    credential: Credential
    identity: Identity
    home: Target


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Return a user's API token; with ``new_api_token``, have a new one made in the place of the one that is given."""
    with hides_unproven(params, secrets):
        return _token(params, check_mode, secrets)


def _token(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    options = AccountOptions.read(params, secrets)
    if options.client is None:
        raise InputError(
            "client_id and client_secret are not given",
            why="An API token cannot settle what became of a request that makes it void",
            advice="Give those of an OAuth client of a brand administrator",
        )
    if not options.target.datacenter_id:
        # A token would name it, but only as long as it is valid.
        raise InputError(
            "datacenter_id is not given",
            why=NAMED_NO_MORE if options.api_token else NOT_NAMED,
            advice=COPY_DATACENTER,
        )
    require_hidden_output(secrets)
    budget = Budget()
    asker = as_client(options, options.client, secrets, budget)
    owner = _owner(options, budget)
    if owner and owner.organization_id != asker.identity.organization_id:
        raise _two_organizations(asker, owner)
    user_id = (owner or asker.identity).user_id
    current = _readable(asker, user_id)
    result = {"changed": False, "diff": [], "warnings": [], "user_id": user_id, **asker.home._asdict()}
    if not params["new_api_token"] or not _is_new_due(options, current, user_id):
        return dict(result, **_shown(current, options, asker, user_id))
    result.update(changed=True, diff=[_difference(user_id, current)], warnings=[VOID] if current else [])
    if check_mode:
        return result
    made = _made(asker, user_id, current)
    _prove(made, asker, options, budget, secrets)
    return dict(result, api_token=made)


def no_credential() -> InputError:
    """What to say where a task has neither an API token nor an OAuth client."""
    return InputError(
        "api_token is not given",
        why="It is empty, and so is the environment variable QUALTRICS_API_TOKEN",
        advice="Copy the token from Account Settings > Qualtrics IDs > API and give it as api_token; or give "
        "client_id, client_secret and datacenter_id of an OAuth client of a brand administrator, with which it is read",
    )


def require_hidden_output(secrets: Secrets) -> None:
    """Raise `InputError` unless the task's result, which carries a token, is hidden."""
    if not secrets.output_is_hidden:
        raise InputError(
            "The result would carry the API token",
            why="The task's output is not hidden; nothing was read",
            advice="Set no_log: true on the task and register the result; or give api_token",
        )


def api_at(host: str, credential: Credential, options: AccountOptions, budget: Budget) -> Qualtrics:
    """Qualtrics' API at a host."""
    return Qualtrics(f"https://{host}{API_PATH}", credential, options.access, budget)


def read_token_of_client(options: AccountOptions, client: Client, secrets: Secrets, budget: Budget) -> str:
    """The API token of the user that an OAuth client acts as; not among ``secrets``.

    Raises `RecordMissing` where there is none, `AccessDenied` and `LoginError` where the client may not read it.
    """
    asker = as_client(options, client, secrets, budget)
    token = _readable(asker, asker.identity.user_id)
    if token is None:
        raise _has_none(asker, asker.identity.user_id)
    return token


def as_client(options: AccountOptions, client: Client, secrets: Secrets, budget: Budget) -> Asker:
    """The API as an OAuth client sees it. Its datacenter has to be given: no notice names it to an OAuth token."""
    datacenter = options.target.datacenter_id
    if not datacenter:
        raise InputError(
            "datacenter_id is not given",
            why=NOT_NAMED,
            advice=f"{COPY_DATACENTER}, or give api_token",
        )
    token = fetch_token(client, client.token_url or token_url(datacenter), options.access, secrets, budget)
    credential = Credential.of_bearer(token["access_token"])
    api = api_at(host_of(datacenter), credential, options, budget)
    identity = api.whoami()
    brand = identity.organization_id
    expected = options.target.organization_id
    if expected and brand.lower() != expected:
        raise Mismatch(
            f"The OAuth client belongs to the organization {brand}, not to {expected}",
            f"Qualtrics {api.host}, /API/v3/whoami",
            advice="Use a client of that organization, or correct organization_id",
        )
    return Asker(api, credential, identity, Target(brand, datacenter))


def _owner(options: AccountOptions, budget: Budget) -> Identity | None:
    """Whose the given API token is; None without one, and where it is void already."""
    if not options.api_token:
        return None
    credential = Credential.of_api_token(options.api_token)
    try:
        return find_home(options.target, lambda host: api_at(host, credential, options, budget).whoami()).identity
    except LoginError:
        return None


def _readable(asker: Asker, user_id: str) -> str | None:
    """The user's API token, None where there is none. Raises what keeps it from being read, with the way on."""
    if not user_id:
        where = f"Qualtrics {asker.api.host}, /API/v3/whoami"
        raise UnexpectedAnswer("The answer to whoami does not name a user", where, advice="Check the host")
    try:
        return asker.api.read_api_token(user_id)
    except (AccessDenied, LoginError, RecordMissing) as error:
        raise AccessDenied(
            "The API token could not be read",
            error.where,
            ": ".join(part for part in (error.what, error.why) if part),
            WHO_MAY_READ,
            error.request_id,
        ) from error


def _is_new_due(options: AccountOptions, current: str | None, user_id: str) -> bool:
    """Whether to have a token made, which is asked for: only while the one to replace is valid, so never twice."""
    if current is not None and not options.api_token:
        raise InputError(
            "api_token is not given",
            why=f"{user_id} has an API token. Which one the new one is to replace has to be said, so that a second run "
            "does not replace the new one as well",
            advice="Give the token that is to be replaced as api_token",
        )
    return current is None or current == options.api_token


def _shown(current: str | None, options: AccountOptions, asker: Asker, user_id: str) -> dict[str, Any]:
    """The token for the result, unless it was given: that would come back masked, and could be stored so."""
    if current is None:
        raise RecordMissing(
            f"The user {user_id} has no API token",
            f"Qualtrics {asker.api.host}, /API/v3/users/{user_id}/apitoken",
            advice=f"Set new_api_token to true to have one made, or generate it: {BY_HAND}",
        )
    return {} if current == options.api_token else {"api_token": current}


def _has_none(asker: Asker, user_id: str) -> RecordMissing:
    return RecordMissing(
        f"The user {user_id}, whom the OAuth client acts as, has no API token",
        f"Qualtrics {asker.api.host}, /API/v3/users/{user_id}/apitoken",
        advice=f"Press Generate Token in Qualtrics, then {BY_HAND}; or have one made by qualtrics_api_token with "
        "new_api_token: true",
    )


def _difference(user_id: str, current: str | None) -> dict[str, Any]:
    header = f"API token of {user_id}"
    before = {"api_token": "the one from before"} if current else {}
    return {"before_header": header, "after_header": header, "before": before, "after": {"api_token": "a new one"}}


def _made(asker: Asker, user_id: str, current: str | None) -> str:
    """A new token. The request is sent once; a lost answer is settled by reading."""
    try:
        return asker.api.make_api_token(user_id)
    except OutcomeUnknown as lost:
        try:
            found = asker.api.read_api_token(user_id)
        except SpokesError as error:
            what = "The answer to the request for a new API token was lost, and which one is valid could not be read"
            raise OutcomeUnknown(what, lost.where, error.what, READ_AGAIN) from error
        if found is None or found == current:
            what = "The answer to the request for a new API token was lost, and none was made so far"
            raise OutcomeUnknown(what, lost.where, lost.why, READ_AGAIN) from lost
        return found


def _prove(made: str, asker: Asker, options: AccountOptions, budget: Budget, secrets: Secrets) -> None:
    """Use the new token once. Raises what is wrong with it, and where it can be found."""
    try:
        identity = api_at(asker.api.host, Credential.of_api_token(made), options, budget).whoami()
    except SpokesError as error:
        secrets.add(made)
        why = ": ".join(part for part in (error.what, error.why) if part)
        raise OutcomeUnknown("A new API token was made, and using it failed", error.where, why, READ_AGAIN) from error
    if identity.organization_id != asker.identity.organization_id:
        secrets.add(made)
        raise Mismatch("The new API token belongs to another organization", asker.api.host, advice="Check the host")


def _two_organizations(asker: Asker, owner: Identity) -> Mismatch:
    return Mismatch(
        f"The OAuth client belongs to the organization {asker.identity.organization_id}, the API token to "
        f"{owner.organization_id}",
        f"Qualtrics {asker.api.host}, /API/v3/whoami",
        advice="Use a client and a token of the same organization",
    )
