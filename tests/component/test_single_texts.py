# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Lists and dictionaries in the place of a text, secrets and ids above all, and anything else in the place of a dictionary: an error that
names the option, and no request.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from promises.hostile.options import OPTIONS, Option
from support import leaks, login, run_task

from sandbox import Sandbox

SECRET = "sandboxListed12/S3cret+fake"
TEXTS = [option for option in OPTIONS if option.kind in ("str", "path") and isinstance(option.path[-1], str)]
FEWEST_TEXTS = 150
DICTIONARIES = [option for option in OPTIONS if option.kind == "dict" and isinstance(option.path[-1], str)]


def test_there_are_as_many_as_there_were() -> None:
    assert len(TEXTS) >= FEWEST_TEXTS
    assert len([option for option in TEXTS if option.is_secret]) >= 15


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("option", TEXTS, ids=str)
def test_it_is_refused_by_its_name(sandbox: Sandbox, option: Option) -> None:
    for value, kind in (([SECRET], "list"), ({"value": SECRET}, "dictionary")):
        result = run_task(option.module, option.spoiled(value), no_log=True)
        assert result["error"]["kind"] == "input"
        assert f"{option.name}" in result["error"]["what"]
        assert f"is a {kind}, where a text belongs" in result["error"]["what"]
        assert leaks(str(result), (SECRET,)) == []
    assert sandbox.control.requests() == []


@pytest.mark.parametrize("option", DICTIONARIES, ids=str)
def test_what_is_no_dictionary_is_refused_by_its_name(sandbox: Sandbox, option: Option) -> None:
    name = ".".join(map(str, option.path))
    for value in (SECRET, "{" + SECRET, f'["{SECRET}"]', [SECRET], 7, True):
        result = run_task(option.module, option.spoiled(value), no_log=True)
        assert result["msg"] == (
            f"{name} has to be a dictionary, or JSON text of one. Why: Its content is not shown, since it may be a secret. "
            f"What to do: Correct {name}."
        )
        assert leaks(str(result), (SECRET,)) == []
    assert sandbox.control.requests() == []


def test_a_dictionary_of_options_has_names(sandbox: Sandbox) -> None:
    for value in ({1: SECRET}, "{1: 2}"):
        result = run_task("snow_sys_property", {"instance": value, "name": "x", "value": "y"})
        assert result["error"]["what"] == "instance has to be a dictionary, or JSON text of one"
        assert leaks(str(result), (SECRET,)) == []


@pytest.mark.parametrize("value", [12345678, 1.5])
def test_a_number_is_the_text_that_it_is_written_as(sandbox: Sandbox, value: Any) -> None:
    result = run_task(
        "snow_sys_property", {"instance": {"host": "acmedev", "username": "u", "password": value}, "name": "x"}
    )
    assert result["error"]["kind"] != "input" or "where a text belongs" not in result["msg"]


def test_what_is_in_a_list_is_looked_at_too(sandbox: Sandbox) -> None:
    result = run_task("qualtrics_account_info", {"api_token": "sandbox-x-fake", "scopes": ["manage:all", [SECRET]]})
    assert result["error"]["what"] == "scopes[1] is a list, where a text belongs"
    assert sandbox.control.requests() == []


def test_json_text_is_read_first(sandbox: Sandbox) -> None:
    login = json.dumps({"host": "acmedev", "username": "u", "password": [SECRET]})
    result = run_task("snow_sys_property", {"instance": login, "name": "x", "value": "y"})
    assert result["error"]["what"] == "instance.password is a list, where a text belongs"


def test_an_empty_text_in_the_place_of_a_number_or_a_boolean_counts_as_not_given(sandbox: Sandbox) -> None:
    empty = {"timeout": "", "validate_certs": ""}
    for given in ({**login(), **empty}, json.dumps({**login(), **empty})):
        done = run_task("snow_store_app", {"instance": given, "scope": "sn_qualtrics_spoke", "time_limit": ""}, True)
        assert "failed" not in done, done["msg"]
