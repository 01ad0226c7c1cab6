# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Ids and URLs: whatever is pasted is either understood or refused in words, and never leads elsewhere than it reads."""
from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import LOOPBACK_HOSTS, check_base_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import ID_PATTERN, normalise_id
from hypothesis import given
from hypothesis import strategies as st

PIECES = ["https://", "http://", "javascript:", "a.example", "localhost", "127.0.0.1", "[::1]", "fra1", ".qualtrics.com", "user", "443"]
PIECES += ["@", "\\", "/", "//", "?", "#", ":", ";", "..", "[", "]", "%40", "%2f", "ü", "\u3002", "\uff0f", " ", "\t", "\r\nHost: b.example"]
PASTED = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))


@given(text=PASTED)
def test_an_id_is_one_host_label_or_refused(text: str) -> None:
    try:
        found = normalise_id(text, "datacenter_id")
    except InputError as error:
        assert "datacenter_id is not an id" in str(error)
        return
    assert ID_PATTERN.fullmatch(found)
    assert normalise_id(found, "datacenter_id") == found
    assert urlsplit(f"https://{found}.qualtrics.com/API").hostname == f"{found}.qualtrics.com"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("https://iad1.qualtrics.com/?ClientAction=ChangePage", "iad1"),
        ("https://iad1.qualtrics.com#home", "iad1"),
        ("HTTPS://ACME.QUALTRICS.COM", "acme"),
        ("acme-research", "acme-research"),
    ],
)
def test_an_address_from_the_browser_will_do(value: str, found: str) -> None:
    assert normalise_id(value, "organization_id") == found


@pytest.mark.parametrize("value", ["https://[", "https://user@fra1.qualtrics.com", "https://acme.fra1.qualtrics.com", "https://", "://"])
def test_an_address_that_names_no_single_id_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="datacenter_id is not an id"):
        normalise_id(value, "datacenter_id")


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
