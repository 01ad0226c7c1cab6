# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Queries as an instance reads them: the conditions that were meant, no more and no fewer (servicenow-rest 1.3)."""

from __future__ import annotations

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import encode, matches
from hypothesis import given
from hypothesis import strategies as st

from sandbox.servicenow.query import split_terms

FIELDS = st.sampled_from(["name", "sys_id", "scope", "oauth_entity.name"])
# Rich in what the syntax is made of.
SYNTAX = ["^", "^^", "^OR", "^NQ", "=", "IN", ",", "ISEMPTY", "name=x", "javascript:"]
PARTS = st.one_of(st.sampled_from(SYNTAX), st.characters(min_codepoint=32, exclude_characters="\x7f"))
TEXTS = (
    st.lists(PARTS, min_size=1, max_size=8)
    .map("".join)
    .filter(lambda text: not text.lower().strip().startswith("javascript:"))
)
LISTS = st.lists(TEXTS.filter(lambda text: "," not in text), min_size=1, max_size=3)


@given(conditions=st.dictionaries(FIELDS, st.one_of(TEXTS, LISTS), min_size=1))
def test_an_instance_reads_back_what_was_encoded(conditions: dict[str, str | list[str]]) -> None:
    expected = [
        f"{field}={wanted}" if isinstance(wanted, str) else f"{field}IN{','.join(wanted)}"
        for field, wanted in conditions.items()
    ]
    assert split_terms(encode(conditions)) == expected


@given(wanted=TEXTS, stored=TEXTS)
def test_a_row_matches_its_own_value_only(wanted: str, stored: str) -> None:
    assert matches({"name": stored}, {"name": wanted}) is (stored == wanted)
    assert matches({"name": stored}, {"name": wanted}, ignore_case=True) is (stored.casefold() == wanted.casefold())
    assert matches({"name": stored}, {"name": [wanted, stored]})


def test_every_condition_has_to_hold() -> None:
    assert not matches({"name": "a", "scope": "b"}, {"name": "a", "scope": "c"})
    assert matches({"name": "a", "scope": "b", "more": "x"}, {"name": "a", "scope": "b"})
    assert matches({"name": ""}, {"name": ""})
    assert not matches({"name": "a"}, {"name": []})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("line\nbreak", "label contains a control character. What to do: Check the value for copy and paste errors."),
        ("tab\t", "label contains a control character. What to do: Check the value for copy and paste errors."),
        ("\0", "label contains a control character. What to do: Check the value for copy and paste errors."),
        (
            "  JAVASCRIPT:gs.log()",
            "label starts with javascript:. Why: An instance runs such a value as a script. What to do: Use another value.",
        ),
    ],
)
def test_what_is_refused_is_named_with_its_reason(value: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_text(value, "label")
    assert str(caught.value) == message


@given(text=TEXTS)
def test_everything_else_is_taken_as_it_is(text: str) -> None:
    assert check_text(text, "label") == text
