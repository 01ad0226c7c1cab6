# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Text of others: nothing in it moves a cursor, forges a line, reorders what is read or hides."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import in_lines, one_line, printable
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import tidy
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
        ("a\u3164b\ufe0f\u034f\u115f\u1160", "a\\u3164b\\ufe0f\\u034f\\u115f\\u1160"),
        ("\u17b4\u17b5\uffa0\u2800\U000e01ef", "\\u17b4\\u17b5\\uffa0\\u2800\\U000e01ef"),
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


# The whole property Default_Ignorable_Code_Point (Unicode 16.0, DerivedCoreProperties.txt), first and last of each range.
IGNORABLE = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)


def test_nothing_that_is_not_drawn_passes() -> None:
    ignorable = [chr(number) for first, last in IGNORABLE for number in range(first, last + 1)]
    assert len(ignorable) == 4174
    formats = [char for char in map(chr, range(0x110000)) if unicodedata.category(char) == "Cf"]
    assert len(formats) > 150
    for char in (*ignorable, *formats, "\u2800", "\U0001d159"):
        assert one_line(char) == in_lines(char) == ascii(char)[1:-1]
        assert tidy(f"a{char}b") == f"a{ascii(char)[1:-1]}b"


def test_whatever_no_xml_may_hold_is_an_escape_in_the_report() -> None:
    """The production Char of XML 1.0, section 2.2."""
    held = {0x9, 0xA, 0xD, *range(0x20, 0xD800), *range(0xE000, 0xFFFE), *range(0x10000, 0x110000)}
    others = [chr(number) for number in range(0x110000) if number not in held]
    assert len(others) == 0x20 - 3 + 0x800 + 2
    assert [char for char in others if tidy(f"a{char}b") != f"a{ascii(char)[1:-1]}b"] == []


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
