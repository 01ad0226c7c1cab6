# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The lines that the collection keeps in comments, which people can edit."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import (
    fingerprint,
    is_fingerprint_of,
    read_mark,
    write_mark,
)
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.sampled_from(["instance", "client_secret"])
VALUES = st.from_regex(r"[a-zA-Z0-9.$/+=-]{1,60}", fullmatch=True)


@given(comments=st.text(max_size=80), name=NAMES, value=VALUES)
def test_a_mark_is_read_back_from_any_comments_and_written_only_once(comments: str, name: str, value: str) -> None:
    marked = write_mark(comments, name, value)
    assert read_mark(marked, name) == value
    assert write_mark(marked, name, value) == marked


@pytest.mark.parametrize(
    ("comments", "marked"),
    [
        ("", "snow_ops.spokes instance=acmedev"),
        ("Ask Jo.", "Ask Jo.\nsnow_ops.spokes instance=acmedev"),
        ("snow_ops.spokes instance=acmeprod\nAsk Jo.", "snow_ops.spokes instance=acmedev\nAsk Jo."),
        ("Ask Jo.\r\nsnow_ops.spokes instance=acmeprod\r\n", "Ask Jo.\nsnow_ops.spokes instance=acmedev"),
        (
            "see snow_ops.spokes instance=acmeprod",
            "see snow_ops.spokes instance=acmeprod\nsnow_ops.spokes instance=acmedev",
        ),
    ],
)
def test_a_mark_takes_the_place_of_the_old_one(comments: str, marked: str) -> None:
    assert write_mark(comments, "instance", "acmedev") == marked


@pytest.mark.parametrize(
    "comments", ["", "instance=acmedev", " snow_ops.spokes instance=acmedev", "snow_ops.spokes instance"]
)
def test_what_only_looks_like_a_mark_is_none(comments: str) -> None:
    assert read_mark(comments, "instance") == ""


@given(text=st.text(max_size=60))
@settings(max_examples=50)
def test_whatever_people_write_in_its_place_is_no_fingerprint(text: str) -> None:
    assert not is_fingerprint_of(text, "secret")
    assert not is_fingerprint_of(f"scrypt$c2FsdA==${text}", "secret")


def test_a_fingerprint_with_anything_appended_is_none() -> None:
    mark = fingerprint("sänd-box")
    assert is_fingerprint_of(mark, "sänd-box")
    assert not is_fingerprint_of(mark + "ü", "sänd-box")
    assert not is_fingerprint_of(mark[:-1], "sänd-box")


def refuse(*_arguments: Any, **_options: Any) -> bytes:
    """What OpenSSL says in FIPS mode."""
    raise ValueError("[digital envelope routines] unsupported")


@pytest.mark.parametrize("how", ["refused", "absent"])
def test_where_scrypt_is_not_to_be_had_another_fingerprint_does_it(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "scrypt", refuse) if how == "refused" else patch.delattr(hashlib, "scrypt")
        mark = fingerprint("sänd-box")
        assert mark.startswith("pbkdf2$600000$")
        assert is_fingerprint_of(mark, "sänd-box")
        assert not is_fingerprint_of(mark, "other")
    # And it is understood on every other machine.
    assert is_fingerprint_of(mark, "sänd-box")
    strong = fingerprint("sänd-box")
    assert strong.startswith("scrypt$14-8-5$")
    monkeypatch.setattr(hashlib, "scrypt", refuse)
    assert not is_fingerprint_of(strong, "sänd-box")


def test_a_fingerprint_of_the_first_release_is_understood() -> None:
    salt = b"sixteen bytes of"
    digest = hashlib.scrypt("sänd-box".encode(), salt=salt, dklen=32, n=2**14, r=8, p=1)
    mark = f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
    assert is_fingerprint_of(mark, "sänd-box")
    assert not is_fingerprint_of(mark, "other")


@pytest.mark.parametrize("kind", ["pbkdf2$999999999", "scrypt$30-8-5", "scrypt$14-8-5$x", "", "md5"])
def test_no_other_costs_are_ever_paid(kind: str) -> None:
    assert not is_fingerprint_of(f"{kind}$c2FsdA==$c2FsdA==", "secret")
