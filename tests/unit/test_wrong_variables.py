# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Values of a role's variables as they come: as YAML, as text of a survey, as templates, from a vault. Only names come back."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible import template
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible_collections.snow_ops.spokes.plugins.lookup.wrong_variables import is_one_of, is_text, keys_of
from hypothesis import given
from hypothesis import strategies as st
from support import ROOT

BOOLEANS = ["true", "yes", "1", "1.0", "false", "no", "0"]
ROLE = yaml.safe_load((ROOT / "roles" / "qualtrics_spoke" / "vars" / "main.yml").read_text())

SINGLE = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
FLAT = st.dictionaries(st.text(), SINGLE | st.lists(SINGLE))
ANY_JSON = st.recursive(SINGLE, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def wrong(value: Any, **options: Any) -> list[str]:
    """What is wrong with the variable ``x``, whose ``value`` is as in a file of variables: a template where it looks like one."""
    if isinstance(value, str) and hasattr(template, "trust_as_template"):
        value = template.trust_as_template(value)
    return looked_up({"x": value, "settings": {"name": 1}}, **options)


def looked_up(variables: dict[str, Any], **options: Any) -> list[str]:
    """What the look-up says of ``variables``."""
    loader = DataLoader()
    templar = template.Templar(loader=loader, variables=variables)
    lookup = lookup_loader.get("snow_ops.spokes.wrong_variables", loader=loader, templar=templar)
    return list(lookup.run([], variables=variables, **options))


@pytest.mark.parametrize("value", [True, False, 1, 0, 1.0, "true", "TRUE", "Yes", "1", "{{ 'no' }}", "{{ 2 > 1 }}"])
def test_a_boolean_comes_in_any_case_and_type(value: Any) -> None:
    assert wrong(value, choices={"x": BOOLEANS}) == []


@pytest.mark.parametrize(
    "value", ["", None, 2, "maybe", " true", "[true]", [True], {}, "{{ [true] }}", "{{ settings }}"]
)
def test_what_is_no_boolean_is_named(value: Any) -> None:
    assert wrong(value, choices={"x": BOOLEANS}) == ["x"]


@pytest.mark.parametrize(("value", "names"), [("always", []), ("Always", ["x"]), ("", ["x"]), ("on_change\n", ["x"])])
def test_a_word_comes_in_lower_case(value: str, names: list[str]) -> None:
    assert wrong(value, choices={"x": ["always", "on_change"]}) == names


def test_a_choice_that_is_undefined_is_an_error_that_says_so() -> None:
    with pytest.raises(Exception, match="'nowhere' is undefined"):
        wrong("{{ nowhere }}", choices={"x": BOOLEANS})


@pytest.mark.parametrize(
    "value", ["", "x", 5, 1.5, True, None, [], {}, "[a, b]", '{"a": 1}', "{{ nowhere }}", "{{ 5 }}"]
)
def test_a_text_is_anything_single_or_nothing(value: Any) -> None:
    assert wrong(value, texts=["x"]) == []


@pytest.mark.parametrize("value", [["x"], {"a": 1}, ["{{ nowhere }}"], {"a": "{{ nowhere }}"}, "{{ settings }}"])
def test_a_list_or_dictionary_is_no_text_whatever_is_in_it(value: Any) -> None:
    assert wrong(value, texts=["x"]) == ["x"]


@pytest.mark.parametrize(
    "value", [None, "", [], False, {}, "null", "{{ nowhere }}", {"a": {"b": 1}}, {"a": "{{ nowhere }}"}, '{"a": [1]}']
)
def test_a_dictionary_is_one_or_json_text_of_one_or_nothing(value: Any) -> None:
    assert wrong(value, dictionaries=["x"], reserved=["x.name"]) == []


@pytest.mark.parametrize("value", [["name"], [1], 5, True, "{", "name", "   ", "{'name': 1}", '{"a": {"b": 1}}', "[1]"])
def test_what_is_no_dictionary_is_named(value: Any) -> None:
    assert wrong(value, dictionaries=["x"], reserved=["x.name"]) == ["x"]


@pytest.mark.parametrize(
    "value", [{"name": "{{ nowhere }}", "a": 1}, '{"name": "y"}', r'{"n\u0061me": 1}', "{{ settings }}"]
)
def test_a_reserved_key_is_named_with_its_variable(value: Any) -> None:
    assert wrong(value, dictionaries=["x"], reserved=["x.url", "x.name", "y.name"]) == ["x.name"]


def test_a_variable_that_is_not_there_is_not_given() -> None:
    assert wrong("", dictionaries=["other"], texts=["another"]) == []


def test_names_come_in_the_order_of_the_options() -> None:
    options = {
        "choices": {"x": BOOLEANS},
        "dictionaries": ["settings", "x"],
        "reserved": ["settings.name"],
        "texts": ["x"],
    }
    assert wrong(["y"], **options) == ["x", "settings.name", "x", "x"]


class Vaulted:
    """An inline vault value as ansible-core up to 2.18 has it: no text, but equal to one."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return self.text == other


def test_an_inline_vault_value_counts_as_its_text() -> None:
    assert is_one_of(BOOLEANS, Vaulted("Yes")) and not is_one_of(BOOLEANS, Vaulted("nope"))
    assert is_text(Vaulted("[name]"))
    assert keys_of(Vaulted("[name]")) is None
    assert list(keys_of(Vaulted('{"name": 1}')) or ()) == ["name"]


def test_a_value_from_outside_is_not_a_template() -> None:
    outside = DataLoader().load("x: !unsafe \"{{ 'true' }}\"")["x"]
    assert looked_up({"x": outside}, choices={"x": BOOLEANS}) == ["x"]


@given(FLAT)
def test_json_text_of_single_values_and_lists_of_them_has_its_keys(values: dict[str, Any]) -> None:
    assert set(keys_of(json.dumps(values)) or ()) == set(values)
    assert set(keys_of(json.dumps(values, ensure_ascii=False, indent=1)) or ()) == set(values)


@given(ANY_JSON)
def test_other_json_text_is_no_dictionary(value: Any) -> None:
    values = value.values() if isinstance(value, dict) else ()
    inner = [part for entry in values for part in (entry if isinstance(entry, list) else [entry])]
    is_taken = value is None or (
        isinstance(value, dict) and not [part for part in inner if isinstance(part, (list, dict))]
    )
    assert (keys_of(json.dumps(value)) is not None) == is_taken


@given(st.text() | st.from_regex(r'\s*[{]("\w*" ?: ?[-\w.\[\]"]*,?)*[}]\s*', fullmatch=True))
def test_no_text_is_an_error(text: str) -> None:
    keys = keys_of(text)
    assert is_text(text)
    if keys:
        assert set(json.loads(text)) == set(keys)


@pytest.mark.parametrize(
    "text",
    ['{"a": NaN}', '{"a": -Infinity}', "[" * 100_000, '{"a": ' * 100_000, '{"a": 01}', '{"a": "\x01"}', '{"a": 1,}'],
)
def test_what_only_looks_like_json_is_no_dictionary(text: str) -> None:
    assert keys_of(text) is None


@given(st.sampled_from(BOOLEANS), st.booleans())
def test_upper_case_counts_only_for_booleans(word: str, is_upper: bool) -> None:
    assert is_one_of(BOOLEANS, word.upper() if is_upper else word)
    assert is_one_of(["yes", "no"], "NO") is False


def test_the_lists_of_the_role_are_of_its_variables_and_read_no_credentials() -> None:
    known = set(ROLE["__qualtrics_spoke_variables"])
    read = {
        *ROLE["__qualtrics_spoke_choices"],
        *ROLE["__qualtrics_spoke_dictionaries"],
        *ROLE["__qualtrics_spoke_texts"],
    }
    assert read <= known
    # A look-up that can be asked only once may be behind these.
    assert read.isdisjoint(
        f"qualtrics_spoke_{name}" for name in ("api_token", "client_id", "client_secret", "instance")
    )
    settings = {name.rpartition(".")[0] for name in ROLE["__qualtrics_spoke_set_elsewhere"]}
    assert settings == set(ROLE["__qualtrics_spoke_dictionaries"])
