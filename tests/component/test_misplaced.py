# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Secrets in the place of names, hosts and other plain options: refused, not shown, and part of no request."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input import misplaced
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import url_secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import shown_options
from promises.hostile.options import OPTIONS
from support import API_TOKEN, CLIENT_SECRET, PASSWORD, leaks, login, qualtrics_connection, run_task

from sandbox import Sandbox

# Forty letters and digits, as an API token has; no option of the task holds it.
TOKEN = "sandboxOther1Token0000000000000000000fak"
SECRET = "sandboxLogin12/S3cret+fake"
FEWEST_SECRET_OPTIONS = 20
# Secret in the modules' own words, and looked at by code of their own.
OTHERS = ("custom_headers", "secret_attributes")


def test_the_options_that_are_known_as_secrets_are_those_of_the_modules() -> None:
    secret = [option for option in OPTIONS if option.is_secret]
    assert len(secret) >= FEWEST_SECRET_OPTIONS
    assert {option.name for option in secret} - set(OTHERS) == set(misplaced.SECRET_OPTIONS)
    plain = {option.name for option in OPTIONS if not option.is_secret}
    assert plain & set(misplaced.SECRET_OPTIONS) == set()


def placed(path: str, value: Any) -> dict[str, Any]:
    """The options of a task that works, but for ``value`` at ``path``."""
    options = qualtrics_connection(attributes={})
    place = options
    *groups, last = path.split("/")
    for group in groups:
        place[group] = dict(place.get(group) or {})
        place = place[group]
    place[last] = value
    return options


NAMES = (
    *("instance/host", "instance/username", "scope", "alias", "preferred_alias_name", "connection/name", "oauth/name"),
    *("oauth/credential_name", "environment_secrets/X-API-TOKEN"),
)
TEXTS = (
    "connection/url",
    "oauth/token_url",
    "oauth/client_id",
    "attributes/Tenant",
    "endpoint_path",
    "oauth/grant_type",
)


@pytest.mark.parametrize("path", NAMES)
def test_a_token_in_the_place_of_a_name_is_refused(sandbox: Sandbox, path: str) -> None:
    for value in [TOKEN, *([f"https://{TOKEN}.service-now.com", f"{TOKEN}:8443"] if path == "instance/host" else [])]:
        result = run_task("snow_connection_alias", placed(path, value))
        assert result["error"]["kind"] == "input"
        assert result["msg"].startswith(f"{path.replace('/', '.')} has the form of a token")
        assert leaks(str(result), (TOKEN, TOKEN.lower())) == []
    assert sandbox.control.requests() == []


@pytest.mark.parametrize("path", [path for path in (*NAMES, *TEXTS) if path != "instance/username"])
def test_a_secret_of_the_task_in_another_option_is_refused(sandbox: Sandbox, path: str) -> None:
    for secret, name in ((CLIENT_SECRET, "oauth.client_secret"), (PASSWORD, "instance.password")):
        for value in (secret, f" x{secret.upper()}", f"https://{secret}.example/"):
            result = run_task("snow_connection_alias", placed(path, value))
            assert result["msg"].startswith(f"{path.replace('/', '.')} contains the value of {name}")
            assert leaks(str(result), (secret, secret.lower(), secret.upper())) == []
    assert sandbox.control.requests() == []


@pytest.mark.parametrize("group", ["attributes", "secret_attributes", "environment_secrets"])
def test_a_secret_as_the_name_of_an_attribute_is_refused(sandbox: Sandbox, group: str) -> None:
    for secret, what in (
        (TOKEN, "has the form of a token"),
        (PASSWORD, "contains the value of instance.password"),
        (CLIENT_SECRET, "contains the value of oauth.client_secret"),
    ):
        result = run_task("snow_connection_alias", qualtrics_connection(**{group: {secret: "x" * 9}}))
        assert result["error"]["what"] == f"a key of {group} {what}"
        assert leaks(str(result), (secret,)) == []
    result = run_task("snow_connection_alias", qualtrics_connection(secret_attributes={API_TOKEN: API_TOKEN}))
    assert result["error"]["what"] == "a key of secret_attributes contains the value of an entry of secret_attributes"
    assert sandbox.control.requests() == []


@pytest.mark.parametrize("text", [f"u:{SECRET}@acmedev", f" u:{SECRET}@127.0.0.1:1", f"https://u:{SECRET}@acmedev"])
def test_a_login_in_an_address_is_a_secret_with_and_without_a_scheme(text: str) -> None:
    assert SECRET in url_secrets({"instance": {"proxy": text, "username": "corp:someone@bank.example"}})
    assert url_secrets({"instance": {"username": "corp:someone@bank.example"}}) == set()


def test_no_secret_is_left_in_the_options_that_are_shown() -> None:
    params = {"attributes": {f"x{SECRET}": [{SECRET: 1}]}, "password": SECRET, "name": "a"}
    spec = {"attributes": {}, "password": {}, "name": {}}
    shown = shown_options(params, spec, {SECRET, "password"}, {"failed": True, "error": {"kind": "missing"}})
    assert leaks(str(shown), (SECRET,)) == []
    assert (sorted(shown), shown["name"]) == (["attributes", "name", "password"], "a")
    assert shown_options(params, spec, {SECRET}, {"error": {"kind": "input"}}) == {}


@pytest.mark.parametrize(
    "options",
    [
        # A weak password, the login of a proxy, a header and a script: each may have something in common with others.
        {"instance": login(password="acme", host="acmedev")},
        {"instance": login(username="spoke.setup", password="spoke.setup")},
        {"instance": login(password="sandbox-same-fake", proxy="http://pxuser:sandbox-same-fake@127.0.0.1:9")},
        {"instance": login(custom_headers={"X-Instance": "acmedev.service-now.com"})},
        {"instance": login(password="function"), "operations": [{"script": "function x() {}"}]},
        {"alias": "0" * 32, "instance": login(username="a" * 31 + "1")},
        {"connection": {"name": "Qualtrics" * 6}},
        {"instance": login(password="servicenow"), "variable_names": "__qualtrics_spoke_names_in_servicenow"},
    ],
)
def test_what_only_looks_alike_is_taken(options: dict[str, Any]) -> None:
    misplaced.check_misplaced(options, Secrets())


def test_what_else_looks_like_a_secret_is_hidden_with_what_is_refused() -> None:
    secrets = Secrets()
    with pytest.raises(InputError):
        misplaced.check_misplaced({"scope": TOKEN, "organization_id": f"https://{'B2' * 20}.example"}, secrets)
    assert leaks(str(secrets.mask({"a": TOKEN, "b": "B2" * 20})), (TOKEN, "B2" * 20)) == []
