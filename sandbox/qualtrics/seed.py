# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The seed's ``qualtrics:`` section: what there is at start, checked, as the objects the sandbox then works on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from authlib.oauth2.rfc6749 import ClientMixin
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

#: What can stand as one label of a host name (qualtrics 5: ``^[a-z0-9-]+$``).
HostLabel = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
#: Client libraries insist on 40 characters (qualtrics 3) and on 20 and 18 for the two kinds of id (qualtrics 4).
ApiToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{40}$")]
DirectoryId = Annotated[str, Field(pattern=r"^POOL_[A-Za-z0-9]{15}$")]
MailingListId = Annotated[str, Field(pattern=r"^CG_[A-Za-z0-9]{15}$")]


class SeedError(ValueError):
    """The seed is not usable; the message names each place and what is wrong there."""


class Part(BaseModel):
    """One mapping of the seed. A key nobody reads is a mistake, not a comment."""

    model_config = ConfigDict(extra="forbid", strict=True)


class User(Part):
    """A person of a brand, with at most one API token."""

    user_id: str
    user_name: str
    first_name: str = "Sandbox"
    last_name: str
    email: str
    account_type: str = "UT_BRANDADMIN"
    brand_administrator: bool = True
    api_access: bool = True
    api_token: ApiToken | None = None


class OAuthClient(Part, ClientMixin):
    """An OAuth client as the OAuth Client Manager page makes it, acting as ``user_id`` (default: the brand's first user)."""

    client_id: str
    client_secret: str
    name: str
    scope: str = "manage:all"
    grant_types: list[str] = ["client_credentials"]
    user_id: str | None = None

    def get_client_id(self) -> str:
        """The client's id, for the OAuth library."""
        return self.client_id

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether ``client_secret`` is this client's."""
        return client_secret == self.client_secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether the client may authenticate so; which methods there are is the endpoint's business."""
        return True

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may use this grant."""
        return grant_type in self.grant_types


class MailingList(Part):
    """A mailing list of a directory."""

    mailing_list_id: MailingListId
    name: str
    contact_count: int = 0


class Directory(Part):
    """An XM Directory."""

    directory_id: DirectoryId
    name: str | None = None
    is_default: bool = False
    contact_count: int = 0
    mailing_lists: list[MailingList] = []


class Brand(Part):
    """One customer: its Organization ID, where it lives and what it has."""

    organization_id: HostLabel
    datacenter_id: HostLabel
    name: str | None = None
    users: Annotated[list[User], Field(min_length=1)]
    oauth_clients: list[OAuthClient] = []
    directories: list[Directory] = []

    def user(self, user_id: str | None) -> User | None:
        """The user of that id; of ``None`` the first one."""
        if user_id is None:
            return self.users[0]
        return next((user for user in self.users if user.user_id == user_id), None)

    @model_validator(mode="after")
    def _consistent(self) -> Brand:
        _refuse_twice("user_id", (user.user_id for user in self.users))
        _refuse_twice("directory_id", (directory.directory_id for directory in self.directories))
        if sum(directory.is_default for directory in self.directories) > 1:
            raise ValueError("more than one directory has is_default: true")
        for client in self.oauth_clients:
            if self.user(client.user_id) is None:
                raise ValueError(
                    f"OAuth client {client.client_id} acts as {client.user_id}, who is no user of this brand"
                )
        return self


class RegistrationGateway(Part):
    """A site's own registration service before one brand (not a Qualtrics API)."""

    organization_id: HostLabel
    initial_access_token: str


class Seed(Part):
    """The whole section."""

    brands: list[Brand] = []
    registration_gateway: RegistrationGateway | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Seed:
        _refuse_twice("organization_id", (brand.organization_id for brand in self.brands))
        _refuse_twice("api_token", (user.api_token for brand in self.brands for user in brand.users if user.api_token))
        _refuse_twice("client_id", (client.client_id for brand in self.brands for client in brand.oauth_clients))
        both = {brand.organization_id for brand in self.brands} & {brand.datacenter_id for brand in self.brands}
        if both:
            raise ValueError(
                f"{both.pop()!r} is an organization_id and a datacenter_id, so its host would be ambiguous"
            )
        gateway = self.registration_gateway
        if gateway and gateway.organization_id not in {brand.organization_id for brand in self.brands}:
            raise ValueError(f"registration_gateway: there is no brand {gateway.organization_id!r}")
        return self


def load(section: Any) -> Seed:
    """The seed's ``qualtrics:`` section as objects of its own. Raises ``SeedError`` when it does not fit."""
    try:
        return Seed.model_validate(section)
    except ValidationError as error:
        lines = (
            f"{'.'.join(['qualtrics', *map(str, problem['loc'])])}: {problem['msg']}" for problem in error.errors()
        )
        raise SeedError("\n".join(lines)) from None


def _refuse_twice(what: str, values: Iterator[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{what} {value!r} is there twice")
        seen.add(value)
