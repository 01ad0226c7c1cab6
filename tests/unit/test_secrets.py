# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Masking: every spelling of every secret, wherever in a result it stands."""

from __future__ import annotations

import base64
import html
import json
import re
import time
import traceback
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import url_secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import LONGEST_EXCERPT, MASK, Secrets
from hypothesis import given
from hypothesis import strategies as st
from support import API_TOKEN

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
def test_a_secret_is_masked_as_a_value_however_deep_and_no_key_changes(secret: str) -> None:
    data: dict[str, Any] = {
        secret: [secret, (secret, {"deep": {secret: secret}})],
        "number": 7,
        "none": None,
        "flag": True,
    }
    hidden = Secrets([secret]).mask(data)
    assert hidden == {secret: [MASK, [MASK, {"deep": {secret: MASK}}]], "number": 7, "none": None, "flag": True}


ODD = 'sandbox"Sécret\\with/<signs>&+ ü-fake'
JSON = json.dumps(ODD)[1:-1]


@pytest.mark.parametrize(
    "form",
    [
        re.sub("%..", lambda found: found.group().lower(), quote(ODD, safe="")),
        quote(quote(ODD, safe=""), safe=""),
        JSON.replace("\\u00fc", "\\u00FC").replace("\\u00e9", "\\u00E9"),
        JSON.replace("/", "\\/"),
        json.dumps(JSON)[1:-1],
        html.escape(ODD),
        html.escape(repr(ODD)[1:-1], quote=False),
        ODD.encode().hex(),
        ODD.encode().hex().upper(),
        ODD.strip(),
        *(base64.b64encode(("x" * shift + ODD + "yz").encode()).decode() for shift in range(3)),
    ],
)
def test_a_form_that_a_server_or_a_report_can_make_of_it_is_masked(form: str) -> None:
    masked = Secrets([f" {ODD} "]).mask(f"<{form}>") if form == ODD.strip() else Secrets([ODD]).mask(f"<{form}>")
    assert MASK in masked
    assert len(masked) < len(MASK) + 20, masked


def every_character(secret: str, form: str) -> str:
    """``secret`` with each character, or each byte of it, written as ``form`` says."""
    if "{byte" in form:
        return "".join(form.format(byte=byte) for byte in secret.encode())
    return "".join(form.format(code=ord(char), char=char) for char in secret)


SPELLINGS = {
    "url, every byte": "%{byte:02x}",
    "url, capitals": "%{byte:02X}",
    "url, twice": "%25{byte:02x}",
    "entities": "&#{code};",
    "entities with zeros": "&#0{code};",
    "hexadecimal entities": "&#x{code:x};",
    "entities in a url": "%26%23{code}%3B",
    "json": "\\u{code:04x}",
    "json in json": "\\\\u{code:04X}",
    "python bytes": "\\x{byte:02x}",
    "zero width": "{char}\u200b",
    "marks of direction": "\u202e{char}\u2069",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", ["sandboxAcmeSecretOfLettersOnlyfake", "p\u00e4ss/+w\u00f6rd %41&amp;\\n-fake"])
def test_a_spelling_of_every_character_is_masked(secret: str, spelling: str) -> None:
    masked = Secrets([secret]).mask(f"<{every_character(secret, SPELLINGS[spelling])}>")
    assert re.fullmatch(f"<\u202e?{re.escape(MASK)}[\u200b\u2069]?>", masked)


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.lower,
        str.swapcase,
        lambda text: quote(text.upper(), safe=""),
        lambda text: html.escape(text.lower()),
    ],
)
def test_capitals_do_not_hide_a_secret(change: Any) -> None:
    for secret in ("sandbox-Password-fake", "S\u00e4ndbox&Secret\u00dc-fake"):
        assert Secrets([secret]).mask(f"<{change(secret)}>") == f"<{MASK}>"


@given(secret=ANY_TEXT, before=st.text(max_size=20), after=st.text(max_size=20))
def test_what_stands_around_a_spelling_stays(secret: str, before: str, after: str) -> None:
    for form in (
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        html.escape(secret),
        every_character(secret, "&#{code};"),
    ):
        masked = Secrets([secret]).mask(f"{before}<{form}>{after}")
        assert masked.startswith(f"{before}<"[: len(before)]) or MASK in before + masked[: len(before) + len(MASK)]
        assert MASK in masked


def test_a_short_secret_is_masked_where_it_stands_alone() -> None:
    secrets = Secrets(["abc", "7"])
    assert (
        secrets.mask("proxy abc: 'ABC' and %61bc, not alphabc; 7 of 17")
        == f"proxy {MASK}: '{MASK}' and {MASK}, not alphabc; {MASK} of 17"
    )


def test_a_long_text_is_masked_in_no_time() -> None:
    text = "\\u0041%41&amp;x" * 50000
    started = time.monotonic()
    assert Secrets(["sandbox-Password-1", API_TOKEN]).mask(text + quote(API_TOKEN.upper())).endswith(MASK)
    assert time.monotonic() - started < 20


def test_what_is_cut_was_masked_before() -> None:
    secrets = Secrets(["sandbox-Password-1", "sandbox-long-" + "x" * 5000 + "-fake"])
    for start in (
        *range(LONGEST_EXCERPT - 30, LONGEST_EXCERPT + 5),
        *range(10 * LONGEST_EXCERPT - 20, 10 * LONGEST_EXCERPT + 20),
    ):
        shown = secrets.excerpt("p" * start + "sandbox-Password-1" * 3)
        assert "sandbox" not in shown
        assert len(shown) <= LONGEST_EXCERPT + 3
    flood = ("sandbox-long-" + "x" * 5000 + "-fake") * 4
    assert "xx" not in secrets.excerpt(flood)


def test_an_excerpt_moves_no_terminal() -> None:
    shown = Secrets().excerpt("A\x1b[31mRED\x1b[2J\nfatal: [x]: FAKE LINE\r\u202egnp")
    assert shown == "A\\x1b[31mRED\\x1b[2J\\nfatal: [x]: FAKE LINE\\r\\u202egnp"


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


def test_a_script_is_no_url_whose_query_is_a_secret() -> None:
    script = "// What is it? A comment.\nvar address = 'https://acme.invalid/x?y=z@w';\n"
    assert url_secrets({"operations": [{"script": script}]}) == set()
    assert url_secrets({"a": {"b": ["https://u:sandbox%2Fpw@acme.invalid/?key=sandbox-q"]}}) == {
        "sandbox%2Fpw",
        "sandbox/pw",
        "key=sandbox-q",
    }
