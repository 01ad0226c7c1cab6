# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Messages in the words of a role: its variables in the place of the options that it passes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._wording import reword

from tools.docs import catalogue

ROLES = Path(__file__).resolve().parents[2] / "roles"
VARIABLES = yaml.safe_load((ROLES / "qualtrics_spoke" / "vars" / "main.yml").read_text())
SERVICENOW, QUALTRICS = (VARIABLES[f"__qualtrics_spoke_names_in_{system}"] for system in ("servicenow", "qualtrics"))


@pytest.mark.parametrize(
    ("names", "said", "shown"),
    [
        (
            SERVICENOW,
            "set replace_foreign_connection to true",
            "set qualtrics_spoke_replace_foreign_connection to true",
        ),
        (SERVICENOW, "Choose another connection.name", "Choose another qualtrics_spoke_connection_name"),
        (SERVICENOW, "oauth.client_secret is empty", "qualtrics_spoke_client_secret is empty"),
        (SERVICENOW, "oauth.scopes[0] is empty", "qualtrics_spoke_scopes[0] is empty"),
        (SERVICENOW, "instance.host is not given", "qualtrics_spoke_instance.host is not given"),
        (SERVICENOW, "Wake the instance. Then run again", "Wake the instance. Then run again"),
        (SERVICENOW, "instance.ca_path is a folder", "qualtrics_spoke_instance.ca_path is a folder"),
        (SERVICENOW, "endpoint_path must look like /api/1/x", "qualtrics_spoke_endpoint_path must look like /api/1/x"),
        (SERVICENOW, "Name one of them in the option alias", "Name one of them in the variable qualtrics_spoke_alias"),
        (SERVICENOW, "or set route to records", "or set qualtrics_spoke_route to records"),
        (SERVICENOW, "the alias takes another route", "the alias takes another route"),
        (SERVICENOW, "qualtrics_spoke_instance.host", "qualtrics_spoke_instance.host"),
        (
            SERVICENOW,
            "Correct oauth.client_id, oauth.client_secret or oauth.token_url, or the client at the provider",
            "Correct qualtrics_spoke_client_id, qualtrics_spoke_client_secret or the Token URL (it follows "
            "qualtrics_spoke_datacenter_id), or the client at the provider",
        ),
        (
            SERVICENOW,
            "Install the spoke (snow_ops.spokes.snow_store_app), or activate it",
            "Install the spoke (playbook snow_ops.spokes.qualtrics_install, or qualtrics_spoke_install: true for the set-up), "
            "or activate it",
        ),
        (
            SERVICENOW,
            "if the change is meant, set replace_foreign_connection to true",
            "after a clone run the playbook snow_ops.spokes.qualtrics_after_clone; if the change is meant otherwise, set "
            "qualtrics_spoke_replace_foreign_connection to true",
        ),
        (
            QUALTRICS,
            "or have one made by qualtrics_api_token with new_api_token: true",
            "or have one made by the playbook snow_ops.spokes.qualtrics_rotate with qualtrics_spoke_new_api_token: true",
        ),
        (
            QUALTRICS,
            "Set new_api_token to true to have one made",
            "Run the playbook snow_ops.spokes.qualtrics_rotate with qualtrics_spoke_new_api_token: true to have one made",
        ),
        (QUALTRICS, "Set datacenter_id to fra1", "Set qualtrics_spoke_datacenter_id to fra1"),
        (
            QUALTRICS,
            "it went through the proxy http://127.0.0.1:3128 (the option proxy)",
            "it went through the proxy http://127.0.0.1:3128 (qualtrics_spoke_proxy)",
        ),
        (
            SERVICENOW,
            "it went through the proxy http://127.0.0.1:3128 (HTTPS_PROXY)",
            "it went through the proxy http://127.0.0.1:3128 (HTTPS_PROXY)",
        ),
        (QUALTRICS, "made by qualtrics_api_token", "made by qualtrics_api_token"),
        (QUALTRICS, "scopes[0] is not a scope", "qualtrics_spoke_scopes[0] is not a scope"),
        (QUALTRICS, "Supported parameters include: api_token, proxy", "Supported parameters include: api_token, proxy"),
    ],
)
def test_what_is_said_names_the_variables(names: dict[str, str], said: str, shown: str) -> None:
    assert reword({"msg": said}, names) == {"msg": shown}


def test_what_is_data_stays_and_what_speaks_to_people_does_not() -> None:
    result = {
        "error": {"kind": "input", "what": "directory_id", "where": "field directory_id", "advice": "directory_id"},
        "problems": [{"is_blocking": True, "what": "directory_id", "advice": "directory_id"}],
        "directory_id": "directory_id",
        "warnings": ["directory_id"],
    }
    name = "qualtrics_spoke_directory_id"
    assert reword(result, QUALTRICS) == {
        "error": {"kind": "input", "what": name, "where": "field directory_id", "advice": name},
        "problems": [{"is_blocking": True, "what": name, "advice": name}],
        "directory_id": "directory_id",
        "warnings": [name],
    }
    assert reword(result, None) == result


DOUBLED = re.compile(r"(?<![.])[,;:.]\s*[,;]|(?<![.])[.][.](?![.])|:\s*[.]")


def test_no_message_in_the_words_of_a_role_has_two_punctuation_marks_in_a_row() -> None:
    messages = catalogue.raised()
    assert len(messages) >= 150
    for names in (SERVICENOW, QUALTRICS):
        for message in messages:
            said = [reword({"msg": text}, names)["msg"] for text in (message.text, message.advice)]
            assert [text for text in said if DOUBLED.search(text)] == []
    ends = [
        word
        for words in (SERVICENOW, QUALTRICS)
        for name, word in words.items()
        if word[-1] in ",;." and word[-1] != name[-1]
    ]
    assert [word for word in ends if not word.endswith(".")] == []


def test_no_message_in_the_words_of_a_role_speaks_of_an_option() -> None:
    for message in catalogue.raised():
        said = [reword({"msg": text}, QUALTRICS | SERVICENOW)["msg"] for text in (message.text, message.advice)]
        assert [text for text in said if re.search(r"\boptions? \w+_\w+|\b[Tt]he option\b", text)] == []


def texts(value: Any) -> Iterator[str]:
    """Every text within what a YAML file holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def test_no_message_of_a_role_breaks_its_line() -> None:
    """YAML keeps the end of a folded line that is indented further, which is of no account within an expression alone."""
    files = [*ROLES.glob("*/tasks/*.yml"), *ROLES.glob("*/vars/*.yml")]
    found = [text for file in files for text in texts(yaml.safe_load(file.read_text()))]
    said = [re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL).strip() for text in found if "{{" in text]
    assert len(said) >= 150
    assert [text for text in said if "\n" in text] == []


@pytest.mark.parametrize("role", ["qualtrics_spoke", "setup_endpoint"])
def test_every_name_that_a_role_shows_is_one_of_its_variables(role: str) -> None:
    options = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    known = {option for entry in options.values() for option in entry["options"]} | {"qualtrics_spoke_endpoint_trust"}
    variables = yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text())
    shown = [text for name, words in variables.items() if "_names" in name for text in words.values()]
    named = {word.strip("(').,;:[") for text in shown for word in text.replace(".", " ").split() if role in word}
    # Which of two variables the login came from.
    known.add("__setup_endpoint_login")
    assert {word for word in named if word.rstrip("[") not in known} == set()


def test_no_message_has_a_possessive_that_a_replaced_word_would_break() -> None:
    """A word that ends with a bracket cannot own anything: "the Token URL (it follows ...)'s host"."""
    in_brackets = {name for names in (SERVICENOW, QUALTRICS) for name, word in names.items() if word.endswith(")")}
    assert in_brackets
    found = {
        (path.name, name)
        for path in (ROLES.parent / "plugins" / "module_utils").rglob("*.py")
        for text in re.findall(r'"([^"\n]*)"', path.read_text(encoding="utf-8"))
        for name in in_brackets
        if f"{name}'s" in text
    }
    assert found == set()
