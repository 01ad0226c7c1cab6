# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The systems that the sandbox stands in for. Another one is another entry of `SYSTEMS`; nothing else names them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from . import qualtrics, servicenow
from .qualtrics.cloud import SUFFIX as QUALTRICS_SUFFIX
from .qualtrics.envelope import ApiError, failure
from .web import Clock, Request, Response, Site

Outbound = Callable[[Request], Response]
RATE_LIMIT_RULE = "fa4e000000000000000000000000fa4e"


class SeedError(ValueError):
    """The seed cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Refusal:
    """An error that a fault makes a system answer with. ``code`` and ``detail`` are for those whose envelope has room for them."""

    status: int
    message: str
    code: str = ""
    detail: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Sites(Protocol):
    """All sites of one system."""

    def site(self, host: str) -> Site | None:
        """What answers under ``host``, None for a host of others."""


@dataclass(frozen=True)
class System:
    """One system: the key of its seed, the end of its host names, its switches, and how it is made and refuses.

    ``make`` takes its part of the seed, the present switch values, the clock, and what answers the calls of its scripts; it raises
    `SeedError`. ``own_faults`` are the faults that only its sites can have, by kind. ``is_called_by_scripts`` says whether the
    scripts of other systems reach it. ``rate_limit_headers`` are sent with a 429 until the given time.
    """

    name: str
    suffix: str
    switches: Mapping[str, tuple[Any, ...]]
    make: Callable[[dict[str, Any], dict[str, Any], Clock, Outbound], Sites]
    refuse: Callable[[Refusal], Response]
    own_faults: Mapping[str, Callable[[Any, Request], Response]] = field(default_factory=dict)
    is_called_by_scripts: bool = False
    rate_limit_headers: Callable[[float], tuple[tuple[str, str], ...]] = lambda until: ()


def _make_servicenow(seed: dict[str, Any], behaviour: dict[str, Any], clock: Clock, outbound: Outbound) -> Sites:
    try:
        return servicenow.Farm(seed, behaviour, clock, outbound)
    except KeyError as error:
        raise SeedError(f"servicenow: the key {error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise SeedError(f"servicenow: {error}") from error


def _refuse_as_servicenow(refusal: Refusal) -> Response:
    error = {"message": refusal.message, "detail": refusal.detail}
    return Response.of_json(refusal.status, {"error": error, "status": "failure"}, *refusal.headers)


def _servicenow_rate_limit(until: float) -> tuple[tuple[str, str], ...]:
    return (("X-RateLimit-Limit", "100"), ("X-RateLimit-Reset", str(int(until))), ("X-RateLimit-Rule", RATE_LIMIT_RULE))


def _make_qualtrics(seed: dict[str, Any], behaviour: dict[str, Any], clock: Clock, outbound: Outbound) -> Sites:
    try:
        return qualtrics.Cloud(seed or {"brands": []}, behaviour, clock)
    except qualtrics.SeedError as error:
        raise SeedError(str(error)) from error


def _refuse_as_qualtrics(refusal: Refusal) -> Response:
    error = ApiError(HTTPStatus(refusal.status), refusal.message, refusal.code or None, *refusal.headers)
    return failure(error, str(uuid.uuid4()))


SERVICENOW = System(
    name="servicenow",
    suffix=".service-now.com",
    switches=servicenow.SWITCHES,
    make=_make_servicenow,
    refuse=_refuse_as_servicenow,
    own_faults={
        "stale_read": servicenow.Instance.respond_from_the_past,
        "token_expiry": servicenow.Instance.respond_without_tokens,
    },
    rate_limit_headers=_servicenow_rate_limit,
)
QUALTRICS = System(
    name="qualtrics",
    suffix=QUALTRICS_SUFFIX,
    switches=qualtrics.SWITCHES,
    make=_make_qualtrics,
    refuse=_refuse_as_qualtrics,
    is_called_by_scripts=True,
)
SYSTEMS = (SERVICENOW, QUALTRICS)
#: The faults that a system has by itself.
OWN_FAULTS = tuple(kind for system in SYSTEMS for kind in system.own_faults)

#: What a batch, one request made of several, is made of; only ServiceNow has them.
items_of, with_item = servicenow.items_of, servicenow.with_item


def system_of(host: str) -> System:
    """The system that ``host`` belongs to. Raises `StopIteration` for a host of none."""
    name = host.lower().partition(":")[0]
    return next(system for system in SYSTEMS if name.endswith(system.suffix))
