# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of qualtrics_oauth_client: prove a client, or say how an administrator makes one (qualtrics 1, 2, 8).

Qualtrics publishes no API to manage OAuth clients. Registration by RFC 7591 / RFC 7592 is for sites that put such a
service of their own before Qualtrics; it is used only when its address is given.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    InputError,
    LoginError,
    ManualStepNeeded,
    SpokesError,
    clause,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Credential
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.account import describe_account, of_account
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.home import Home
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import DOMAIN
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.options import (
    AccountOptions,
    Client,
    hides_unproven,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.proof import prove
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.registration import (
    Registration,
    RegistrationOptions,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget


@dataclass(frozen=True)
class Options:
    """The options of qualtrics_oauth_client. ``is_half_given`` says that the client's id came without its
    secret, or the other way round; ``reads_account`` that the Qualtrics IDs of the API token are read as well.
    """

    account: AccountOptions
    registration: RegistrationOptions
    is_absent: bool
    reads_account: bool
    client_id: str
    is_half_given: bool

    @property
    def registers(self) -> bool:
        """Whether a registration service is to make, change or remove the client."""
        return bool(self.registration.registration_url or self.registration.client_uri)

    def belonging_to(self, home: Home) -> Options:
        """The same for a client that has to belong to the account at ``home``."""
        account = replace(
            self.account,
            target=home.target,
            api_token_organization=home.target.organization_id,
            connection_url=self.account.connection_url_of(home.target.organization_id),
        )
        return replace(self, account=account)


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets, budget: Budget | None = None) -> dict[str, Any]:
    """Make sure that the OAuth client of ``params`` (the module's options) exists and works; return the result.

    ``budget`` is that of the task where it talks to somebody else as well.
    """
    budget = budget or Budget()
    with hides_unproven(params, secrets):
        options = read_options(params, secrets)
        if options.reads_account:
            return _client_and_account(options, params, check_mode, secrets, budget)
        return _client(options, check_mode, secrets, budget)


def check(params: dict[str, Any], secrets: Secrets) -> None:
    """Raise `InputError` for options that cannot work, without sending anything."""
    with hides_unproven(params, secrets):
        read_options(params, secrets)


def read_options(params: dict[str, Any], secrets: Secrets) -> Options:
    """The options of a task. Raises `InputError` for what cannot work, before anything is sent."""
    if not params["read_account"]:
        # The environment may give one for other tasks.
        params = {**params, "directory_id": None}
    options = Options(
        account=AccountOptions.read(params, secrets),
        registration=RegistrationOptions.read(params),
        is_absent=params["state"] == "absent",
        reads_account=params["read_account"],
        client_id=params.get("client_id") or "",
        is_half_given=bool(params.get("client_id")) != bool(params.get("client_secret")),
    )
    registration = options.registration
    if not registration.name.strip():
        raise InputError("name is empty", advice="Give the client's name")
    if not registration.scopes:
        raise InputError("scopes is empty", advice="Give the scopes that the client needs, such as manage:all")
    if options.reads_account:
        _check_reads_account(options)
    is_new = not options.is_absent and options.registers and not registration.client_uri
    if is_new and not options.account.target.datacenter_id:
        raise InputError("datacenter_id is not given", advice="Give it: the new client is tried out there")
    return options


def _check_reads_account(options: Options) -> None:
    if options.is_absent or options.registers:
        raise InputError(
            "read_account does not go with state absent, registration_url and registration_client_uri",
            why="It is for a client that exists; beside it nothing is written",
            advice="Read the account in a task of its own, with qualtrics_account_info",
        )
    if options.account.api_token_organization:
        raise InputError(
            "read_account does not go with api_token_organization_id",
            why="The organization of the API token is read",
            advice="Leave api_token_organization_id out, or give organization_id",
        )
    if options.is_half_given:
        raise _half_given()


def _half_given() -> InputError:
    return InputError(
        "client_id and client_secret go together",
        advice="Give both, or neither to be told how to create the client",
    )


def _client_and_account(
    options: Options, params: dict[str, Any], check_mode: bool, secrets: Secrets, budget: Budget
) -> dict[str, Any]:
    """The account's Qualtrics IDs, and its client. Where only the client is not as it should be, the failure says whose
    it should be.
    """
    owner: Home | None = None

    def use(home: Home, credential: Credential) -> dict[str, Any]:
        nonlocal owner
        with ThreadPoolExecutor(max_workers=1) as beside:
            proof = beside.submit(_client, options.belonging_to(home), check_mode, secrets, budget)
            account = describe_account(home, credential, options.account, budget)
        owner = home
        return {**account, **proof.result()}

    try:
        with hides_unproven(params, secrets):
            return of_account(options.account, secrets, budget, use)
    except SpokesError as error:
        if owner is None:
            raise
        _explain(error, owner, options.account)
        return {**owner.target._asdict(), **error.as_result(secrets.excerpt), "failed": True}


def _explain(error: SpokesError, home: Home, account: AccountOptions) -> None:
    """Add to ``error`` that a client refused at a datacenter which nobody gave may be that of another organization."""
    if isinstance(error, LoginError) and not account.target.datacenter_id:
        owner = f"The datacenter is that of the API token's organization, {home.target.organization_id}"
        error.why = f"{clause(error.why)}. {owner}; a client of another one is not known there"


def _client(options: Options, check_mode: bool, secrets: Secrets, budget: Budget) -> dict[str, Any]:
    client = options.account.client
    if options.is_absent:
        if not options.registers:
            raise _no_public_api("delete", options)
        return _registration(options, secrets, budget).remove(check_mode)
    if options.registers and client is None:
        return _registered(options, check_mode, secrets, budget)
    if options.is_half_given:
        raise _half_given()
    if client is None:
        raise _no_public_api("create", options)
    result: dict[str, Any] = {"changed": False, "diff": [], "warnings": []}
    if options.registration.client_uri:
        result.update(_registration(options, secrets, budget).ensure(check_mode))
    elif options.registration.registration_url:
        warning = "registration_url was not used: client_id and client_secret are those of a client that exists"
        result["warnings"].append(warning)
    return _with_proof(result, prove(options.account, client, secrets, budget))


def _registration(options: Options, secrets: Secrets, budget: Budget) -> Registration:
    return Registration(options.registration, options.account.access, secrets, budget)


def _registered(options: Options, check_mode: bool, secrets: Secrets, budget: Budget) -> dict[str, Any]:
    """Register a client, or bring a registered one up to date, and prove it once it is known."""
    result = _registration(options, secrets, budget).ensure(check_mode)
    made = result.get("registration") or {}
    if made.get("client_secret"):
        scopes, token_url = options.registration.scopes, options.account.token_url
        client = Client(made["client_id"], made["client_secret"], scopes, token_url)
        # Not registered among the secrets to mask: the hidden result is how its caller gets it.
        return _with_proof(result, prove(options.account, client, Secrets(), budget))
    return result


def _with_proof(result: dict[str, Any], proof: dict[str, Any]) -> dict[str, Any]:
    return {**result, **proof, "warnings": [*result.get("warnings", []), *proof["warnings"]]}


def _no_public_api(verb: str, options: Options) -> ManualStepNeeded:
    """The click that is left, spelled out with the values to enter."""
    labels = [label for label in options.account.target if label]
    name, scopes = options.registration.name, options.registration.scopes
    page = f"https://{'.'.join([*labels, DOMAIN])}/admin/oauth-client-manager"
    if verb == "delete":
        return ManualStepNeeded(
            "An OAuth client can be deleted in Qualtrics by hand only",
            page,
            "Qualtrics publishes no API for it",
            f"Open {page} and delete the client {options.client_id or name}",
        )
    return ManualStepNeeded(
        "There is no OAuth client yet, and it can be created in Qualtrics by hand only",
        page,
        "Qualtrics publishes no API for it",
        f"Open {page} as a brand administrator, press Create client, enter Client Name {name!r}, Scopes "
        f"{', '.join(scopes)}, Grant Type Client Credentials; then store Client ID and Client Secret, which "
        "may be shown only once, in your vault, give them as client_id and client_secret (QUALTRICS_CLIENT_ID, "
        "QUALTRICS_CLIENT_SECRET), and run again",
    )
