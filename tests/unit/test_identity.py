# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Which instance it is, however its address is spelt, and which organization a URL is of."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import AccessDenied
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import fit, is_own
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.ownership import (
    host_of,
    is_same_organization,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.identity import (
    canonical,
    read_identity,
)


class Properties:
    """What an instance says of its name; None where the account may not read it. ``asked`` counts."""

    def __init__(self, *values: str | None) -> None:
        self.values, self.asked = values, 0

    def find(self, table: str, conditions: dict[str, Any], fields: list[str]) -> list[dict[str, str]]:
        self.asked += 1
        if None in self.values:
            raise AccessDenied("closed")
        return [{"value": value or ""} for value in self.values]


@pytest.mark.parametrize(
    "address",
    [
        "acmedev.service-now.com",
        "AcmeDev.Service-Now.com",
        "https://acmedev.service-now.com:443/",
        "acmedev.service-now.com.",
        " acmedev ",
    ],
)
def test_every_spelling_of_an_address_is_one_instance(address: str) -> None:
    assert canonical(address) == "acmedev"


@pytest.mark.parametrize(
    ("address", "other"),
    [
        ("acmedev.service-now.com", "acmeprod.service-now.com"),
        ("acmedev.service-now.com", "acmedev.service-now.com:8443"),
        ("acmedev.service-now.com", "acmedev.service-now.com.evil.example"),
        ("acmedev.service-now.com", "evil.acmedev.service-now.com"),
    ],
)
def test_other_addresses_are_others(address: str, other: str) -> None:
    assert canonical(address) != canonical(other)


def test_an_address_below_service_now_com_is_believed_before_any_record() -> None:
    clone = Properties("acmeprod")
    assert (read_identity(clone, "acmedev.service-now.com"), clone.asked) == ("acmedev", 0)


@pytest.mark.parametrize(
    ("values", "identity"),
    [
        (["AcmeDev"], "acmedev"),
        ([""], "servicedesk.acme.example"),
        ([None], "servicedesk.acme.example"),
        ([], "servicedesk.acme.example"),
        (["acmedev", "acmeprod"], "servicedesk.acme.example"),
        (["javascript:gs.log(1)"], "servicedesk.acme.example"),
    ],
)
def test_under_a_custom_url_the_instance_says_its_name(values: list[str | None], identity: str) -> None:
    assert read_identity(Properties(*values), "ServiceDesk.acme.example:443") == identity


@pytest.mark.parametrize(
    "mark", ["acmedev", "acmedev.service-now.com", "AcmeDev.service-now.com", "servicedesk.acme.example"]
)
def test_marks_of_earlier_versions_are_understood(mark: str) -> None:
    assert is_own(mark, "acmedev", "servicedesk.acme.example")
    assert not is_own("acmeprod", "acmedev", "servicedesk.acme.example")


def test_lines_are_kept_whole_or_not_at_all() -> None:
    lines = [
        "Ask Jo.",
        "snow_ops.spokes instance=acmedev",
        "snow_ops.spokes outdated_token=2026-01-01 00:00:00",
        "snow_ops.spokes client_secret=x",
    ]
    text = "\n".join(lines)
    assert fit(text, len(text)) == text
    assert fit(text, len(text) - 1) == "\n".join(lines[:3])
    assert fit(text, 50) == "\n".join(lines[:2])
    assert fit(text, 20) == lines[0]


WANTED = "https://acme.qualtrics.com/API/v3"
TOKEN_URL = "https://fra1.qualtrics.com/oauth2/token"


@pytest.mark.parametrize(
    ("url", "client_id", "is_same"),
    [
        ("https://ACME.qualtrics.com:443/API", "another", True),
        ("https://acme.fra1.qualtrics.com/API/v3", "another", True),
        ("https:acme.qualtrics.com/API/v3", "another", True),
        ("acme.qualtrics.com/API/v3", "another", True),
        ("https://fra1.qualtrics.com/API/v3", "mine", True),
        ("https://fra1.qualtrics.com/API/v3", "another", False),
        ("https://iad1.qualtrics.com/API/v3", "mine", False),
        ("https://globex.qualtrics.com/API/v3", "mine", False),
        ("https://globex.fra1.qualtrics.com/API/v3", "mine", False),
        ("https://acme.evil.example/API/v3", "mine", False),
        ("https://acme.com", "mine", False),
        ("https://acme.qualtrics.com@evil.example/API/v3", "mine", False),
        ("https://[", "mine", False),
    ],
)
def test_the_organization_decides_not_the_spelling_of_the_host(url: str, client_id: str, is_same: bool) -> None:
    current = Current(registry={"client_id": client_id})
    options = Options(registry={"client_id": "mine", "token_url": TOKEN_URL})
    assert is_same_organization(url, WANTED, current, options) is is_same


@pytest.mark.parametrize("url", ["", "https://", "javascript:", " "])
def test_what_names_no_host_is_no_host_of_anybody(url: str) -> None:
    assert not is_same_organization(url or "https://", WANTED, Current(), Options(registry={"token_url": url}))
    assert "/" not in host_of(url)
