# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Text of others: nothing in it moves a cursor, forges a line, reorders what is read or hides."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import in_lines, one_line, printable
from hypothesis import given
from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;OWNED\x07", "\\x1b]0;OWNED\\x07"),
        ("a\nok: [b]\r", "a\\nok: [b]\\r"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eRTL\u2066\u2069", "\\u202eRTL\\u2066\\u2069"),
        ("a\u200bb\ufeff\u2060\xad", "a\\u200bb\\ufeff\\u2060\\xad"),
        ("\u2028\u2029\u061c\u200f", "\\u2028\\u2029\\u061c\\u200f"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("Größe 漢字 🙂 \\n", "Größe 漢字 🙂 \\n"),
    ],
)
def test_what_cannot_be_seen_is_written_as_an_escape(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_every_control_and_every_mark_of_direction_is_known() -> None:
    every = map(chr, range(0x110000))
    unsafe = [
        char
        for char in every
        if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") or unicodedata.bidirectional(char) in BIDI
    ]
    assert len(unsafe) > 2000
    assert all(one_line(char) != char for char in unsafe)


BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@given(text=st.text())
def test_once_is_enough(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)
    assert in_lines(text).count("\n") == text.count("\n")


def test_lines_stay_where_a_result_has_lines() -> None:
    result = {
        "diff": [{"before": "a\nb\x1b", "after": {"script": "x\ny\u202e"}, "before_header": "a\nb"}],
        "problems": [{"what": "a\nb"}],
    }
    assert printable(result) == {
        "diff": [{"before": "a\nb\\x1b", "after": {"script": "x\ny\\u202e"}, "before_header": "a\\nb"}],
        "problems": [{"what": "a\\nb"}],
    }


@given(data=ANYTHING)
def test_a_result_keeps_its_form(data: Any) -> None:
    shown = printable({"key\n": data, "number": 7, "none": None, "flag": True, "pair": (1, "a")})
    assert shown == printable(shown)
    assert {**shown, "key\\n": None} == {"key\\n": None, "number": 7, "none": None, "flag": True, "pair": [1, "a"]}
