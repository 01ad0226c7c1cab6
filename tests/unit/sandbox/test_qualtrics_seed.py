# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The seed's ``qualtrics:`` section: what is taken, and what the error says of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.qualtrics import SWITCHES, Cloud, SeedError
from sandbox.web import Clock, Request

ADMIN = {"user_id": "UR_1", "user_name": "admin", "last_name": "Admin", "email": "admin@acme.example"}


def brand(**more: Any) -> dict[str, Any]:
    """A brand, valid unless ``more`` spoils it."""
    return {"organization_id": "acme", "datacenter_id": "fra1", "users": [ADMIN], **more}


def client(**more: Any) -> dict[str, Any]:
    """An OAuth client, likewise."""
    return {"client_id": "c", "client_secret": "s-fake", "name": "C", **more}


def test_the_smallest_seeds_are_taken() -> None:
    assert Cloud({}, {}, Clock()).site("fra1.qualtrics.com") is not None
    assert Cloud({"brands": [brand()]}, {}, Clock()).brands["acme"].datacenter_id == "fra1"


def test_a_cloud_changes_nothing_in_its_seed() -> None:
    token = "sandboxAcmeToken00000000000000000000fake"
    seed = {"brands": [brand(users=[{**ADMIN, "api_token": token}])]}
    for _attempt in range(2):
        site = Cloud(seed, {}, Clock()).site("fra1.qualtrics.com")
        request = Request("POST", "fra1.qualtrics.com", "/API/v3/users/UR_1/apitoken", headers={"x-api-token": token})
        assert site.respond(request).status == 200
    assert seed["brands"][0]["users"][0]["api_token"] == token


def test_without_a_gateway_its_host_is_just_another() -> None:
    site = Cloud({}, {}, Clock()).site("oauth-gateway.qualtrics.com")
    assert site.respond(Request("POST", "oauth-gateway.qualtrics.com", "/register")).status == 404


@pytest.mark.parametrize(
    ("section", "says"),
    [
        (None, "qualtrics: "),
        ({"brand": []}, "qualtrics.brand: Extra inputs are not permitted"),
        (
            {"brands": [{"datacenter_id": "fra1", "users": [ADMIN]}]},
            "qualtrics.brands.0.organization_id: Field required",
        ),
        (
            {"brands": [brand(organization_id="Acme!")]},
            "qualtrics.brands.0.organization_id: String should match pattern",
        ),
        ({"brands": [brand(datacenter_id=1)]}, "qualtrics.brands.0.datacenter_id: Input should be a valid string"),
        ({"brands": [brand(users=[])]}, "qualtrics.brands.0.users: List should have at least 1 item"),
        (
            {"brands": [brand(users=[{**ADMIN, "api_token": "short"}])]},
            "qualtrics.brands.0.users.0.api_token: String should match",
        ),
        (
            {"brands": [brand(users=[{**ADMIN, "api_access": "yes"}])]},
            "qualtrics.brands.0.users.0.api_access: Input should be a valid boolean",
        ),
        ({"brands": [brand(users=[ADMIN, ADMIN])]}, "qualtrics.brands.0: Value error, user_id 'UR_1' is there twice"),
        (
            {"brands": [brand(oauth_clients=[client(user_id="UR_9")])]},
            "OAuth client c acts as UR_9, who is no user of this brand",
        ),
        (
            {"brands": [brand(directories=[{"directory_id": "POOL_x"}])]},
            "qualtrics.brands.0.directories.0.directory_id: String should match",
        ),
        (
            {
                "brands": [
                    brand(directories=[{"directory_id": f"POOL_00000000000000{n}", "is_default": True} for n in (1, 2)])
                ]
            },
            "more than one directory has is_default: true",
        ),
        ({"brands": [brand(), brand()]}, "organization_id 'acme' is there twice"),
        (
            {"brands": [brand(oauth_clients=[client()]), brand(organization_id="b", oauth_clients=[client()])]},
            "client_id 'c' is there twice",
        ),
        ({"brands": [brand(organization_id="fra1")]}, "'fra1' is an organization_id and a datacenter_id"),
        (
            {"registration_gateway": {"organization_id": "x", "initial_access_token": "fake"}},
            "registration_gateway: there is no brand 'x'",
        ),
    ],
)
def test_a_seed_that_does_not_fit_is_refused_by_place_and_reason(section: Any, says: str) -> None:
    with pytest.raises(SeedError) as refusal:
        Cloud(section, {}, Clock())
    assert says in str(refusal.value)


def test_every_place_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(SeedError) as refusal:
        Cloud({"brands": [{"organization_id": "Acme"}]}, {}, Clock())
    assert len(str(refusal.value).splitlines()) == 3


def test_each_switch_has_a_name_of_this_side_and_a_choice() -> None:
    for name, values in SWITCHES.items():
        assert name.startswith("qualtrics.")
        assert len(set(values)) == len(values) >= 2
