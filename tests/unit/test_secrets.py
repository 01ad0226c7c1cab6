# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Masking: every spelling of every secret, wherever in a result it stands."""
from __future__ import annotations

import base64
import json
import traceback
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import MASK, Secrets
from hypothesis import given
from hypothesis import strategies as st

ANY_TEXT = st.text(min_size=8, max_size=40)
SECRET = 'sänd"box\\secret/+ &\n'


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        urlencode({"client_secret": SECRET}),
        json.dumps({"password": SECRET}),
        json.dumps({"password": SECRET}, ensure_ascii=False),
        repr({"password": SECRET}),
        f"{SECRET!r}",
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        "".join(traceback.format_exception_only(ValueError(SECRET))),
    ],
)
def test_a_spelling_is_masked_in_the_middle_of_a_text(spelling: str) -> None:
    masked = Secrets([SECRET]).mask(f"before {spelling} after")
    assert MASK in masked
    assert masked.startswith("before ") and masked.rstrip("=").endswith(" after")
    assert "box" not in masked and "c2VjcmV0" not in masked


@given(secret=ANY_TEXT)
def test_a_secret_is_masked_as_key_as_value_and_however_deep(secret: str) -> None:
    data: dict[str, Any] = {secret: [secret, (secret, {"deep": {secret: secret}})], "number": 7, "none": None, "flag": True}
    hidden = Secrets([secret]).mask(data)
    assert hidden == {MASK: [MASK, [MASK, {"deep": {MASK: MASK}}]], "number": 7, "none": None, "flag": True}


@given(secret=ANY_TEXT, tail=ANY_TEXT)
def test_a_secret_that_begins_another_does_not_leave_the_rest_of_it(secret: str, tail: str) -> None:
    assert Secrets([secret, secret + tail]).mask(secret + tail) == MASK


@given(text=st.text(max_size=60).filter(lambda text: "sandbox" not in text))
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    assert Secrets(["sandbox-secret", "sandbox-token"]).mask({text: [text]}) == {text: [text]}


def test_the_data_of_the_caller_is_not_changed() -> None:
    data = {"password": [SECRET]}
    Secrets([SECRET]).mask(data)
    assert data == {"password": [SECRET]}


def test_what_is_learned_on_the_way_is_masked_from_then_on() -> None:
    secrets = Secrets()
    assert secrets.mask("Bearer sandbox-token") == "Bearer sandbox-token"
    secrets.add("sandbox-token")
    assert secrets.mask("Bearer sandbox-token") == f"Bearer {MASK}"
