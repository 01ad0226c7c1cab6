# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Qualtrics' public API as far as the set-up of a spoke meets it: ``/API/v3`` (qualtrics 3-5)."""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from ..web import Request, Response
from . import envelope
from .envelope import ApiError
from .paging import page
from .seed import Brand, Directory, User

if TYPE_CHECKING:
    from .cloud import Cloud

#: Calls a brand may make in a minute on the routes that have a limit of their own (qualtrics 3).
ORGANIZATION_CALLS_PER_MINUTE = 5
#: Some time in the past, for the records' dates: milliseconds and text.
CREATED_MS = 1700000000000
CREATED = "2023-11-14T22:13:20Z"
#: The ids of former times that whoami can still state (ropensci/qualtRics 255, 273).
LEGACY_IDS = {"sjc1": "az1", "iad1": "co1", "fra1": "eu", "syd1": "au1"}
GOVERNMENT = "gov1"
DEDUPLICATION = {"email": True, "firstName": False, "lastName": False, "externalDataReference": False, "phone": False}


@dataclass(frozen=True)
class Caller:
    """Who asks: a user by API token (every scope), or a client's user by bearer; ``notice`` when the call was proxied."""

    brand: Brand
    user: User
    scopes: frozenset[str] | None = None
    notice: str | None = None


class Route(NamedTuple):
    """A path with one verb. ``scopes``: any one of them lets a bearer in; none means every bearer may."""

    method: str
    path: re.Pattern[str]
    scopes: tuple[str, ...]
    answer: Callable[..., dict[str, Any]]
    administrators_only: bool = False


class Api:
    """The API as one datacenter answers it; ``datacenter`` None is a host where nobody is known.

    ``is_brand_host`` says that the host names the brand alone, which may be answered otherwise than the datacenter's own.
    """

    def __init__(self, cloud: Cloud, datacenter: str | None, is_brand_host: bool = False) -> None:
        self._cloud = cloud
        self._datacenter = datacenter
        self._is_brand_host = is_brand_host
        self._organization_calls: dict[str, deque[float]] = {}
        # The scope of each family is an inference from the scope list (qualtrics 2); whoami needs none ("permissions are per resource").
        self._routes = (
            _route("GET", "whoami", None, self._whoami),
            _route(
                "GET",
                "organizations/(?P<organization_id>[^/]+)",
                "organizations",
                self._organization,
                administrators_only=True,
            ),
            _route("GET", "users", "users", self._users),
            _route("GET", "users/(?P<user_id>[^/]+)/apitoken", "users", self._read_api_token, administrators_only=True),
            _route(
                "POST", "users/(?P<user_id>[^/]+)/apitoken", "users", self._make_api_token, administrators_only=True
            ),
            _route("GET", "directories", "directories", self._directories),
            _route("GET", "directories/(?P<directory_id>[^/]+)/mailinglists", "mailing_lists", self._mailing_lists),
        )

    def respond(self, request: Request) -> Response:
        """Answer one request. Raises ``ApiError``.

        A route that does not exist is a 404 for anybody; only then are the credentials looked at (qualtrics 1, 5).
        """
        # Client libraries write `//` and a trailing slash (qualtrics 7).
        path = re.sub("/+", "/", request.path).rstrip("/")
        for route in self._routes:
            match = route.path.fullmatch(path)
            if match and route.method == request.method:
                caller = self._caller(request)
                _authorize(caller, route)
                if caller.notice and route.method != "GET" and self._cloud.switches["proxied_write"] == "refuse":
                    raise ApiError(HTTPStatus.BAD_REQUEST, "The request was sent to the wrong datacenter.")
                result = route.answer(
                    caller, request, **{name: unquote(value) for name, value in match.groupdict().items()}
                )
                return envelope.success(result, self._cloud.request_id(), caller.notice)
        raise envelope.missing_resource()

    def _caller(self, request: Request) -> Caller:
        """Who asks. Every credential that is sent must be good; with both, the bearer names the caller. Raises ``ApiError``."""
        scheme, _separator, bearer = request.headers.get("authorization", "").partition(" ")
        api_token = request.headers.get("x-api-token", "").strip()
        by_api_token = self._caller_of_api_token(api_token) if api_token else None
        by_bearer = self._caller_of_bearer(bearer.strip()) if scheme.lower() == "bearer" else None
        caller = by_bearer or by_api_token
        if caller is None:
            raise ApiError(HTTPStatus.BAD_REQUEST, "Expected authorization in headers, but none provided.", "ATP_2")
        return caller

    def _caller_of_api_token(self, api_token: str) -> Caller:
        """An API token is good in every datacenter: from a wrong one the call is proxied, with a notice (qualtrics 5)."""
        owner = self._cloud.owner_of(api_token)
        if owner is None:
            raise ApiError(HTTPStatus.UNAUTHORIZED, "Unrecognized X-API-TOKEN.", "DCD_7")
        brand, user = owner
        is_apart = (brand.datacenter_id == GOVERNMENT) != (self._datacenter == GOVERNMENT)
        if is_apart and self._cloud.switches["government"] == "apart":
            raise ApiError(HTTPStatus.UNAUTHORIZED, "Unrecognized X-API-TOKEN.", "DCD_7")
        notice = None
        if brand.datacenter_id != self._datacenter or self._is_proxied:
            notice = f"Request proxied. For faster response times, use this host instead: {brand.datacenter_id}.qualtrics.com"
        return Caller(brand, user, notice=notice)

    def _caller_of_bearer(self, bearer: str) -> Caller:
        """A bearer is good in its own datacenter only, and while its client exists (qualtrics 2, 5)."""
        token = self._cloud.access_tokens.get(bearer)
        if (
            token is None
            or token.expires_at <= self._cloud.clock.now()
            or token.client.client_id not in self._cloud.clients
        ):
            raise ApiError(HTTPStatus.UNAUTHORIZED, "invalid_client", "AUTH_6.0")
        if token.brand.datacenter_id != self._datacenter or self._refuses_bearers:
            if self._cloud.switches["wrong_datacenter_bearer"] == "DCD_7":
                raise ApiError(HTTPStatus.UNAUTHORIZED, "Unrecognized X-API-TOKEN.", "DCD_7")
            raise ApiError(HTTPStatus.UNAUTHORIZED, "invalid_client", "AUTH_6.0")
        user = token.brand.user(token.client.user_id)
        assert user is not None, "the seed's check has seen to it"
        return Caller(token.brand, user, token.scopes)

    @property
    def _is_proxied(self) -> bool:
        return self._is_brand_host and self._cloud.switches["brand_host"] == "proxies"

    @property
    def _refuses_bearers(self) -> bool:
        """OAuth tokens do not cross datacenters, so that what is proxied refuses them as well (qualtrics 5)."""
        return self._is_brand_host and self._cloud.switches["brand_host"] in ("proxies", "refuses_bearers")

    def _whoami(self, caller: Caller, request: Request) -> dict[str, Any]:
        user = caller.user
        result = {
            "brandId": caller.brand.organization_id,
            "userId": user.user_id,
            "userName": user.user_name,
            "accountType": user.account_type,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "email": user.email,
        }
        stated = self._cloud.switches["whoami_datacenter"]
        datacenter = caller.brand.datacenter_id
        if stated:
            result["datacenter"] = LEGACY_IDS.get(datacenter, datacenter) if stated == "legacy" else datacenter
        return result

    def _organization(self, caller: Caller, request: Request, organization_id: str) -> dict[str, Any]:
        brand = caller.brand
        self._spend_organization_call(brand)
        if organization_id != brand.organization_id:
            raise envelope.missing_resource()
        return {
            "id": brand.organization_id,
            "name": brand.name or brand.organization_id,
            "baseUrl": f"https://{brand.organization_id}.{brand.datacenter_id}.qualtrics.com",
            "type": "Enterprise",
            "status": "Active",
            "creationDate": CREATED,
            "expirationDate": None,
            "stats": {
                "responseCounts": {},
                "surveyCounts": {"totalSurveys": 0, "activeSurveys": 0},
                "loginActivity": {"totalUsers": len(brand.users)},
            },
        }

    def _spend_organization_call(self, brand: Brand) -> None:
        now = self._cloud.clock.now()
        calls = self._organization_calls.setdefault(brand.organization_id, deque(maxlen=ORGANIZATION_CALLS_PER_MINUTE))
        if len(calls) == ORGANIZATION_CALLS_PER_MINUTE and now - calls[0] < 60:
            retry_after = ("Retry-After", str(int(60 - (now - calls[0])) + 1))
            raise ApiError(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests.", None, retry_after)
        calls.append(now)

    def _users(self, caller: Caller, request: Request) -> dict[str, Any]:
        """Paged by the legacy ``offset``, as the client library from npm reads it (qualtrics 4)."""
        rows = [
            {
                "id": user.user_id,
                "username": user.user_name,
                "firstName": user.first_name,
                "lastName": user.last_name,
                "email": user.email,
                "userType": user.account_type,
            }
            for user in caller.brand.users
        ]
        return self._page(request, rows, "offset")

    def _read_api_token(self, caller: Caller, request: Request, user_id: str) -> dict[str, Any]:
        self._check_may_see_api_tokens(caller)
        user = _user(caller, user_id)
        if user.api_token is None:
            raise ApiError(HTTPStatus.BAD_REQUEST, "The user does not have an API token.")
        return {"apiToken": user.api_token}

    def _make_api_token(self, caller: Caller, request: Request, user_id: str) -> dict[str, Any]:
        """A new token; the one before is void from now on (qualtrics 3)."""
        self._check_may_see_api_tokens(caller)
        user = _user(caller, user_id)
        if user.api_token is not None and self._cloud.switches["api_token_exists"] == "refuse":
            raise ApiError(HTTPStatus.BAD_REQUEST, "The user already has an API token.")
        user.api_token = new_api_token()
        return {"apiToken": user.api_token}

    def _check_may_see_api_tokens(self, caller: Caller) -> None:
        if caller.scopes is not None and not self._cloud.switches["api_token_by_bearer"]:
            raise ApiError(HTTPStatus.FORBIDDEN, "An access token is not enough for this.")

    def _directories(self, caller: Caller, request: Request) -> dict[str, Any]:
        switches = self._cloud.switches
        counted = switches["contact_count"] == "always" or request.args.get("includeCount") == "true"

        def row(directory: Directory) -> dict[str, Any]:
            element: dict[str, Any] = {
                "directoryId": directory.directory_id,
                "name": None if switches["directory_name"] == "null" else directory.name,
                "deduplicationCriteria": DEDUPLICATION,
            }
            if counted:
                element["contactCount"] = directory.contact_count
            if switches["directory_default"] != "absent":
                element["isDefault"] = directory.is_default and switches["directory_default"] == "seeded"
            return element

        return self._page(request, [row(directory) for directory in caller.brand.directories], "skipToken")

    def _mailing_lists(self, caller: Caller, request: Request, directory_id: str) -> dict[str, Any]:
        directory = next((found for found in caller.brand.directories if found.directory_id == directory_id), None)
        if directory is None:
            raise envelope.missing_resource()
        rows = [
            {
                "mailingListId": mailing_list.mailing_list_id,
                "name": mailing_list.name,
                "ownerId": caller.user.user_id,
                "lastModifiedDate": CREATED_MS,
                "creationDate": CREATED_MS,
                "contactCount": mailing_list.contact_count,
            }
            for mailing_list in directory.mailing_lists
        ]
        return self._page(request, rows, "skipToken")

    def _page(self, request: Request, rows: list[dict[str, Any]], scheme: str) -> dict[str, Any]:
        elements, next_page = page(request, rows, scheme)
        if next_page is None and self._cloud.switches["last_page"] == "absent":
            return {"elements": elements}
        return {"elements": elements, "nextPage": next_page}


def new_api_token() -> str:
    """An API token that nobody has yet."""
    return f"sandboxToken{secrets.token_hex(12)}fake"


def _route(
    method: str, path: str, family: str | None, answer: Callable[..., dict[str, Any]], administrators_only: bool = False
) -> Route:
    verb = "read" if method == "GET" else "write"
    scopes = (f"{verb}:{family}", f"manage:{family}", "manage:all") if family else ()
    return Route(method, re.compile(f"/API/v3/{path}"), scopes, answer, administrators_only)


def _authorize(caller: Caller, route: Route) -> None:
    """Let the caller pass or raise a 403. That it is a 403 is known, its message and code are not (qualtrics 9): the words are ours."""
    if not caller.user.api_access:
        raise ApiError(HTTPStatus.FORBIDDEN, "The user lacks the permission Access API.")
    if caller.scopes is not None and route.scopes and caller.scopes.isdisjoint(route.scopes):
        raise ApiError(
            HTTPStatus.FORBIDDEN,
            f"The access token is missing one of the following required scopes: {', '.join(route.scopes)}",
        )
    if route.administrators_only and not caller.user.brand_administrator:
        raise ApiError(HTTPStatus.FORBIDDEN, "Only a brand administrator may do this.")


def _user(caller: Caller, user_id: str) -> User:
    user = caller.brand.user(user_id)
    if user is None:
        raise envelope.missing_resource()
    return user
