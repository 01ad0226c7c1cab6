# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Ids and URLs: whatever is pasted is either understood or refused in words, and never leads elsewhere than it reads."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import LOOPBACK_HOSTS, check_base_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import (
    ID_PATTERN,
    read_address,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.urls import read_connection_url
from hypothesis import given
from hypothesis import strategies as st

PIECES = [
    "https://",
    "http://",
    "javascript:",
    "a.example",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "fra1",
    ".qualtrics.com",
    "user",
    "443",
]
PIECES += [
    "@",
    "\\",
    "/",
    "//",
    "?",
    "#",
    ":",
    ";",
    "..",
    "[",
    "]",
    "%40",
    "%2f",
    "ü",
    "\u3002",
    "\uff0f",
    " ",
    "\t",
    "\r\nHost: b.example",
]
PASTED = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))


def named(value: str, option: str) -> str:
    """The id for ``option`` that is read from ``value``."""
    target = read_address(value, option)
    return target.datacenter_id if option == "datacenter_id" else target.organization_id


@given(text=PASTED)
def test_an_id_is_one_host_label_or_refused(text: str) -> None:
    try:
        found = named(text, "datacenter_id")
    except InputError as error:
        assert "datacenter_id is not an id" in str(error)
        return
    assert ID_PATTERN.fullmatch(found)
    assert named(found, "datacenter_id") == found
    assert urlsplit(f"https://{found}.qualtrics.com/API").hostname == f"{found}.qualtrics.com"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("https://iad1.qualtrics.com/?ClientAction=ChangePage", "iad1"),
        ("https://iad1.qualtrics.com#home", "iad1"),
        ("HTTPS://ACME.QUALTRICS.COM", "acme"),
        ("acme-research", "acme-research"),
        ("  acme.qualtrics.com.  ", "acme"),
        ("acme.qualtrics.com:443", "acme"),
        ("https://acme.qualtrics.com:443/app/home", "acme"),
        ("//acme.qualtrics.com/", "acme"),
        ("https:acme.qualtrics.com/API/v3", "acme"),  # as ServiceNow's documentation prints it
        ("acme/", "acme"),
    ],
)
def test_an_address_from_the_browser_will_do(value: str, found: str) -> None:
    assert named(value, "organization_id") == found


@pytest.mark.parametrize(
    "value",
    [
        "acme.fra1.qualtrics.com",
        "https://acme.fra1.qualtrics.com/",
        "HTTPS://Acme.FRA1.Qualtrics.com:443/admin/oauth-client-manager?x=1#y",
        "acme.fra1.qualtrics.com./API/v3",
        "acme.fra1",
        "acme.g1-iad1",
    ],
)
def test_organization_and_datacenter_in_one_address_are_told_apart(value: str) -> None:
    found = read_address(value, "datacenter_id")
    assert found == read_address(value, "organization_id")
    assert found.organization_id == "acme"
    assert found.datacenter_id in ("fra1", "g1-iad1")


@pytest.mark.parametrize(
    "value",
    [
        "sandboxAcmeToken00000000000000000000fake",
        "5a4d0000000000000000000000acfa4e",
        "sandboxAcmeClientSecret" + "0" * 37 + "fake",
        "https://sandboxAcmeToken00000000000000000000fake.qualtrics.com",
        "acme.sandboxAcmeToken00000000000000000000fake.qualtrics.com",
        "sandbox-Password+1",
    ],
)
@pytest.mark.parametrize("option", ["organization_id", "datacenter_id"])
def test_what_has_the_form_of_a_secret_is_not_repeated(option: str, value: str) -> None:
    with pytest.raises(InputError) as raised:
        read_address(value, option)
    assert f"{option} is not an id" in str(raised.value)
    assert value.lower() not in str(raised.value).lower()


@pytest.mark.parametrize(
    "value", ["www.qualtrics.com", "qualtrics.com", "acme.example", "a.b.c1", "fra1.example.com", "fra1/../x", "x@acme"]
)
def test_an_address_of_something_else_is_refused(value: str) -> None:
    for option in ("organization_id", "datacenter_id"):
        with pytest.raises(InputError, match=f"{option} is not an id"):
            read_address(value, option)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://acme.fra1.qualtrics.com/API/v3", "https://acme.fra1.qualtrics.com/API/v3"),
        ("https://acme.fra1.qualtrics.com/API/v3/", "https://acme.fra1.qualtrics.com/API/v3"),
        ("https://acme.fra1.qualtrics.com", "https://acme.fra1.qualtrics.com/API/v3"),
        (" acme.fra1.qualtrics.com\n", "https://acme.fra1.qualtrics.com/API/v3"),
        ("https:acme.qualtrics.com/API/v3", "https://acme.qualtrics.com/API/v3"),
        ("https://surveys.acme.example/qualtrics/API/v3", "https://surveys.acme.example/qualtrics/API/v3"),
    ],
)
def test_a_connection_url_is_completed(value: str, url: str) -> None:
    assert read_connection_url(value, "connection_url") == url
    assert read_connection_url(url, "connection_url") == url


@pytest.mark.parametrize(
    "value",
    [
        "http://acme.qualtrics.com/API/v3",
        "https://acme.qualtrics.com/API",
        "https://user:sandbox-pass@acme.qualtrics.com/API/v3",
        "https://acme.qualtrics.com/API/v3?token=x",
        "https://sandboxAcmeToken00000000000000000000fake.qualtrics.com/API/v3",
        "javascript:alert(1)",
        "https://",
        "acme corp",
        "acme",
        "https://acme/API/v3",
    ],
)
def test_a_connection_url_that_leads_elsewhere_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="connection_url") as raised:
        read_connection_url(value, "connection_url")
    assert "sandbox" not in str(raised.value)


@pytest.mark.parametrize("value", ["https://[", "https://user@fra1.qualtrics.com", "https://", "://"])
def test_an_address_that_names_no_single_id_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="datacenter_id is not an id"):
        read_address(value, "datacenter_id")


@given(text=PASTED)
def test_a_url_leads_where_it_reads_or_is_refused(text: str) -> None:
    try:
        url = check_base_url(text, "url")
        prepared = requests.Request("GET", f"{url}/probe").prepare().url
    except (InputError, requests.exceptions.RequestException):
        return
    assert prepared is not None
    read, sent = urlsplit(url), urlsplit(prepared)
    assert sent.scheme == "https" or sent.hostname in LOOPBACK_HOSTS
    # A name in other letters is sent in its ASCII form.
    assert sent.hostname == read.hostname or not (read.hostname or "").isascii()
    assert "@" not in sent.netloc
    assert sent.path.endswith("/probe") and not sent.query
    assert check_base_url(url, "url") == url
