# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The pure parts: secrets, queries, marks, ids and URLs, for any input."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import check_base_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import read_address
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import (
    fingerprint,
    is_fingerprint_of,
    read_mark,
    write_mark,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import encode, matches
from hypothesis import given, settings
from hypothesis import strategies as st
from support import lead_to, login, run_task

from sandbox import Sandbox

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=8, max_size=60)


@given(secret=TEXT, before=st.text(max_size=20), after=st.text(max_size=20))
def test_no_form_of_a_secret_survives_the_mask(secret: str, before: str, after: str) -> None:
    secrets = Secrets([secret])
    raw = secret.encode()
    forms = [
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(raw).decode(),
    ]
    data: Any = {"list": [f"{before}{form}{after}" for form in forms], "more": {"deep": forms[0]}}
    masked = json.dumps(secrets.mask(data), ensure_ascii=False)
    assert [
        form
        for form in forms
        if form in masked and form not in json.dumps(["********", before, after], ensure_ascii=False)
    ] == []


def test_a_basic_login_is_masked_as_a_whole() -> None:
    secrets = Secrets()
    secrets.add_login("spoke.setup", "sandbox-Password-1")
    header = "Basic " + base64.b64encode(b"spoke.setup:sandbox-Password-1").decode()
    assert secrets.mask(header) == "Basic ********"


def test_values_too_short_to_be_secrets_do_not_make_texts_unreadable() -> None:
    assert Secrets(["x", "", "abc"]).mask("exabcx") == "exabcx"


@pytest.mark.parametrize("value", [None, 7, True, ["a"]])
def test_only_text_is_a_secret(value: Any) -> None:
    assert Secrets([value]).mask({"a": [value, 7, None]}) == {"a": [value, 7, None]}


@pytest.mark.parametrize(
    ("conditions", "query"),
    [
        ({"name": "a"}, "name=a"),
        ({"name": "a^b", "active": "true"}, "name=a^^b^active=true"),
        ({"name": ""}, "nameISEMPTY"),
        ({"sys_id": ["1", "2"]}, "sys_idIN1,2"),
    ],
)
def test_queries_are_encoded(conditions: dict[str, Any], query: str) -> None:
    assert encode(conditions) == query


@pytest.mark.parametrize("value", ["javascript:gs.getUserID()", "  JavaScript:1", "a\nb", "a\0b", "\x7f"])
def test_values_that_an_instance_would_run_or_misread_are_refused(value: str) -> None:
    with pytest.raises(InputError):
        encode({"name": value})


@pytest.mark.parametrize("values", [["a,b"], [""], ["a", "javascript:1"]])
def test_lists_of_values_hold_no_separator(values: list[str]) -> None:
    with pytest.raises(InputError):
        encode({"name": values})


def test_rows_are_compared_to_the_letter_or_without_case() -> None:
    assert matches({"name": "Abc"}, {"name": "Abc"})
    assert not matches({"name": "abc"}, {"name": "Abc"})
    assert matches({"name": "abc"}, {"name": "Abc"}, ignore_case=True)
    assert matches({"name": "b"}, {"name": ["a", "b"]})


@given(
    name=st.text(
        st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1, max_size=40
    ).filter(str.strip)
)
@settings(max_examples=25, deadline=None)
def test_a_property_of_any_name_is_made_found_and_removed_alone(running_sandbox: Sandbox, name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        lead_to(running_sandbox.environment, patch)
        total = len(running_sandbox.control.records("acmedev", "sys_properties"))
        options = {"instance": login(), "name": name, "value": "1"}
        made = run_task("snow_sys_property", {**options, "create": True})
        if made.get("failed"):
            assert made["error"]["kind"] == "input", made["msg"]
            assert len(running_sandbox.control.records("acmedev", "sys_properties")) == total
            return
        assert not run_task("snow_sys_property", options)["changed"]
        assert run_task("snow_sys_property", {"instance": login(), "name": name, "state": "absent"})["changed"]
        assert len(running_sandbox.control.records("acmedev", "sys_properties")) == total


@given(secret=st.text(min_size=1, max_size=80), other=st.text(min_size=1, max_size=80))
@settings(max_examples=10, deadline=None)
def test_a_fingerprint_tells_its_secret_from_others(secret: str, other: str) -> None:
    mark = fingerprint(secret)
    assert is_fingerprint_of(mark, secret)
    assert is_fingerprint_of(mark, other) is (secret == other)
    assert fingerprint(secret) != mark, "the salt differs"


@pytest.mark.parametrize("text", ["", "scrypt", "scrypt$!!$x", "nonsense$$$"])
def test_what_is_no_fingerprint_is_nobodys(text: str) -> None:
    assert not is_fingerprint_of(text, "secret")


LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20).filter(
    lambda line: not line.startswith("snow_ops.spokes ")
)


@given(
    comments=st.lists(LINES, max_size=4).map("\n".join), value=st.from_regex(r"[a-z0-9.$/+=-]{1,40}", fullmatch=True)
)
def test_marks_leave_other_comments_alone_and_are_written_once(comments: str, value: str) -> None:
    marked = write_mark(comments, "instance", value)
    assert read_mark(marked, "instance") == value
    assert write_mark(marked, "instance", value) == marked
    both = write_mark(marked, "client_secret", "x")
    assert read_mark(both, "instance") == value
    assert write_mark(both, "instance", "new").replace("=new", f"={value}") == both
    assert [line for line in both.splitlines() if not line.startswith("snow_ops.spokes ")] == comments.splitlines()


@pytest.mark.parametrize(
    "value",
    ["fra1", "FRA1", " fra1 ", "fra1.qualtrics.com", "https://fra1.qualtrics.com", "https://fra1.qualtrics.com/API/v3"],
)
def test_ids_are_taken_as_people_paste_them(value: str) -> None:
    assert read_address(value, "datacenter_id").datacenter_id == "fra1"


@pytest.mark.parametrize(
    "value", ["", "a.b", "fra1/x", "fra1@evil", "fra1.qualtrics.com.evil.example", "-a", "ümlaut", "a b"]
)
def test_what_is_no_id_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="datacenter_id is not an id"):
        read_address(value, "datacenter_id")


@pytest.mark.parametrize(
    "url",
    ["https://a.example", "https://a.example:8443/x", "http://localhost:8000", "http://127.0.0.1", "http://[::1]:9"],
)
def test_urls_that_are_fine(url: str) -> None:
    assert check_base_url(url + "/", "url") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "http://localhost.evil.example",
        "https://user@a.example",
        "https://a.example/?x",
        "https://a.example/#x",
        "https://a.example\\@b.example",
        "https://a.example\r\nHost: b",
        "https:///x",
        "https://[::1",
        "https://a.example:0",
        "file:///etc/passwd",
        "a.example",
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="url"):
        check_base_url(url, "url")
